#include "base/unicode.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void composes(const char *text, const char *expected)
{
    struct buf out = {0};
    unicode_put_nfc(&out, text, strlen(text));
    assert_string_equal(buf_text(&out), expected);
    assert_true(unicode_is_nfc(expected, strlen(expected)));
    assert_int_equal(unicode_is_nfc(text, strlen(text)), strcmp(text, expected) == 0);
    buf_free(&out);
}

static void composes_text_from_a_mac(void **state)
{
    (void)state;
    composes("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xb3\xe1\x86\xaf", "한글");
    composes("Mu\xcc\x88nchen", "München");
    composes("e\xcc\x81", "é");
    composes("한글", "한글");
    composes("plain ASCII, ä ö ü ß", "plain ASCII, ä ö ü ß");
    composes("", "");
    composes("👍", "👍");
    composes("\xe2\x84\xaa", "K"); /* the Kelvin sign */
}

static void appends_the_composed_form(void **state)
{
    (void)state;
    struct buf out = {0};
    buf_puts(&out, "a");
    unicode_put_nfc(&out, "o\xcc\x88", 3);
    unicode_put_nfc(&out, "b", 1);
    assert_string_equal(buf_text(&out), "aöb");
    buf_free(&out);
}

/* Every Hangul syllable, from its letters (conjoining jamo) to itself. */
static void composes_all_hangul_syllables(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 11172; i++) {
        struct buf letters = {0}, composed = {0}, syllable = {0};
        utf8_put(&letters, 0x1100 + i / 588);
        utf8_put(&letters, 0x1161 + i % 588 / 28);
        if (i % 28 != 0)
            utf8_put(&letters, 0x11a7 + i % 28);
        utf8_put(&syllable, 0xac00 + i);
        unicode_put_nfc(&composed, letters.data, letters.len);
        assert_string_equal(buf_text(&composed), syllable.data);
        assert_int_equal(unicode_width(letters.data, letters.len), 2);
        assert_int_equal(unicode_width(syllable.data, syllable.len), 2);
        buf_free(&letters);
        buf_free(&composed);
        buf_free(&syllable);
    }
}

static void measures_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t width;
    } samples[] = {
        {"", 0},
        {"abc", 3},
        {"äöüß€", 5},
        {"한글", 4},
        {"한글 abc", 8},
        {"e\xcc\x81", 1},                /* combining accent */
        {"\xe2\x80\x8b\xef\xbb\xbf", 0}, /* zero-width space, byte order mark */
        {"\xe2\x80\x8e", 0},             /* left-to-right mark */
        {"\xc2\xad", 1},                 /* soft hyphen */
        {"\xc2\xa0", 1},                 /* no-break space */
        {"👍", 2},
        {"（ＡＢ）", 8},
        {"銀行", 4},
        {"\xef\xbd\xb1", 1}, /* half-width katakana */
        {"„…“ – —", 7},
        {"\t\n", 0},
        {"\xff", 1}, /* shown as U+FFFD */
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        assert_int_equal(unicode_width(samples[i].text, strlen(samples[i].text)), samples[i].width);
}

static void converts_to_utf16_and_back(void **state)
{
    (void)state;
    static const char text[] = "aä한👍";
    static const uint16_t expected[] = {'a', 0xe4, 0xd55c, 0xd83d, 0xdc4d};
    uint16_t *units;
    struct buf out = {0};
    assert_int_equal(unicode_to_utf16(text, strlen(text), &units), COUNT_OF(expected));
    assert_memory_equal(units, expected, sizeof(expected));
    unicode_put_utf16(&out, units, COUNT_OF(expected));
    assert_string_equal(buf_text(&out), text);
    free(units);
    buf_reset(&out);
    assert_int_equal(unicode_to_utf16("", 0, &units), 0);
    unicode_put_utf16(&out, units, 0);
    assert_int_equal(out.len, 0);
    free(units);
    static const uint16_t lone[] = {'a', 0xd83d, 'b'};
    unicode_put_utf16(&out, lone, 3);
    assert_string_equal(buf_text(&out), "a\xef\xbf\xbd"
                                        "b");
    buf_free(&out);
}

