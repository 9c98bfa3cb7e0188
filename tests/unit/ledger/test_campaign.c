/* Campaigns: their pace to the person, whatever comes back or is undone; stopped and cancelled with
 * all their batches. */
#include "fixture.h"

#include "ledger/campaigns.h"

#define PEOPLE 10

static const struct action by_anna = {.verb = "test",
                                      .who = "uid 1001 (anna)",
                                      .reason = "",
                                      .selector = "{\"campaign\":\"recall\"}",
                                      .now_ms = NOON};

static void put_plain(struct ledger *l, int64_t batch, int number)
{
    struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    char recipient[16];
    bool known = false;
    struct error err = {0};
    snprintf(recipient, sizeof(recipient), "c%d", number);
    const struct planned_line line = {.line = number,
                                      .offset = (number - 1) * 100,
                                      .length = 99,
                                      .recipient = recipient,
                                      .template_name = "apology",
                                      .locale = "ko",
                                      .deliveries = &p,
                                      .count = 1};
    must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
}

static void take_in_batch(struct ledger *l, const char *id)
{
    unsigned char digest[DIGEST_SIZE] = {1};
    const struct batch_acceptance a = {.id = id,
                                       .digest = digest,
                                       .text = "{}",
                                       .len = 2,
                                       .total = PEOPLE,
                                       .bytes = PEOPLE * 100,
                                       .campaign = "recall",
                                       .priority = JOB_NORMAL,
                                       .now_ms = NOON};
    enum accept_result result;
    int64_t batch = 0;
    struct error err = {0};
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    for (int i = 1; i <= PEOPLE; i++)
        put_plain(l, batch, i);
    must(ledger_advance_batch(l, batch, PEOPLE + 1, PEOPLE * 100, true, &err), &err);
}

static void start(struct ledger *l, const char *plan_text)
{
    static const unsigned char digest[DIGEST_SIZE] = {7};
    const struct campaign_start start = {.id = "recall",
                                         .kind = "confirmed",
                                         .template_name = "apology",
                                         .file = "recall.yaml",
                                         .plan = plan_text,
                                         .manifest = "[]",
                                         .digest = digest,
                                         .people = 2 * PEOPLE};
    bool started = false;
    struct error err = {0};
    must(ledger_start_campaign(l, &start, &by_anna, &started, &err), &err);
    assert_true(started);
}

#define FIRST_4 "{\"canary\":{\"first\":4}}"

static const struct lane *lane_at(struct ledger *l, size_t index)
{
    size_t count = 0;
    const struct lane *lanes = ledger_lanes(l, &count);
    assert_true(index < count);
    return &lanes[index];
}

static struct leased rows[64];

static size_t lease_with(struct ledger *l, size_t lane, int64_t room)
{
    const struct pace_grant grant = {.room = room, .wave_ms = NOON};
    struct error err = {0};
    size_t count = 0;
    must(ledger_lease_paced(l, lane_at(l, lane)->lane, 64, &grant, NOON, LEDGER_FAST, rows, &count,
                            &err),
         &err);
    for (size_t i = 0; i < count; i++) {
        int64_t delivery = rows[i].delivery;
        leased_clear(&rows[i]);
        rows[i].delivery = delivery;
    }
    return count;
}

static int64_t taken(struct ledger *l)
{
    struct pace pace;
    struct pace_count count = {0};
    assert_true(ledger_lane_pace(l, lane_at(l, 0), &pace, &count));
    return count.taken;
}

static void a_lease_takes_no_more_people_than_it_was_given(void **state)
{
    struct fixture *f = *state;
    start(f->l, FIRST_4);
    take_in_batch(f->l, "a");
    take_in_batch(f->l, "b");
    assert_int_equal(lease_with(f->l, 0, 3), 3);
    assert_int_equal(taken(f->l), 3);
    assert_int_equal(lease_with(f->l, 1, 1), 1);
    assert_int_equal(taken(f->l), 4); /* of both batches together */
    assert_int_equal(lease_with(f->l, 1, 0), 0);
    reopen(f);
    assert_int_equal(taken(f->l), 4);
}

static struct pace_count count_of(struct ledger *l)
{
    struct pace pace;
    struct pace_count count = {0};
    assert_true(ledger_lane_pace(l, lane_at(l, 0), &pace, &count));
    return count;
}

/* A clock that was a year ahead is set right. */
static void a_wave_does_not_wait_for_a_clock_that_was_set_back(void **state)
{
    struct fixture *f = *state;
    const int64_t now_ms = NOON - INT64_C(365) * 86400000;
    struct rewind r = {.more = true};
    struct error err = {0};
    start(f->l, FIRST_4);
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 4);
    must(ledger_rewind(f->l, &r, now_ms, 100, &err), &err);
    reopen(f);
    const struct pace_count count = count_of(f->l);
    assert_int_equal(count.wave_ms, now_ms);
    assert_int_equal(count.taken_ms, now_ms);
    assert_int_equal(count.wave_taken, 4);
    assert_int_equal(count.taken, 4);
}

