#include "policy/bucket.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "policy/dice.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOW    INT64_C(987654321)

static const struct rate per_second = {50, SECOND};

static const struct rate rates[] = {
    {50, SECOND},  {3, SECOND},   {1, SECOND},      {7777, SECOND},      {1200, MINUTE},
    {7, MINUTE},   {20000, HOUR}, {1, HOUR},        {100000, DAY},       {1, DAY},
    {999983, DAY}, {100, 1500},   {100000000, DAY}, {100000000, SECOND},
};

static int64_t burst_of(const struct rate *rate)
{
    return rate->count * SECOND / rate->per_ms > 1 ? rate->count * SECOND / rate->per_ms : 1;
}

/* ---- going ---- */

/* `excess`: the most by which any stretch of time that ends now was above the rate. */
static double account(double excess, const struct rate *rate, int64_t passed_ms, int64_t went)
{
    double left = excess - (double)passed_ms * (double)rate->count / (double)rate->per_ms;
    return (left > 0 ? left : 0) + (double)went;
}

static void no_stretch_of_time_is_above_the_rate_and_the_burst(void **state)
{
    (void)state;
    uint64_t dice = 88172645463325252u;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct bucket b = {0};
        int64_t burst = burst_of(&rates[i]), now = NOW;
        double excess = 0;
        while (now < NOW + HOUR) {
            int64_t passed =
                draw_below(&dice, 8) == 0 ? draw_below(&dice, 3 * SECOND) : draw_below(&dice, 5);
            now += passed;
            int64_t wanted = 1 + draw_below(&dice, 3 * burst);
            int64_t room = bucket_room(&b, &rates[i], now, wanted);
            assert_in_range(room, 0, wanted);
            bucket_take(&b, &rates[i], now, room);
            excess = account(excess, &rates[i], passed, room);
            assert_true(excess <= (double)burst * 1.000001);
        }
    }
}

static void whoever_always_wants_gets_all_of_the_rate(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct bucket b = {0};
        int64_t went = 0;
        for (int64_t now = NOW; now <= NOW + 100 * SECOND; now += 10) {
            int64_t room = bucket_room(&b, &rates[i], now, INT64_MAX);
            bucket_take(&b, &rates[i], now, room);
            went += room;
        }
        int64_t due = rates[i].count * (100 * SECOND / 100) / (rates[i].per_ms / 100);
        assert_true(went >= due);
        assert_true(went <= due + burst_of(&rates[i]) + 1);
    }
}

static void one_second_may_go_in_one_go_and_at_least_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct bucket b = {0};
        for (int64_t now = 0; now <= NOW; now += NOW) {
            assert_int_equal(bucket_room(&b, &rates[i], now, INT64_MAX), burst_of(&rates[i]));
            assert_int_equal(bucket_room(&b, &rates[i], now, 1), 1);
        }
    }
    struct bucket b = {0};
    bucket_take(&b, &per_second, NOW, 20);
    assert_int_equal(bucket_room(&b, &per_second, NOW, 100), 30);
    bucket_take(&b, &per_second, NOW, 30);
    assert_int_equal(bucket_room(&b, &per_second, NOW, 100), 0);
    assert_int_equal(bucket_room(&b, &per_second, NOW + 19, 100), 0);
    assert_int_equal(bucket_room(&b, &per_second, NOW + 20, 100), 1);
    assert_int_equal(bucket_room(&b, &per_second, NOW + SECOND, 100), 50);
    assert_int_equal(bucket_room(&b, &per_second, NOW + DAY, 100), 50);
}

static void the_next_time_is_the_first_at_which_there_is_room(void **state)
{
    (void)state;
    uint64_t dice = 4101842887655102017u;
    for (int round = 0; round < 20000; round++) {
        struct bucket b = {0};
        const struct rate *rate = &rates[draw_below(&dice, COUNT_OF(rates))];
        bucket_take(&b, rate, NOW, 1 + draw_below(&dice, 3 * burst_of(rate)));
        int64_t now = NOW + draw_below(&dice, 20);
        int64_t next = bucket_next_ms(&b, rate, now);
        assert_true(next >= now);
        assert_true(bucket_room(&b, rate, next, 1) == 1);
        assert_true(next == now || bucket_room(&b, rate, next - 1, 1) == 0);
    }
}