static void round_trips_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
        struct buf text = {0}, back = {0};
        uint16_t *units;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        utf8_put(&text, c);
        size_t count = unicode_to_utf16(text.data, text.len, &units);
        assert_int_equal(count, c > 0xffff ? 2 : 1);
        unicode_put_utf16(&back, units, count);
        assert_string_equal(back.data, text.data);
        free(units);
        buf_free(&text);
        buf_free(&back);
    }
}

static void becomes(const char *domain, const char *expected)
{
    struct buf out = {0};
    struct error err = {0};
    if (unicode_domain_to_ascii(domain, &out, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void writes_domains_in_ascii(void **state)
{
    (void)state;
    becomes("münchen.de", "xn--mnchen-3ya.de");
    becomes("mu\xcc\x88nchen.de", "xn--mnchen-3ya.de");
    becomes("MÜNCHEN.de", "xn--mnchen-3ya.de");
    becomes("한국.kr", "xn--3e0b707e.kr");
    becomes("EXAMPLE.org", "example.org");
    becomes("xn--mnchen-3ya.de", "xn--mnchen-3ya.de");
    becomes("faß.de", "xn--fa-hia.de"); /* not fass.de: non-transitional */
    becomes("a。b", "a.b");
}

static void refuses_domains(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *reason;
    } samples[] = {
        {"", "empty"},
        {"a..b", "two dots"},
        {"-a.de", "hyphen"},
        {"a-.de", "hyphen"},
        {"xn--zzzz.de", "xn--"},
        {"a b.de", "character"},
        {"a_b.de", "character"},
        {"a\r\nb.de", "character"},
        {"\xcc\x81.de", "combining"},
        {"\xff.de", "UTF-8"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.de", "63 characters"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct buf out = {0};
        struct error err = {0};
        assert_int_equal(unicode_domain_to_ascii(samples[i].domain, &out, &err), ERR_INPUT);
        if (strstr(err.text, samples[i].reason) == NULL)
            fail_msg("%s: %s", samples[i].domain, err.text);
        assert_int_equal(out.len, 0);
    }
}

struct size {
    const char *character;
    size_t euc_kr, windows_949;
};

static size_t bytes_of(struct unicode_charset *charset, const char *character)
{
    const char *at = character;
    return unicode_charset_bytes(charset, utf8_next(&at, character + strlen(character)));
}

/* The reference is glibc's iconv (2.36) in its charsets EUC-KR and UHC; it differs in one
 * character, see below. */
static void counts_bytes_in_korean_charsets(void **state)
{
    (void)state;
    static const struct size sizes[] = {
        {"a", 1, 1},
        {"\n", 1, 1},
        {"~", 1, 1},
        {"\\", 1, 1},
        {"가", 2, 2},
        {"힝", 2, 2},
        {"뷁", 0, 2},
        {"똠", 0, 2},
        {"펲", 0, 2},
        {"쨰", 0, 2},
        {"ä", 0, 0},
        {"ö", 0, 0},
        {"ü", 0, 0},
        {"é", 0, 0},
        {"ß", 2, 2},
        {"€", 2, 2},
        {"®", 2, 2},
        {"–", 0, 0},
        {"—", 0, 0},
        {"•", 0, 0},
        {"\xc2\xa0", 0, 0},
        {"\xe2\x80\x8b", 0, 0},
        {"👍", 0, 0},
        {"“", 2, 2},
        {"”", 2, 2},
        {"’", 2, 2},
        {"…", 2, 2},
        {"·", 2, 2},
        {"ㆍ", 2, 2},
        {"～", 2, 2},
        {"―", 2, 2},
        {"①", 2, 2},
        {"℃", 2, 2},
        {"・", 0, 0},
        {"⋅", 0, 0},
        {"〜", 0, 0},
        {"漢", 2, 2},
        {"ㄱ", 2, 2},
        /* glibc writes the won sign as a full-width one in EUC-KR; that is another character */
        {"₩", 0, 0},
        {"￦", 2, 2},
        /* private use and C1 controls have codes in ICU's tables, but no phone shows them */
        {"\xee\x80\x80", 0, 0},
        {"\xc2\x80", 0, 0},
    };
    struct unicode_charset *euc_kr = unicode_charset_open("EUC-KR");
    struct unicode_charset *windows_949 = unicode_charset_open("windows-949");
    assert_non_null(euc_kr);
    assert_non_null(windows_949);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t strict = bytes_of(euc_kr, sizes[i].character);
        size_t whole = bytes_of(windows_949, sizes[i].character);
        if (strict != sizes[i].euc_kr || whole != sizes[i].windows_949)
            fail_msg("%s: %zu and %zu bytes", sizes[i].character, strict, whole);
    }
    unicode_charset_close(euc_kr);
    unicode_charset_close(windows_949);
}

/* KS X 1001 has 2,350 syllables; CP949 has all 11,172. */
static void knows_how_many_syllables_each_charset_has(void **state)
{
    (void)state;
    struct unicode_charset *euc_kr = unicode_charset_open("euc-kr");
    struct unicode_charset *windows_949 = unicode_charset_open("windows-949");
    size_t strict = 0, whole = 0;
    for (uint32_t c = 0xac00; c <= 0xd7a3; c++) {
        strict += unicode_charset_bytes(euc_kr, c) == 2 ? 1 : 0;
        whole += unicode_charset_bytes(windows_949, c) == 2 ? 1 : 0;
    }
    assert_int_equal(strict, 2350);
    assert_int_equal(whole, 11172);
    unicode_charset_close(euc_kr);
    unicode_charset_close(windows_949);
}

static void writes_nothing_that_is_no_character(void **state)
{
    (void)state;
    struct unicode_charset *charset = unicode_charset_open("windows-949");
    assert_int_equal(unicode_charset_bytes(charset, 0xd800), 0);
    assert_int_equal(unicode_charset_bytes(charset, 0xdfff), 0);
    assert_int_equal(unicode_charset_bytes(charset, 0x110000), 0);
    assert_int_equal(unicode_charset_bytes(charset, UINT32_MAX), 0);
    unicode_charset_close(charset);
    unicode_charset_close(NULL);
    assert_null(unicode_charset_open("no-such-charset"));
}

static void bytes_of_a_charset_become_utf8(void **state UNUSED)
{
    static const struct {
        const char *charset, *bytes, *text;
    } cases[] = {
        {"windows-949", "\xb9\xdd\xbc\xdb \x81\x41", "반송 갂"},
        {"windows-1252", "f\xfcr 5 \x80", "für 5 €"},
        {"utf-8", "a\xff", "a\xef\xbf\xbd"},
        {"iso-2022-kr", "\x1b$)C\x0e\x39\x5d\x3c\x5b\x0f.", "반송."},
        {"no such charset", "x", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = {0};
        unicode_put_from_charset(&out, cases[i].charset, cases[i].bytes, strlen(cases[i].bytes));
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(composes_text_from_a_mac),
        cmocka_unit_test(appends_the_composed_form),
        cmocka_unit_test(composes_all_hangul_syllables),
        cmocka_unit_test(measures_columns),
        cmocka_unit_test(converts_to_utf16_and_back),
        cmocka_unit_test(round_trips_every_code_point),
        cmocka_unit_test(writes_domains_in_ascii),
        cmocka_unit_test(refuses_domains),
        cmocka_unit_test(counts_bytes_in_korean_charsets),
        cmocka_unit_test(knows_how_many_syllables_each_charset_has),
        cmocka_unit_test(writes_nothing_that_is_no_character),
        cmocka_unit_test(bytes_of_a_charset_become_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
