#include "render/filter_backend.h"

#include "shipped_locales.h"

#define NB "\xc2\xa0"

static void writes_dates_in_every_style(void **state)
{
    (void)state;
    static const char day[] = "\"2025-09-01\"";
    CHECK_FILLED({"de", "{{x | date}}", day, "1. September 2025"},
                 {"de", "{{x | date:full}}", day, "Montag, 1. September 2025"},
                 {"de", "{{x | date:short}}", day, "1.9.2025"},
                 {"de", "{{x | date:day-month}}", day, "1. September"},
                 {"de", "{{x | date:month}}", day, "September 2025"},
                 {"de", "{{x | date:weekday}}", day, "Montag"},
                 {"de-AT", "{{x | date}}", "\"2025-01-06\"", "6. Jänner 2025"},
                 {"de-CH", "{{x | date:full}}", day, "Montag, 1. September 2025"},
                 {"en", "{{x | date}}", day, "1 September 2025"},
                 {"en", "{{x | date:full}}", day, "Monday 1 September 2025"},
                 {"en", "{{x | date:short}}", day, "01/09/2025"},
                 {"en", "{{x | date:day-month}}", day, "1 September"},
                 {"en-US", "{{x | date}}", day, "September 1, 2025"},
                 {"en-US", "{{x | date:full}}", day, "Monday, September 1, 2025"},
                 {"en-US", "{{x | date:short}}", day, "9/1/2025"},
                 {"en-US", "{{x | date:day-month}}", day, "September 1"},
                 {"ko", "{{x | date}}", day, "2025년 9월 1일"},
                 {"ko", "{{x | date:full}}", day, "2025년 9월 1일(월)"},
                 {"ko", "{{x | date:short}}", day, "2025. 9. 1."},
                 {"ko", "{{x | date:day-month}}", day, "9월 1일"},
                 {"ko", "{{x | date:month}}", day, "2025년 9월"},
                 {"ko", "{{x | date:weekday}}", day, "월요일"});
}

static void writes_times_in_the_readers_zone(void **state)
{
    (void)state;
    static const char moment[] = "\"2025-09-01T14:30:00+09:00\"";
    CHECK_FILLED({"ko", "{{x | time}}", moment, "오후 2시 30분"},
                 {"ko", "{{x | time:24h}}", moment, "14:30"},
                 {"de", "{{x | time}}", moment, "07:30" NB "Uhr"},
                 {"de", "{{x | time:24h}}", moment, "07:30"},
                 {"de-AT", "{{x | time}}", moment, "07:30" NB "Uhr"},
                 {"en", "{{x | time}}", moment, "06:30"},
                 {"en-US", "{{x | time}}", moment, "1:30" NB "AM"},
                 {"en-US", "{{x | date}}", moment, "September 1, 2025"},
                 {"en-US", "{{x | time:24h}}", moment, "01:30"});
}

static void writes_numbers(void **state)
{
    (void)state;
    CHECK_FILLED(
        {"de", "{{x | number}}", "2970000", "2.970.000"}, {"de", "{{x | number}}", "-5", "-5"},
        {"de", "{{x | number:2}}", "1234.5", "1.234,50"}, {"de", "{{x | number:2}}", "5", "5,00"},
        {"de", "{{x | number:0}}", "2.5", "3"}, {"de", "{{x | number:1}}", "0.25", "0,3"},
        {"de", "{{x | number:6}}", "0.5", "0,500000"},
        {"de-AT", "{{x | number}}", "2970000", "2" NB "970" NB "000"},
        {"de-CH", "{{x | number}}", "2970000", "2’970’000"},
        {"de-CH", "{{x | number:2}}", "1234.5", "1’234.50"},
        {"en", "{{x | number}}", "2970000", "2,970,000"},
        {"ko", "{{x | number}}", "2970000", "2,970,000"});
}

static void writes_large_numbers_in_words(void **state)
{
    (void)state;
    CHECK_FILLED({"de", "{{x | compact}}", "6500000", "6,5 Millionen"},
                 {"de", "{{x | compact}}", "2970000", "2,97 Millionen"},
                 {"de", "{{x | compact:short}}", "6500000", "6,5" NB "Mio."},
                 {"ko", "{{x | compact:short}}", "6500000", "650만"},
                 {"en", "{{x | compact:short}}", "6500000", "6.5M"},
                 {"de", "{{x | compact}}", "280000", "280.000"},
                 {"de-CH", "{{x | compact}}", "280000", "280’000"},
                 {"en", "{{x | compact}}", "6500000", "6.5 million"},
                 {"en-US", "{{x | compact}}", "2970000", "2.97 million"},
                 {"ko", "{{x | compact}} 명", "2970000", "297만 명"},
                 {"ko", "{{x | compact}} 명", "280000", "28만 명"},
                 {"ko", "{{x | compact}}", "9999", "9,999"},
                 {"de", "{{x | compact}}", "2500000.5", "2,5 Millionen"});
}

