#include "fixture.h"
#include "receipts.h"

struct sum {
    int64_t count, ended, barred[ACT_BARS];
    int steps;
};

/* Counts first what it would do, then does it: both must agree. */
static struct sum act_with(struct ledger *l, enum act_kind kind, struct selector selector,
                           struct shares *by)
{
    struct sum sum = {0};
    struct error err = {0};
    struct action action = action_of("ticket 7");
    struct act a = {.kind = kind,
                    .selector = &selector,
                    .place.limit = 256,
                    .now_ms = action.now_ms,
                    .place.more = true};
    int64_t counted = 0, ended = 0;
    for (struct act dry = a; dry.place.more; counted += dry.count, ended += dry.ended)
        must(ledger_count_act(l, &dry, &err), &err);
    a.by = by;
    for (; a.place.more; sum.steps++) {
        must(ledger_act(l, &a, &action, &err), &err);
        sum.count += a.count;
        sum.ended += a.ended;
        for (int i = 0; i < ACT_BARS; i++)
            sum.barred[i] += a.barred[i];
    }
    assert_int_equal(sum.count, counted);
    assert_int_equal(sum.ended, ended);
    must_balance(l);
    return sum;
}

static int64_t act(struct ledger *l, enum act_kind kind, struct selector selector)
{
    return act_with(l, kind, selector, NULL).count;
}

static void holds_what_waits_and_lets_it_go_where_its_schedule_was(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    take_in_many(f->l, "n", 3);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DEFERRED);
    struct sum held = act_with(f->l, ACT_HOLD, SELECTOR_ALL, NULL);
    assert_int_equal(held.count, 3);
    assert_int_equal(count_state(f->l, DELIVERY_HELD), 3);
    assert_string_equal(row_of(f->l, "n0").cause, "operator");
    assert_string_equal(row_of(f->l, "n0").reply,
                        "held by uid 1000 (jana): ticket 7; before that: answer");
    assert_int_equal(next_due(f->l, "relay"), INT64_MAX); /* nobody leases it */
    assert_int_equal(act(f->l, ACT_HOLD, SELECTOR_ALL), 0);
    struct selector by_operator = SELECTOR_ALL;
    by_operator.cause = "operator";
    assert_int_equal(act(f->l, ACT_RELEASE, by_operator), 3);
    assert_int_equal(next_due(f->l, "relay"), NOON + 70000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lease(f->l, "relay", 1, NOON + 70000, &row), 1);
        assert_int_equal(row.tries, i == 0 ? 1 : 0);
        leased_clear(&row);
    }
    assert_int_equal(row_of(f->l, "n0").attempts, 1);
}

static void leaves_what_is_in_flight_and_counts_it(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    int64_t flying = lease_one(f->l, "relay");
    for (int kind = 0; kind < ACT_KINDS; kind++) {
        struct sum sum = act_with(f->l, (enum act_kind)kind, select_id("n0"), NULL);
        assert_int_equal(sum.count, 0);
        assert_int_equal(sum.barred[ACT_IN_FLIGHT], 1);
    }
    struct sum sum = act_with(f->l, ACT_CANCEL, SELECTOR_ALL, NULL);
    assert_int_equal(sum.count, 2);
    assert_int_equal(sum.barred[ACT_IN_FLIGHT], 1);
    assert_true(settle(f->l, flying, DELIVERY_DELIVERED));
    sum = act_with(f->l, ACT_CANCEL, select_id("n0"), NULL);
    assert_int_equal(sum.barred[ACT_UNFIT], 1);
}

static void a_state_that_is_named_means_only_that_one(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 4);
    lease_one(f->l, "relay");
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DEFERRED);
    struct sum sum = act_with(f->l, ACT_CANCEL, select_state(DELIVERY_WAITING), NULL);
    assert_int_equal(sum.count, 2);
    assert_int_equal(sum.barred[ACT_IN_FLIGHT], 0);
    assert_int_equal(act(f->l, ACT_CANCEL, select_state(DELIVERY_FAILED)), 0);
    sum = act_with(f->l, ACT_CANCEL, select_state(DELIVERY_IN_FLIGHT), NULL);
    assert_int_equal(sum.count, 0);
    assert_int_equal(sum.barred[ACT_IN_FLIGHT], 1);
    assert_int_equal(act(f->l, ACT_EXPIRE, select_state(DELIVERY_DEFERRED)), 1);
    assert_int_equal(count_state(f->l, DELIVERY_EXPIRED), 1);
}

static void ignore_overdue(void *context, const struct leased *row, enum delivery_state state)
{
    (void)context;
    (void)row;
    (void)state;
}

static size_t count_overdue(struct ledger *l, int64_t now_ms)
{
    size_t count = 0;
    struct error err = {0};
    must(ledger_walk_overdue(l, now_ms, 100, ignore_overdue, NULL, &count, &err), &err);
    return count;
}

