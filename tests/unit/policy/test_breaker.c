#include "policy/breaker.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "base/attributes.h"
#include "policy/dice.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define NOW    INT64_C(987654321)
#define MOST   8

/* A breaker in each state, with a transport's rule. */
static struct breaker in_state(enum breaker_state state)
{
    struct breaker b = {0};
    if (state != BREAKER_CLOSED)
        (void)breaker_fault(&b, &breaker_transport, NOW, 0, 0);
    if (state == BREAKER_PROBING || state == BREAKER_RAMPING)
        (void)breaker_room(&b, b.until_ms, 0, MOST);
    if (state == BREAKER_RAMPING)
        (void)breaker_success(&b, NOW, MOST);
    assert_int_equal(b.state, state);
    return b;
}

static void every_edge_is_drawn(void **state)
{
    (void)state;
    static const struct {
        enum breaker_state from, on_fault, on_success, on_rest_over;
        bool opens;
        int room_at_once;
    } rows[] = {
        {BREAKER_CLOSED, BREAKER_OPEN, BREAKER_CLOSED, BREAKER_CLOSED, true, MOST},
        {BREAKER_OPEN, BREAKER_OPEN, BREAKER_OPEN, BREAKER_PROBING, false, 0},
        {BREAKER_PROBING, BREAKER_OPEN, BREAKER_RAMPING, BREAKER_PROBING, true, 1},
        {BREAKER_RAMPING, BREAKER_OPEN, BREAKER_RAMPING, BREAKER_CLOSED, true, 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct breaker b = in_state(rows[i].from);
        assert_int_equal(breaker_room(&b, NOW + 1, 0, MOST), rows[i].room_at_once);
        b = in_state(rows[i].from);
        assert_int_equal(breaker_fault(&b, &breaker_transport, NOW, 0, 0), rows[i].opens);
        assert_int_equal(b.state, rows[i].on_fault);
        b = in_state(rows[i].from);
        assert_false(breaker_success(&b, NOW, MOST));
        assert_int_equal(b.state, rows[i].on_success);
        b = in_state(rows[i].from);
        (void)breaker_room(&b, NOW + 10 * MINUTE, 0, MOST);
        assert_int_equal(b.state, rows[i].on_rest_over);
    }
}

static void a_destination_opens_with_the_fifth_fault_in_a_row(void **state)
{
    (void)state;
    struct breaker b = {0};
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            assert_false(breaker_fault(&b, &breaker_destination, NOW, 0, 0));
        assert_false(breaker_success(&b, NOW, INT_MAX));
        assert_int_equal(breaker_room(&b, NOW, 0, INT_MAX), INT_MAX);
    }
    for (int i = 0; i < 4; i++)
        assert_false(breaker_fault(&b, &breaker_destination, NOW, 0, 0));
    assert_true(breaker_fault(&b, &breaker_destination, NOW, 0, 0));
    assert_int_equal(breaker_next_ms(&b, NOW), NOW + 30 * SECOND);
}

static void one_probe_goes_and_the_others_wait_for_its_news(void **state)
{
    (void)state;
    struct breaker b = in_state(BREAKER_OPEN);
    int64_t over = breaker_next_ms(&b, NOW);
    assert_int_equal(over, NOW + 5 * SECOND);
    assert_int_equal(breaker_room(&b, over - 1, 0, MOST), 0);
    assert_int_equal(breaker_room(&b, over, 3, MOST), 0); /* begun before it opened */
    assert_int_equal(breaker_room(&b, over, 0, MOST), 1);
    assert_int_equal(breaker_room(&b, over, 1, MOST), 0);
    assert_int_equal(breaker_next_ms(&b, over), over);
}

static void comes_back_by_doubling(void **state)
{
    (void)state;
    static const struct {
        int most;
        int widths[8]; /* after each round in which all that went succeeded; 0: closed */
    } rows[] = {{1, {0}},       {2, {0}},          {3, {2, 0}},
                {8, {2, 4, 0}}, {9, {2, 4, 8, 0}}, {INT_MAX, {2, 4, 8, 16, 32, 0}}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct breaker b = in_state(BREAKER_PROBING);
        bool closed = false;
        for (size_t round = 0; !closed; round++) {
            int room = breaker_room(&b, NOW + MINUTE, 0, rows[i].most);
            for (int n = 0; n < room; n++) {
                assert_false(closed);
                closed = breaker_success(&b, NOW + MINUTE, rows[i].most);
            }
            assert_int_equal(closed, rows[i].widths[round] == 0);
            assert_int_equal(breaker_room(&b, NOW + MINUTE, 0, rows[i].most),
                             closed ? rows[i].most : rows[i].widths[round]);
        }
    }
}

