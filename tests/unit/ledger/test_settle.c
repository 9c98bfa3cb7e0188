#include "fixture.h"

#include <sys/wait.h>

#define SHA "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

struct seen_attempts {
    struct attempt_row rows[8];
    char texts[8][512];
    size_t count;
};

static void see_attempt(void *context, const struct attempt_row *row)
{
    struct seen_attempts *seen = context;
    assert_true(seen->count < COUNT_OF(seen->rows));
    seen->rows[seen->count] = *row;
    snprintf(seen->texts[seen->count], sizeof(seen->texts[0]), "%s|%s|%s|%s|%s|%s|%s",
             row->transport, row->outcome, row->cause, row->enhanced, row->reply, row->sha256,
             row->locale);
    seen->count++;
}

static void attempts_of(struct ledger *l, int64_t delivery, struct seen_attempts *out)
{
    struct error err = {0};
    out->count = 0;
    must(ledger_walk_attempts(l, delivery, see_attempt, out, &err), &err);
}

static void writes_the_evidence_of_an_attempt(void **state)
{
    struct fixture *f = *state;
    struct seen_attempts seen;
    struct disposition d;
    take_in_many(f->l, "n", 1);
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    disposition_set(&d, OUTCOME_DELIVERED, 250, "accepted", "250 2.0.0 Ok: 4aB", 17);
    snprintf(d.enhanced, sizeof(d.enhanced), "2.0.0");
    s.disposition = &d;
    s.sha256 = SHA;
    s.duration_ms = 42;
    s.jitter = 0.875;
    assert_true(settle_with(f->l, &s));
    attempts_of(f->l, s.delivery, &seen);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.texts[0],
                        "relay|delivered|accepted|2.0.0|250 2.0.0 Ok: 4aB|" SHA "|ko");
    assert_int_equal(seen.rows[0].number, 1);
    assert_int_equal(seen.rows[0].code, 250);
    assert_int_equal(seen.rows[0].ended_ms, NOON + 5000);
    assert_int_equal(seen.rows[0].duration_ms, 42);
    assert_int_equal(seen.rows[0].next_due_ms, 0);
    assert_true(seen.rows[0].jitter > 0.874 && seen.rows[0].jitter < 0.876);
    assert_int_equal(seen.rows[0].state, DELIVERY_DELIVERED);
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_DELIVERED);
    must_balance(f->l);
}

static void numbers_attempts_and_counts_them_for_the_schedule(void **state)
{
    struct fixture *f = *state;
    struct seen_attempts seen;
    struct leased row;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    assert_true(settle(f->l, delivery, DELIVERY_DEFERRED));
    assert_int_equal(lease(f->l, "relay", 1, NOON + 59999, &row), 0); /* not due yet */
    assert_int_equal(lease(f->l, "relay", 1, NOON + 60000, &row), 1);
    assert_int_equal(row.tries, 1);
    leased_clear(&row);
    assert_true(settle(f->l, delivery, DELIVERY_FAILED));
    attempts_of(f->l, delivery, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.rows[0].next_due_ms, NOON + 60000);
    assert_int_equal(seen.rows[1].number, 2);
    assert_int_equal(row_of(f->l, "n0").attempts, 2);
    assert_string_equal(row_of(f->l, "n0").cause, "answer");
}

static void leaves_no_attempt_when_none_took_place(void **state)
{
    struct fixture *f = *state;
    struct seen_attempts seen;
    struct disposition d;
    struct leased row;
    take_in_many(f->l, "n", 1);
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_WAITING);
    disposition_set(&d, OUTCOME_NOT_TRIED, 0, "connect", "connection refused", 18);
    s.disposition = &d;
    s.counts = false;
    s.due_ms = NOON;
    assert_true(settle_with(f->l, &s));
    attempts_of(f->l, s.delivery, &seen);
    assert_int_equal(seen.count, 0);
    struct seen_row seen_row = row_of(f->l, "n0");
    assert_int_equal(seen_row.attempts, 0);
    assert_string_equal(seen_row.cause, "connect");
    assert_string_equal(seen_row.reply, "connection refused"); /* an operator sees why */
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    assert_int_equal(row.tries, 0);
    leased_clear(&row);
}

static void says_why_without_a_disposition(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_EXPIRED);
    s.counts = false;
    s.cause = "expired";
    assert_true(settle_with(f->l, &s));
    assert_string_equal(row_of(f->l, "n0").cause, "expired");
    assert_string_equal(row_of(f->l, "n0").reply, "");
    assert_int_equal(count_state(f->l, DELIVERY_EXPIRED), 1);
}

