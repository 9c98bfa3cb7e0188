#include "fixture.h"

static void accept_as(struct ledger *l, const char *id, enum job_priority priority, int64_t due_ms)
{
    struct notice n;
    make_notice(&n, id, id);
    n.job.priority = priority;
    n.deliveries[0].due_ms = due_ms;
    take_in(l, &n);
}

static void gather_name(void *context, const char *name)
{
    buf_printf(context, "%s;", name);
}

static void names_the_transports_something_waits_for(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct buf names = {0};
    accept_as(f->l, "a-1", JOB_NORMAL, NOON);
    must(ledger_walk_waiting_transports(f->l, gather_name, &names, &err), &err);
    assert_string_equal(buf_text(&names), "relay;");
    buf_reset(&names);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    must(ledger_walk_waiting_transports(f->l, gather_name, &names, &err), &err);
    assert_string_equal(buf_text(&names), "");
    buf_free(&names);
}

static void hands_over_all_a_worker_needs(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    struct leased row;
    char campaign[] = "breach-2026-11";
    make_notice(&n, "a-1", "one");
    n.job.campaign = campaign;
    n.job.expires_at_ms = NOON + 99;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.a.spare_count = 1;
    take_in(f->l, &n);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    assert_string_equal(row.notice_id, "a-1");
    assert_string_equal(row.address, "kim@example.com");
    assert_string_equal(row.template_name, "apology");
    assert_string_equal(row.locale, "ko");
    assert_string_equal(row.job_text, n.a.text);
    assert_string_equal(row.campaign, "breach-2026-11");
    assert_int_equal(row.tries, 0);
    assert_int_equal(row.channel, CHANNEL_EMAIL);
    assert_int_equal(row.accepted_ms, NOON);
    assert_int_equal(row.expires_at_ms, NOON + 99);
    assert_true(row.more_channels);
    leased_clear(&row);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 1);
    must_balance(f->l);
}

static void says_what_a_notice_does_not_have(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    take_in_many(f->l, "n", 1);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    assert_null(row.campaign);
    assert_false(row.more_channels);
    assert_int_equal(row.expires_at_ms, 0);
    leased_clear(&row);
}

static void leases_high_priority_first_then_by_due_time(void **state)
{
    static const char *const expected[] = {"high-late", "normal-early", "normal-a", "normal-b",
                                           "low-early"};
    struct fixture *f = *state;
    struct leased rows[8];
    accept_as(f->l, "low-early", JOB_LOW, NOON - 9000);
    accept_as(f->l, "normal-a", JOB_NORMAL, NOON - 10);
    accept_as(f->l, "normal-b", JOB_NORMAL, NOON - 10);
    accept_as(f->l, "high-late", JOB_HIGH, NOON);
    accept_as(f->l, "normal-early", JOB_NORMAL, NOON - 500);
    accept_as(f->l, "high-not-due", JOB_HIGH, NOON + 1);
    assert_int_equal(lease(f->l, "relay", 8, NOON, rows), COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_string_equal(rows[i].notice_id, expected[i]);
        leased_clear(&rows[i]);
    }
}

static void leases_nothing_twice(void **state)
{
    struct fixture *f = *state;
    struct leased rows[8];
    take_in_many(f->l, "n", 5);
    assert_int_equal(lease(f->l, "relay", 3, NOON, rows), 3);
    assert_int_equal(lease(f->l, "relay", 3, NOON, rows + 3), 2);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].notice_id, rows[j].notice_id);
    }
    for (size_t i = 0; i < 5; i++)
        leased_clear(&rows[i]);
    assert_int_equal(lease(f->l, "relay", 3, NOON, rows), 0);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 5);
    must_balance(f->l);
}

static void leaves_other_transports_and_what_may_not_go(void **state)
{
    static const enum delivery_state stay[] = {DELIVERY_HELD, DELIVERY_SUPPRESSED, DELIVERY_FAILED,
                                               DELIVERY_EXPIRED};
    struct fixture *f = *state;
    struct leased row;
    struct notice n;
    for (size_t i = 0; i < COUNT_OF(stay); i++) {
        char id[16];
        snprintf(id, sizeof(id), "stay%zu", i);
        make_notice(&n, id, id);
        n.deliveries[0].state = stay[i];
        take_in(f->l, &n);
    }
    make_notice(&n, "other", "other");
    n.deliveries[0].transport = "relay2";
    take_in(f->l, &n);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 0);
    assert_int_equal(lease(f->l, "nobody", 1, NOON, &row), 0);
    assert_int_equal(lease(f->l, "relay2", 1, NOON, &row), 1);
    leased_clear(&row);
}

static void gives_leases_back_on_rollback(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    struct error err = {0};
    take_in_many(f->l, "n", 1);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    leased_clear(&row);
    ledger_rollback(f->l);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    leased_clear(&row);
}