/* A destination right behind a rest: its probe succeeded at `now`. */
static struct breaker behind_a_rest(int64_t now)
{
    struct breaker b = {0};
    while (!breaker_fault(&b, &breaker_destination, NOW, 0, 0))
        ;
    assert_int_equal(breaker_room(&b, now, 0, INT_MAX), 1);
    assert_false(breaker_success(&b, now, INT_MAX));
    assert_int_equal(b.state, BREAKER_RAMPING);
    return b;
}

static void one_fault_behind_a_rest_is_no_new_outage(void **state)
{
    (void)state;
    int64_t now = NOW + 31 * SECOND;
    for (int successes = 0; successes < 62; successes++) {
        struct breaker b = behind_a_rest(now);
        for (int n = 0; n < successes; n++)
            (void)breaker_success(&b, now, INT_MAX);
        assert_int_equal(b.state, BREAKER_RAMPING);
        for (int n = 0; n < 4; n++)
            assert_false(breaker_fault(&b, &breaker_destination, now, 0, 0));
        assert_true(breaker_fault(&b, &breaker_destination, now, 0, 0));
        assert_int_equal(breaker_next_ms(&b, now), now + 30 * SECOND);
    }
}

static void a_fault_of_the_probe_is_one(void **state)
{
    (void)state;
    struct breaker b = behind_a_rest(NOW + 31 * SECOND);
    breaker_probe(&b);
    assert_true(breaker_fault(&b, &breaker_destination, NOW + MINUTE, 0, 0));
}

static void faults_in_a_ramp_are_only_counted_in_a_row(void **state)
{
    (void)state;
    int64_t now = NOW + 31 * SECOND;
    struct breaker b = behind_a_rest(now);
    int successes = 0;
    while (b.state == BREAKER_RAMPING) {
        for (int n = 0; n < 4; n++)
            assert_false(breaker_fault(&b, &breaker_destination, now, 0, 0));
        (void)breaker_success(&b, now, INT_MAX);
        assert_true(++successes <= 62); /* and with the probe that is all of the ramp */
    }
    assert_int_equal(b.state, BREAKER_CLOSED);
    assert_int_equal(successes, 62);
}

static void who_asks_for_time_in_a_ramp_gets_that_and_no_more(void **state)
{
    (void)state;
    struct breaker b = behind_a_rest(NOW + 31 * SECOND);
    assert_true(breaker_fault(&b, &breaker_destination, NOW + MINUTE, 2 * SECOND, 0));
    assert_int_equal(b.until_ms, NOW + MINUTE + 2 * SECOND);
}

static void a_ramp_nobody_waits_for_ends_after_a_minute(void **state)
{
    (void)state;
    int64_t now = NOW + 31 * SECOND;
    struct breaker b = behind_a_rest(now);
    assert_int_equal(breaker_room(&b, now + MINUTE - 1, 0, INT_MAX), 2);
    assert_int_equal(breaker_room(&b, now + MINUTE, 0, INT_MAX), INT_MAX);
    assert_int_equal(b.state, BREAKER_CLOSED);
}

static void a_herd_meets_the_ramp_however_long_it_takes(void **state)
{
    (void)state;
    int64_t now = NOW + 31 * SECOND;
    struct breaker b = behind_a_rest(now);
    for (int n = 0; n < 1000; n++) {
        now += 59 * SECOND;
        assert_int_equal(breaker_room(&b, now, 2, INT_MAX), 0);
    }
    assert_int_equal(b.state, BREAKER_RAMPING);
    assert_int_equal(breaker_room(&b, now + MINUTE - 1, 1, INT_MAX), 1);
    assert_int_equal(breaker_room(&b, now + MINUTE, 1, INT_MAX), INT_MAX - 1);
}

/* Four before the ramp ended and one behind it are five in a row. */
static void faults_count_on_when_a_ramp_ends(void **state)
{
    (void)state;
    int64_t now = NOW + 31 * SECOND;
    struct breaker b = behind_a_rest(now);
    for (int n = 0; n < 4; n++)
        assert_false(breaker_fault(&b, &breaker_destination, now, 0, 0));
    assert_int_equal(breaker_room(&b, now + MINUTE, 0, INT_MAX), INT_MAX);
    assert_true(breaker_fault(&b, &breaker_destination, now + MINUTE, 0, 0));
}

static void is_never_wider_than_it_may_be(void **state)
{
    (void)state;
    struct breaker b = in_state(BREAKER_RAMPING);
    assert_int_equal(breaker_room(&b, NOW, 0, 1), 1); /* concurrency: 1 since a reload */
    assert_int_equal(breaker_room(&b, NOW, 5, MOST), 0);
    b = in_state(BREAKER_CLOSED);
    assert_int_equal(breaker_room(&b, NOW, MOST + 3, MOST), 0);
}

