/* Retention: texts go, rows stay. */
#include "receipts.h"

#include <sys/wait.h>

#include "ledger/db.h"

#define LATER (NOON + 1000000)

struct removed {
    char ids[8][32];
    int count;
    const char *stuck; /* this one cannot be removed */
};

static int note_removed(void *context, const char *id)
{
    struct removed *r = context;
    assert_true(r->count < 8);
    snprintf(r->ids[r->count++], sizeof(r->ids[0]), "%s", id);
    return r->stuck != NULL && strcmp(id, r->stuck) == 0 ? ERR_IO : 0;
}

/* One step. */
static void step(struct ledger *l, struct purge *p, size_t limit, int64_t before_ms,
                 struct removed *out)
{
    struct error err = {0};
    struct action action = action_of("retention");
    action.verb = "purge";
    out->count = 0;
    must(ledger_purge(l, p, before_ms, limit, note_removed, out, &action, &err), &err);
}

/* The first step. */
static struct purge purge(struct ledger *l, int64_t before_ms, size_t limit, struct removed *out)
{
    struct purge p = {0};
    *out = (struct removed){0};
    step(l, &p, limit, before_ms, out);
    return p;
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

/* Many that stay do not make a step any longer. */
static void looks_at_so_many_and_goes_on_behind_them(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    take_in_many(f->l, "n", 31);
    for (int i = 0; i < 30; i++)
        settle(f->l, lease_one(f->l, "relay"), DELIVERY_UNCERTAIN);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    struct purge p = purge(f->l, LATER, 1, &removed);
    assert_true(p.notices == 0 && p.more);
    for (int i = 0; i < 2; i++) {
        step(f->l, &p, 1, LATER, &removed);
        assert_true(p.notices == 0 && p.more);
    }
    step(f->l, &p, 1, LATER, &removed);
    assert_int_equal(p.notices, 1);
    step(f->l, &p, 1, LATER, &removed);
    assert_true(p.notices == 0 && !p.more);
}

static void goes_in_portions(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    take_in_many(f->l, "n", 5);
    for (int i = 0; i < 5; i++)
        settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    struct purge p = purge(f->l, LATER, 3, &removed);
    assert_int_equal(p.notices, 3);
    assert_true(p.more);
    step(f->l, &p, 3, LATER, &removed);
    assert_int_equal(p.notices, 2);
    assert_false(p.more);
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
    struct purge p = purge(f->l, LATER, 9, &removed);
    assert_int_equal(p.batches, 1);
    assert_false(p.more);
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

static void tries_again_what_could_not_be_removed(void **state)
{
    struct fixture *f = *state;
    struct removed removed = {.stuck = "b"};
    struct purge p = {0};
    static const char *const ids[] = {"a", "b", "c"};
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        settle_batch(f->l, take_in_batch(f->l, ids[i]), DELIVERY_DELIVERED);
    step(f->l, &p, 9, LATER, &removed);
    assert_int_equal(p.batches, 1);
    step(f->l, &p, 9, LATER, &removed);
    assert_int_equal(p.kept, 1);
    assert_true(p.more);
    step(f->l, &p, 9, LATER, &removed);
    assert_int_equal(p.batches, 1); /* the next one has its turn */
    assert_false(p.more);
    p = purge(f->l, LATER, 9, &removed);
    assert_int_equal(removed.count, 1);
    assert_string_equal(removed.ids[0], "b");
    assert_int_equal(p.batches, 1);
    assert_int_equal(p.kept, 0);
    purge(f->l, LATER, 9, &removed);
    assert_int_equal(removed.count, 0);
}

/* A batch is gigabytes, and a step must not hold up who calls it. */
static void removes_one_batch_per_step(void **state)
{
    struct fixture *f = *state;
    struct removed removed = {.stuck = "b0"};
    struct purge p = {.more = true};
    int steps = 0, removals = 0;
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof(id), "b%d", i);
        settle_batch(f->l, take_in_batch(f->l, id), DELIVERY_DELIVERED);
    }
    for (; p.more; steps++) {
        step(f->l, &p, 200, LATER, &removed);
        assert_int_equal(removed.count, 1);
        removals += (int)p.batches;
    }
    assert_int_equal(removals, 9); /* and b0 is not in their way, nor tried for ever */
    assert_int_equal(steps, 10);
}

/* The process dies where a file is removed: the callback leaves the ledger as the crash would. */
static int die_here(void *context, const char *id)
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
        struct purge p = {0};
        struct ledger *l = open_ledger(f->spool, LEDGER_WRITE);
        if (ledger_purge(l, &p, LATER, 9, die_here, &status, NULL, NULL) != 0)
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

static struct disposition named_disposition(const char *message)
{
    struct disposition d;
    disposition_set(&d, OUTCOME_DELIVERED, 202, "accepted", "ok", 2);
    snprintf(d.message_id, sizeof(d.message_id), "%s", message);
    return d;
}

static void settle_named(struct ledger *l, int64_t delivery, const char *message)
{
    struct disposition d = named_disposition(message);
    struct settlement s = settlement_of(delivery, DELIVERY_DELIVERED);
    s.disposition = &d;
    assert_true(settle_with(l, &s));
}

