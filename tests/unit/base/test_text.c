#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static void decodes_every_code_point_it_encodes(void **state)
{
    (void)state;
    struct buf text = {0};
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        buf_reset(&text);
        utf8_put(&text, c);
        const char *at = text.data;
        assert_int_equal(utf8_next(&at, text.data + text.len), c);
        assert_ptr_equal(at, text.data + text.len);
        assert_true(utf8_valid(text.data, text.len));
    }
    buf_free(&text);
}

static void takes_invalid_bytes_one_by_one(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* continuation first */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xea\xb0", /* cut */
        "\xe4z",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        size_t len = strlen(bad[i]);
        const char *at = bad[i];
        assert_false(utf8_valid(bad[i], len));
        assert_int_equal(utf8_next(&at, bad[i] + len), 0xfffd);
        assert_ptr_equal(at, bad[i] + 1);
    }
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("a\0b", 3));
}

static void compares_beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(text_starts_with("breach-1", "breach-"));
    assert_true(text_starts_with("a", ""));
    assert_false(text_starts_with("br", "breach"));
    assert_true(text_ends_with("ko.md", ".md"));
    assert_false(text_ends_with("md", ".md"));
    assert_true(text_ends_with("", ""));
    assert_true(text_equal("a", "a"));
    assert_false(text_equal("a", "b"));
    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
    assert_false(text_equal("", NULL));
}

static void reads_whole_decimal_numbers_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-5", -5},
        {"007", 7},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {
        "", "-", "+5", " 5", "5 ", "0x10", "1e3", "5.0", "--5", "５", "9223372036854775808"};
    int64_t value;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(text_parse_int(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(text_parse_int(bad[i], &value));
}

static void matches_wildcards(void **state)
{
    (void)state;
    assert_true(text_matches_wildcard("breach-*", "breach-2025"));
    assert_true(text_matches_wildcard("breach-*", "breach-"));
    assert_true(text_matches_wildcard("*", ""));
    assert_true(text_matches_wildcard("*-kr", "a-kr-b-kr"));
    assert_true(text_matches_wildcard("a*b*c", "axxbxxbxc"));
    assert_true(text_matches_wildcard("a**c", "ac"));
    assert_true(text_matches_wildcard("", ""));
    assert_false(text_matches_wildcard("", "a"));
    assert_false(text_matches_wildcard("breach-*", "breach"));
    assert_false(text_matches_wildcard("a*b", "axbx"));
    assert_false(text_matches_wildcard("a?c", "abc"));
    assert_true(text_matches_wildcard("a?c", "a?c"));
    /* many stars on a long text: no exponential search */
    char text[5001];
    memset(text, 'a', 5000);
    text[5000] = '\0';
    assert_false(text_matches_wildcard("*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void suggests_what_was_meant(void **state)
{
    (void)state;
    static const char *const names[] = {"salutation", "closing", "zone", "terms", "to"};
    assert_string_equal(text_closest("salutaton", names, 5), "salutation");
    assert_string_equal(text_closest("colsing", names, 5), "closing");
    assert_string_equal(text_closest("zoen", names, 5), "zone");
    assert_string_equal(text_closest("term", names, 5), "terms");
    assert_string_equal(text_closest("terms", names, 5), "terms");
    assert_null(text_closest("weather", names, 5));
    assert_null(text_closest("", names, 5));
    assert_null(text_closest("xy", names, 5));
    assert_null(text_closest("salutation", names, 0));
}

static void survives_very_long_words(void **state)
{
    (void)state;
    static const char *const names[] = {"zone"};
    char word[1001];
    memset(word, 'z', 1000);
    word[1000] = '\0';
    assert_null(text_closest(word, names, 1));
    assert_null(text_closest("zone", (const char *const[]){word}, 1));
}

static void shows(const char *bytes, size_t len, const char *expected)
{
    struct buf out = {0};
    text_put_visible(&out, bytes, len);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void leaves_the_ends_of_lines_where_there_are_several(void **state)
{
    (void)state;
    struct buf out = {0};
    text_put_visible_lines(&out, "one\x1b\ntwo\n");
    assert_string_equal(buf_text(&out), "one\\x1b\ntwo\n");
    buf_free(&out);
}

static void makes_hidden_bytes_visible(void **state)
{
    (void)state;
    shows("plain 한글 👍 äß", strlen("plain 한글 👍 äß"), "plain 한글 👍 äß");
    shows("a\r\nb\tc", 6, "a\\x0d\\x0ab\\x09c");
    shows("\x1b[31m", 5, "\\x1b[31m");
    shows("a\0b", 3, "a\\x00b");
    shows("\x7f", 1, "\\x7f");
    shows("\xc2\x9b", 2, "\\xc2\\x9b");          /* C1: CSI */
    shows("\xe2\x80\xae", 3, "\\xe2\\x80\\xae"); /* right-to-left override */
    shows("\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6"); /* isolate */
    shows("\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8"); /* line separator */
    shows("\xff\xfe", 2, "\\xff\\xfe");
    shows("\xea\xb0", 2, "\\xea\\xb0");
    shows("", 0, "");
}

static void lists_what_there_is_to_choose_from(void **state)
{
    static const char *const words[] = {"a", "b", "c"};
    static const char *const lists[] = {"", "a", "a or b", "a, b or c"};
    (void)state;
    for (size_t count = 0; count <= COUNT_OF(words); count++) {
        struct buf out = {0};
        for (size_t i = 0; i < count; i++)
            text_put_choice(&out, words[i], i, count);
        assert_string_equal(buf_text(&out), lists[count]);
        buf_free(&out);
    }
}

static void counts_one_and_many(void **state)
{
    (void)state;
    assert_string_equal(text_plural(1, "row is", "rows are"), "row is");
    assert_string_equal(text_plural(0, "row is", "rows are"), "rows are");
    assert_string_equal(text_plural(2, "row is", "rows are"), "rows are");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_there_is_to_choose_from),
        cmocka_unit_test(counts_one_and_many),
        cmocka_unit_test(decodes_every_code_point_it_encodes),
        cmocka_unit_test(takes_invalid_bytes_one_by_one),
        cmocka_unit_test(compares_beginnings_and_ends),
        cmocka_unit_test(reads_whole_decimal_numbers_only),
        cmocka_unit_test(matches_wildcards),
        cmocka_unit_test(suggests_what_was_meant),
        cmocka_unit_test(survives_very_long_words),
        cmocka_unit_test(makes_hidden_bytes_visible),
        cmocka_unit_test(leaves_the_ends_of_lines_where_there_are_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
