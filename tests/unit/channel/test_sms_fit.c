#include "channel/sms_fit.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static void says_what_a_gateway_does_not_take(void **state)
{
    static const struct {
        const char *text, *title;
        struct gateway gateway;
        const char *refusal; /* NULL: it takes it */
    } rows[] = {
        {"Grüße", "", {.max_segments = 1}, NULL},
        {"Łódz und vieles mehr, was nicht in einen Teil einer Nachricht passt, weil es Unicode ist",
         "",
         {.max_segments = 1},
         "the SMS takes 2 segments of ucs2, the gateway allows 1; shorten it or replace what needs "
         "Unicode: Ł (U+0141) as character 1, ó (U+00F3) as character 2"},
        {"Grüße",
         "",
         {.max_chars = 4},
         "the SMS has 5 characters, the gateway allows 4; shorten it"},
        {"유출",
         "",
         {.profile = LENGTH_EUC_KR, .lms_bytes = 3},
         "the SMS has 4 bytes of euc-kr, an LMS "
         "holds 3; shorten it"},
        {"ü",
         "",
         {.profile = LENGTH_EUC_KR},
         "the SMS cannot be written in euc-kr: ü (U+00FC) as "
         "character 1"},
        {"유출", "긴제목", {.profile = LENGTH_EUC_KR, .sms_bytes = 3, .subject_bytes = 4}, NULL},
        {"유출",
         "긴제목",
         {.profile = LENGTH_EUC_KR,
          .sms_bytes = 3,
          .subject_bytes = 4,
          .uses = {[GATEWAY_NAME_SUBJECT] = true}},
         "the title of the LMS has 6 bytes of euc-kr, the gateway allows 4; shorten it"},
    };
    struct sms_fitting fitting = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf text = {0}, title = {0};
        struct error err = {0};
        buf_puts(&text, rows[i].text);
        buf_puts(&title, rows[i].title);
        sms_fit(&text, &rows[i].gateway, &fitting);
        int rc = sms_fit_check(&fitting, &title, &err);
        if ((rc == 0) != (rows[i].refusal == NULL))
            fail_msg("row %zu: %s", i, err.text);
        if (rows[i].refusal != NULL)
            assert_string_equal(err.text, rows[i].refusal);
        buf_free(&text);
        buf_free(&title);
    }
    sms_fitting_free(&fitting);
}

static void replaces_what_the_description_lets_it_replace(void **state)
{
    static const struct {
        enum transliteration level;
        const char *text;
        size_t replaced;
        enum sms_encoding encoding;
    } rows[] = {
        {TRANSLITERATE_SAFE, "Mo-Fr", 1, SMS_GSM7},
        {TRANSLITERATE_OFF, "Mo–Fr", 0, SMS_UCS2},
    };
    struct sms_fitting fitting = {0};
    struct buf letter = {0};
    (void)state;
    buf_puts(&letter, "Mo–Fr");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct gateway g = {.transliterate = rows[i].level};
        sms_fit(&letter, &g, &fitting);
        assert_string_equal(buf_text(&fitting.text), rows[i].text);
        assert_int_equal(fitting.replaced, rows[i].replaced);
        assert_int_equal(fitting.length.encoding, rows[i].encoding);
    }
    buf_free(&letter);
    sms_fitting_free(&fitting);
}

static void knows_which_gateways_make_the_same_of_a_text(void **state)
{
    const struct gateway usual = {.profile = LENGTH_EUC_KR};
    const struct gateway said = {.profile = LENGTH_EUC_KR, .sms_bytes = 90, .lms_bytes = 2000};
    const struct gateway narrow = {.profile = LENGTH_EUC_KR, .sms_bytes = 80};
    const struct gateway plain = {.profile = LENGTH_EUC_KR, .transliterate = TRANSLITERATE_OFF};
    (void)state;
    assert_true(sms_fit_is_same(&usual, &said));
    assert_false(sms_fit_is_same(&usual, &narrow));
    assert_false(sms_fit_is_same(&usual, &plain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_a_gateway_does_not_take),
        cmocka_unit_test(replaces_what_the_description_lets_it_replace),
        cmocka_unit_test(knows_which_gateways_make_the_same_of_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
