#include "channel/mime_parameter.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void writes(const char *value, const char *expected)
{
    struct buf out = {0};
    mime_put_parameter(&out, "filename", value);
    assert_string_equal(out.data, expected);
    buf_free(&out);
}

static void short_ascii_stands_in_quotes(void **state)
{
    (void)state;
    writes("terms.pdf", ";\r\n filename=\"terms.pdf\"");
    writes("My terms (2).pdf", ";\r\n filename=\"My terms (2).pdf\"");
}

static void everything_else_is_percent_encoded(void **state)
{
    (void)state;
    writes("\xc3\x9c"
           "bersicht.pdf",
           ";\r\n filename*=UTF-8''%C3%9Cbersicht.pdf");
    writes("a\"; name=\"x.exe", ";\r\n filename*=UTF-8''a%22%3B%20name%3D%22x.exe");
    writes("=?UTF-8?B?eA==?=.pdf", ";\r\n filename*=UTF-8''%3D%3FUTF-8%3FB%3FeA%3D%3D%3F%3D.pdf");
}

static void long_names_come_in_sections_that_tear_no_character(void **state)
{
    (void)state;
    struct buf name = {0}, out = {0};
    for (int i = 0; i < 80; i++)
        buf_puts(&name, "\xea\xb0\x80");
    mime_put_parameter(&out, "filename", name.data);
    assert_non_null(strstr(out.data, ";\r\n filename*0*=UTF-8''%EA%B0%80"));
    assert_non_null(strstr(out.data, ";\r\n filename*10*=%EA%B0%80"));
    for (const char *line = out.data; *line != '\0'; line += strcspn(line, "\r")) {
        line += strspn(line, "\r\n");
        size_t len = strcspn(line, "\r");
        assert_true(len <= 76);
        const char *value = memchr(line, '=', len);
        if (value != NULL && strncmp(value, "=UTF-8''", 8) != 0)
            assert_int_equal((len - (size_t)(value + 1 - line)) / 9 * 9 + (line[len - 1] == ';'),
                             len - (size_t)(value + 1 - line));
    }
    buf_free(&name);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_ascii_stands_in_quotes),
        cmocka_unit_test(everything_else_is_percent_encoded),
        cmocka_unit_test(long_names_come_in_sections_that_tear_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
