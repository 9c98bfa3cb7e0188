#include "policy/slots.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "policy/dice.h"

#define CAMPAIGN 1000000
#define PACKET   20

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A campaign and a stream of small notices on one transport. Time is counted in deliveries. */
struct road {
    struct slots slots;
    int64_t now;
    int64_t campaign_left, small_waiting, small_gone;
    int64_t small_passed_by; /* packets of the campaign that went while small ones waited */
};

static void give_packet(struct road *r)
{
    const struct contender both[] = {
        {.priority = JOB_NORMAL, .big = true, .due_ms = 1, .last_turn = 1},
        {.priority = JOB_NORMAL, .big = false, .due_ms = r->now, .last_turn = r->now},
    };
    bool small = r->small_waiting > 0, big = r->campaign_left > 0;
    int chosen = slots_choose(&r->slots, big ? both : both + 1, (big ? 1 : 0) + (small ? 1 : 0));
    bool chose_big = big && chosen == 0;
    int64_t *from = chose_big ? &r->campaign_left : &r->small_waiting;
    int64_t given = at_most(*from, PACKET);
    *from -= given;
    r->small_gone += chose_big ? 0 : given;
    r->small_passed_by += chose_big && small ? 1 : 0;
    slots_account(&r->slots, chose_big, small && big, given);
    r->now += given > 0 ? given : 1;
}

static void a_small_notice_waits_for_no_packet_of_a_campaign(void **state)
{
    (void)state;
    uint64_t dice = 88172645463325252u;
    struct road r = {.campaign_left = CAMPAIGN};
    slots_init(&r.slots);
    int64_t next_small = 1;
    while (r.campaign_left > 0) {
        for (; next_small <= r.now; next_small += 1 + draw_below(&dice, 200))
            r.small_waiting++;
        give_packet(&r);
    }
    assert_true(r.small_gone > 9000);
    assert_int_equal(r.small_passed_by, 0);
    assert_true(r.now <= CAMPAIGN + r.small_gone + PACKET);
}

static void the_densest_stream_slows_a_campaign_by_a_quarter_at_most(void **state)
{
    (void)state;
    struct road r = {.campaign_left = CAMPAIGN};
    slots_init(&r.slots);
    while (r.campaign_left > 0) {
        r.small_waiting = 1000000;
        give_packet(&r);
    }
    assert_true(r.now <= CAMPAIGN * 5 / 4);
    assert_in_range(r.small_gone, CAMPAIGN / SLOTS_COST,
                    CAMPAIGN / SLOTS_COST + SLOTS_LOAN + PACKET);
}

static void a_burst_after_quiet_hours_is_bounded_too(void **state)
{
    (void)state;
    struct road r = {.campaign_left = CAMPAIGN};
    slots_init(&r.slots);
    while (r.campaign_left > CAMPAIGN / 2)
        give_packet(&r);
    r.small_waiting = 100000;
    int64_t before = r.campaign_left;
    while (r.small_waiting > 0 && r.campaign_left == before)
        give_packet(&r);
    assert_in_range(r.small_gone, SLOTS_MAX - PACKET, SLOTS_MAX + PACKET);
}

static void even_a_fresh_transport_lets_the_first_small_notice_pass(void **state)
{
    (void)state;
    struct road r = {.campaign_left = CAMPAIGN, .small_waiting = 1};
    slots_init(&r.slots);
    give_packet(&r);
    assert_int_equal(r.small_gone, 1);
}

static void alone_the_small_pay_nothing(void **state)
{
    (void)state;
    struct road r = {.small_waiting = 100000};
    slots_init(&r.slots);
    int64_t credit = r.slots.credit;
    while (r.small_waiting > 0)
        give_packet(&r);
    assert_int_equal(r.slots.credit, credit);
}

static void credit_has_its_bounds(void **state)
{
    (void)state;
    uint64_t dice = 4101842887655102017u;
    struct slots s;
    slots_init(&s);
    assert_int_equal(s.credit, SLOTS_LOAN * SLOTS_COST);
    for (int i = 0; i < 100000; i++) {
        static const int64_t odd[] = {0, 1, 20, 1000, INT64_MAX, -1, INT64_MIN};
        int64_t given = odd[draw_below(&dice, COUNT_OF(odd))];
        slots_account(&s, draw_below(&dice, 2) == 0, draw_below(&dice, 2) == 0, given);
        assert_true(s.credit <= SLOTS_MAX * SLOTS_COST && s.credit >= -SLOTS_MAX * SLOTS_COST);
    }
}