static int64_t open_again(struct breaker *b, const struct breaker_rule *rule, int64_t now,
                          uint64_t draw)
{
    (void)breaker_room(b, now, 0, MOST);
    while (!breaker_fault(b, rule, now, 0, draw))
        ;
    return breaker_next_ms(b, now) - now;
}

static void rests_double_up_to_their_cap(void **state)
{
    (void)state;
    static const struct {
        const struct breaker_rule *rule;
        int64_t seconds[12];
    } rows[] = {
        {&breaker_transport, {5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300}},
        {&breaker_destination, {30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900, 900}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct breaker b = {0};
        int64_t now = NOW;
        for (int n = 0; n < 1000; n++) {
            int64_t rest = open_again(&b, rows[i].rule, now, 0);
            assert_int_equal(rest, rows[i].seconds[n < 11 ? n : 11] * SECOND);
            now += rest;
        }
    }
}

static void a_success_between_begins_the_rests_anew(void **state)
{
    (void)state;
    struct breaker b = {0};
    int64_t now = NOW;
    for (int n = 0; n < 5; n++)
        now += open_again(&b, &breaker_transport, now, 0);
    (void)breaker_room(&b, now, 0, MOST);
    (void)breaker_success(&b, now, MOST);
    assert_int_equal(open_again(&b, &breaker_transport, now, 0), 5 * SECOND);
}

static void their_advice_lengthens_a_rest_and_never_shortens_it(void **state)
{
    (void)state;
    uint64_t dice = 2463534242u;
    for (int round = 0; round < 1000; round++) {
        struct breaker b = {0};
        int64_t advice = draw_below(&dice, 20 * MINUTE);
        assert_true(breaker_fault(&b, &breaker_transport, NOW, advice, next_draw(&dice)));
        assert_true(b.until_ms >= NOW + 5 * SECOND && b.until_ms >= NOW + advice);
        int64_t before = b.until_ms, later_advice = draw_below(&dice, 20 * MINUTE);
        assert_false(breaker_fault(&b, &breaker_transport, NOW, later_advice, next_draw(&dice)));
        assert_int_equal(b.until_ms, before > NOW + later_advice ? before : NOW + later_advice);
    }
}

static void who_is_asked_to_wait_rests_at_once_and_only_so_long(void **state)
{
    (void)state;
    struct breaker b = {0};
    assert_true(breaker_fault(&b, &breaker_destination, 1000, 2000, 0));
    assert_int_equal(b.state, BREAKER_OPEN);
    assert_int_equal(b.until_ms, 3000);
    assert_int_equal(breaker_room(&b, 2999, 0, INT_MAX), 0);
    assert_int_equal(breaker_room(&b, 3000, 0, INT_MAX), 1);
    /* The rest after faults still begins with its first step. */
    assert_true(breaker_fault(&b, &breaker_destination, 3000, 0, 0));
    assert_int_equal(b.until_ms, 3000 + breaker_destination.rest_ms);
}

static void what_was_under_way_does_not_count_as_another_opening(void **state)
{
    (void)state;
    struct breaker b = in_state(BREAKER_OPEN), before = b;
    for (int i = 0; i < 100; i++)
        assert_false(breaker_fault(&b, &breaker_transport, NOW + 1, 0, UINT64_MAX));
    assert_memory_equal(&b, &before, sizeof(b));
}

/* A thousand ways break in the same millisecond; how many probe in the same one, at each opening?
 */
static void a_thousand_breakers_do_not_probe_as_a_herd(void **state)
{
    (void)state;
    static const struct breaker_rule *const rules[] = {&breaker_transport, &breaker_destination};
    uint64_t dice = 88172645463325252u;
    for (size_t r = 0; r < COUNT_OF(rules); r++) {
        for (int opening = 0; opening < 8; opening++) {
            int64_t shortest = rules[r]->rest_ms << opening;
            shortest = shortest < rules[r]->rest_max_ms ? shortest : rules[r]->rest_max_ms;
            int tenths[10] = {0}, herd = 0;
            static int at[200 * 1000];
            memset(at, 0, sizeof(at));
            for (int n = 0; n < 1000; n++) {
                struct breaker b = {.openings = opening, .state = BREAKER_PROBING, .width = 1};
                assert_true(breaker_fault(&b, rules[r], NOW, 0, next_draw(&dice)));
                int64_t late = b.until_ms - NOW - shortest;
                assert_in_range(late, 0, shortest / 5);
                tenths[late * 50 / (shortest + 1)]++;
                herd = ++at[late] > herd ? at[late] : herd;
            }
            assert_true(herd <= 8); /* of 1000 over 1000 ms: about 1 each */
            for (size_t i = 0; i < COUNT_OF(tenths); i++)
                assert_in_range(tenths[i], 60, 140);
        }
    }
}

/* Whatever happens in whatever order: a way that rests is left alone, one that is probed is probed
 * once, and it is never stuck. */
static void random_lives_keep_the_promises(void **state)
{
    (void)state;
    uint64_t dice = 4101842887655102017u;
    for (int life = 0; life < 200; life++) {
        struct breaker b = {0};
        int under_way = 0;
        int64_t now = NOW;
        for (int step = 0; step < 2000; step++) {
            now += draw_below(&dice, 3 * SECOND);
            enum breaker_state before = b.state;
            int64_t until = b.until_ms;
            int room = breaker_room(&b, now, under_way, MOST);
            assert_in_range(room, 0, MOST);
            if (before == BREAKER_OPEN && now < until)
                assert_int_equal(room, 0);
            if (b.state == BREAKER_PROBING)
                assert_true(room + under_way <= 1 || room == 0);
            under_way += room > 0 ? 1 + (int)draw_below(&dice, room) : 0;
            if (under_way > 0 && draw_below(&dice, 2) == 0) {
                under_way--;
                if (draw_below(&dice, 4) == 0)
                    (void)breaker_fault(&b, &breaker_transport, now, 0, next_draw(&dice));
                else
                    (void)breaker_success(&b, now, MOST);
            }
            assert_true(breaker_next_ms(&b, now) <= now + 6 * MINUTE);
        }
    }
}

static void who_mended_it_need_not_wait_for_the_end_of_its_rest(void **state)
{
    (void)state;
    struct breaker b = in_state(BREAKER_OPEN);
    assert_true(breaker_is_shut(&b));
    breaker_end_rest(&b, NOW + 1);
    assert_true(breaker_is_shut(&b));
    assert_int_equal(breaker_next_ms(&b, NOW + 1), NOW + 1);
    assert_int_equal(breaker_room(&b, NOW + 1, 0, MOST), 1);
    assert_int_equal(breaker_room(&b, NOW + 1, 1, MOST), 0); /* one, no herd */
    assert_true(breaker_is_shut(&b));
    /* And where it was in vain the rests go on growing. */
    assert_true(breaker_fault(&b, &breaker_transport, NOW + 1, 0, 0));
    assert_int_equal(breaker_next_ms(&b, NOW + 1), NOW + 1 + 10 * SECOND);
    for (enum breaker_state at = BREAKER_CLOSED; at <= BREAKER_RAMPING; at++) {
        struct breaker before = b = in_state(at);
        assert_int_equal(breaker_is_shut(&b), at == BREAKER_OPEN || at == BREAKER_PROBING);
        breaker_end_rest(&b, NOW + MINUTE); /* over already */
        assert_memory_equal(&b, &before, sizeof(b));
    }
}

static void every_state_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(breaker_state_name(BREAKER_CLOSED), "closed");
    assert_string_equal(breaker_state_name(BREAKER_OPEN), "open");
    assert_string_equal(breaker_state_name(BREAKER_PROBING), "probing");
    assert_string_equal(breaker_state_name(BREAKER_RAMPING), "ramping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_is_drawn),
        cmocka_unit_test(a_destination_opens_with_the_fifth_fault_in_a_row),
        cmocka_unit_test(one_probe_goes_and_the_others_wait_for_its_news),
        cmocka_unit_test(comes_back_by_doubling),
        cmocka_unit_test(one_fault_behind_a_rest_is_no_new_outage),
        cmocka_unit_test(a_fault_of_the_probe_is_one),
        cmocka_unit_test(faults_in_a_ramp_are_only_counted_in_a_row),
        cmocka_unit_test(who_asks_for_time_in_a_ramp_gets_that_and_no_more),
        cmocka_unit_test(a_ramp_nobody_waits_for_ends_after_a_minute),
        cmocka_unit_test(a_herd_meets_the_ramp_however_long_it_takes),
        cmocka_unit_test(faults_count_on_when_a_ramp_ends),
        cmocka_unit_test(is_never_wider_than_it_may_be),
        cmocka_unit_test(rests_double_up_to_their_cap),
        cmocka_unit_test(a_success_between_begins_the_rests_anew),
        cmocka_unit_test(their_advice_lengthens_a_rest_and_never_shortens_it),
        cmocka_unit_test(who_is_asked_to_wait_rests_at_once_and_only_so_long),
        cmocka_unit_test(what_was_under_way_does_not_count_as_another_opening),
        cmocka_unit_test(a_thousand_breakers_do_not_probe_as_a_herd),
        cmocka_unit_test(random_lives_keep_the_promises),
        cmocka_unit_test(who_mended_it_need_not_wait_for_the_end_of_its_rest),
        cmocka_unit_test(every_state_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
