#include "channel/report_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/buf.h"

static void assert_read(const char *text, const char *expected)
{
    struct report_fields f = {0};
    struct buf said = {0};
    assert_int_equal(report_fields_read(&f, text, strlen(text), NULL), 0);
    for (size_t i = 0; i < f.count; i++)
        buf_printf(&said, "[%s|%s]", f.items[i].name, f.items[i].value);
    assert_string_equal(buf_text(&said), expected);
    buf_free(&said);
    report_fields_free(&f);
}

static void decodes_names_and_values(void **state)
{
    (void)state;
    assert_read("", "");
    assert_read("a=1&b=2", "[a|1][b|2]");
    assert_read("a%20b=c+d%26e", "[a b|c d&e]");
    assert_read("a=b=c", "[a|b=c]");
    assert_read("a&=b&c=", "[a|][|b][c|]");
    assert_read("&&a=1&&", "[a|1]");
    assert_read("t=%ED%95%9C%ea%b8%80", "[t|한글]");
}

static void lets_a_percent_sign_that_was_not_encoded_stand(void **state)
{
    (void)state;
    assert_read("a=100%&b=5%2&c=%zz&d=%%41", "[a|100%][b|5%2][c|%zz][d|%A]");
}

static void refuses_what_would_be_cut_in_the_middle(void **state)
{
    (void)state;
    static const char *const bad[] = {"a=b%00c", "a%00=b", "x=1&a=%00"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct report_fields f = {0};
        assert_int_equal(report_fields_read(&f, bad[i], strlen(bad[i]), NULL), ERR_INPUT);
        report_fields_free(&f);
    }
}

static void takes_so_many_and_not_one_more(void **state)
{
    (void)state;
    struct report_fields f = {0};
    for (int i = 0; i < REPORT_FIELDS_MAX; i++)
        assert_int_equal(report_fields_read(&f, "a=1", 3, NULL), 0);
    assert_int_equal(report_fields_read(&f, "a=1", 3, NULL), ERR_INPUT);
    report_fields_free(&f);
}

static void finds_the_first_and_sorts_by_bytes(void **state)
{
    (void)state;
    struct report_fields f = {0};
    const char *text = "b=2&a=9&B=1&a=10";
    assert_int_equal(report_fields_read(&f, text, strlen(text), NULL), 0);
    assert_string_equal(report_fields_find(&f, "a"), "9");
    assert_null(report_fields_find(&f, "A"));
    report_fields_sort(&f);
    assert_string_equal(f.items[0].name, "B");
    assert_string_equal(f.items[1].value, "10");
    assert_string_equal(f.items[2].value, "9");
    report_fields_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_names_and_values),
        cmocka_unit_test(lets_a_percent_sign_that_was_not_encoded_stand),
        cmocka_unit_test(refuses_what_would_be_cut_in_the_middle),
        cmocka_unit_test(takes_so_many_and_not_one_more),
        cmocka_unit_test(finds_the_first_and_sorts_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
