/*
 * Which commits reach the disk before they return. This program's fsync() and fdatasync() stand
 * before those of libc, also for SQLite: they count and pass on. About SQLite, like test_schema.c.
 */
#include "fixture.h"

#include <errno.h>
#include <sys/syscall.h>

static int syncs;

/*
 * What the kernel knows of the log's pages. A sync that fails leaves them in its memory and calls
 * them clean: on the disk they are lost, until they are written once more.
 */
#define LOG_PAGE  4096
#define LOG_PAGES 32768
enum page { PAGE_CLEAN, PAGE_DIRTY, PAGE_LOST };
static unsigned char pages[LOG_PAGES];
static int fail_next; /* sync of the log */

static bool is_log(int fd)
{
    char link[32], path[512];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof(path));
    return len > 4 && memcmp(path + len - 4, "-wal", 4) == 0;
}

static bool sync_fails(int fd)
{
    syncs++;
    bool log = is_log(fd), fails = log && fail_next > 0 && --fail_next == 0;
    for (size_t i = 0; log && i < LOG_PAGES; i++) {
        if (pages[i] == PAGE_DIRTY)
            pages[i] = fails ? PAGE_LOST : PAGE_CLEAN;
    }
    errno = EIO;
    return fails;
}

int fdatasync(int fd)
{
    return sync_fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return sync_fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

static ssize_t write_at(int fd, const void *bytes, size_t len, off_t at)
{
    if (is_log(fd)) {
        assert_true(at + (off_t)len <= (off_t)LOG_PAGE * LOG_PAGES);
        for (off_t page = at / LOG_PAGE; page <= (at + (off_t)len - 1) / LOG_PAGE; page++)
            pages[page] = PAGE_DIRTY;
    }
    return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return write_at(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    return write_at(fd, bytes, len, at);
}

/* Pages of the log that a power cut would take. */
static int count_pages(enum page what)
{
    int count = 0;
    for (size_t i = 0; i < LOG_PAGES; i++)
        count += pages[i] == what;
    return count;
}

static void forget_pages(void)
{
    memset(pages, PAGE_CLEAN, sizeof(pages));
    fail_next = 0;
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

static void must_be_on_the_disk(void)
{
    assert_int_equal(count_pages(PAGE_LOST), 0);
    assert_int_equal(count_pages(PAGE_DIRTY), 0);
}

static void does_not_trust_a_sync_after_one_that_failed(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    forget_pages();
    take_in_many(l, "n", 20);
    fail_next = 1;
    assert_int_equal(ledger_sync(l, &err), ERR_IO);
    assert_true(count_pages(PAGE_LOST) > 0);
    fail_next = 1;
    assert_int_equal(ledger_sync(l, &err), ERR_IO); /* nor while it goes on */
    take_in_many(l, "m", 1);                        /* it is there again */
    must(ledger_sync(l, &err), &err);
    must_be_on_the_disk();
    must_balance(l);
}

static void notices_that_a_checkpoint_could_not_sync(void **state)
{
    struct ledger *l = synced(*state);
    struct error err = {0};
    forget_pages();
    fail_next = 1;
    for (int i = 0; fail_next > 0; i++) {
        char prefix[16];
        assert_true(i < 10000);
        snprintf(prefix, sizeof(prefix), "n%d-", i);
        take_in_many(l, prefix, 1); /* the next one would mend it */
    }
    assert_true(count_pages(PAGE_LOST) > 0);
    must(ledger_sync(l, &err), &err);
    must_be_on_the_disk();
    must_balance(l);
}

static void does_not_trust_the_log_of_a_process_before(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct ledger *other = open_ledger(f->spool, LEDGER_READ); /* or the last close would end it */
    synced(f);
    forget_pages();
    take_in_many(f->l, "n", 20);
    fail_next = 1;
    assert_int_equal(ledger_sync(f->l, &err), ERR_IO);
    reopen(f);
    must(ledger_sync(f->l, &err), &err);
    must_be_on_the_disk();
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
        TEST(does_not_trust_a_sync_after_one_that_failed),
        TEST(notices_that_a_checkpoint_could_not_sync),
        TEST(does_not_trust_the_log_of_a_process_before),
        TEST(leases_durably_where_that_is_asked),
        TEST(keeps_the_promise_of_a_durable_call_within_a_fast_transaction),
        TEST(records_an_action_durably),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
