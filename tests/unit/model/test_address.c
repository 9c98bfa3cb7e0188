#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "model/address.h"

typedef int check(const char *text, struct error *err);

static void expect_good(check *good, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        if (good(texts[i], &err) != 0)
            fail_msg("\"%s\" was refused: %s", texts[i], err.text);
    }
}

struct refusal {
    const char *text;
    const char *says; /* part of the sentence */
};

static void expect_refused(check *good, const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        if (good(refusals[i].text, &err) != ERR_INPUT)
            fail_msg("\"%s\" was accepted", refusals[i].text);
        if (strstr(err.text, refusals[i].says) == NULL)
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", refusals[i].text, err.text,
                     refusals[i].says);
    }
}

static char *repeated(char *out, const char *unit, size_t times, const char *tail)
{
    *out = '\0';
    struct buf b = {0};
    for (size_t i = 0; i < times; i++)
        buf_puts(&b, unit);
    buf_puts(&b, tail);
    memcpy(out, buf_text(&b), b.len + 1);
    buf_free(&b);
    return out;
}

static void accepts_addresses_of_real_life(void **state)
{
    (void)state;
    static const char *const good[] = {
        "anna.mueller@example.org",
        "a@b",
        "o'brien+news@sub.example.co.kr",
        "550.anna@example.org",
        "x_!#$%&'*/=?^`{|}~-@example.org",
        "anna@m\xc3\xbcller.example",
        "kim@\xec\x98\x88\xec\x8b\x9c.example",
        "root@xn--mller-kva.example",
    };
    expect_good(address_check_email, good, COUNT_OF(good));
}

static void refuses_what_could_reach_the_wire_as_a_command(void **state)
{
    (void)state;
    static const struct refusal bad[] = {
        {"b@y.example>\r\nRCPT TO:<evil@z.example", "not allowed"},
        {"b\r\n@example.org", "\\x0d"},
        {"b@exa\nmple.org", "\\x0a"},
        {"<b@example.org>", "not allowed"},
        {"@relay.example:b@example.org", "not allowed"},
        {"\"anna m\"@example.org", "not allowed"},
        {"anna m@example.org", "not allowed"},
        {"anna(comment)@example.org", "not allowed"},
        {"anna@example.org\t", "not allowed"},
        {"anna@example.org,eve@example.org", "not allowed"},
        {"anna@[192.0.2.1]", "network address"},
        {"anna@192.0.2.1", "network address"},
        {"anna@exam_ple.org", "not allowed"},
        {"anna@ex\xc2\xa0"
         "ample.org",
         "not allowed"},
        {"anna@ex\xe2\x80\xa8"
         "ample.org",
         "not allowed"},
        {"anna@m\xc3\xbcller\xe3\x80\x82org", "not allowed"},
        {"anna@m\xc3\xbcller.org>\r\n", "not allowed"},
        {"anna@m\xc3ller.org", "UTF-8"},
    };
    expect_refused(address_check_email, bad, COUNT_OF(bad));
}

static void says_what_is_wrong_with_the_shape(void **state)
{
    (void)state;
    static const struct refusal bad[] = {
        {"", "no @"},
        {"anna", "no @"},
        {"@example.org", "nothing in front"},
        {"anna@", "nothing behind"},
        {".anna@example.org", "dot too many"},
        {"anna.@example.org", "dot too many"},
        {"an..na@example.org", "dot too many"},
        {"anna@example..org", "dot too many"},
        {"anna@example.org.", "dot too many"},
        {"anna@.example.org", "dot too many"},
        {"anna@-example.org", "hyphen"},
        {"anna@example-.org", "hyphen"},
        {"m\xc3\xbcller@example.org", "outside ASCII"},
    };
    expect_refused(address_check_email, bad, COUNT_OF(bad));
}