static void two_big_batches_take_turns(void **state)
{
    (void)state;
    struct contender big[] = {{.priority = JOB_NORMAL, .big = true, .due_ms = 1},
                              {.priority = JOB_NORMAL, .big = true, .due_ms = 900},
                              {.priority = JOB_NORMAL, .big = true, .due_ms = 5}};
    static const int order[] = {0, 2, 1};
    struct slots s;
    slots_init(&s);
    for (int turn = 1; turn <= 30; turn++) {
        int chosen = slots_choose(&s, big, COUNT_OF(big));
        assert_int_equal(chosen, order[(turn - 1) % 3]);
        big[chosen].last_turn = turn;
    }
}

static void among_equals_in_size_the_higher_priority_goes_first(void **state)
{
    (void)state;
    const struct contender line[] = {
        {.priority = JOB_LOW, .big = false, .due_ms = 1},
        {.priority = JOB_NORMAL, .big = false, .due_ms = 2},
        {.priority = JOB_NORMAL, .big = true, .due_ms = 4},
        {.priority = JOB_HIGH, .big = true, .due_ms = 3, .last_turn = 99},
    };
    struct slots s;
    slots_init(&s);
    assert_int_equal(slots_choose(&s, line + 2, 2), 1);
    assert_int_equal(slots_choose(&s, line, 2), 1);
    assert_int_equal(slots_choose(&s, line, 1), 0);
    assert_int_equal(slots_choose(&s, line, 0), -1);
}

static void a_small_notice_of_any_priority_passes_an_urgent_campaign(void **state)
{
    (void)state;
    const struct contender line[] = {{.priority = JOB_LOW, .big = false, .due_ms = 1},
                                     {.priority = JOB_HIGH, .big = true, .due_ms = 2}};
    struct slots s = {.credit = SLOTS_COST};
    assert_int_equal(slots_choose(&s, line, 2), 0);
    assert_true(slots_must_pay(line, 2, 0));
    s.credit = 0;
    assert_int_equal(slots_choose(&s, line, 2), 1);
    assert_false(slots_must_pay(line, 2, 1));
}

static void an_urgent_notice_passes_for_nothing(void **state)
{
    (void)state;
    const struct contender line[] = {{.priority = JOB_HIGH, .big = false, .due_ms = 1},
                                     {.priority = JOB_NORMAL, .big = true, .due_ms = 2}};
    struct slots s = {.credit = -SLOTS_COST};
    assert_int_equal(slots_choose(&s, line, 2), 0);
    assert_false(slots_must_pay(line, 2, 0));
}

static void without_credit_the_campaign_has_its_turn(void **state)
{
    (void)state;
    const struct contender line[] = {{.priority = JOB_NORMAL, .big = false, .due_ms = 1},
                                     {.priority = JOB_NORMAL, .big = true, .due_ms = 2}};
    struct slots s = {.credit = SLOTS_COST};
    assert_int_equal(slots_choose(&s, line, 2), 0);
    slots_account(&s, false, true, 1);
    assert_int_equal(slots_choose(&s, line, 2), 1);
    assert_int_equal(slots_choose(&s, line, 1), 0); /* nobody to pass */
    slots_account(&s, true, true, SLOTS_COST);
    assert_int_equal(slots_choose(&s, line, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_notice_waits_for_no_packet_of_a_campaign),
        cmocka_unit_test(the_densest_stream_slows_a_campaign_by_a_quarter_at_most),
        cmocka_unit_test(a_burst_after_quiet_hours_is_bounded_too),
        cmocka_unit_test(even_a_fresh_transport_lets_the_first_small_notice_pass),
        cmocka_unit_test(alone_the_small_pay_nothing),
        cmocka_unit_test(credit_has_its_bounds),
        cmocka_unit_test(two_big_batches_take_turns),
        cmocka_unit_test(among_equals_in_size_the_higher_priority_goes_first),
        cmocka_unit_test(a_small_notice_of_any_priority_passes_an_urgent_campaign),
        cmocka_unit_test(an_urgent_notice_passes_for_nothing),
        cmocka_unit_test(without_credit_the_campaign_has_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
