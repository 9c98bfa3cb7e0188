#include "base/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define MS_PER_DAY INT64_C(86400000)

static void writes_times_in_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *rfc3339, *rfc5322;
    } samples[] = {
        {0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
        {1795478401000, "2026-11-24T00:00:01.000Z", "Tue, 24 Nov 2026 00:00:01 +0000"},
        {1709210096789, "2024-02-29T12:34:56.789Z", "Thu, 29 Feb 2024 12:34:56 +0000"},
        {-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 +0000"},
        {-62135596800000, "0001-01-01T00:00:00.000Z", "Mon, 01 Jan 0001 00:00:00 +0000"},
        {253402300799999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 +0000"},
    };
    char text[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        assert_string_equal(clock_format_rfc3339(samples[i].ms, text), samples[i].rfc3339);
        assert_string_equal(clock_format_rfc5322(samples[i].ms, text), samples[i].rfc5322);
    }
}

static void never_overruns_with_absurd_times(void **state)
{
    (void)state;
    static const int64_t absurd[] = {INT64_MIN, INT64_MAX, INT64_MIN / 2, INT64_MAX / 2,
                                     INT64_C(400000000000000)};
    char text[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < COUNT_OF(absurd); i++) {
        assert_true(strlen(clock_format_rfc3339(absurd[i], text)) < CLOCK_TEXT_SIZE);
        assert_true(strlen(clock_format_rfc5322(absurd[i], text)) < CLOCK_TEXT_SIZE);
    }
}

static void reads_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } samples[] = {
        {"2026-11-24T00:00:01Z", 1795478401000},
        {"2026-11-24t00:00:01z", 1795478401000},
        {"2026-11-24 00:00:01Z", 1795478401000},
        {"2026-11-24T09:00:01+09:00", 1795478401000},
        {"2026-11-23T18:30:01-05:30", 1795478401000},
        {"2026-11-24T00:00:01.5Z", 1795478401500},
        {"2026-11-24T00:00:01.123456789Z", 1795478401123},
        {"2026-11-24T00:00:01.007-00:00", 1795478401007},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2016-12-31T23:59:60Z", 1483228799999},
        {"2024-02-29T00:00:00Z", 1709164800000},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        int64_t ms = 0;
        if (!clock_parse_rfc3339(samples[i].text, &ms) || ms != samples[i].ms)
            fail_msg("%s: %lld", samples[i].text, (long long)ms);
    }
}

static void refuses_what_is_not_rfc_3339(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2026-11-24",
        "2026-11-24T00:00:01", /* no offset */
        "2026-11-24T00:00Z",   /* no seconds */
        "2026-11-24T24:00:00Z",
        "2026-11-24T23:60:00Z",
        "2026-11-24T23:00:61Z",
        "2026-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-11-24T00:00:01.Z",
        "2026-11-24T00:00:01,5Z",
        "2026-11-24T00:00:01+0900",
        "2026-11-24T00:00:01+24:00",
        "2026-11-24T00:00:01+09:60",
        "2026-11-24T00:00:01Z ",
        " 2026-11-24T00:00:01Z",
        "26-11-24T00:00:01Z",
        "2026-1-24T00:00:01Z",
        "2026-11-24T00:00:01 +09:00",
        "2026-11-24T00:00:01UTC",
        "+2026-11-24T00:00:01Z",
        "2026-11-24T-1:00:01Z",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t ms;
        if (clock_parse_rfc3339(bad[i], &ms))
            fail_msg("accepted %s", bad[i]);
    }
}

/* Every day from 1800 to 2400 is one more than the day before, and formats back to itself. */
static void counts_days_without_gaps(void **state)
{
    (void)state;
    int64_t previous = 0, days = 0;
    char text[CLOCK_TEXT_SIZE], expected[64];
    assert_true(clock_days_from_date(1799, 12, 31, &previous));
    for (int year = 1800; year <= 2400; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; clock_days_from_date(year, month, day, &days); day++) {
                assert_true(days == previous + 1);
                previous = days;
                snprintf(expected, sizeof(expected), "%04d-%02d-%02dT00:00:00.000Z", year, month,
                         day);
                assert_string_equal(clock_format_rfc3339(days * MS_PER_DAY, text), expected);
            }
        }
    }
}

static void knows_which_dates_exist(void **state)
{
    (void)state;
    int64_t days;
    assert_true(clock_days_from_date(1970, 1, 1, &days));
    assert_true(days == 0);
    assert_true(clock_days_from_date(2000, 2, 29, &days));
    assert_false(clock_days_from_date(1900, 2, 29, &days));
    assert_false(clock_days_from_date(2025, 4, 31, &days));
    assert_false(clock_days_from_date(2025, 1, 0, &days));
    assert_false(clock_days_from_date(2025, 0, 1, &days));
    assert_false(clock_days_from_date(2025, -1, 1, &days));
    assert_false(clock_days_from_date(0, 1, 1, &days));
    assert_false(clock_days_from_date(10000, 1, 1, &days));
}

static void goes_forward(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms();
    assert_true(clock_mono_ms() >= before);
    assert_true(clock_wall_ms() > INT64_C(1577836800000)); /* 2020 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_times_in_utc),
        cmocka_unit_test(never_overruns_with_absurd_times),
        cmocka_unit_test(reads_rfc_3339),
        cmocka_unit_test(refuses_what_is_not_rfc_3339),
        cmocka_unit_test(counts_days_without_gaps),
        cmocka_unit_test(knows_which_dates_exist),
        cmocka_unit_test(goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
