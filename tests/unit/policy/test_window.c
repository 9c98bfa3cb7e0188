#include "policy/window.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "policy/dice.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct send_window daytime = {8 * 60, 21 * 60};
static const struct send_window night = {21 * 60, 8 * 60};
static const struct send_window always = {0, 0};

static int64_t moment(const char *text)
{
    int64_t wall_ms = 0;
    assert_true(clock_parse_rfc3339(text, &wall_ms));
    return wall_ms;
}

/* Europe/Berlin in 2026 (summer from March 29 to October 25, changed at 01:00 UTC) and Asia/Seoul,
 * as render/zone.h gives them. */
static int64_t offset_of(const char *zone, int64_t wall_ms)
{
    if (strcmp(zone, "Asia/Seoul") == 0)
        return 9 * HOUR;
    bool summer =
        wall_ms >= moment("2026-03-29T01:00:00Z") && wall_ms < moment("2026-10-25T01:00:00Z");
    return summer ? 2 * HOUR : HOUR;
}

/* ---- send windows ---- */

static void delays_to_the_opening_and_no_longer(void **state)
{
    (void)state;
    static const struct {
        const struct send_window *window;
        const char *local, *opens; /* both as if local time were UTC */
    } rows[] = {
        {&daytime, "2026-06-01T07:59:59.999Z", "2026-06-01T08:00:00Z"},
        {&daytime, "2026-06-01T08:00:00Z", "2026-06-01T08:00:00Z"},
        {&daytime, "2026-06-01T20:59:59.999Z", "2026-06-01T20:59:59.999Z"},
        {&daytime, "2026-06-01T21:00:00Z", "2026-06-02T08:00:00Z"},
        {&daytime, "2026-06-01T23:59:59.999Z", "2026-06-02T08:00:00Z"},
        {&daytime, "2026-06-02T00:00:00Z", "2026-06-02T08:00:00Z"},
        {&daytime, "2026-12-31T22:00:00Z", "2027-01-01T08:00:00Z"},
        {&night, "2026-06-01T21:00:00Z", "2026-06-01T21:00:00Z"},
        {&night, "2026-06-01T23:59:00Z", "2026-06-01T23:59:00Z"},
        {&night, "2026-06-02T00:00:00Z", "2026-06-02T00:00:00Z"},
        {&night, "2026-06-02T07:59:59.999Z", "2026-06-02T07:59:59.999Z"},
        {&night, "2026-06-02T08:00:00Z", "2026-06-02T21:00:00Z"},
        {&night, "2026-06-02T20:59:59.999Z", "2026-06-02T21:00:00Z"},
        {&always, "2026-06-02T03:00:00Z", "2026-06-02T03:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int64_t offset = -12 * HOUR; offset <= 14 * HOUR; offset += HOUR / 2) {
            int64_t opens = window_open_ms(rows[i].window, moment(rows[i].local) - offset, offset);
            assert_int_equal(opens + offset, moment(rows[i].opens));
        }
    }
}

static void works_before_1970_too(void **state)
{
    (void)state;
    assert_int_equal(window_open_ms(&daytime, moment("1969-12-31T07:00:00Z"), 0),
                     moment("1969-12-31T08:00:00Z"));
    assert_int_equal(window_open_ms(&daytime, 0, -HOUR), 9 * HOUR);
}

static void a_window_to_midnight_ends_there(void **state)
{
    (void)state;
    static const struct send_window evening = {18 * 60, 0};
    assert_int_equal(window_open_ms(&evening, moment("2026-06-01T23:59:59.999Z"), 0),
                     moment("2026-06-01T23:59:59.999Z"));
    assert_int_equal(window_open_ms(&evening, moment("2026-06-02T00:00:00Z"), 0),
                     moment("2026-06-02T18:00:00Z"));
}

static void opens_by_the_recipients_clock_on_the_days_it_is_changed(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *now, *opens;
    } rows[] = {
        {"Europe/Berlin", "2026-03-27T21:00:00Z", "2026-03-28T07:00:00Z"}, /* the day before */
        {"Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"}, /* forward that night */
        {"Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T06:00:00Z"},
        {"Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-29T06:00:00Z"},
        {"Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"}, /* back that night */
        {"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T07:00:00Z"},
        {"Europe/Berlin", "2026-10-25T06:30:00Z", "2026-10-25T07:00:00Z"},
        {"Europe/Berlin", "2026-10-25T07:00:00Z", "2026-10-25T07:00:00Z"},
        {"Asia/Seoul", "2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z"},
        {"Asia/Seoul", "2026-10-24T23:00:00Z", "2026-10-24T23:00:00Z"},
        {"Asia/Seoul", "2026-10-24T12:30:00Z", "2026-10-24T23:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(
            window_open_in_zone(&daytime, moment(rows[i].now), offset_of, rows[i].zone),
            moment(rows[i].opens));
}

static void an_opening_the_clocks_jump_over_is_after_the_jump(void **state)
{
    (void)state;
    static const struct send_window early = {2 * 60 + 30, 6 * 60};
    assert_int_equal(
        window_open_in_zone(&early, moment("2026-03-28T12:00:00Z"), offset_of, "Europe/Berlin"),
        moment("2026-03-29T01:30:00Z")); /* 03:30 on their clock */
}

static bool is_open(const struct send_window *w, int64_t wall_ms, const char *zone)
{
    int64_t local = wall_ms + offset_of(zone, wall_ms);
    int minute = (int)(local % DAY / MINUTE);
    if (w->from_minute < w->to_minute)
        return minute >= w->from_minute && minute < w->to_minute;
    return minute >= w->from_minute || minute < w->to_minute;
}

