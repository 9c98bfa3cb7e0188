/* Retention: texts go, rows stay. */
#include "fixture.h"

#include <sys/wait.h>

#define LATER (NOON + 1000000)

struct removed {
    char ids[8][32];
    int count;
};

static void note_removed(void *context, const char *id)
{
    struct removed *r = context;
    assert_true(r->count < 8);
    snprintf(r->ids[r->count++], sizeof(r->ids[0]), "%s", id);
}

static struct purge_counts purge(struct ledger *l, int64_t before_ms, size_t limit,
                                 struct removed *out)
{
    struct purge_counts counts;
    struct error err = {0};
    struct action action = action_of("retention");
    action.verb = "purge";
    *out = (struct removed){0};
    must(ledger_purge(l, before_ms, limit, note_removed, out, &action, &counts, &err), &err);
    return counts;
}

static int64_t take_in_batch(struct ledger *l, const char *id)
{
    unsigned char digest[DIGEST_SIZE] = {7};
    struct batch_acceptance a = {.id = id,
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = 1,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    struct planned_line line = {.line = 1,
                                .recipient = "1",
                                .template_name = "apology",
                                .locale = "ko",
                                .deliveries = &p,
                                .count = 1};
    enum accept_result result;
    struct error err = {0};
    int64_t batch = 0;
    bool known;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    must(ledger_advance_batch(l, batch, 2, 100, true, &err), &err);
    return batch;
}

static void settle_batch(struct ledger *l, int64_t batch, enum delivery_state state)
{
    struct leased row;
    assert_int_equal(lease_lane(l, find_lane(l, "relay", JOB_NORMAL, batch), 1, NOON, &row), 1);
    assert_true(settle(l, row.delivery, state));
    leased_clear(&row);
}

static bool has_text(struct ledger *l, const char *id)
{
    struct buf text = {0};
    struct error err = {0};
    int rc = ledger_read_notice(l, id, &text, &err);
    assert_true(rc == 0 || rc == ERR_NOT_FOUND);
    buf_free(&text);
    return rc == 0;
}

static void empties_what_is_over(void **state)
{
    static const enum delivery_state ends[] = {
        DELIVERY_DELIVERED, DELIVERY_FAILED, DELIVERY_UNCERTAIN, DELIVERY_DEFERRED, DELIVERY_HELD};
    struct fixture *f = *state;
    struct removed removed;
    take_in_many(f->l, "n", 6); /* n5 waits */
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        assert_true(
            settle(f->l, (int64_t)i + 1 == lease_one(f->l, "relay") ? (int64_t)i + 1 : 0, ends[i]));
    assert_int_equal(purge(f->l, NOON, 9, &removed).notices, 0); /* not yet */
    assert_int_equal(purge(f->l, LATER, 9, &removed).notices, 2);
    assert_int_equal(purge(f->l, LATER, 9, &removed).notices, 0);
    assert_false(has_text(f->l, "n0"));
    assert_false(has_text(f->l, "n1"));
    for (int i = 2; i < 6; i++)
        assert_true(has_text(f->l, (const char *[]){"n2", "n3", "n4", "n5"}[i - 2]));
    assert_string_equal(row_of(f->l, "n0").address, "kim@example.com"); /* the evidence stays */
    assert_int_equal(retry(f->l, select_id("n1"), "again"), 0);         /* with which words? */
    must_balance(f->l);
}

static void goes_in_portions(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    take_in_many(f->l, "n", 5);
    for (int i = 0; i < 5; i++)
        settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    struct purge_counts counts = purge(f->l, LATER, 3, &removed);
    assert_int_equal(counts.notices, 3);
    assert_true(counts.more);
    counts = purge(f->l, LATER, 3, &removed);
    assert_int_equal(counts.notices, 2);
    assert_false(counts.more);
}

static void keep_state(void *context, const struct batch_row *row)
{
    assert_true(row->state != BATCH_PURGED || row->text == NULL);
    *(enum batch_state *)context = row->state;
}

static enum batch_state state_of(struct ledger *l, const char *id)
{
    struct error err = {0};
    enum batch_state state = BATCH_LOADING;
    struct batch_question q = {.id = id};
    must(ledger_walk_batches(l, &q, keep_state, &state, &err), &err);
    return state;
}

static void hands_over_batches_that_are_over(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    settle_batch(f->l, take_in_batch(f->l, "done"), DELIVERY_FAILED);
    settle_batch(f->l, take_in_batch(f->l, "unsure"), DELIVERY_UNCERTAIN);
    take_in_batch(f->l, "open");
    struct purge_counts counts = purge(f->l, LATER, 9, &removed);
    assert_int_equal(counts.batches, 1);
    assert_int_equal(removed.count, 1);
    assert_string_equal(removed.ids[0], "done");
    assert_int_equal(state_of(f->l, "done"), BATCH_PURGED);
    assert_int_equal(state_of(f->l, "unsure"), BATCH_RUNNING);
    assert_int_equal(purge(f->l, LATER, 9, &removed).batches, 0);
    assert_int_equal(removed.count, 0);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "again"), 0);
    assert_string_equal(row_of(f->l, "done_1").address, "kim@example.com");
    must_balance(f->l);
}

/* The process dies where a file is removed: the callback leaves the ledger as the crash would. */
static void die_here(void *context, const char *id)
{
    (void)id;
    _exit(*(int *)context);
}

static void hands_a_batch_over_again_after_a_crash(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    settle_batch(f->l, take_in_batch(f->l, "done"), DELIVERY_DELIVERED);
    ledger_close(f->l);
    f->l = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        int status = 7;
        struct purge_counts counts;
        struct ledger *l = open_ledger(f->spool, LEDGER_WRITE);
        if (ledger_purge(l, LATER, 9, die_here, &status, NULL, &counts, NULL) != 0)
            _exit(1);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 7);
    f->l = open_ledger(f->spool, LEDGER_WRITE);
    purge(f->l, LATER, 9, &removed);
    assert_int_equal(removed.count, 1);
    assert_string_equal(removed.ids[0], "done");
    purge(f->l, LATER, 9, &removed);
    assert_int_equal(removed.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empties_what_is_over),
        TEST(goes_in_portions),
        TEST(hands_over_batches_that_are_over),
        TEST(hands_a_batch_over_again_after_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