static void a_batch_that_came_before_the_start_keeps_its_pace(void **state)
{
    struct fixture *f = *state;
    take_in_batch(f->l, "a");
    start(f->l, FIRST_4);
    assert_int_equal(lease_with(f->l, 0, 2), 2);
    assert_int_equal(taken(f->l), 2);
}

static void who_comes_back_untried_was_not_taken(void **state)
{
    struct fixture *f = *state;
    start(f->l, FIRST_4);
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 2);
    settle(f->l, rows[0].delivery, DELIVERY_DELIVERED);
    struct settlement back = settlement_of(rows[1].delivery, DELIVERY_WAITING);
    back.counts = false;
    back.disposition = NULL;
    assert_true(settle_with(f->l, &back));
    assert_int_equal(taken(f->l), 1);
    reopen(f);
    assert_int_equal(taken(f->l), 1);
    must_balance(f->l);
}

static void what_was_begun_goes_before_those_who_may_not(void **state)
{
    struct fixture *f = *state;
    int64_t due_ms = 0;
    struct error err = {0};
    start(f->l, FIRST_4);
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 2);
    settle(f->l, rows[1].delivery, DELIVERY_DELIVERED);
    struct settlement again = settlement_of(rows[0].delivery, DELIVERY_DEFERRED);
    int64_t begun = rows[0].delivery;
    again.due_ms = NOON;
    assert_true(settle_with(f->l, &again));
    must(ledger_find_begun(f->l, lane_at(f->l, 0)->lane, &due_ms, &err), &err);
    assert_int_equal(due_ms, NOON);
    assert_int_equal(lease_with(f->l, 0, 0), 1);
    assert_int_equal(rows[0].delivery, begun);
    must(ledger_find_begun(f->l, lane_at(f->l, 0)->lane, &due_ms, &err), &err);
    assert_true(due_ms == INT64_MAX);
    assert_int_equal(lane_at(f->l, 0)->next_due_ms, NOON); /* the others still stand there */
    assert_int_equal(lease_with(f->l, 0, 5), 5);
    assert_int_equal(taken(f->l), 7);
}

static void a_lease_that_is_undone_takes_nobody(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    start(f->l, FIRST_4);
    take_in_batch(f->l, "a");
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    assert_int_equal(lease_with(f->l, 0, 3), 3);
    assert_int_equal(taken(f->l), 3);
    ledger_rollback(f->l);
    assert_int_equal(taken(f->l), 0);
    assert_int_equal(lease_with(f->l, 0, 4), 4);
}

static void stop(struct ledger *l, enum campaign_stop to)
{
    enum campaign_stop was;
    struct error err = {0};
    must(ledger_stop_campaign(l, "recall", to, "why", &by_anna, &was, &err), &err);
}

static void a_pause_holds_batches_of_now_and_later_and_after_a_restart(void **state)
{
    struct fixture *f = *state;
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    stop(f->l, CAMPAIGN_PAUSED);
    take_in_batch(f->l, "b");
    assert_true(lane_at(f->l, 0)->stopped);
    assert_true(lane_at(f->l, 1)->stopped);
    assert_int_equal(lease_with(f->l, 1, 5), 0);
    reopen(f);
    assert_true(lane_at(f->l, 0)->stopped);
    stop(f->l, CAMPAIGN_GOES);
    assert_int_equal(lease_with(f->l, 1, 5), PEOPLE); /* no pace: all that is due */
}

static void of_a_cancelled_campaign_nothing_comes_back_and_nothing_new_waits(void **state)
{
    struct fixture *f = *state;
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 0);
    stop(f->l, CAMPAIGN_CANCELLED);
    settle(f->l, rows[0].delivery, DELIVERY_DELIVERED);
    settle(f->l, rows[1].delivery, DELIVERY_DEFERRED);
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 1);
    take_in_batch(f->l, "b");
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 1 + PEOPLE);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 0);
    assert_int_equal(count_state(f->l, DELIVERY_DELIVERED), 1);
    must_balance(f->l);
}

static void nothing_of_a_cancelled_campaign_is_begun_again(void **state)
{
    struct fixture *f = *state;
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 0);
    settle(f->l, rows[0].delivery, DELIVERY_FAILED);
    stop(f->l, CAMPAIGN_CANCELLED);
    for (size_t i = 1; i < PEOPLE; i++)
        settle(f->l, rows[i].delivery, DELIVERY_DEFERRED);
    assert_int_equal(count_retry(f->l, select_state(DELIVERY_FAILED)), 0);
    assert_int_equal(retry(f->l, select_state(DELIVERY_CANCELLED), "again"), 0);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 0);
    must_balance(f->l);
}

