/* A gateway description in a scratch directory, put together from its blocks. */
#ifndef TEST_CONFIG_GATEWAY_SCRATCH_H
#define TEST_CONFIG_GATEWAY_SCRATCH_H

#include "scratch.h"

/* The blocks a description cannot do without; "" is the one a test brings itself. */
#define BLOCK_VARS     "vars: {base: \"https://sms.example.org\", key: {required: secret}, who: me}\n"
#define BLOCK_REQUEST  "request: {method: POST, url: \"{{base}}/\", form: {t: \"{{text}}\"}}\n"
#define BLOCK_RESPONSE "response: {answers: [{status: 200, class: accepted}]}\n"

static inline void gateway_scratch_write(const struct scratch *s, const char *blocks)
{
    struct buf text = {0};
    buf_printf(&text, "gateway: test\n" BLOCK_VARS "%s", blocks);
    if (strstr(blocks, "request:") == NULL)
        buf_puts(&text, BLOCK_REQUEST);
    if (strstr(blocks, "response:") == NULL)
        buf_puts(&text, BLOCK_RESPONSE);
    scratch_write(s, "password", 0600, "geheim\n");
    scratch_write(s, "gateways/test.yaml", 0644, buf_text(&text));
    buf_free(&text);
}

#define GATEWAY_SCRATCH_USE                                                                        \
    "transports: {sms: {channel: sms, gateway: test, sender: Example, vars: {key: {file: "         \
    "password}}}}\n"

/* Free the settings with scratch_free(). */
static inline struct settings *gateway_scratch_load(const struct scratch *s, const char *blocks)
{
    gateway_scratch_write(s, blocks);
    return scratch_must_load(s, GATEWAY_SCRATCH_USE);
}

/* The description must be refused with `sentence`, at a place of its own file. */
static inline void gateway_scratch_refuse(const struct scratch *s, const char *blocks,
                                          const char *sentence)
{
    struct error err;
    gateway_scratch_write(s, blocks);
    scratch_must_refuse(s, GATEWAY_SCRATCH_USE, sentence);
    assert_null(scratch_load(s, GATEWAY_SCRATCH_USE, &err));
    if (strstr(err.text, "test.yaml:") == NULL)
        fail_msg("no place in: %s", err.text);
}

struct gateway_refusal {
    const char *blocks, *sentence;
};

static inline void gateway_scratch_refuse_all(const struct scratch *s,
                                              const struct gateway_refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gateway_scratch_refuse(s, rows[i].blocks, rows[i].sentence);
}

#endif