static void knows_when_the_next_one_is_due(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(next_due(f->l, "relay"), INT64_MAX);
    accept_as(f->l, "a", JOB_HIGH, NOON + 300);
    accept_as(f->l, "b", JOB_LOW, NOON + 100);
    accept_as(f->l, "c", JOB_NORMAL, NOON + 200);
    assert_int_equal(next_due(f->l, "relay"), NOON + 100);
    assert_int_equal(next_due(f->l, "kannel"), INT64_MAX);
    for (int i = 0; i < 3; i++)
        lease_one(f->l, "relay");
    assert_int_equal(next_due(f->l, "relay"), INT64_MAX);
}

/* What is in flight stays in the lane's index; the next lease passes it over, also behind a row
 * that was put before it. */
static void passes_over_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    struct leased rows[4];
    for (int i = 0; i < 4; i++)
        accept_as(f->l, (const char *[]){"a", "b", "c", "d"}[i], JOB_NORMAL, NOON - 10 + i);
    assert_int_equal(lease(f->l, "relay", 3, NOON, rows), 3);
    for (int i = 0; i < 3; i++)
        leased_clear(&rows[i]);
    accept_as(f->l, "earlier", JOB_NORMAL, NOON - 50);
    assert_int_equal(next_due(f->l, "relay"), NOON - 50);
    assert_int_equal(lease(f->l, "relay", 4, NOON, rows), 2);
    assert_string_equal(rows[0].notice_id, "earlier");
    assert_string_equal(rows[1].notice_id, "d");
    leased_clear(&rows[0]);
    leased_clear(&rows[1]);
    must_balance(f->l);
}

static void puts_back_what_could_not_be_tried(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    accept_as(f->l, "a", JOB_NORMAL, NOON - 10);
    accept_as(f->l, "b", JOB_NORMAL, NOON - 5);
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_WAITING);
    s.counts = false;
    s.due_ms = NOON - 10;
    assert_true(settle_with(f->l, &s));
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    assert_string_equal(row.notice_id, "a");
    leased_clear(&row);
}

static void leases_a_suspect_alone(void **state)
{
    struct fixture *f = *state;
    struct leased rows[4];
    for (int i = 0; i < 3; i++)
        accept_as(f->l, (const char *[]){"a", "b", "c"}[i], JOB_NORMAL, NOON - 10 + i);
    assert_int_equal(lease(f->l, "relay", 3, NOON, rows), 3);
    for (int i = 0; i < 3; i++) {
        struct settlement s = settlement_of(rows[i].delivery, DELIVERY_DEFERRED);
        s.counts = false;
        s.crashed = s.suspect = i == 1;
        s.due_ms = NOON - 10 + i;
        assert_true(settle_with(f->l, &s));
        leased_clear(&rows[i]);
    }
    for (int i = 0; i < 3; i++) {
        int64_t lane = find_lane(f->l, "relay", JOB_NORMAL, 0);
        assert_int_equal(lease_lane(f->l, lane, 4, NOON, rows), 1);
        assert_int_equal(rows[0].suspect, i == 1);
        assert_int_equal(rows[0].crashes, i == 1);
        leased_clear(&rows[0]);
    }
    must_balance(f->l);
}

static void shows_a_reader_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    struct seen_rows seen;
    take_in_many(f->l, "n", 3);
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    assert_int_equal(count_state(reader, DELIVERY_IN_FLIGHT), 0);
    int64_t delivery = lease_one(f->l, "relay");
    assert_int_equal(count_state(reader, DELIVERY_IN_FLIGHT), 1);
    assert_int_equal(walk(reader, select_state(DELIVERY_IN_FLIGHT), 0, 9, &seen), 1);
    assert_int_equal(seen.rows[0].delivery, delivery);
    assert_int_equal(walk(reader, select_state(DELIVERY_WAITING), 0, 9, &seen), 2);
    must_balance(reader);
    assert_true(settle(f->l, delivery, DELIVERY_DELIVERED));
    assert_int_equal(count_state(reader, DELIVERY_IN_FLIGHT), 0);
    assert_int_equal(row_of(reader, "n0").state, DELIVERY_DELIVERED);
    ledger_close(reader);
}

static void counts_what_was_delivered_by_day(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t count = -1;
    take_in_many(f->l, "n", 4);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED); /* no day was told */
    ledger_set_day(f->l, 20000);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_FAILED);
    int64_t delivery = lease_one(f->l, "relay");
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    settle(f->l, delivery, DELIVERY_DELIVERED);
    must(ledger_count_day(f->l, "relay", 20000, &count, &err), &err);
    assert_int_equal(count, 2);
    ledger_rollback(f->l);
    reopen(f);
    must(ledger_count_day(f->l, "relay", 20000, &count, &err), &err);
    assert_int_equal(count, 1);
    must(ledger_count_day(f->l, "nobody", 20000, &count, &err), &err);
    assert_int_equal(count, 0);
}

/* ---- recovery ---- */

