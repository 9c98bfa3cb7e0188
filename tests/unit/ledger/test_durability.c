/*
 * Which commits reach the disk before they return. This program's fsync() and fdatasync() stand
 * before those of libc, also for SQLite: they count and pass on. About SQLite, like test_schema.c.
 */
#include "fixture.h"

#include <sys/syscall.h>

static int syncs;

int fdatasync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}

/* How often since the last question. */
static int count_syncs(void)
{
    int count = syncs;
    syncs = 0;
    return count;
}

/* A ledger with nothing left to sync. */
static struct ledger *synced(struct fixture *f)
{
    struct error err = {0};
    must(ledger_sync(f->l, &err), &err);
    count_syncs();
    return f->l;
}

static void creates_the_ledger_durably(void **state)
{
    (void)state;
    assert_true(count_syncs() > 0);
}

static void syncs_nothing_for_a_fast_commit(void **state)
{
    struct ledger *l = synced(*state);
    take_in_many(l, "n", 3);
    settle(l, lease_one(l, "relay"), DELIVERY_DELIVERED);
    assert_int_equal(count_syncs(), 0);
}

static void syncs_once_for_a_durable_group(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    must(ledger_begin(l, LEDGER_DURABLE, &err), &err);
    take_in_many(l, "n", 100);
    assert_int_equal(count_syncs(), 0);
    must(ledger_commit(l, &err), &err);
    assert_int_equal(count_syncs(), 1);
}

static void makes_fast_commits_durable_by_a_sync(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    take_in_many(l, "n", 3);
    must(ledger_sync(l, &err), &err);
    assert_int_equal(count_syncs(), 1);
    must(ledger_sync(l, &err), &err);
    assert_int_equal(count_syncs(), 0); /* nothing is left to do */
}

static void makes_fast_commits_durable_by_a_durable_one_that_changes_nothing(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    struct notice n;
    take_in_many(l, "n", 1);
    must(ledger_begin(l, LEDGER_DURABLE, &err), &err);
    make_notice(&n, "n0", "n0");
    assert_int_equal(take_in(l, &n), ACCEPT_DUPLICATE); /* the producer is told: it is safe */
    must(ledger_commit(l, &err), &err);
    assert_int_equal(count_syncs(), 1);
}

static void syncs_what_a_process_before_may_have_left(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct ledger *other = open_ledger(f->spool, LEDGER_READ); /* or the last close would sync */
    take_in_many(f->l, "n", 1);
    reopen(f);
    count_syncs();
    must(ledger_sync(f->l, &err), &err);
    assert_true(count_syncs() > 0);
    ledger_close(other);
}

static void leases_durably_where_that_is_asked(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    struct leased row;
    size_t count = 0;
    take_in_many(l, "n", 1);
    must(ledger_lease(l, find_lane(l, "relay", JOB_NORMAL, 0), 1, NOON, LEDGER_DURABLE, &row,
                      &count, &err),
         &err);
    assert_int_equal(count, 1);
    leased_clear(&row);
    assert_int_equal(count_syncs(), 1);
}

static void keeps_the_promise_of_a_durable_call_within_a_fast_transaction(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    struct leased row;
    size_t count = 0;
    take_in_many(l, "n", 1);
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    must(ledger_lease(l, find_lane(l, "relay", JOB_NORMAL, 0), 1, NOON, LEDGER_DURABLE, &row,
                      &count, &err),
         &err);
    leased_clear(&row);
    must(ledger_commit(l, &err), &err);
    assert_int_equal(count_syncs(), 1);
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    must(ledger_commit(l, &err), &err);
    assert_int_equal(count_syncs(), 0);
}

static void records_an_action_durably(void **state)
{
    struct ledger *l = synced(*state);
    take_in_many(l, "n", 1);
    settle(l, lease_one(l, "relay"), DELIVERY_FAILED);
    retry(l, select_id("n0"), "");
    assert_int_equal(count_syncs(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(creates_the_ledger_durably),
        TEST(syncs_nothing_for_a_fast_commit),
        TEST(syncs_once_for_a_durable_group),
        TEST(makes_fast_commits_durable_by_a_sync),
        TEST(makes_fast_commits_durable_by_a_durable_one_that_changes_nothing),
        TEST(syncs_what_a_process_before_may_have_left),
        TEST(leases_durably_where_that_is_asked),
        TEST(keeps_the_promise_of_a_durable_call_within_a_fast_transaction),
        TEST(records_an_action_durably),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