static void what_is_held_of_a_cancelled_campaign_is_not_let_go(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct selector held = select_state(DELIVERY_HELD);
    struct act act = {.kind = ACT_RELEASE, .selector = &held, .place.limit = 100, .now_ms = NOON};
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 0);
    settle(f->l, rows[0].delivery, DELIVERY_HELD);
    stop(f->l, CAMPAIGN_CANCELLED);
    must(ledger_act(f->l, &act, &by_anna, &err), &err);
    assert_int_equal(act.count, 0);
    assert_int_equal(count_state(f->l, DELIVERY_HELD), 1);
    must_balance(f->l);
}

static bool holds(void *context UNUSED, const char *transport UNUSED)
{
    return false;
}

static void
what_a_crash_leaves_of_a_cancelled_campaign_is_uncertain_and_not_sent_again(void **state)
{
    struct fixture *f = *state;
    size_t deferred = 0, uncertain = 0;
    struct error err = {0};
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 0);
    stop(f->l, CAMPAIGN_CANCELLED);
    reopen(f);
    must(ledger_recover(f->l, holds, NULL, NOON, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred, 0);
    assert_int_equal(uncertain, PEOPLE);
    assert_int_equal(count_state(f->l, DELIVERY_UNCERTAIN), PEOPLE);
    must_balance(f->l);
}

static void settle_as(struct ledger *l, int64_t delivery, enum delivery_state to,
                      enum outcome outcome)
{
    struct settlement s = settlement_of(delivery, to);
    struct disposition said;
    disposition_set(&said, outcome, 0, "connection_lost", "gone", 4);
    s.disposition = &said;
    s.counts = true;
    assert_true(settle_with(l, &s));
}

static void what_may_have_arrived_is_uncertain_when_its_campaign_is_cancelled(void **state)
{
    struct fixture *f = *state;
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    lease_with(f->l, 0, 0);
    settle_as(f->l, rows[0].delivery, DELIVERY_DEFERRED, OUTCOME_UNCERTAIN); /* before */
    stop(f->l, CAMPAIGN_CANCELLED);
    settle_as(f->l, rows[1].delivery, DELIVERY_DEFERRED, OUTCOME_UNCERTAIN); /* behind it */
    settle_as(f->l, rows[2].delivery, DELIVERY_DEFERRED, OUTCOME_TRANSIENT);
    assert_int_equal(count_state(f->l, DELIVERY_UNCERTAIN), 1);
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 1);
    struct selector all = {.campaign = "recall", .state = -1};
    struct act act = {.kind = ACT_CANCEL, .selector = &all, .place.limit = 100, .now_ms = NOON};
    struct error err = {0};
    must(ledger_act(f->l, &act, &by_anna, &err), &err);
    assert_int_equal(act.count, 1);
    assert_int_equal(count_state(f->l, DELIVERY_UNCERTAIN), 2);
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 1);
    must_balance(f->l);
}

static void a_changed_letter_holds_its_batch_and_no_other(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    start(f->l, "{}");
    take_in_batch(f->l, "a");
    take_in_batch(f->l, "b");
    must(ledger_judge_letter(f->l, "a", "it has changed", NULL, NULL, &err), &err);
    reopen(f);
    assert_true(lane_at(f->l, 0)->stopped);
    assert_false(lane_at(f->l, 1)->stopped);
    must(ledger_judge_letter(f->l, "a", "", NULL, NULL, &err), &err);
    assert_false(lane_at(f->l, 0)->stopped);
    must_balance(f->l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lease_takes_no_more_people_than_it_was_given),
        TEST(a_wave_does_not_wait_for_a_clock_that_was_set_back),
        TEST(a_batch_that_came_before_the_start_keeps_its_pace),
        TEST(who_comes_back_untried_was_not_taken),
        TEST(what_was_begun_goes_before_those_who_may_not),
        TEST(a_lease_that_is_undone_takes_nobody),
        TEST(a_pause_holds_batches_of_now_and_later_and_after_a_restart),
        TEST(of_a_cancelled_campaign_nothing_comes_back_and_nothing_new_waits),
        TEST(nothing_of_a_cancelled_campaign_is_begun_again),
        TEST(what_is_held_of_a_cancelled_campaign_is_not_let_go),
        TEST(what_a_crash_leaves_of_a_cancelled_campaign_is_uncertain_and_not_sent_again),
        TEST(what_may_have_arrived_is_uncertain_when_its_campaign_is_cancelled),
        TEST(a_changed_letter_holds_its_batch_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
