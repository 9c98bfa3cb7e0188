#include "policy/verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "policy/dice.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define NOW    INT64_C(1790000000000)

static const struct retry_schedule email_schedule = {
    .delays_ms = {MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR},
    .count = 6,
    .jitter = 0.2};

static struct verdict ask(enum outcome outcome, int attempts, int64_t retry_after_s,
                          int64_t expires_at_ms, uint64_t draw)
{
    struct disposition d = {.outcome = outcome, .retry_after_s = retry_after_s};
    struct verdict_question q = {.disposition = &d,
                                 .schedule = &email_schedule,
                                 .on_uncertain = UNCERTAIN_RESEND,
                                 .tries = attempts,
                                 .now_ms = NOW,
                                 .expires_at_ms = expires_at_ms,
                                 .draw = draw,
                                 .more_channels = true};
    struct verdict v;
    verdict_decide(&q, &v);
    return v;
}

static void every_outcome_becomes_what_its_row_says(void **state)
{
    (void)state;
    static const struct {
        enum outcome outcome;
        enum delivery_state state;
        bool counts, pause, next_channel, waits;
    } rows[] = {
        {OUTCOME_DELIVERED, DELIVERY_DELIVERED, true, false, false, false},
        {OUTCOME_NOT_TRIED, DELIVERY_WAITING, false, true, false, true},
        {OUTCOME_THROTTLE, DELIVERY_DEFERRED, false, false, false, true},
        {OUTCOME_TRANSIENT, DELIVERY_DEFERRED, true, false, false, true},
        {OUTCOME_PERMANENT, DELIVERY_FAILED, true, false, true, false},
        {OUTCOME_CONFIG, DELIVERY_WAITING, false, true, false, true},
        {OUTCOME_SUPPRESS, DELIVERY_SUPPRESSED, true, false, false, false},
        {OUTCOME_UNCERTAIN, DELIVERY_DEFERRED, true, false, false, true},
    };
    assert_int_equal(COUNT_OF(rows), OUTCOMES);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v = ask(rows[i].outcome, 1, 0, 0, 12345);
        assert_int_equal(v.state, rows[i].state);
        assert_int_equal(v.counts, rows[i].counts);
        assert_int_equal(v.pause_transport, rows[i].pause);
        assert_int_equal(v.pause_ms > 0, rows[i].pause);
        assert_int_equal(v.next_channel, rows[i].next_channel);
        assert_int_equal(v.due_ms > NOW, rows[i].waits);
    }
}

static void every_verdict_is_an_edge_of_the_state_machine(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        for (int attempts = 1; attempts < 9; attempts++) {
            for (int expires = 0; expires < 2; expires++) {
                struct verdict v =
                    ask((enum outcome)outcome, attempts, 0, expires != 0 ? NOW + 1 : 0, 7);
                assert_true(delivery_may_move(DELIVERY_IN_FLIGHT, v.state));
            }
        }
    }
}

static void fails_and_passes_on_when_the_schedule_is_used_up(void **state)
{
    (void)state;
    assert_int_equal(ask(OUTCOME_TRANSIENT, 6, 0, 0, 1).state, DELIVERY_DEFERRED);
    struct verdict v = ask(OUTCOME_TRANSIENT, 7, 0, 0, 1);
    assert_int_equal(v.state, DELIVERY_FAILED);
    assert_true(v.next_channel);
    assert_int_equal(v.due_ms, 0);
}

static void passes_nothing_on_without_a_channel_left(void **state)
{
    (void)state;
    struct disposition d = {.outcome = OUTCOME_PERMANENT};
    struct verdict_question q = {
        .disposition = &d, .schedule = &email_schedule, .tries = 1, .now_ms = NOW};
    struct verdict v;
    verdict_decide(&q, &v);
    assert_int_equal(v.state, DELIVERY_FAILED);
    assert_false(v.next_channel);
}

static void holds_an_uncertain_notice_where_a_repeat_costs_money(void **state)
{
    (void)state;
    struct disposition d = {.outcome = OUTCOME_UNCERTAIN};
    struct verdict_question q = {.disposition = &d,
                                 .schedule = &email_schedule,
                                 .on_uncertain = UNCERTAIN_HOLD,
                                 .tries = 1,
                                 .now_ms = NOW,
                                 .more_channels = true};
    struct verdict v;
    verdict_decide(&q, &v);
    assert_int_equal(v.state, DELIVERY_UNCERTAIN);
    assert_true(v.counts);
    assert_false(v.next_channel);
}

static void never_calls_an_uncertain_notice_failed_or_expired(void **state)
{
    (void)state;
    assert_int_equal(ask(OUTCOME_UNCERTAIN, 7, 0, 0, 1).state, DELIVERY_UNCERTAIN);
    assert_int_equal(ask(OUTCOME_UNCERTAIN, 1, 0, NOW + 1, 1).state, DELIVERY_UNCERTAIN);
    assert_false(ask(OUTCOME_UNCERTAIN, 7, 0, 0, 1).next_channel);
}