static void writes_money(void **state)
{
    (void)state;
    CHECK_FILLED(
        {"de", "{{x | currency}}", "{\"amount\":1234.56,\"currency\":\"EUR\"}", "1.234,56" NB "€"},
        {"de", "{{x | currency}}", "{\"amount\":50,\"currency\":\"EUR\"}", "50" NB "€"},
        {"de", "{{x | currency}}", "{\"amount\":49.9,\"currency\":\"EUR\"}", "49,90" NB "€"},
        {"de", "{{x | currency}}", "{\"amount\":-5.5,\"currency\":\"EUR\"}", "-5,50" NB "€"},
        {"de", "{{x | currency}}", "{\"amount\":50000,\"currency\":\"KRW\"}", "50.000" NB "Won"},
        {"de", "{{x | currency}}", "{\"amount\":50,\"currency\":\"CHF\"}", "50" NB "CHF"},
        {"de-AT", "{{x | currency}}", "{\"amount\":1234.56,\"currency\":\"EUR\"}",
         "€" NB "1.234,56"},
        {"de-CH", "{{x | currency}}", "{\"amount\":1234.56,\"currency\":\"CHF\"}",
         "CHF" NB "1’234.56"},
        {"de-CH", "{{x | currency}}", "{\"amount\":50000,\"currency\":\"KRW\"}", "50’000" NB "Won"},
        {"en", "{{x | currency}}", "{\"amount\":1234.56,\"currency\":\"GBP\"}", "£1,234.56"},
        {"en", "{{x | currency}}", "{\"amount\":-50,\"currency\":\"EUR\"}", "-€50"},
        {"en", "{{x | currency}}", "{\"amount\":50000,\"currency\":\"KRW\"}", "50,000" NB "won"},
        {"en", "{{x | currency}}", "{\"amount\":50,\"currency\":\"USD\"}", "US$50"},
        {"en-US", "{{x | currency}}", "{\"amount\":50,\"currency\":\"USD\"}", "$50"},
        {"en", "{{x | currency}}", "{\"amount\":50,\"currency\":\"CHF\"}", "CHF" NB "50"},
        {"ko", "{{x | currency}}", "{\"amount\":50000,\"currency\":\"KRW\"}", "50,000원"},
        {"ko", "{{x | currency | josa:을/를}}", "{\"amount\":50000,\"currency\":\"KRW\"}",
         "50,000원을"},
        {"ko", "{{x | currency}}", "{\"amount\":10.5,\"currency\":\"EUR\"}", "10.50유로"},
        {"ko", "{{x | currency:KRW}}", "50000", "50,000원"},
        {"ko", "{{x | currency:EUR}}", "50", "50유로"},
        {"de", "{{x | currency:EUR}}", "12.3", "12,30" NB "€"});
}

static void writes_large_sums_in_words(void **state)
{
    (void)state;
    CHECK_FILLED({"ko", "{{x | currency:compact}}", "{\"amount\":9620000000,\"currency\":\"KRW\"}",
                  "96억 2,000만 원"},
                 {"ko", "{{x | currency:compact KRW}}", "50000", "5만 원"},
                 {"ko", "{{x | currency:compact KRW}}", "15500", "1만 5,500원"},
                 {"ko", "{{x | currency:compact KRW}}", "9999", "9,999원"},
                 {"ko", "{{x | currency:KRW compact}}", "1000000000001", "1조 1원"},
                 {"ko", "{{x | currency:compact KRW}}", "12345678901234567",
                  "1경 2,345조 6,789억 123만 4,567원"},
                 {"ko", "{{x | currency:compact KRW}}", "-50000", "-5만 원"},
                 {"ko", "{{x | currency:compact KRW}}", "100000.0", "10만 원"},
                 {"ko", "{{x | currency:compact EUR}}", "1000000", "100만 유로"},
                 {"ko", "{{x | currency:compact EUR}}", "123456.78", "123,456.78유로"},
                 {"ko", "{{x | currency:compact XOF}}", "15500", "1만 5,500 XOF"},
                 {"de", "{{x | currency:compact EUR}}", "6500000", "6,5 Millionen Euro"},
                 {"de", "{{x | currency:compact KRW}}", "9620000000", "9,62 Milliarden Won"},
                 {"de", "{{x | currency:compact EUR}}", "999999", "999.999" NB "€"},
                 {"en", "{{x | currency:compact EUR}}", "6500000", "€6.5 million"},
                 {"en", "{{x | currency:compact KRW}}", "9620000000", "9.62 billion" NB "won"},
                 {"en", "{{x | currency:compact CHF}}", "6500000", "6.5 million CHF"});
}

