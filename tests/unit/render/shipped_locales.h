/* Tags filled in the languages that are shipped: what a reader of de-AT sees of {{x | currency}}.
 */
#ifndef SHIPPED_LOCALES_H
#define SHIPPED_LOCALES_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/json.h"
#include "render/format.h"
#include "render/program.h"

#define SHIPPED 6

/* A region stands behind its language. */
static const char *const shipped_tags[SHIPPED] = {"de", "de-AT", "de-CH", "en", "en-US", "ko"};
static struct locale *shipped_locales[SHIPPED];
static struct formatter *shipped_formatters[SHIPPED];

static inline int shipped_find(const char *tag)
{
    int i = 0;
    while (i < SHIPPED && strcmp(shipped_tags[i], tag) != 0)
        i++;
    if (i == SHIPPED)
        fail_msg("%s is not shipped", tag);
    return i;
}

static inline int open_shipped(void **state)
{
    (void)state;
    for (int i = 0; i < SHIPPED; i++) {
        struct error err = {0};
        char path[64];
        const struct locale *base = NULL;
        for (int k = 0; k < i; k++)
            if (strncmp(shipped_tags[k], shipped_tags[i], 2) == 0 && base == NULL)
                base = shipped_locales[k];
        snprintf(path, sizeof path, "locales/%s.yaml", shipped_tags[i]);
        if (locale_load(path, base, &shipped_locales[i], &err) != 0 ||
            formatter_open(shipped_locales[i], NULL, &shipped_formatters[i], &err) != 0) {
            fprintf(stderr, "%s\n", err.text);
            return -1;
        }
    }
    return 0;
}

static inline int close_shipped(void **state)
{
    (void)state;
    for (int i = SHIPPED - 1; i >= 0; i--) {
        formatter_close(shipped_formatters[i]);
        locale_free(shipped_locales[i]);
    }
    return 0;
}

/* Fills `text`, in which {{x}} is the value of the JSON text; the sentence of an error otherwise.
 * Caller frees. */
static inline char *fill(const char *tag, const char *text, const char *json)
{
    struct error err = {0};
    struct buf data = {0}, out = {0};
    struct program *program = NULL;
    struct json_t *root = NULL;
    struct program_options options = {.file = "t", .letter = true, .strict = true};
    buf_printf(&data, "{\"x\":%s}", json);
    int rc = program_compile(text, strlen(text), &options, &program, &err);
    if (rc == 0)
        rc = json_parse(data.data, data.len, "data", 1, 32, &root, &err);
    if (rc == 0)
        rc = program_run(program, root, ESCAPE_NONE,
                         tag != NULL ? shipped_formatters[shipped_find(tag)] : NULL, &out, &err);
    if (rc != 0) {
        buf_reset(&out);
        buf_puts(&out, err.text);
    }
    buf_free(&data);
    json_free(root);
    program_free(program);
    return buf_steal(&out);
}

struct filled {
    const char *tag, *text, *json, *expected;
};

static inline void check_filled(const struct filled *cases, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        char *got = fill(cases[i].tag, cases[i].text, cases[i].json);
        if (strcmp(got, cases[i].expected) != 0) {
            fprintf(stderr, "%s %s %s: \"%s\", not \"%s\"\n",
                    cases[i].tag != NULL ? cases[i].tag : "-", cases[i].text, cases[i].json, got,
                    cases[i].expected);
            wrong++;
        }
        free(got);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_FILLED(...)                                                                          \
    do {                                                                                           \
        static const struct filled cases[] = {__VA_ARGS__};                                        \
        check_filled(cases, sizeof cases / sizeof *cases);                                         \
    } while (0)

#endif
