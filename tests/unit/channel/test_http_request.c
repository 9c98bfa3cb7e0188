#include "channel/http_request.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

static void keeps_headers_as_lines(void **state)
{
    (void)state;
    struct http_request r = {0};
    struct error err;
    assert_int_equal(http_request_add_header(&r, "X-Kannel-Text", "안녕, Grüße\tda", &err), 0);
    assert_int_equal(http_request_add_header(&r, "X-Empty", "", &err), 0);
    assert_string_equal(r.headers[0], "X-Kannel-Text: 안녕, Grüße\tda");
    assert_string_equal(r.headers[1], "X-Empty;");
    assert_true(http_request_has_header(&r, "x-kannel-text"));
    assert_true(http_request_has_header(&r, "X-EMPTY"));
    assert_false(http_request_has_header(&r, "X-Kannel"));
    assert_false(http_request_has_header(&r, "Content-Type"));
    http_request_free(&r);
}

static void refuses_values_that_would_start_another_header(void **state)
{
    (void)state;
    static const char *const values[] = {"b\r\nX-Evil: 1", "b\nX-Evil: 1", "b\r",
                                         "\x01",           "\x7f",         "\x1b[2J"};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct http_request r = {0};
        struct error err = {0};
        assert_int_equal(http_request_add_header(&r, "X-A", values[i], &err), ERR_INPUT);
        assert_int_equal(r.header_count, 0);
        assert_non_null(strstr(err.text, "X-A"));
    }
}

static void refuses_names_that_are_no_token(void **state)
{
    (void)state;
    static const char *const names[] = {"", "A b", "A:", "A\r\nB", "Grüße", "(x)", "A;"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct http_request r = {0};
        struct error err = {0};
        assert_int_equal(http_request_add_header(&r, names[i], "v", &err), ERR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_headers_as_lines),
        cmocka_unit_test(refuses_values_that_would_start_another_header),
        cmocka_unit_test(refuses_names_that_are_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