static void what_is_too_much_delays_those_behind(void **state)
{
    (void)state;
    struct bucket b = {0};
    bucket_take(&b, &per_second, NOW, 100);
    assert_int_equal(bucket_room(&b, &per_second, NOW + SECOND, 1), 0);
    assert_int_equal(bucket_next_ms(&b, &per_second, NOW), NOW + SECOND + 20);
}

static void without_a_rate_everything_goes(void **state)
{
    (void)state;
    static const struct rate unlimited = {0};
    struct bucket b = {0};
    assert_int_equal(bucket_room(&b, &unlimited, NOW, 1000000), 1000000);
    bucket_take(&b, &unlimited, NOW, INT64_MAX);
    assert_int_equal(bucket_room(&b, &unlimited, NOW, INT64_MAX), INT64_MAX);
    assert_int_equal(bucket_next_ms(&b, &unlimited, NOW), NOW);
    assert_int_equal(bucket_reserve(&b, &unlimited, NOW, 0), NOW);
    assert_true(bucket_is_idle(&b, NOW));
}

static void nobody_wants_less_than_nothing(void **state)
{
    (void)state;
    struct bucket b = {0};
    assert_int_equal(bucket_room(&b, &per_second, NOW, 0), 0);
    assert_int_equal(bucket_room(&b, &per_second, NOW, -5), 0);
    bucket_take(&b, &per_second, NOW, -5);
    bucket_give_back(&b, &per_second, NOW, -5);
    assert_true(bucket_is_idle(&b, NOW));
}

/* ---- giving back ---- */

static void what_is_given_back_may_go_again(void **state)
{
    (void)state;
    struct bucket b = {0};
    bucket_take(&b, &per_second, NOW, 50);
    bucket_give_back(&b, &per_second, NOW + 1, 30);
    assert_int_equal(bucket_room(&b, &per_second, NOW + 1, 100), 30);
}

static void giving_back_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        for (int64_t more = 1; more < 100; more++) {
            struct bucket b = {0}, less = {0};
            bucket_take(&less, &rates[i], NOW, 2);
            bucket_take(&b, &rates[i], NOW, 2 + more);
            bucket_give_back(&b, &rates[i], NOW, more);
            assert_memory_equal(&b, &less, sizeof(b));
        }
    }
}

static void giving_back_never_makes_more_than_a_burst(void **state)
{
    (void)state;
    uint64_t dice = 1181783497276652981u;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct bucket b = {0};
        for (int round = 0; round < 1000; round++) {
            int64_t now = NOW + round * draw_below(&dice, 50);
            bucket_take(&b, &rates[i], now, draw_below(&dice, 100));
            bucket_give_back(&b, &rates[i], now + 1, draw_below(&dice, 1000));
            assert_true(bucket_room(&b, &rates[i], now + 1, INT64_MAX) <= burst_of(&rates[i]));
        }
    }
}

static void a_place_that_has_passed_is_not_given_back(void **state)
{
    (void)state;
    struct bucket b = {0}, untouched;
    bucket_take(&b, &per_second, NOW, 50);
    untouched = b;
    bucket_give_back(&b, &per_second, NOW + MINUTE, 50);
    assert_memory_equal(&b, &untouched, sizeof(b));
}

/* ---- promises ---- */

static void promises_lie_exactly_one_interval_apart(void **state)
{
    (void)state;
    static const struct rate odd[] = {{3, SECOND},    {7, SECOND},    {50, SECOND},  {7, MINUTE},
                                      {20000, HOUR},  {997, HOUR},    {100000, DAY}, {1, DAY},
                                      {3000, SECOND}, {7777, SECOND}, {999983, DAY}};
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        struct bucket b = {0};
        bucket_take(&b, &odd[i], NOW, burst_of(&odd[i]));
        for (int64_t n = 1; n <= 10000; n++) {
            int64_t exact = (n * odd[i].per_ms + odd[i].count - 1) / odd[i].count;
            assert_int_equal(bucket_reserve(&b, &odd[i], NOW, INT64_C(100000) * DAY), NOW + exact);
        }
    }
}