static void patience_stands_still_while_it_is_held(void **state)
{
    struct fixture *f = *state;
    put_patient_batch(f->l, "b", 2, 60000, 0, false);
    assert_int_equal(act(f->l, ACT_HOLD, SELECTOR_ALL), 2);
    assert_int_equal(count_overdue(f->l, NOON + 10000000), 0);
    assert_int_equal(act(f->l, ACT_RELEASE, SELECTOR_ALL), 2);
    assert_int_equal(count_overdue(f->l, NOON + 70000 + 59000), 0);
    assert_int_equal(count_overdue(f->l, NOON + 70000 + 61000), 2);
}

static void after_a_cancellation_no_channel_follows(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct awaiting awaiting;
    int64_t batch = put_patient_batch(f->l, "b", 3, 60000, 0, true);
    struct leased row;
    assert_int_equal(lease_lane(f->l, find_lane(f->l, "relay", JOB_NORMAL, batch), 1, NOON, &row),
                     1);
    assert_true(settle(f->l, row.delivery, DELIVERY_DELIVERED)); /* not confirmed */
    leased_clear(&row);
    must(ledger_count_awaiting(f->l, batch, &awaiting, &err), &err);
    assert_int_equal(awaiting.count, 1);
    struct sum sum = act_with(f->l, ACT_CANCEL, SELECTOR_ALL, NULL);
    assert_int_equal(sum.count, 2);
    assert_int_equal(sum.ended, 1);
    must(ledger_count_awaiting(f->l, batch, &awaiting, &err), &err);
    assert_int_equal(awaiting.count, 0);
    assert_int_equal(count_overdue(f->l, NOON + 10000000), 0);
    assert_true(ask_sql(f, "SELECT finished_ms FROM batch") > 0);
    assert_int_equal(count_state(f->l, DELIVERY_DELIVERED), 1);
}

static void what_is_given_up_or_cancelled_drops_its_spares_or_keeps_them(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    accept_chain(f->l, "b");
    accept_chain(f->l, "c");
    assert_int_equal(act(f->l, ACT_EXPIRE, select_id("a")), 1);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM spare"), 6);
    assert_int_equal(act(f->l, ACT_CANCEL, select_id("b")), 1);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM spare"), 4);
    assert_int_equal(act(f->l, ACT_DELIVERED, select_id("c")), 1);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM spare"), 2);
    assert_int_equal(count_all(f->l), 3); /* nobody was handed anything */
    assert_int_equal(retry(f->l, select_id("b"), ""), 1);
    assert_int_equal(row_of(f->l, "b").state, DELIVERY_WAITING);
    must_balance(f->l);
}

/* The e-mail of a chain fails, and its SMS begins. */
static void fail_and_hand_over(struct ledger *l)
{
    struct settlement s = settlement_of(lease_one(l, "relay"), DELIVERY_FAILED);
    s.cause = "bad_recipient";
    s.next_channel = true;
    assert_true(settle_with(l, &s));
}

static void marks_one_channel_of_a_person_as_delivered(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    fail_and_hand_over(f->l);
    struct selector email = select_id("a");
    email.channel = CHANNEL_EMAIL;
    struct sum sum = act_with(f->l, ACT_DELIVERED, email, NULL);
    assert_int_equal(sum.count, 0); /* the SMS would tell the person once more */
    assert_int_equal(sum.barred[ACT_TOLD], 1);
    sum = act_with(f->l, ACT_DELIVERED, select_id("a"), NULL);
    assert_int_equal(sum.count, 1);
    assert_int_equal(sum.barred[ACT_TOLD], 1);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_FAILED);
    accept_chain(f->l, "b");
    fail_and_hand_over(f->l);
    struct settlement s = settlement_of(lease_one(f->l, "kannel"), DELIVERY_FAILED);
    assert_true(settle_with(f->l, &s));
    sum = act_with(f->l, ACT_DELIVERED, select_id("b"), NULL);
    assert_int_equal(sum.count, 1); /* of two that failed */
    assert_int_equal(sum.barred[ACT_TOLD], 1);
    assert_int_equal(row_of(f->l, "b").state, DELIVERY_DELIVERED);
    assert_int_equal(row_of(f->l, "b").attempts, 1);
}

static void release_leaves_poison_unless_it_is_named(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    for (int i = 0; i < 2; i++) {
        struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_HELD);
        s.cause = "poison";
        assert_true(settle_with(f->l, &s));
    }
    act(f->l, ACT_HOLD, select_id("n2"));
    struct sum sum = act_with(f->l, ACT_RELEASE, select_state(DELIVERY_HELD), NULL);
    assert_int_equal(sum.count, 1);
    assert_int_equal(sum.barred[ACT_POISON], 2);
    assert_int_equal(act(f->l, ACT_RELEASE, select_id("n0")), 1);
    struct selector poison = SELECTOR_ALL;
    poison.cause = "poison";
    assert_int_equal(act(f->l, ACT_RELEASE, poison), 1);
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_WAITING);
}