static void knows_the_limits_of_an_address(void **state)
{
    (void)state;
    char text[600];
    struct error err = {0};
    assert_int_equal(address_check_email(repeated(text, "a", 64, "@example.org"), &err), 0);
    assert_int_equal(address_check_email(repeated(text, "a", 65, "@example.org"), &err), ERR_INPUT);
    assert_int_equal(address_check_email(repeated(text, "a@", 1, "b"), &err), 0);
    char label[300], address[600] = "a@";
    snprintf(address + 2, sizeof(address) - 2, "%s", repeated(label, "b", 63, ".org"));
    assert_int_equal(address_check_email(address, &err), 0);
    snprintf(address + 2, sizeof(address) - 2, "%s", repeated(label, "b", 64, ".org"));
    assert_int_equal(address_check_email(address, &err), ERR_INPUT);
    snprintf(address + 2, sizeof(address) - 2, "%s", repeated(label, "b.", 125, "bc"));
    assert_int_equal(strlen(address), 254);
    assert_int_equal(address_check_email(address, &err), 0);
    snprintf(address + 2, sizeof(address) - 2, "%s", repeated(label, "b.", 125, "bcd"));
    assert_int_equal(address_check_email(address, &err), ERR_INPUT);
}

static void sends_the_domain_in_a_labels(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error err = {0};
    buf_puts(&out, "<");
    assert_int_equal(address_put_ascii_email("Anna@M\xc3\xbcller.example", &out, &err), 0);
    assert_string_equal(buf_text(&out), "<Anna@xn--mller-kva.example");
    buf_truncate(&out, 1);
    assert_int_equal(address_put_ascii_email("anna@b..c", &out, &err), ERR_INPUT);
    assert_string_equal(buf_text(&out), "<");
    buf_free(&out);
}

static void accepts_numbers_in_international_form(void **state)
{
    (void)state;
    static const char *const good[] = {"+4915112345678", "+821012345678", "+1234567",
                                       "+123456789012345"};
    expect_good(address_check_phone, good, COUNT_OF(good));
}

static void explains_national_numbers(void **state)
{
    (void)state;
    static const struct refusal bad[] = {
        {"015112345678", "German mobile number"},
        {"0170 1234567", "write +49 in place of its first 0"},
        {"(0160) 1234567", "German mobile number"},
        {"01012345678", "Korean mobile number"},
        {"02-123-4567", "national number"},
        {"030 123456", "national number"},
        {"+49 (0) 151 12345678", "(0) behind +49"},
        {"+82-010-1234-5678", "behind +82"},
        {"+82 (0)10 1234 5678", "(0) behind +82"},
        {"010-1234-5678", "+821012345678"},
        {"004915112345678", "leading 00"},
        {"+49015112345678", "behind +49"},
        {"+49(0)15112345678", "behind +49"},
        {"+8201012345678", "behind +82"},
        {"4915112345678", "write +"},
        {"+49 151 12345678", "spaces"},
        {"+1;DROP", "more than + and digits"},
        {"tel:+4915112345678", "tel:"},
        {"+4915112345678\r\n", "more than + and digits"},
        {"+123456", "6 digits"},
        {"+1234567890123456", "16 digits"},
        {"+0234567890", "starts with 0"},
        {"", "write +"},
        {"+", "0 digits"},
    };
    expect_refused(address_check_phone, bad, COUNT_OF(bad));
}

static void knows_endpoint_names_from_urls(void **state)
{
    (void)state;
    char text[200];
    struct error err = {0};
    static const char *const good[] = {"crm", "CRM-1_b"};
    static const struct refusal bad[] = {
        {"", "empty"},
        {"https://example.org/hook", "URL"},
        {"a b", "not allowed"},
        {"a/../b", "not allowed"},
    };
    expect_good(address_check_endpoint, good, COUNT_OF(good));
    expect_refused(address_check_endpoint, bad, COUNT_OF(bad));
    assert_int_equal(address_check_endpoint(repeated(text, "a", 64, ""), &err), 0);
    assert_int_equal(address_check_endpoint(repeated(text, "a", 65, ""), &err), ERR_INPUT);
}

static void knows_language_tags(void **state)
{
    (void)state;
    static const char *const good[] = {"de",         "ko-KR",   "en-GB",
                                       "zh-Hant-TW", "de-1996", "sl-rozaj-biske"};
    static const struct refusal bad[] = {
        {"ko_KR", "use ko-KR"},
        {"", "language tag"},
        {"d", "language tag"},
        {"de-", "language tag"},
        {"-de", "language tag"},
        {"german!", "language tag"},
        {"de--DE", "language tag"},
        {"de_DE.UTF-8", "language tag"},
        {"../../etc", "language tag"},
        {"abcdefghi", "language tag"},
        {"de-abcdefghi", "language tag"},
        {"de-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa", "at most 35"},
    };
    expect_good(address_check_locale, good, COUNT_OF(good));
    expect_refused(address_check_locale, bad, COUNT_OF(bad));
}