static void leaves_alone_what_is_not_in_flight(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    int64_t delivery = lease_one(f->l, "relay");
    assert_true(settle(f->l, delivery, DELIVERY_DELIVERED));
    assert_false(settle(f->l, delivery, DELIVERY_FAILED)); /* a late second report */
    assert_false(settle(f->l, delivery + 1, DELIVERY_DELIVERED));
    assert_false(settle(f->l, 12345, DELIVERY_DELIVERED)); /* a number nobody leased */
    assert_int_equal(count_state(f->l, DELIVERY_DELIVERED), 1);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    must_balance(f->l);
}

static void asserts_that_no_illegal_edge_is_taken(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    ledger_close(f->l); /* no connection crosses a fork */
    f->l = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        f->l = open_ledger(f->spool, LEDGER_WRITE);
        settle(f->l, delivery, DELIVERY_IN_FLIGHT); /* it is already */
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
    f->l = open_ledger(f->spool, LEDGER_WRITE);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 1);
    must_balance(f->l);
}

/* ---- single routing ---- */

static void accept_chain(struct ledger *l, const char *id, size_t spare_count)
{
    struct notice n;
    make_notice(&n, id, id);
    n.job.priority = JOB_HIGH;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[1] = plan(CHANNEL_WEBHOOK, "hooks", "crm");
    n.a.spare_count = spare_count;
    take_in(l, &n);
}

static void fail_over(struct ledger *l, int64_t delivery)
{
    struct settlement s = settlement_of(delivery, DELIVERY_FAILED);
    s.cause = "bad_recipient";
    s.next_channel = true;
    assert_true(settle_with(l, &s));
}

static void gives_the_notice_to_its_next_channel(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    accept_chain(f->l, "a", 2);
    fail_over(f->l, lease_one(f->l, "relay"));
    assert_int_equal(lease(f->l, "kannel", 1, NOON + 5000, &row), 1);
    assert_string_equal(row.notice_id, "a");
    assert_string_equal(row.address, "+821012345678");
    assert_int_equal(row.channel, CHANNEL_SMS);
    assert_true(row.more_channels);
    fail_over(f->l, row.delivery);
    leased_clear(&row);
    assert_int_equal(lease(f->l, "hooks", 1, NOON + 5000, &row), 1);
    assert_false(row.more_channels);
    fail_over(f->l, row.delivery); /* nothing is left to turn to */
    leased_clear(&row);
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 3);
    assert_int_equal(count_all(f->l), 3);
    must_balance(f->l);
}

static void keeps_spare_channels_asleep_after_success(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a", 2);
    assert_true(settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED));
    assert_int_equal(count_all(f->l), 1);
    must_balance(f->l);
}

static void passes_over_a_spare_that_may_not_be_sent(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    struct leased row;
    make_notice(&n, "a", "a");
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[0].state = DELIVERY_SUPPRESSED;
    n.spare[0].cause = "trial_mode";
    n.spare[1] = plan(CHANNEL_WEBHOOK, "hooks", "crm");
    n.a.spare_count = 2;
    take_in(f->l, &n);
    fail_over(f->l, lease_one(f->l, "relay"));
    assert_int_equal(count_state(f->l, DELIVERY_SUPPRESSED), 1);
    assert_int_equal(lease(f->l, "kannel", 1, NOON + 9999, &row), 0);
    assert_int_equal(lease(f->l, "hooks", 1, NOON + 9999, &row), 1);
    leased_clear(&row);
    must_balance(f->l);
}

static void undoes_the_next_channel_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    accept_chain(f->l, "a", 1);
    int64_t delivery = lease_one(f->l, "relay");
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    fail_over(f->l, delivery);
    assert_int_equal(count_all(f->l), 2);
    ledger_rollback(f->l);
    assert_int_equal(count_all(f->l), 1);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 1);
    fail_over(f->l, delivery); /* the spare is still there */
    assert_int_equal(count_all(f->l), 2);
    must_balance(f->l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_the_evidence_of_an_attempt),
        TEST(numbers_attempts_and_counts_them_for_the_schedule),
        TEST(leaves_no_attempt_when_none_took_place),
        TEST(says_why_without_a_disposition),
        TEST(leaves_alone_what_is_not_in_flight),
        TEST(asserts_that_no_illegal_edge_is_taken),
        TEST(gives_the_notice_to_its_next_channel),
        TEST(keeps_spare_channels_asleep_after_success),
        TEST(passes_over_a_spare_that_may_not_be_sent),
        TEST(undoes_the_next_channel_with_its_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
