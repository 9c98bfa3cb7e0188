#include "render/phone.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void writes(const char *const cases[][3], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};
        phone_put(cases[i][0], cases[i][1], &out);
        assert_string_equal(buf_text(&out), cases[i][2]);
        buf_free(&out);
    }
}

#define WRITES(...)                                                                                \
    do {                                                                                           \
        static const char *const cases[][3] = {__VA_ARGS__};                                       \
        writes(cases, sizeof cases / sizeof *cases);                                               \
    } while (0)

static void groups_korean_numbers(void **state)
{
    (void)state;
    WRITES({"+821012345678", "KR", "010-1234-5678"}, {"+82101234567", "KR", "010-123-4567"},
           {"+82111234567", "KR", "011-123-4567"}, {"+82212345678", "KR", "02-1234-5678"},
           {"+8221234567", "KR", "02-123-4567"}, {"+82311234567", "KR", "031-123-4567"},
           {"+827012345678", "KR", "070-1234-5678"}, {"+8250712345678", "KR", "0507-1234-5678"},
           {"+825051234567", "KR", "0505-123-4567"}, {"+82801234567", "KR", "080-123-4567"},
           {"+8215888100", "KR", "1588-8100"}, {"+8216443333", "KR", "1644-3333"},
           {"+821012345678", "DE", "+82 10-1234-5678"}, {"+8221234567", "US", "+82 2-123-4567"});
}

static void writes_german_numbers_by_din_5008(void **state)
{
    (void)state;
    WRITES({"+4915123456789", "DE", "0151 23456789"}, {"+491701234567", "DE", "0170 1234567"},
           {"+493012345678", "DE", "030 12345678"}, {"+4989123456", "DE", "089 123456"},
           {"+49221123456", "DE", "0221 123456"}, {"+4934112345", "DE", "0341 12345"},
           {"+49512112345", "DE", "05121 12345"}, {"+498001234567", "DE", "0800 1234567"},
           {"+493304312345", "DE", "03304312345"}, {"+493012345678", "KR", "+49 30 12345678"});
}

static void knows_the_neighbours_and_english_speakers(void **state)
{
    (void)state;
    WRITES({"+4315871234", "AT", "01 5871234"}, {"+436641234567", "AT", "0664 1234567"},
           {"+43316123456", "AT", "0316 123456"}, {"+43223612345", "AT", "02236 12345"},
           {"+41441234567", "CH", "044 123 45 67"}, {"+41800123456", "CH", "0800 123 456"},
           {"+41441234567", "DE", "+41 44 123 45 67"}, {"+442079460958", "GB", "020 7946 0958"},
           {"+447700900123", "GB", "07700 900123"}, {"+441214960123", "GB", "0121 496 0123"},
           {"+441632960123", "GB", "01632 960123"}, {"+448001234567", "GB", "0800 123 4567"},
           {"+12125550123", "US", "(212) 555-0123"}, {"+12125550123", "CA", "(212) 555-0123"},
           {"+12125550123", "KR", "+1 212-555-0123"});
}

static void leaves_everything_else_as_it_is(void **state)
{
    (void)state;
    WRITES({"1588-8100", "KR", "1588-8100"}, {"02-123-4567", "DE", "02-123-4567"}, {"", "KR", ""},
           {"+33123456789", "DE", "+33123456789"}, {"+82", "KR", "+82"}, {"+8210", "KR", "+8210"},
           {"+82 10 1234 5678", "KR", "+82 10 1234 5678"},
           {"+8210123456789", "KR", "+8210123456789"}, {"+12345", "US", "+12345"},
           {"+1234567890123456", "US", "+1234567890123456"}, {"call me", "KR", "call me"});
}

static void a_tag_tells_the_region(void **state)
{
    (void)state;
    static const char *const tags[][2] = {
        {"ko", "KR"},         {"de", "DE"}, {"en", "GB"},         {"de-AT", "AT"}, {"en-us", "US"},
        {"zh-Hant-TW", "TW"}, {"fr", ""},   {"de-1996-CH", "CH"}, {"KO-kr", "KR"}};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct buf out = {0};
        phone_put_region(tags[i][0], &out);
        assert_string_equal(buf_text(&out), tags[i][1]);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_korean_numbers),
        cmocka_unit_test(writes_german_numbers_by_din_5008),
        cmocka_unit_test(knows_the_neighbours_and_english_speakers),
        cmocka_unit_test(leaves_everything_else_as_it_is),
        cmocka_unit_test(a_tag_tells_the_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