static void says_what_a_sum_needs(void **state)
{
    (void)state;
    static const char needs[] =
        "t:1:1: {{x | currency}}: currency needs a sum like {\"amount\": 50000, \"currency\": "
        "\"KRW\"}, or a number and the code behind currency:, got ";
    static const char *const wrong[] = {"5",
                                        "\"5\"",
                                        "[]",
                                        "{}",
                                        "true",
                                        "{\"amount\":\"5\",\"currency\":\"EUR\"}",
                                        "{\"amount\":5,\"currency\":\"eur\"}",
                                        "{\"amount\":5}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *got = fill("de", "{{x | currency}}", wrong[i]);
        if (strncmp(got, needs, strlen(needs)) != 0)
            fail_msg("%s: %s", wrong[i], got);
        free(got);
    }
    assert_false(filter_currency_ok("won"));
    assert_false(filter_currency_ok("EUR KRW"));
    assert_false(filter_currency_ok("kompakt"));
    assert_true(filter_currency_ok(NULL));
    assert_true(filter_currency_ok("compact"));
}

static void writes_telephone_numbers_for_the_reader(void **state)
{
    (void)state;
    CHECK_FILLED({"ko", "{{x | phone}}", "\"+821012345678\"", "010-1234-5678"},
                 {"ko", "{{x | phone}}", "\"1588-8100\"", "1588-8100"},
                 {"ko", "{{x | phone | josa:으로/로}}", "\"+8215880007\"", "1588-0007로"},
                 {"de", "{{x | phone}}", "\"+821012345678\"", "+82 10-1234-5678"},
                 {"de", "{{x | phone}}", "\"+4915123456789\"", "0151 23456789"},
                 {"de-AT", "{{x | phone}}", "\"+4915123456789\"", "+49 151 23456789"},
                 {"de-AT", "{{x | phone}}", "\"+436641234567\"", "0664 1234567"},
                 {"de-CH", "{{x | phone}}", "\"+41441234567\"", "044 123 45 67"},
                 {"en", "{{x | phone}}", "\"+442079460958\"", "020 7946 0958"},
                 {"en-US", "{{x | phone}}", "\"+12125550123\"", "(212) 555-0123"},
                 {"en", "{{x | phone}}", "\"+12125550123\"", "+1 212-555-0123"},
                 {"en", "{{x | phone}}", "5",
                  "t:1:1: {{x | phone}}: phone needs a number in quotation marks, like "
                  "\"+821012345678\", got 5"});
}

static void joins_lists_by_and_or_or(void **state)
{
    (void)state;
    static const char three[] = "[\"a\",\"b\",\"c\"]", two[] = "[\"a\",\"b\"]";
    CHECK_FILLED(
        {"de", "{{x | list}}", three, "a, b und c"},
        {"de", "{{x | list:or}}", three, "a, b oder c"}, {"de", "{{x | list:or}}", two, "a oder b"},
        {"en", "{{x | list}}", three, "a, b and c"}, {"en", "{{x | list:or}}", three, "a, b or c"},
        {"en-US", "{{x | list}}", three, "a, b, and c"}, {"en-US", "{{x | list}}", two, "a and b"},
        {"en-US", "{{x | list:or}}", three, "a, b, or c"},
        {"ko", "{{x | list}}", three, "a, b 및 c"}, {"ko", "{{x | list:or}}", two, "a 또는 b"},
        {"ko", "{{x | list:or}}", three, "a, b 또는 c"});
}

static void knows_its_arguments(void **state)
{
    (void)state;
    CHECK_FILLED(
        {"de", "{{x | date:lnog}}", "1",
         "t:1:1: the filter \"date\" does not know \"lnog\": A date in the reader's language: "
         "date or date:long (1. September 2025), date:full (with the weekday), date:short, "
         "date:day-month, date:month, date:weekday. A moment is taken in the reader's time "
         "zone."});
    assert_true(filter_time_ok("24h"));
    assert_false(filter_time_ok("12h"));
    assert_true(filter_compact_ok("short"));
    assert_false(filter_compact_ok("long"));
    assert_true(filter_list_ok("or"));
    assert_false(filter_list_ok("and"));
    assert_false(filter_number_ok("-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_dates_in_every_style),
        cmocka_unit_test(writes_times_in_the_readers_zone),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(writes_large_numbers_in_words),
        cmocka_unit_test(writes_money),
        cmocka_unit_test(writes_large_sums_in_words),
        cmocka_unit_test(says_what_a_sum_needs),
        cmocka_unit_test(writes_telephone_numbers_for_the_reader),
        cmocka_unit_test(joins_lists_by_and_or_or),
        cmocka_unit_test(knows_its_arguments),
    };
    return cmocka_run_group_tests(tests, open_shipped, close_shipped);
}