static void a_throttle_waits_the_first_step_however_often(void **state)
{
    (void)state;
    for (int attempts = 0; attempts < 100; attempts++) {
        struct verdict v = ask(OUTCOME_THROTTLE, attempts, 0, 0, UINT64_MAX / 2);
        assert_int_equal(v.state, DELIVERY_DEFERRED);
        assert_in_range(v.due_ms - NOW, MINUTE * 8 / 10, MINUTE * 12 / 10);
    }
}

static void a_throttle_waits_even_without_a_schedule(void **state)
{
    (void)state;
    struct retry_schedule none = {.count = 0, .jitter = 0.2};
    struct disposition d = {.outcome = OUTCOME_THROTTLE};
    struct verdict_question q = {.disposition = &d, .schedule = &none, .now_ms = NOW};
    struct verdict v;
    verdict_decide(&q, &v);
    assert_int_equal(v.state, DELIVERY_DEFERRED);
    assert_int_equal(v.due_ms, NOW + MINUTE);
}

static void advice_only_delays_and_never_beyond_a_day(void **state)
{
    (void)state;
    uint64_t dice = 88172645463325252u;
    static const int64_t advice[] = {-300, 0, 1, 59, 61, 3600, 86399, 86400, 86401, INT64_MAX};
    static const enum outcome waiting[] = {OUTCOME_NOT_TRIED, OUTCOME_THROTTLE, OUTCOME_TRANSIENT,
                                           OUTCOME_CONFIG, OUTCOME_UNCERTAIN};
    for (size_t o = 0; o < COUNT_OF(waiting); o++) {
        for (size_t a = 0; a < COUNT_OF(advice); a++) {
            for (int attempts = 1; attempts <= 6; attempts++) {
                uint64_t draw = next_draw(&dice);
                int64_t own = ask(waiting[o], attempts, 0, 0, draw).due_ms;
                int64_t due = ask(waiting[o], attempts, advice[a], 0, draw).due_ms;
                assert_true(due >= own);
                assert_true(due - NOW <= 24 * HOUR || due == own);
                if (advice[a] > 0 && advice[a] <= 86400)
                    assert_true(due - NOW >= advice[a] * 1000);
            }
        }
    }
}

static void nothing_is_ever_due_behind_its_expiry(void **state)
{
    (void)state;
    uint64_t dice = 4101842887655102017u;
    for (int round = 0; round < 20000; round++) {
        enum outcome outcome = (enum outcome)(next_draw(&dice) % OUTCOMES);
        int attempts = (int)(next_draw(&dice) % 8) + 1;
        int64_t expires = NOW + (int64_t)(next_draw(&dice) % (uint64_t)(30 * HOUR)) - HOUR;
        int64_t advice = (int64_t)(next_draw(&dice) % 100000);
        struct verdict v = ask(outcome, attempts, advice, expires, next_draw(&dice));
        if (delivery_state_is_final(v.state))
            assert_int_equal(v.due_ms, 0);
        else
            assert_true(v.due_ms > NOW && v.due_ms <= expires);
    }
}

static void the_expiry_itself_is_still_in_time(void **state)
{
    (void)state;
    assert_int_equal(ask(OUTCOME_NOT_TRIED, 1, 0, NOW + 5000, 1).state, DELIVERY_WAITING);
    assert_int_equal(ask(OUTCOME_NOT_TRIED, 1, 0, NOW + 4999, 1).state, DELIVERY_EXPIRED);
}

static void jitter_stays_within_its_bounds_and_reaches_for_them(void **state)
{
    (void)state;
    uint64_t dice = 2463534242u * UINT64_C(1000003);
    double least = 2.0, most = 0.0;
    for (int round = 0; round < 20000; round++) {
        double factor = 0;
        int64_t delay = retry_delay_ms(&email_schedule, 4, next_draw(&dice), &factor);
        assert_true(factor >= 0.8 && factor <= 1.2);
        assert_in_range(delay, HOUR * 8 / 10, HOUR * 12 / 10);
        least = factor < least ? factor : least;
        most = factor > most ? factor : most;
    }
    assert_true(least < 0.805 && most > 1.195);
    double factor = 0;
    assert_int_equal(retry_delay_ms(&email_schedule, 1, 0, &factor), MINUTE * 8 / 10);
    assert_in_range(retry_delay_ms(&email_schedule, 1, UINT64_MAX, &factor), MINUTE * 12 / 10 - 1,
                    MINUTE * 12 / 10);
}

/* A smarthost comes back after an hour: all that was deferred in the same second spreads evenly
 * over twice the jitter of its wait, at every step, and the draw shows in nothing but the time. */