static void is_the_first_open_minute_that_a_patient_clerk_finds(void **state)
{
    (void)state;
    uint64_t dice = 88172645463325252u;
    for (int round = 0; round < 1500; round++) {
        /* Around the days of change, and not opening in the hour that is missing. */
        int64_t change = moment(round % 2 == 0 ? "2026-03-29T01:00:00Z" : "2026-10-25T01:00:00Z");
        int64_t now = change + (draw_below(&dice, 4 * 1440) - 2 * 1440) * MINUTE;
        int from = (int)draw_below(&dice, 1440), to = (int)draw_below(&dice, 1440);
        const struct send_window w = {from, to};
        if (from == to || from / 60 == 2)
            continue;
        int64_t found = now;
        while (!is_open(&w, found, "Europe/Berlin"))
            found += MINUTE;
        int64_t opens = window_open_in_zone(&w, now, offset_of, "Europe/Berlin");
        assert_int_equal(opens, found);
    }
}

/* ---- two windows ---- */

static bool holds(const struct send_window *w, int minute)
{
    int since = (minute - w->from_minute + 1440) % 1440;
    int length = (w->to_minute - w->from_minute + 1440) % 1440;
    return length == 0 || since < length;
}

/* The longest run of minutes, round the clock, in which both are open. */
static int longest_run(const struct send_window *a, const struct send_window *b)
{
    int longest = 0, run = 0;
    for (int minute = 0; minute < 2 * 1440; minute++) {
        run = holds(a, minute % 1440) && holds(b, minute % 1440) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest < 1440 ? longest : 1440;
}

static void meets_in_the_longest_time_both_are_open(void **state)
{
    (void)state;
    uint64_t dice = 4101842887655102017u;
    for (int round = 0; round < 3000; round++) {
        const struct send_window a = {(int)draw_below(&dice, 1440), (int)draw_below(&dice, 1440)};
        const struct send_window b = {(int)draw_below(&dice, 1440), (int)draw_below(&dice, 1440)};
        struct send_window met = window_meet(&a, &b);
        int run = longest_run(&a, &b);
        if (run == 0) {
            assert_memory_equal(&met, &a, sizeof(met));
            continue;
        }
        assert_int_equal((met.to_minute - met.from_minute + 1440) % 1440, run % 1440);
        for (int minute = 0; minute < 1440; minute++)
            assert_true(!holds(&met, minute) || (holds(&a, minute) && holds(&b, minute)));
    }
}

static void one_window_meets_itself_and_nothing(void **state)
{
    (void)state;
    const struct send_window *const none[] = {NULL, &always};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        struct send_window met = window_meet(&daytime, none[i]);
        assert_memory_equal(&met, &daytime, sizeof(met));
        met = window_meet(none[i], &night);
        assert_memory_equal(&met, &night, sizeof(met));
        met = window_meet(none[i], NULL);
        assert_int_equal(met.from_minute, met.to_minute);
    }
    struct send_window met = window_meet(&daytime, &daytime);
    assert_memory_equal(&met, &daytime, sizeof(met));
    met = window_meet(&daytime, &night); /* never */
    assert_memory_equal(&met, &daytime, sizeof(met));
}

/* ---- warm-up ---- */

static void a_warm_up_day_ends_at_local_midnight(void **state)
{
    (void)state;
    int64_t today = 0;
    assert_true(clock_days_from_date(2026, 6, 1, &today));
    assert_int_equal(warmup_day(moment("2026-06-01T14:59:59.999Z"), 9 * HOUR), today);
    assert_int_equal(warmup_day(moment("2026-06-01T15:00:00Z"), 9 * HOUR), today + 1);
    assert_int_equal(warmup_day(moment("2026-06-01T03:00:00Z"), -4 * HOUR), today - 1);
    assert_int_equal(warmup_next_day_ms(moment("2026-06-01T14:00:00Z"), 9 * HOUR),
                     moment("2026-06-01T15:00:00Z"));
    assert_int_equal(warmup_next_day_ms(moment("2026-06-01T15:00:00Z"), 9 * HOUR),
                     moment("2026-06-02T15:00:00Z"));
    assert_int_equal(warmup_day(-1, 0), -1);
    assert_int_equal(warmup_next_day_ms(-1, 0), 0);
}

static void a_warm_up_follows_its_table_and_ends_with_it(void **state)
{
    (void)state;
    static const struct warmup w = {.start_day = 20600, .limits = {50, 100, 500}, .days = 3};
    static const struct warmup none = {0};
    assert_int_equal(warmup_limit(&w, 20599), INT64_MAX);
    assert_int_equal(warmup_limit(&w, 20600), 50);
    assert_int_equal(warmup_limit(&w, 20601), 100);
    assert_int_equal(warmup_limit(&w, 20602), 500);
    assert_int_equal(warmup_limit(&w, 20603), INT64_MAX);
    assert_int_equal(warmup_limit(&w, INT64_MAX), INT64_MAX);
    assert_int_equal(warmup_limit(&none, 0), INT64_MAX);
    assert_int_equal(warmup_limit(&none, 20600), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_to_the_opening_and_no_longer),
        cmocka_unit_test(works_before_1970_too),
        cmocka_unit_test(a_window_to_midnight_ends_there),
        cmocka_unit_test(opens_by_the_recipients_clock_on_the_days_it_is_changed),
        cmocka_unit_test(an_opening_the_clocks_jump_over_is_after_the_jump),
        cmocka_unit_test(is_the_first_open_minute_that_a_patient_clerk_finds),
        cmocka_unit_test(meets_in_the_longest_time_both_are_open),
        cmocka_unit_test(one_window_meets_itself_and_nothing),
        cmocka_unit_test(a_warm_up_day_ends_at_local_midnight),
        cmocka_unit_test(a_warm_up_follows_its_table_and_ends_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