static bool holds_nothing(void *context, const char *transport)
{
    (void)context;
    (void)transport;
    return false;
}

/* Of a lease that a crash left half settled only the rest was in flight. */
static void recovers_the_rest_of_a_packet_before_others(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct leased rows[4];
    size_t deferred, uncertain;
    take_in_many(f->l, "n", 5);
    assert_int_equal(lease(f->l, "relay", 4, NOON, rows), 4);
    for (int i = 0; i < 4; i++)
        leased_clear(&rows[i]);
    settle(f->l, 1, DELIVERY_DELIVERED);
    settle(f->l, 3, DELIVERY_DEFERRED);
    reopen(f);
    must(ledger_recover(f->l, holds_nothing, NULL, NOON + 7, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred, 2);
    for (int i = 0; i < 2; i++) {
        int64_t lane = find_lane(f->l, "relay", JOB_NORMAL, 0);
        assert_int_equal(lease_lane(f->l, lane, 4, NOON + 7, rows), 1);
        assert_int_equal(rows[0].delivery, i == 0 ? 2 : 4);
        assert_true(rows[0].suspect);
        assert_int_equal(rows[0].crashes, 0); /* nobody is blamed */
        leased_clear(&rows[0]);
    }
    must_balance(f->l);
}

static bool holds_sms(void *context, const char *transport)
{
    (void)context;
    return strcmp(transport, "kannel") == 0;
}

static void resends_or_holds_what_a_crash_left_in_flight(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    struct error err = {0};
    size_t deferred = 9;
    size_t uncertain = 9;
    take_in_many(f->l, "n", 3);
    make_notice(&n, "sms", "sms");
    n.deliveries[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    take_in(f->l, &n);
    lease_one(f->l, "relay");
    lease_one(f->l, "relay");
    lease_one(f->l, "kannel");
    reopen(f);
    must(ledger_recover(f->l, holds_sms, NULL, NOON + 7, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred, 2);
    assert_int_equal(uncertain, 1);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 0);
    struct seen_row row = row_of(f->l, "n0");
    assert_int_equal(row.state, DELIVERY_DEFERRED);
    assert_int_equal(row.due_ms, NOON); /* before all that was not leased yet */
    assert_string_equal(row.cause, "interrupted");
    row = row_of(f->l, "sms");
    assert_int_equal(row.state, DELIVERY_UNCERTAIN);
    assert_int_equal(row_of(f->l, "n2").state, DELIVERY_WAITING);
    must_balance(f->l);
}

static void see_interrupted(void *context, const struct attempt_row *row)
{
    int *count = context;
    assert_string_equal(row->cause, "interrupted");
    assert_string_equal(row->outcome, "uncertain");
    assert_int_equal(row->number, 1);
    (*count)++;
}

/* Otherwise a repeat after a kill would look like the first and only attempt. */
static void an_interrupted_attempt_is_on_record_and_costs_no_try(void **state)
{
    struct fixture *f = *state;
    size_t deferred, uncertain;
    struct error err;
    struct leased row;
    int count = 0;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    must(ledger_recover(f->l, holds_sms, NULL, NOON + 7, &deferred, &uncertain, &err), &err);
    must(ledger_walk_attempts(f->l, delivery, see_interrupted, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(lease(f->l, "relay", 1, NOON + 7, &row), 1);
    assert_int_equal(row.tries, 0);
    leased_clear(&row);
}

static void recovers_a_second_time_without_effect(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t deferred = 9;
    size_t uncertain = 9;
    take_in_many(f->l, "n", 600); /* more than one portion */
    struct leased *rows = calloc(600, sizeof(*rows));
    size_t count = lease(f->l, "relay", 600, NOON, rows);
    for (size_t i = 0; i < count; i++)
        leased_clear(&rows[i]);
    free(rows);
    must(ledger_recover(f->l, holds_sms, NULL, NOON, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred, 600);
    must(ledger_recover(f->l, holds_sms, NULL, NOON, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred, 0);
    assert_int_equal(uncertain, 0);
    must_balance(f->l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_the_transports_something_waits_for),
        TEST(hands_over_all_a_worker_needs),
        TEST(says_what_a_notice_does_not_have),
        TEST(leases_high_priority_first_then_by_due_time),
        TEST(leases_nothing_twice),
        TEST(leaves_other_transports_and_what_may_not_go),
        TEST(gives_leases_back_on_rollback),
        TEST(knows_when_the_next_one_is_due),
        TEST(passes_over_what_is_in_flight),
        TEST(puts_back_what_could_not_be_tried),
        TEST(leases_a_suspect_alone),
        TEST(shows_a_reader_what_is_in_flight),
        TEST(counts_what_was_delivered_by_day),
        TEST(recovers_the_rest_of_a_packet_before_others),
        TEST(resends_or_holds_what_a_crash_left_in_flight),
        TEST(an_interrupted_attempt_is_on_record_and_costs_no_try),
        TEST(recovers_a_second_time_without_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