static void a_hundred_thousand_deferred_at_once_return_spread_out(void **state)
{
    (void)state;
    uint64_t dice = 88172645463325252u;
    for (int step = 1; step <= (int)email_schedule.count; step++) {
        int64_t delay = email_schedule.delays_ms[step - 1], width = delay * 4 / 10;
        int hundredths[100] = {0};
        for (int n = 0; n < 100000; n++) {
            struct verdict v = ask(OUTCOME_TRANSIENT, step, 0, 0, next_draw(&dice));
            int64_t late = v.due_ms - NOW - delay * 8 / 10;
            assert_in_range(late, 0, width);
            hundredths[late * 100 / (width + 1)]++;
            assert_true(v.counts && !v.next_channel && !v.pause_transport && v.pause_ms == 0);
            assert_int_equal(v.state, DELIVERY_DEFERRED);
            int64_t recorded = (int64_t)((double)delay * v.jitter + 0.5);
            assert_int_equal(recorded, v.due_ms - NOW);
        }
        for (size_t i = 0; i < COUNT_OF(hundredths); i++)
            assert_in_range(hundredths[i], 850, 1150); /* 1000, and five deviations */
    }
}

static void the_drawn_jitter_is_in_the_verdict(void **state)
{
    (void)state;
    struct verdict v = ask(OUTCOME_TRANSIENT, 1, 0, 0, 0);
    assert_true(v.jitter > 0.7999 && v.jitter < 0.8001);
    assert_int_equal(v.due_ms, NOW + MINUTE * 8 / 10);
    assert_true(ask(OUTCOME_DELIVERED, 1, 0, 0, 0).jitter == 1.0);
}

static void a_later_attempt_waits_longer_with_the_same_draw(void **state)
{
    (void)state;
    uint64_t dice = 1181783497276652981u;
    for (int round = 0; round < 1000; round++) {
        uint64_t draw = next_draw(&dice);
        double factor = 0;
        int64_t before = 0;
        for (int attempts = 1; attempts <= 6; attempts++) {
            int64_t delay = retry_delay_ms(&email_schedule, attempts, draw, &factor);
            assert_true(delay > before);
            before = delay;
        }
        assert_int_equal(retry_delay_ms(&email_schedule, 7, draw, &factor), -1);
    }
}

static void a_transport_at_fault_rests_from_5_s_to_5_min(void **state)
{
    (void)state;
    static const int64_t seconds[] = {5, 5, 10, 20, 40, 80, 160, 300, 300};
    for (size_t i = 0; i < COUNT_OF(seconds); i++)
        assert_int_equal(transport_pause_ms((int)i), seconds[i] * 1000);
    assert_int_equal(transport_pause_ms(1000000), 300000);
    assert_int_equal(transport_pause_ms(-1), 5000);
}

static void waits_for_nothing_where_another_transport_steps_in(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        struct disposition d = {.outcome = (enum outcome)outcome, .retry_after_s = 3600};
        struct verdict_question q = {.disposition = &d,
                                     .schedule = &email_schedule,
                                     .tries = 99,
                                     .now_ms = NOW,
                                     .expires_at_ms = NOW + 1,
                                     .other_way = true};
        struct verdict with, without;
        verdict_decide(&q, &with);
        q.other_way = false;
        verdict_decide(&q, &without);
        bool waits = outcome == OUTCOME_NOT_TRIED || outcome == OUTCOME_THROTTLE ||
                     outcome == OUTCOME_TRANSIENT || outcome == OUTCOME_CONFIG;
        assert_int_equal(with.due_ms, waits ? NOW : without.due_ms);
        assert_true(waits ? !delivery_state_is_final(with.state) : with.state == without.state);
        assert_int_equal(with.counts, without.counts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_becomes_what_its_row_says),
        cmocka_unit_test(every_verdict_is_an_edge_of_the_state_machine),
        cmocka_unit_test(fails_and_passes_on_when_the_schedule_is_used_up),
        cmocka_unit_test(passes_nothing_on_without_a_channel_left),
        cmocka_unit_test(holds_an_uncertain_notice_where_a_repeat_costs_money),
        cmocka_unit_test(never_calls_an_uncertain_notice_failed_or_expired),
        cmocka_unit_test(a_throttle_waits_the_first_step_however_often),
        cmocka_unit_test(a_throttle_waits_even_without_a_schedule),
        cmocka_unit_test(advice_only_delays_and_never_beyond_a_day),
        cmocka_unit_test(nothing_is_ever_due_behind_its_expiry),
        cmocka_unit_test(the_expiry_itself_is_still_in_time),
        cmocka_unit_test(jitter_stays_within_its_bounds_and_reaches_for_them),
        cmocka_unit_test(a_hundred_thousand_deferred_at_once_return_spread_out),
        cmocka_unit_test(the_drawn_jitter_is_in_the_verdict),
        cmocka_unit_test(a_later_attempt_waits_longer_with_the_same_draw),
        cmocka_unit_test(a_transport_at_fault_rests_from_5_s_to_5_min),
        cmocka_unit_test(waits_for_nothing_where_another_transport_steps_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
