#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "policy/wave.h"

#define HOUR INT64_C(3600000)

/* Berlin in 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC. */
static int64_t berlin(const char *zone, int64_t wall_ms)
{
    int64_t from, to;
    if (zone == NULL || strcmp(zone, "Europe/Berlin") != 0)
        return 0;
    assert_true(clock_parse_rfc3339("2026-03-29T01:00:00Z", &from));
    assert_true(clock_parse_rfc3339("2026-10-25T01:00:00Z", &to));
    return wall_ms >= from && wall_ms < to ? 2 * HOUR : HOUR;
}

static int64_t at(const char *time)
{
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(time, &ms));
    return ms;
}

static struct pace waves(int64_t people, int from, int to, unsigned days)
{
    return (struct pace){.people = people,
                         .every_ms = HOUR,
                         .hours = {from * 60, to * 60},
                         .days = days,
                         .zone = "Europe/Berlin"};
}

static struct pace_answer decide(const struct pace *p, struct pace_count now, const char *time)
{
    struct pace_answer answer;
    pace_decide(p, &now, berlin, NULL, at(time), &answer);
    return answer;
}

#define WEEKDAYS 0x1fU

static void opens_on_the_next_day_that_is_one_of_its_days(void **state)
{
    struct pace p = waves(10, 9, 18, WEEKDAYS);
    (void)state;
    /* a Friday evening */
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-11-20T18:30:00+01:00")),
                     at("2026-11-23T09:00:00+01:00"));
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-11-20T12:00:00+01:00")),
                     at("2026-11-20T12:00:00+01:00"));
}

static void opens_at_the_hour_the_clocks_show_after_a_change(void **state)
{
    struct pace p = waves(10, 9, 18, 0);
    (void)state;
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-03-28T20:00:00+01:00")),
                     at("2026-03-29T09:00:00+02:00"));
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-10-24T20:00:00+02:00")),
                     at("2026-10-25T09:00:00+01:00"));
    struct pace mondays = waves(10, 0, 0, 0x01);
    assert_int_equal(pace_open_ms(&mondays, berlin, NULL, at("2026-03-29T00:30:00+01:00")),
                     at("2026-03-30T00:00:00+02:00"));
    p.days = 0x40; /* Sundays: both changes */
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-10-19T20:00:00+02:00")),
                     at("2026-10-25T09:00:00+01:00"));
}

static void hours_over_midnight_belong_to_the_day_they_began_on(void **state)
{
    struct pace p = waves(10, 21, 8, 0x10); /* Fridays */
    (void)state;
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-11-21T03:00:00+01:00")),
                     at("2026-11-21T03:00:00+01:00"));
    assert_int_equal(pace_open_ms(&p, berlin, NULL, at("2026-11-21T09:00:00+01:00")),
                     at("2026-11-27T21:00:00+01:00"));
}

static void the_next_wave_waits_for_its_time_and_then_for_the_hours(void **state)
{
    struct pace p = waves(10, 9, 18, 0);
    struct pace_count now = {.passed = true};
    struct pace_answer a = decide(&p, now, "2026-11-20T17:30:00+01:00");
    (void)state;
    assert_int_equal(a.room, 10);
    assert_int_equal(a.wave_ms, at("2026-11-20T17:30:00+01:00"));
    now.wave_ms = a.wave_ms;
    now.wave_taken = 4;
    assert_int_equal(decide(&p, now, "2026-11-20T17:40:00+01:00").room, 6);
    assert_int_equal(decide(&p, now, "2026-11-20T17:40:00+01:00").wave_ms, now.wave_ms);
    now.wave_taken = 10;
    a = decide(&p, now, "2026-11-20T17:40:00+01:00");
    assert_int_equal(a.room, 0);
    assert_int_equal(a.brake, PACE_WAVE);
    assert_int_equal(a.opens_ms, at("2026-11-21T09:00:00+01:00"));
    now.wave_taken = 4; /* the rest of this wave goes tomorrow: as a new one */
    assert_int_equal(decide(&p, now, "2026-11-20T18:10:00+01:00").room, 0);
    a = decide(&p, now, "2026-11-21T09:00:00+01:00");
    assert_int_equal(a.room, 10);
    assert_int_equal(a.wave_ms, at("2026-11-21T09:00:00+01:00"));
}

