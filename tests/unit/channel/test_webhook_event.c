#include "channel/webhook_event.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static const struct settings settings = {.organisation = {.domain = TEXT("example.org")}};

/* The headers, one below the other. */
static void check(const char *body, const char *expected)
{
    struct outgoing item = {.identity = "b_c17", .date_ms = 1764000000000};
    struct http_request r = {0};
    struct buf lines = {0};
    struct error err;
    buf_puts(&item.wire, body);
    if (webhook_event_add_headers(&r, &settings, &item, &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < r.header_count; i++)
        buf_printf(&lines, "%s\n", r.headers[i]);
    assert_string_equal(buf_text(&lines), expected);
    http_request_free(&r);
    buf_free(&lines);
    buf_free(&item.wire);
}

#define HEAD "ce-specversion: 1.0\nce-id: b_c17\nce-source: https://example.org\n"

static void says_what_the_body_says(void **state)
{
    (void)state;
    check("{\"type\":\"incident.update\",\"timestamp\":\"2026-11-24T09:00:00+09:00\",\"data\":{}}",
          HEAD "ce-type: incident.update\nce-time: 2026-11-24T09:00:00+09:00\n");
}

static void finds_type_and_time_where_the_body_has_none(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "{\"type\":1,\"timestamp\":null}",
                                         "{\"timestamp\":\"yesterday\"}"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        check(bodies[i], HEAD "ce-type: notice\nce-time: 2025-11-24T16:00:00.000Z\n");
}

static void writes_odd_characters_as_the_binding_says(void **state)
{
    (void)state;
    check("{\"type\":\"a \\\"b\\\" 100%\\r\\nX: 유출\",\"timestamp\":\"2026-11-24T00:00:00Z\"}",
          HEAD "ce-type: a%20%22b%22%20100%25%0D%0AX:%20%EC%9C%A0%EC%B6%9C\n"
               "ce-time: 2026-11-24T00:00:00Z\n");
}

static void needs_a_name_for_the_source(void **state)
{
    (void)state;
    const struct settings nobody = {0};
    struct error err;
    assert_int_equal(webhook_event_check(&settings, &err), 0);
    assert_int_equal(webhook_event_check(&nobody, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "organisation.domain"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_body_says),
        cmocka_unit_test(finds_type_and_time_where_the_body_has_none),
        cmocka_unit_test(writes_odd_characters_as_the_binding_says),
        cmocka_unit_test(needs_a_name_for_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