static void promises_take_nothing_from_those_who_are_there(void **state)
{
    (void)state;
    struct bucket b = {0};
    for (int i = 0; i < 1000; i++)
        (void)bucket_reserve(&b, &per_second, NOW, HOUR);
    assert_int_equal(bucket_room(&b, &per_second, NOW, 100), 50);
}

#define WAITING 5000

/* Everyone comes at `NOW`, is sent away with a time, and comes back at it. */
static void those_who_were_promised_a_time_go_at_it(void **state)
{
    (void)state;
    struct bucket b = {0};
    int64_t due[WAITING];
    int64_t now = NOW, turned_away = 0;
    for (int i = 0; i < WAITING; i++) {
        due[i] = NOW;
        if (bucket_room(&b, &per_second, NOW, 1) == 1)
            bucket_take(&b, &per_second, NOW, 1);
        else
            due[i] = bucket_reserve(&b, &per_second, NOW, HOUR);
    }
    for (int i = 50; i < WAITING; i++) {
        now = due[i] > now ? due[i] : now;
        turned_away += bucket_room(&b, &per_second, now, 1) == 1 ? 0 : 1;
        bucket_take(&b, &per_second, now, 1);
    }
    assert_int_equal(turned_away, 0);
    assert_int_equal(now, NOW + (WAITING - 50) * 20);
}

/* At each millisecond first a stranger asks, then all whose time has come; whoever is turned away
 * is told another time. */
static void no_place_is_lost_when_strangers_take_it(void **state)
{
    (void)state;
    struct bucket b = {0};
    static int64_t due[WAITING];
    int64_t gone = 0, strangers = 0, now = NOW;
    for (int i = 0; i < WAITING; i++)
        due[i] = NOW;
    for (; gone < WAITING; now++) {
        if ((now - NOW) % 300 == 0 && bucket_room(&b, &per_second, now, 1) == 1) {
            bucket_take(&b, &per_second, now, 1);
            strangers++;
        }
        for (int i = 0; i < WAITING; i++) {
            if (due[i] > now)
                continue;
            if (bucket_room(&b, &per_second, now, 1) == 1) {
                bucket_take(&b, &per_second, now, 1);
                due[i] = INT64_MAX;
                gone++;
            } else {
                due[i] = bucket_reserve(&b, &per_second, now, HOUR);
            }
        }
    }
    int64_t least = (gone + strangers - 50) * 20;
    assert_true(strangers > 100);
    assert_in_range(now - NOW, least, least + least / 20);
}

static void small_notices_stand_behind_small_ones_only(void **state)
{
    (void)state;
    struct bucket b = {0};
    bucket_take(&b, &per_second, NOW, 50);
    for (int i = 0; i < 100000; i++)
        (void)bucket_reserve(&b, &per_second, NOW, HOUR);
    for (int i = 1; i <= 100; i++)
        assert_int_equal(bucket_reserve_small(&b, &per_second, NOW, HOUR), NOW + i * 20);
    assert_int_equal(bucket_reserve(&b, &per_second, NOW, HOUR), NOW + 100001 * 20);
    assert_false(bucket_is_idle(&b, NOW + 2 * SECOND));
}

static void behind_the_horizon_nothing_is_promised(void **state)
{
    (void)state;
    struct bucket b = {0};
    bucket_take(&b, &per_second, NOW, 50);
    for (int i = 1; i <= 500; i++)
        assert_int_equal(bucket_reserve(&b, &per_second, NOW, 10 * SECOND), NOW + i * 20);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(bucket_reserve(&b, &per_second, NOW, 10 * SECOND), NOW + 10 * SECOND);
    assert_int_equal(bucket_reserve(&b, &per_second, NOW + SECOND, 10 * SECOND),
                     NOW + 10 * SECOND + 20);
}

/* ---- strange clocks, strange numbers ---- */