static int64_t find_message(struct ledger *l, const char *message)
{
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, message);
    return find_number(l, &r, 0);
}

/* What came of it stays: it is the evidence. */
static void what_a_gateway_called_a_notice_goes_with_its_text(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 3);
    int64_t old = lease_one(f->l, "relay");
    settle_named(f->l, old, "SM1");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "SM1");
    note(f->l, &r, old, DELIVERY_DELIVERED);
    int64_t unsure = lease_one(f->l, "relay");
    settle_named(f->l, unsure, "SM2");
    take_in_many(f->l, "other", 1);
    assert_int_equal(purge(f->l, NOON, 9, &removed).notices, 0); /* not yet */
    assert_int_equal(find_message(f->l, "SM1"), old);
    assert_int_equal(purge(f->l, LATER, 1, &removed).notices, 1);
    assert_int_equal(find_message(f->l, "SM1"), 0);
    assert_int_equal(find_message(f->l, "SM2"), unsure); /* its text is still there */
    receipts_of(f->l, old, &seen);
    assert_int_equal(seen.count, 1);
    assert_int_equal(row_of(f->l, "n0").attempts, 1);
    must_balance(f->l);
}

static void what_a_gateway_called_a_batch_goes_with_its_notices(void **state)
{
    struct fixture *f = *state;
    struct removed removed = {.stuck = "done"};
    struct leased row;
    struct purge p = {0};
    int64_t done = take_in_batch(f->l, "done"), other = take_in_batch(f->l, "open");
    assert_int_equal(lease_lane(f->l, find_lane(f->l, "relay", JOB_NORMAL, done), 1, NOON, &row),
                     1);
    settle_named(f->l, row.delivery, "SM1");
    leased_clear(&row);
    assert_int_equal(lease_lane(f->l, find_lane(f->l, "relay", JOB_NORMAL, other), 1, NOON, &row),
                     1);
    struct disposition d = named_disposition("SM2");
    struct settlement s = settlement_of(row.delivery, DELIVERY_UNCERTAIN);
    s.disposition = &d;
    assert_true(settle_with(f->l, &s));
    step(f->l, &p, 9, LATER, &removed);
    assert_int_equal(find_message(f->l, "SM1"), 0);
    assert_int_equal(find_message(f->l, "SM2"), row.delivery);
    leased_clear(&row);
    p = purge(f->l, LATER, 9, &removed); /* what could not be removed is no reason to fail */
    assert_int_equal(p.batches, 1);
    assert_string_equal(row_of(f->l, "done_1").address, "kim@example.com");
    must_balance(f->l);
}

#define MANY 11003

static void take_in_large(struct ledger *l, const char *id)
{
    unsigned char digest[DIGEST_SIZE] = {7};
    struct batch_acceptance a = {.id = id,
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = MANY,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    enum accept_result result;
    struct error err = {0};
    int64_t batch = 0;
    bool known;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    for (int i = 0; i < MANY; i++) {
        char recipient[16];
        snprintf(recipient, sizeof(recipient), "%d", i);
        struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
        struct planned_line line = {.line = i + 1,
                                    .recipient = recipient,
                                    .template_name = "apology",
                                    .locale = "ko",
                                    .deliveries = &p,
                                    .count = 1};
        must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    }
    must(ledger_advance_batch(l, batch, MANY + 1, 100, true, &err), &err);
    int64_t lane = find_lane(l, "relay", JOB_NORMAL, batch);
    for (int i = 0; i < MANY; i++) {
        struct leased row;
        char message[16];
        assert_int_equal(lease_lane(l, lane, 1, NOON, &row), 1);
        snprintf(message, sizeof(message), "SM%d", i);
        settle_named(l, row.delivery, message);
        leased_clear(&row);
    }
}

/* And each step is asked by somebody who knows nothing of the one before, as requests are. */
static void the_names_of_a_large_batch_go_a_page_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct removed removed;
    struct error err = {0};
    int steps = 0;
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    take_in_large(f->l, "large");
    must(ledger_commit(f->l, &err), &err);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM message"), MANY);
    int64_t left = MANY;
    struct purge p = {.more = true};
    for (; p.more; steps++) {
        p = purge(f->l, LATER, 200, &removed);
        int64_t now = ask_sql(f, "SELECT count(*) FROM message");
        assert_true(left - now <= 5000);
        assert_true(removed.count == 0 || now == 0);
        left = now;
    }
    assert_int_equal(left, 0);
    assert_int_equal(removed.count, 1);
    assert_int_equal(steps, 3);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM meta WHERE name LIKE 'names%'"), 0);
    must_balance(f->l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empties_what_is_over),
        TEST(looks_at_so_many_and_goes_on_behind_them),
        TEST(goes_in_portions),
        TEST(hands_over_batches_that_are_over),
        TEST(tries_again_what_could_not_be_removed),
        TEST(removes_one_batch_per_step),
        TEST(hands_a_batch_over_again_after_a_crash),
        TEST(what_a_gateway_called_a_notice_goes_with_its_text),
        TEST(what_a_gateway_called_a_batch_goes_with_its_notices),
        TEST(the_names_of_a_large_batch_go_a_page_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