static void a_clock_set_back_neither_adds_people_nor_stretches_the_wave(void **state)
{
    struct pace p = waves(10, 0, 0, 0);
    struct pace_count now = {
        .passed = true, .wave_ms = at("2026-11-20T12:00:00Z"), .wave_taken = 10};
    (void)state;
    struct pace_answer a = decide(&p, now, "2026-10-20T12:00:00Z");
    assert_int_equal(a.room, 0);
    assert_int_equal(a.opens_ms, at("2026-10-20T13:00:00Z"));
}

static void the_first_ones_are_never_more_than_they_are(void **state)
{
    struct pace p = {.first = 500};
    (void)state;
    assert_int_equal(decide(&p, (struct pace_count){.taken = 480}, "2026-11-20T12:00:00Z").room,
                     20);
    struct pace_answer a = decide(&p, (struct pace_count){.taken = 500}, "2026-11-20T12:00:00Z");
    assert_int_equal(a.room, 0);
    assert_int_equal(a.brake, PACE_CANARY);
    assert_int_equal(a.opens_ms, INT64_MAX);
    a = decide(&p, (struct pace_count){.taken = 500, .passed = true}, "2026-11-20T12:00:00Z");
    assert_int_equal(a.room, INT64_MAX);
    p.people = 7;
    p.every_ms = HOUR;
    assert_int_equal(decide(&p, (struct pace_count){.taken = 480}, "2026-11-20T12:00:00Z").room, 7);
}

static enum first_verdict judge(const struct pace *p, int64_t taken, int64_t failed,
                                int64_t deferred, int64_t wall_ms)
{
    const struct pace_count now = {.taken = taken, .taken_ms = 1000};
    int64_t counts[DELIVERY_STATES] = {[DELIVERY_FAILED] = failed,
                                       [DELIVERY_DEFERRED] = deferred,
                                       [DELIVERY_DELIVERED] = taken - failed - deferred};
    return first_judge(p, &now, counts, 0, wall_ms);
}

static void goes_on_by_itself_only_if_few_enough_failed(void **state)
{
    struct pace p = {.first = 100, .go_on = true, .share = 0.02, .patience_ms = HOUR};
    (void)state;
    assert_int_equal(judge(&p, 99, 0, 0, 2000), FIRST_OPEN);
    assert_int_equal(judge(&p, 100, 0, 0, 2000), FIRST_PASS);
    assert_int_equal(judge(&p, 100, 1, 0, 2000), FIRST_PASS);
    assert_int_equal(judge(&p, 100, 2, 0, 2000), FIRST_LOOK);
    p.go_on = false;
    assert_int_equal(judge(&p, 100, 0, 0, 2000), FIRST_LOOK);
}

static void waits_for_the_deferred_as_long_as_its_patience(void **state)
{
    struct pace p = {.first = 100, .go_on = true, .share = 0.02, .patience_ms = HOUR};
    (void)state;
    assert_int_equal(judge(&p, 100, 0, 1, 999 + HOUR), FIRST_OPEN);
    assert_int_equal(judge(&p, 100, 0, 1, 1000 + HOUR), FIRST_PASS);
    assert_int_equal(judge(&p, 100, 0, 2, 1000 + HOUR), FIRST_LOOK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_on_the_next_day_that_is_one_of_its_days),
        cmocka_unit_test(opens_at_the_hour_the_clocks_show_after_a_change),
        cmocka_unit_test(hours_over_midnight_belong_to_the_day_they_began_on),
        cmocka_unit_test(the_next_wave_waits_for_its_time_and_then_for_the_hours),
        cmocka_unit_test(a_clock_set_back_neither_adds_people_nor_stretches_the_wave),
        cmocka_unit_test(the_first_ones_are_never_more_than_they_are),
        cmocka_unit_test(goes_on_by_itself_only_if_few_enough_failed),
        cmocka_unit_test(waits_for_the_deferred_as_long_as_its_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