static void a_clock_that_goes_back_lets_nothing_more_through(void **state)
{
    (void)state;
    struct bucket b = {0};
    bucket_take(&b, &per_second, NOW, 50);
    assert_int_equal(bucket_room(&b, &per_second, NOW - HOUR, 100), 0);
    assert_int_equal(bucket_next_ms(&b, &per_second, NOW - HOUR), NOW + 20);
    assert_int_equal(bucket_reserve(&b, &per_second, NOW - HOUR, MINUTE), NOW - HOUR + MINUTE);
    assert_int_equal(bucket_room(&b, &per_second, NOW + SECOND, 100), 50);
}

static void huge_numbers_do_not_overflow(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct bucket b = {0};
        for (int round = 0; round < 5; round++)
            bucket_take(&b, &rates[i], NOW, INT64_MAX);
        assert_int_equal(bucket_room(&b, &rates[i], NOW, INT64_MAX), 0);
        assert_true(bucket_next_ms(&b, &rates[i], NOW) > NOW + DAY);
        assert_int_equal(bucket_reserve(&b, &rates[i], NOW, HOUR), NOW + HOUR);
        bucket_give_back(&b, &rates[i], NOW, INT64_MAX);
        assert_true(bucket_room(&b, &rates[i], NOW, INT64_MAX) <= burst_of(&rates[i]));
        assert_true(bucket_room(&b, &rates[i], INT64_MAX / 2, 1) >= 0);
    }
}

static void a_new_rate_finds_a_bucket_of_the_old_one(void **state)
{
    (void)state;
    static const struct rate slow = {7, MINUTE};
    struct bucket b = {0};
    bucket_take(&b, &slow, NOW, 8);
    int64_t next = bucket_next_ms(&b, &slow, NOW);
    assert_true(bucket_next_ms(&b, &per_second, NOW) <= next);
    assert_true(bucket_room(&b, &per_second, NOW + 2 * MINUTE, 100) == 50);
}

static void an_idle_bucket_says_the_same_as_a_fresh_one(void **state)
{
    (void)state;
    struct bucket b = {0}, fresh = {0};
    bucket_take(&b, &per_second, NOW, 50);
    (void)bucket_reserve(&b, &per_second, NOW, HOUR);
    assert_false(bucket_is_idle(&b, NOW + SECOND));
    assert_false(bucket_is_idle(&b, NOW + SECOND + 1)); /* somebody was promised a time */
    assert_true(bucket_is_idle(&b, NOW + 2 * SECOND));
    assert_int_equal(bucket_room(&b, &per_second, NOW + 2 * SECOND, 100),
                     bucket_room(&fresh, &per_second, NOW + 2 * SECOND, 100));
    assert_true(bucket_is_idle(&fresh, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_stretch_of_time_is_above_the_rate_and_the_burst),
        cmocka_unit_test(whoever_always_wants_gets_all_of_the_rate),
        cmocka_unit_test(one_second_may_go_in_one_go_and_at_least_one),
        cmocka_unit_test(the_next_time_is_the_first_at_which_there_is_room),
        cmocka_unit_test(what_is_too_much_delays_those_behind),
        cmocka_unit_test(without_a_rate_everything_goes),
        cmocka_unit_test(nobody_wants_less_than_nothing),
        cmocka_unit_test(what_is_given_back_may_go_again),
        cmocka_unit_test(giving_back_is_exact),
        cmocka_unit_test(giving_back_never_makes_more_than_a_burst),
        cmocka_unit_test(a_place_that_has_passed_is_not_given_back),
        cmocka_unit_test(promises_lie_exactly_one_interval_apart),
        cmocka_unit_test(promises_take_nothing_from_those_who_are_there),
        cmocka_unit_test(those_who_were_promised_a_time_go_at_it),
        cmocka_unit_test(no_place_is_lost_when_strangers_take_it),
        cmocka_unit_test(small_notices_stand_behind_small_ones_only),
        cmocka_unit_test(behind_the_horizon_nothing_is_promised),
        cmocka_unit_test(a_clock_that_goes_back_lets_nothing_more_through),
        cmocka_unit_test(huge_numbers_do_not_overflow),
        cmocka_unit_test(a_new_rate_finds_a_bucket_of_the_old_one),
        cmocka_unit_test(an_idle_bucket_says_the_same_as_a_fresh_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
