#include "render/zone.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "base/clock.h"

#define HOUR INT64_C(3600000)

static int64_t moment(const char *text)
{
    int64_t wall_ms = 0;
    assert_true(clock_parse_rfc3339(text, &wall_ms));
    return wall_ms;
}

static void knows_summer_and_winter(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *moment;
        int64_t offset;
    } rows[] = {
        {"Europe/Berlin", "2026-01-15T12:00:00Z", HOUR},
        {"Europe/Berlin", "2026-07-15T12:00:00Z", 2 * HOUR},
        {"Europe/Berlin", "2026-03-29T00:59:59.999Z", HOUR},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 2 * HOUR},
        {"Europe/Berlin", "2026-10-25T00:59:59.999Z", 2 * HOUR},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", HOUR},
        {"Asia/Seoul", "2026-01-15T12:00:00Z", 9 * HOUR},
        {"Asia/Seoul", "2026-07-15T12:00:00Z", 9 * HOUR},
        {"Asia/Seoul", "1988-07-15T12:00:00Z", 10 * HOUR}, /* the year of the games */
        {"Asia/Kolkata", "2026-07-15T12:00:00Z", 11 * HOUR / 2},
        {"America/New_York", "2026-07-15T12:00:00Z", -4 * HOUR},
        {"America/St_Johns", "2026-01-15T12:00:00Z", -7 * HOUR / 2},
        {"Pacific/Kiritimati", "2026-01-15T12:00:00Z", 14 * HOUR},
        {"UTC", "2026-07-15T12:00:00Z", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(zone_offset_ms(rows[i].zone, moment(rows[i].moment)), rows[i].offset);
}

static void takes_what_it_does_not_know_for_utc(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "Mars/Base", "europe/berlin", "GMT+25", "\xff"};
    assert_int_equal(zone_offset_ms(NULL, 0), 0);
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        assert_int_equal(zone_offset_ms(unknown[i], 1790000000000), 0);
        assert_int_equal(zone_offset_ms(unknown[i], 1790000000000), 0);
    }
}

static void answers_the_same_however_many_zones_are_asked_for(void **state)
{
    (void)state;
    static const char *const zones[] = {
        "Europe/Berlin",   "Asia/Seoul",        "Europe/London",    "America/New_York",
        "America/Chicago", "America/Denver",    "Asia/Tokyo",       "Australia/Sydney",
        "Asia/Kolkata",    "America/Sao_Paulo", "Africa/Cairo",     "Europe/Moscow",
        "Asia/Dubai",      "Asia/Singapore",    "Pacific/Auckland", "America/Anchorage",
        "Asia/Kathmandu",  "Europe/Lisbon",     "Europe/Athens",    "Asia/Tehran"};
    int64_t first[COUNT_OF(zones)];
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        first[i] = zone_offset_ms(zones[i], 1790000000000);
    for (size_t round = 0; round < 1000; round++) {
        size_t i = round * 7 % COUNT_OF(zones);
        assert_int_equal(zone_offset_ms(zones[i], 1790000000000), first[i]);
    }
    assert_int_equal(first[1], 9 * HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_summer_and_winter),
        cmocka_unit_test(takes_what_it_does_not_know_for_utc),
        cmocka_unit_test(answers_the_same_however_many_zones_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