static void release_leaves_what_is_for_a_disabled_endpoint(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct notice n;
    make_notice(&n, "w", "w");
    n.deliveries[0] = plan(CHANNEL_WEBHOOK, "hooks", "crm");
    take_in(f->l, &n);
    act(f->l, ACT_HOLD, select_id("w"));
    struct endpoint_state endpoint = {
        .name = "crm", .disabled = true, .reason = "gone", .since_ms = NOON};
    must(ledger_put_endpoint(f->l, &endpoint, NULL, &err), &err);
    struct sum sum = act_with(f->l, ACT_RELEASE, select_id("w"), NULL);
    assert_int_equal(sum.count, 0);
    assert_int_equal(sum.barred[ACT_DISABLED], 1);
}

static void many_are_moved_in_steps_and_recorded_once(void **state)
{
    struct fixture *f = *state;
    struct shares by = {0};
    take_in_many(f->l, "n", 600);
    struct sum sum = act_with(f->l, ACT_HOLD, SELECTOR_ALL, &by);
    assert_int_equal(sum.count, 600);
    assert_int_equal(sum.steps, 3);
    assert_int_equal(by.count, 1);
    assert_string_equal(by.at[0].locale, "ko");
    assert_int_equal(by.at[0].count, 600);
    shares_free(&by);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM action"), 2);
    assert_int_equal(ask_sql(f, "SELECT sum(count) FROM action"), 600);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM action WHERE verb = 'hold ended'"), 1);
}

static void an_undone_step_leaves_all_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct action action = action_of("");
    struct selector all = SELECTOR_ALL;
    struct act a = {.kind = ACT_HOLD, .selector = &all, .place.limit = 256};
    take_in_many(f->l, "n", 5);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    must(ledger_act(f->l, &a, &action, &err), &err);
    ledger_rollback(f->l);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 5);
    assert_int_equal(next_due(f->l, "relay"), NOON);
    must_balance(f->l);
}

/* Another's hold, of the same cause by now, is none of this one's undoing. */
static void what_an_action_moved_is_known_by_its_number(void **state)
{
    struct fixture *f = *state;
    struct selector one = SELECTOR_ALL, all = SELECTOR_ALL, first = SELECTOR_ALL,
                    second = SELECTOR_ALL;
    take_in_many(f->l, "n", 3);
    one.id = "n1";
    first.actions = "1";
    second.actions = "2";
    assert_int_equal(act(f->l, ACT_HOLD, one), 1);
    assert_int_equal(act(f->l, ACT_HOLD, all), 2);
    assert_int_equal(act(f->l, ACT_RELEASE, second), 2);
    assert_int_equal(count_state(f->l, DELIVERY_HELD), 1);
    assert_int_equal(act(f->l, ACT_RELEASE, second), 0); /* the release has them now */
    first.actions = "7,1-2";
    assert_int_equal(act(f->l, ACT_RELEASE, first), 1);
    second.actions = "3-4";
    assert_int_equal(act(f->l, ACT_HOLD, second), 3);
}

/* It has one number, however many steps it took. */
static void all_steps_of_an_action_are_known_by_the_number_it_began_with(void **state)
{
    struct fixture *f = *state;
    struct selector all = SELECTOR_ALL, begun = SELECTOR_ALL;
    take_in_many(f->l, "n", 600);
    begun.actions = "1";
    assert_int_equal(act(f->l, ACT_HOLD, all), 600);
    assert_int_equal(act(f->l, ACT_RELEASE, begun), 600);
}

static void only_numbers_select_by_action(void **state)
{
    (void)state;
    static const char *const good[] = {"1", "12-14", "1,3,5-9"};
    static const char *const bad[] = {
        "", "-1", "1-", "1,", ",1", "a", "1;2", "1 OR 1", "1-2-3", "1,,2", "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(ledger_actions_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(ledger_actions_valid(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(holds_what_waits_and_lets_it_go_where_its_schedule_was),
        TEST(leaves_what_is_in_flight_and_counts_it),
        TEST(a_state_that_is_named_means_only_that_one),
        TEST(patience_stands_still_while_it_is_held),
        TEST(after_a_cancellation_no_channel_follows),
        TEST(what_is_given_up_or_cancelled_drops_its_spares_or_keeps_them),
        TEST(marks_one_channel_of_a_person_as_delivered),
        TEST(release_leaves_poison_unless_it_is_named),
        TEST(release_leaves_what_is_for_a_disabled_endpoint),
        TEST(many_are_moved_in_steps_and_recorded_once),
        TEST(what_an_action_moved_is_known_by_its_number),
        TEST(all_steps_of_an_action_are_known_by_the_number_it_began_with),
        TEST(only_numbers_select_by_action),
        TEST(an_undone_step_leaves_all_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
