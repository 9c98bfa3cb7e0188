#include "letters/preview_sms.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static void expect_summary(const struct sms_way *way, const char *text, const char *expected)
{
    struct message m = {0};
    struct buf summary = {0};
    struct preview_sms sms;
    buf_puts(&m.sms, text);
    preview_sms_make(&m, way, &sms);
    preview_sms_put_summary(NULL, &sms, &summary);
    assert_string_equal(summary.data, expected);
    preview_sms_free(&sms);
    buf_free(&summary);
    message_free(&m);
}

static void repeat(struct buf *out, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        buf_puts(out, text);
}

static void cuts_as_many_parts_as_are_counted(void **state)
{
    static const struct {
        const char *character;
        int times;
        enum length_profile profile;
        size_t parts, first_end; /* in bytes */
    } rows[] = {
        {"a", 160, LENGTH_GSM, 1, 160},     {"a", 161, LENGTH_GSM, 2, 153},
        {"a", 307, LENGTH_GSM, 3, 153},     {"€", 80, LENGTH_GSM, 1, 240},
        {"€", 81, LENGTH_GSM, 2, 76 * 3},   {"€", 153, LENGTH_GSM, 3, 76 * 3},
        {"가", 70, LENGTH_GSM, 1, 210},     {"가", 71, LENGTH_GSM, 2, 67 * 3},
        {"가", 202, LENGTH_GSM, 4, 67 * 3}, {"👍", 36, LENGTH_GSM, 2, 33 * 4},
        {"가", 202, LENGTH_EUC_KR, 1, 606}, {"", 0, LENGTH_GSM, 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct gateway any = {.profile = rows[i].profile};
        const struct sms_way way = {.gateway = &any};
        struct message m = {0};
        struct preview_sms sms;
        repeat(&m.sms, rows[i].character, rows[i].times);
        preview_sms_make(&m, &way, &sms);
        if (sms.part_count != rows[i].parts || sms.ends[0] != rows[i].first_end)
            fail_msg("row %zu: %zu parts, the first ends at %zu", i, sms.part_count, sms.ends[0]);
        assert_int_equal(sms.part_count, sms.fitting.length.segments);
        assert_int_equal(sms.ends[sms.part_count - 1], m.sms.len);
        preview_sms_free(&sms);
        message_free(&m);
    }
}

static void says_what_is_replaced_and_what_cannot_be_sent(void **state)
{
    static const struct {
        const char *text;
        enum length_profile profile;
        const char *summary;
    } rows[] = {
        {"plain", LENGTH_GSM, "gsm7, 5 units, 1 part"},
        {"\u201eja\u201c", LENGTH_GSM,
         "gsm7, 4 units, 1 part, 2 characters replaced: \u201e (U+201E) by \", \u201c (U+201C) by "
         "\""},
        {"a\u00a0b", LENGTH_GSM, "gsm7, 3 units, 1 part, 1 character replaced: U+00A0 by a blank"},
        {"유출", LENGTH_EUC_KR, "euc-kr, 4 bytes, 1 part (SMS)"},
        {"M\u00fcller M\u00fcller", LENGTH_EUC_KR,
         "euc-kr, 11 bytes, 0 parts, CANNOT BE SENT: \u00fc (U+00FC)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct gateway any = {.profile = rows[i].profile};
        const struct sms_way way = {.gateway = &any};
        expect_summary(&way, rows[i].text, rows[i].summary);
    }
}

static void says_over_what_and_what_its_gateway_makes_of_it(void **state)
{
    char texts_name[] = "texts", solapi[] = "solapi";
    struct gateway g = {.name = solapi, .profile = LENGTH_EUC_KR, .sms_bytes = 4, .lms_bytes = 9};
    struct transport t = {.name = texts_name,
                          .channel = CHANNEL_SMS,
                          .type = TRANSPORT_GATEWAY,
                          .sms = {.gateway = &g}};
    const struct settings s = {.transports = &t, .transport_count = 1};
    const struct sms_way way = sms_way_home(&s);
    static const struct {
        const char *text, *summary;
    } rows[] = {
        {"유출", "euc-kr, 4 bytes, 1 part (SMS) over texts (solapi)"},
        {"유출!", "euc-kr, 5 bytes, 1 part (LMS) over texts (solapi)"},
        {"유출유출유출",
         "euc-kr, 12 bytes, 0 parts over texts (solapi), CANNOT BE SENT: the SMS has "
         "12 bytes of euc-kr, an LMS holds 9; shorten it"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        expect_summary(&way, rows[i].text, rows[i].summary);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_as_many_parts_as_are_counted),
        cmocka_unit_test(says_what_is_replaced_and_what_cannot_be_sent),
        cmocka_unit_test(says_over_what_and_what_its_gateway_makes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
