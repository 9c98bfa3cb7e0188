#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/chooser.h"

static const struct pacing at_5000 = {.wall_ms = 5000};
static struct chooser chooser;
static struct slots slots;
static struct choice choice;

static int open_chooser(void **state)
{
    (void)state;
    chooser = (struct chooser){0};
    slots_init(&slots);
    return 0;
}

static int close_chooser(void **state)
{
    (void)state;
    chooser_free(&chooser);
    return 0;
}

#define SINGLE(number, due)                                                                        \
    {                                                                                              \
        .lane = (number), .transport = "mail", .priority = JOB_NORMAL, .next_due_ms = (due)        \
    }
#define CAMPAIGN(number, due)                                                                      \
    {                                                                                              \
        .lane = (number), .transport = "mail", .priority = JOB_NORMAL, .batch = (number),          \
        .batch_total = 1000000, .next_due_ms = (due)                                               \
    }

static bool pick(const struct lane *lanes, size_t count, bool small_only)
{
    return chooser_pick(&chooser, &slots, lanes, count, "mail", small_only, &at_5000, &choice);
}

static void lets_a_single_notice_pass_a_campaign(void **state)
{
    const struct lane lanes[] = {CAMPAIGN(1, 10), SINGLE(2, 4000)};
    (void)state;
    assert_true(pick(lanes, 2, false));
    assert_int_equal(choice.lane, 2);
    assert_false(choice.big);
    assert_true(choice.pays);
}

static void lets_the_campaign_go_when_the_slots_are_used_up(void **state)
{
    const struct lane lanes[] = {CAMPAIGN(1, 10), SINGLE(2, 4000)};
    (void)state;
    slots.credit = 0;
    assert_true(pick(lanes, 2, false));
    assert_int_equal(choice.lane, 1);
    assert_true(choice.big);
    assert_int_equal(choice.batch, 1);
}

static void keeps_the_last_place_for_small_ones(void **state)
{
    const struct lane lanes[] = {CAMPAIGN(1, 10), CAMPAIGN(3, 10)};
    const struct lane more[] = {CAMPAIGN(1, 10), SINGLE(2, 10)};
    (void)state;
    assert_false(pick(lanes, 2, true));
    assert_true(pick(more, 2, true));
    assert_int_equal(choice.lane, 2);
}

static void gives_equals_turns(void **state)
{
    const struct lane lanes[] = {CAMPAIGN(7, 10), CAMPAIGN(3, 10), CAMPAIGN(5, 10)};
    int turns[8] = {0};
    (void)state;
    for (int i = 0; i < 9; i++) {
        assert_true(pick(lanes, 3, false));
        assert_false(choice.pays);
        turns[choice.lane]++;
    }
    assert_int_equal(turns[3], 3);
    assert_int_equal(turns[5], 3);
    assert_int_equal(turns[7], 3);
}

static void leaves_alone_what_is_not_due_or_stopped_or_of_others(void **state)
{
    struct lane lanes[] = {SINGLE(1, 5001), SINGLE(2, 10), SINGLE(3, 10)};
    (void)state;
    lanes[1].stopped = true;
    lanes[2].transport = "texts";
    assert_false(pick(lanes, 3, false));
    assert_int_equal(chooser_next_due(lanes, 3, "mail", &at_5000), 5001);
    assert_int_equal(chooser_next_due(lanes, 3, "texts", &at_5000), 10);
    assert_int_equal(chooser_next_due(lanes, 3, "hooks", &at_5000), INT64_MAX);
}

static void forgets_lanes_that_are_gone(void **state)
{
    (void)state;
    for (int64_t i = 1; i < 10000; i++) {
        const struct lane lane = CAMPAIGN(i, 10);
        assert_true(pick(&lane, 1, false));
    }
    assert_in_range(chooser.count, 1, 100);
}

static void lets_nobody_starve_behind_many_lanes(void **state)
{
    enum { MANY = 300 };
    struct lane lanes[MANY + 2];
    (void)state;
    for (int i = 0; i < MANY; i++)
        lanes[i] = (struct lane){.lane = i + 1,
                                 .transport = "mail",
                                 .priority = JOB_NORMAL,
                                 .batch = i + 1,
                                 .batch_total = 500,
                                 .next_due_ms = 10};
    lanes[MANY] = (struct lane)SINGLE(MANY + 1, 10);
    lanes[MANY].priority = JOB_HIGH;
    lanes[MANY + 1] = (struct lane)CAMPAIGN(MANY + 2, 10);
    assert_true(pick(lanes, MANY + 1, false));
    assert_int_equal(choice.lane, MANY + 1);
    lanes[MANY].next_due_ms = INT64_MAX;
    slots.credit = 0;
    assert_true(pick(lanes, MANY + 2, false));
    assert_int_equal(choice.lane, MANY + 2);
}

static void lets_a_small_notice_pass_an_urgent_campaign(void **state)
{
    struct lane lanes[] = {CAMPAIGN(1, 10), SINGLE(2, 4000)};
    (void)state;
    lanes[0].priority = JOB_HIGH;
    lanes[1].priority = JOB_LOW;
    assert_true(pick(lanes, 2, false));
    assert_int_equal(choice.lane, 2);
    assert_true(choice.pays);
    slots.credit = 0;
    assert_true(pick(lanes, 2, false));
    assert_int_equal(choice.lane, 1);
    assert_false(choice.pays);
}

#define WITH_CHOOSER(test) cmocka_unit_test_setup_teardown(test, open_chooser, close_chooser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CHOOSER(lets_a_single_notice_pass_a_campaign),
        WITH_CHOOSER(lets_the_campaign_go_when_the_slots_are_used_up),
        WITH_CHOOSER(keeps_the_last_place_for_small_ones),
        WITH_CHOOSER(gives_equals_turns),
        WITH_CHOOSER(leaves_alone_what_is_not_due_or_stopped_or_of_others),
        WITH_CHOOSER(forgets_lanes_that_are_gone),
        WITH_CHOOSER(lets_nobody_starve_behind_many_lanes),
        WITH_CHOOSER(lets_a_small_notice_pass_an_urgent_campaign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
