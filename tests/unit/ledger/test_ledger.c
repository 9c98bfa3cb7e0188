/* Transactions, other processes, and death at any moment. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

static void refuses_to_read_a_ledger_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct ledger *l = NULL;
    struct error err = {0};
    char *nowhere = file_join(f->spool, "nowhere");
    assert_int_equal(ledger_open(nowhere, LEDGER_READ, &l, &err), ERR_NOT_FOUND);
    assert_null(l);
    assert_non_null(strstr(err.text, nowhere));
    assert_true(ledger_open(nowhere, LEDGER_WRITE, &l, &err) < 0); /* no such directory */
    assert_null(l);
    free(nowhere);
}

static void shows_a_reader_what_is_committed_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    must(ledger_begin(f->l, LEDGER_DURABLE, &err), &err);
    take_in_many(f->l, "n", 3);
    assert_int_equal(count_all(reader), 0);
    must_balance(reader);
    must(ledger_commit(f->l, &err), &err);
    assert_int_equal(count_all(reader), 3);
    must_balance(reader);
    struct seen_rows seen;
    assert_int_equal(walk(reader, select_id("n2"), 0, 9, &seen), 1);
    ledger_close(reader);
}

static void lets_a_reader_read_only(void **state)
{
    struct fixture *f = *state;
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    struct notice n;
    enum accept_result result;
    struct error err = {0};
    make_notice(&n, "a", "a");
    assert_true(ledger_accept(reader, &n.a, &result, &err) < 0);
    ledger_close(reader);
    assert_int_equal(count_all(f->l), 0);
}

static void lets_two_writers_take_turns(void **state)
{
    struct fixture *f = *state;
    struct ledger *other = open_ledger(f->spool, LEDGER_WRITE);
    take_in_many(f->l, "a", 2);
    take_in_many(other, "b", 2);
    settle(other, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    assert_int_equal(count_all(f->l), 4);
    must_balance(other);
    ledger_close(other);
}

static void syncs_an_idle_ledger(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    must(ledger_sync(f->l, &err), &err);
    take_in_many(f->l, "n", 1);
    must(ledger_sync(f->l, &err), &err);
    must(ledger_sync(f->l, &err), &err);
    must(ledger_begin(f->l, LEDGER_DURABLE, &err), &err);
    must(ledger_commit(f->l, &err), &err);
    must_balance(f->l);
}

static void goes_on_after_a_rollback(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    ledger_rollback(f->l); /* without a transaction: nothing happens */
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    ledger_rollback(f->l);
    must(ledger_begin(f->l, LEDGER_DURABLE, &err), &err);
    take_in_many(f->l, "n", 1);
    must(ledger_commit(f->l, &err), &err);
    assert_int_equal(count_all(f->l), 1);
}

/* ---- kill -9 ---- */

#define GROUP 4

/* Accepts group after group, durable and not in turns, and tells through the pipe how many notices
 * are committed. */
static NORETURN void work_until_killed(const char *spool, int progress)
{
    struct ledger *l = open_ledger(spool, LEDGER_WRITE);
    struct error err = {0};
    for (int done = 0;; done += GROUP) {
        if (ledger_begin(l, done / GROUP % 2 == 0 ? LEDGER_FAST : LEDGER_DURABLE, &err) != 0)
            _exit(1);
        char prefix[16];
        snprintf(prefix, sizeof(prefix), "g%d_", done);
        take_in_many(l, prefix, GROUP);
        if (ledger_commit(l, &err) != 0)
            _exit(1);
        int committed = done + GROUP;
        if (write(progress, &committed, sizeof(committed)) != sizeof(committed))
            _exit(1);
        if (done / GROUP % 3 == 2)
            settle(l, lease_one(l, "relay"), DELIVERY_DELIVERED);
    }
}

static int last_progress(int fd)
{
    int committed = 0;
    int last = 0;
    while (read(fd, &committed, sizeof(committed)) == sizeof(committed))
        last = committed;
    return last;
}

static int kill_in_the_middle(const char *spool, useconds_t after_us)
{
    int ends[2];
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        work_until_killed(spool, ends[1]);
    }
    close(ends[1]);
    usleep(after_us);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    int committed = last_progress(ends[0]);
    close(ends[0]);
    return committed;
}

static void must_know(struct ledger *l, int committed)
{
    struct error err = {0};
    for (int i = 0; i < committed; i++) {
        char id[32];
        unsigned char digest[DIGEST_SIZE];
        bool known = false;
        snprintf(id, sizeof(id), "g%d_%d", i / GROUP * GROUP, i % GROUP);
        must(ledger_find_digest(l, id, &known, digest, &err), &err);
        if (!known)
            fail_msg("%s was committed and is lost", id);
    }
}

static void loses_nothing_committed_when_killed(void **state)
{
    struct fixture *f = *state;
    for (useconds_t i = 0; i < 12; i++) {
        /* A ledger of its own for each round; this process keeps none open over the fork. */
        ledger_close(f->l);
        f->l = NULL;
        char *spool = file_join(f->spool, "");
        int committed = kill_in_the_middle(spool, 12000 + i * 2711);
        free(spool);
        f->l = open_ledger(f->spool, LEDGER_WRITE);
        must_know(f->l, committed);
        int64_t all = count_all(f->l);
        assert_true(all == committed || all == committed + GROUP); /* killed before it could tell */
        assert_int_equal(all % GROUP, 0);                          /* never half a group */
        must_balance(f->l);
        void *again = f;
        tear_down(&again);
        set_up(state);
        f = *state;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_to_read_a_ledger_that_is_not_there),
        TEST(shows_a_reader_what_is_committed_and_no_more),
        TEST(lets_a_reader_read_only),
        TEST(lets_two_writers_take_turns),
        TEST(syncs_an_idle_ledger),
        TEST(goes_on_after_a_rollback),
        TEST(loses_nothing_committed_when_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