static void says_which_tag_is_meant_by_the_name_of_a_language(void **state)
{
    (void)state;
    static const char *const good[] = {"fr", "gsw-CH", "yue",
                                       "fil"}; /* nobody's letter, but tags */
    static const struct refusal bad[] = {
        {"german", "write de, not \"german\""},
        {"Deutsch", "write de, not \"Deutsch\""},
        {"english", "write en,"},
        {"koreanisch", "write ko,"},
        {"한국어", "write ko, not \"한국어\""},
        {"영어", "write en,"},
        {"독일어", "write de,"},
        {"ger", "write de,"},
        {"DEU", "write de,"},
        {"kor", "write ko,"},
        {"eng-GB", "write en-GB,"},
        {"kor_KR", "write ko-KR,"},
        {"Französisch", "write fr,"},
        {"jp", "write ja,"},
        {"klingon", "language tag: write de, ko-KR"}, /* four letters and more: nothing known */
        {"root", "language tag"},
    };
    expect_good(address_check_locale, good, COUNT_OF(good));
    expect_refused(address_check_locale, bad, COUNT_OF(bad));
}

static void lets_pass_what_an_alias_may_know(void **state)
{
    (void)state;
    static const char *const good[] = {"german", "ger", "deu-DE", "de", "ko-KR"};
    static const struct refusal bad[] = {
        {"한국어", "write ko, not \"한국어\""}, {"kor_KR", "write ko-KR,"}, {"ko_KR", "use ko-KR"},
        {"Französisch", "write fr,"},           {"ger!", "language tag"},
    };
    expect_good(address_check_locale_word, good, COUNT_OF(good));
    expect_refused(address_check_locale_word, bad, COUNT_OF(bad));
}

static void finds_the_domain_of_an_address(void **state)
{
    (void)state;
    assert_string_equal(address_domain("anna@example.org"), "example.org");
    assert_string_equal(address_domain("a@b@c"), "c");
    assert_string_equal(address_domain("crm"), "");
}

static void check_national(const char *number, const char *country, const char *national)
{
    struct buf out = {0};
    buf_put(&out, number + 1, address_country_code_length(number));
    assert_string_equal(buf_text(&out), country);
    buf_reset(&out);
    address_put_national(number, &out);
    assert_string_equal(buf_text(&out), national);
    buf_free(&out);
}

static void knows_how_a_number_is_dialled_at_home(void **state)
{
    (void)state;
    check_national("+821012345678", "82", "01012345678");
    check_national("+8221234567", "82", "021234567");
    check_national("+4915112345678", "49", "015112345678");
    check_national("+41791234567", "41", "0791234567");
    check_national("+12125550100", "1", "2125550100");
    check_national("+79161234567", "7", "9161234567");
    check_national("+390612345678", "39", "0612345678"); /* Italy keeps its 0 */
    check_national("+35312345678", "353", "012345678");
    check_national("+420601123456", "420", "601123456");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_addresses_of_real_life),
        cmocka_unit_test(refuses_what_could_reach_the_wire_as_a_command),
        cmocka_unit_test(says_what_is_wrong_with_the_shape),
        cmocka_unit_test(knows_the_limits_of_an_address),
        cmocka_unit_test(sends_the_domain_in_a_labels),
        cmocka_unit_test(accepts_numbers_in_international_form),
        cmocka_unit_test(explains_national_numbers),
        cmocka_unit_test(knows_how_a_number_is_dialled_at_home),
        cmocka_unit_test(knows_endpoint_names_from_urls),
        cmocka_unit_test(knows_language_tags),
        cmocka_unit_test(lets_pass_what_an_alias_may_know),
        cmocka_unit_test(says_which_tag_is_meant_by_the_name_of_a_language),
        cmocka_unit_test(finds_the_domain_of_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
