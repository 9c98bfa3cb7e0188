/* A ledger of version 1, as the program of that time wrote it (version_1.sql), brought up to date.
 */
#include "fixture.h"

#include "ledger/db.h"

/* Puts it in the place of the fixture's own and opens it, which upgrades it. */
static void open_version_1(struct fixture *f)
{
    struct buf sql = {0};
    struct db *db = NULL;
    struct error err = {0};
    char *path = file_join(f->spool, "ledger.db");
    ledger_close(f->l);
    assert_int_equal(unlink(path), 0);
    must(file_read_path("tests/unit/ledger/version_1.sql", 1 << 20, &sql, &err), &err);
    must(db_open(path, DB_CREATE, &db, &err), &err);
    must(db_run_script(db, buf_text(&sql), &err), &err);
    must(db_run_script(db, "PRAGMA journal_mode = WAL", &err), &err);
    db_close(db);
    buf_free(&sql);
    free(path);
    f->l = open_ledger(f->spool, LEDGER_WRITE);
}

static void keeps_every_state_and_balances(void **state)
{
    static const struct {
        const char *id;
        enum delivery_state state;
        int attempts;
        const char *cause;
    } expected[] = {
        {"delivered", DELIVERY_DELIVERED, 1, "answer"},
        {"twice", DELIVERY_FAILED, 2, "answer"},
        {"retried", DELIVERY_EXPIRED, 3, "expired"},
        {"deferred", DELIVERY_DEFERRED, 1, "answer"},
        {"fresh-in-flight", DELIVERY_IN_FLIGHT, 0, ""},
        {"tried-in-flight", DELIVERY_IN_FLIGHT, 1, "answer"},
        {"sms-in-flight", DELIVERY_IN_FLIGHT, 0, ""},
        {"waiting", DELIVERY_WAITING, 0, ""},
        {"low", DELIVERY_WAITING, 0, ""},
        {"held", DELIVERY_HELD, 0, "rule"},
    };
    struct fixture *f = *state;
    open_version_1(f);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct seen_row row = row_of(f->l, expected[i].id);
        assert_int_equal(row.state, expected[i].state);
        assert_int_equal(row.attempts, expected[i].attempts);
        assert_string_equal(row.cause, expected[i].cause);
    }
    assert_int_equal(count_all(f->l), COUNT_OF(expected));
    must_balance(f->l); /* and the chain of actions holds */
    reopen(f);
    must_balance(f->l);
}

struct seen_attempts {
    int numbers[8];
    enum delivery_state states[8];
    int count;
};

static void see_attempt(void *context, const struct attempt_row *row)
{
    struct seen_attempts *seen = context;
    assert_string_equal(row->transport, "relay");
    assert_string_equal(row->reply, "250 2.0.0 Ok");
    assert_int_equal(row->code, 250);
    seen->numbers[seen->count] = row->number;
    seen->states[seen->count++] = row->state;
}

static void must_have_attempts(struct ledger *l, const char *id, int count,
                               enum delivery_state last)
{
    struct seen_attempts seen = {0};
    struct error err = {0};
    must(ledger_walk_attempts(l, row_of(l, id).delivery, see_attempt, &seen, &err), &err);
    assert_int_equal(seen.count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(seen.numbers[i], i + 1);
    assert_int_equal(seen.states[count - 1], last);
}

static int64_t count_rows(const struct fixture *f, const char *sql)
{
    char *path = file_join(f->spool, "ledger.db");
    struct db *db = NULL;
    struct error err = {0};
    int64_t count = -1;
    must(db_open(path, DB_READ, &db, &err), &err);
    assert_int_equal(query_run_int(db_query(db, sql), &count, &err), 1);
    db_close(db);
    free(path);
    return count;
}

static void keeps_every_attempt(void **state)
{
    struct fixture *f = *state;
    open_version_1(f);
    must_have_attempts(f->l, "delivered", 1, DELIVERY_DELIVERED);
    must_have_attempts(f->l, "twice", 2, DELIVERY_FAILED);
    must_have_attempts(f->l, "retried", 3, DELIVERY_FAILED);
    must_have_attempts(f->l, "deferred", 1, DELIVERY_DEFERRED);
    must_have_attempts(f->l, "tried-in-flight", 1, DELIVERY_DEFERRED);
    /* The last one became part of its row where nothing happened since. */
    assert_int_equal(count_rows(f, "SELECT count(*) FROM delivery WHERE tried = 1"), 3);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM attempt"), 5);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM attempts"), 8);
}

static bool holds_sms(void *context, const char *transport)
{
    (void)context;
    return strcmp(transport, "kannel") == 0;
}

static void recovers_what_was_in_flight(void **state)
{
    struct fixture *f = *state;
    size_t deferred, uncertain;
    struct error err = {0};
    open_version_1(f);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM deliveries WHERE state = 'in_flight'"), 3);
    must(ledger_recover(f->l, holds_sms, NULL, NOON + 9000, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred, 2);
    assert_int_equal(uncertain, 1);
    assert_int_equal(row_of(f->l, "tried-in-flight").attempts, 2);
    must_balance(f->l);
}

static void settles_what_was_in_flight(void **state)
{
    struct fixture *f = *state;
    open_version_1(f);
    struct seen_row row = row_of(f->l, "sms-in-flight");
    struct settlement s = settlement_of(row.delivery, DELIVERY_FAILED);
    s.next_channel = true;
    assert_true(settle_with(f->l, &s));
    assert_int_equal(next_due(f->l, "hooks"), NOON + 5000); /* its spare channel came along */
    assert_true(settle(f->l, row_of(f->l, "tried-in-flight").delivery, DELIVERY_DELIVERED));
    must_have_attempts(f->l, "tried-in-flight", 2, DELIVERY_DELIVERED);
    must_balance(f->l);
}

static void leases_the_rest(void **state)
{
    struct fixture *f = *state;
    struct leased rows[8];
    open_version_1(f);
    assert_int_equal(lease(f->l, "relay", 8, NOON + 60000, rows), 3);
    assert_string_equal(rows[0].notice_id, "waiting");
    assert_string_equal(rows[1].notice_id, "deferred");
    assert_int_equal(rows[1].tries, 1);
    assert_string_equal(rows[2].notice_id, "low");
    for (size_t i = 0; i < 3; i++)
        leased_clear(&rows[i]);
    must_balance(f->l);
}

/* Nothing is left of the old tables, and both ways lead to the same ones. */
static void equals_a_new_ledger(void **state)
{
    static const char sql[] = "SELECT sum(length(sql)) + count(*) FROM sqlite_schema";
    struct fixture *f = *state;
    int64_t fresh = count_rows(f, sql);
    open_version_1(f);
    assert_int_equal(count_rows(f, sql), fresh);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_every_state_and_balances),
        TEST(keeps_every_attempt),
        TEST(recovers_what_was_in_flight),
        TEST(settles_what_was_in_flight),
        TEST(leases_the_rest),
        TEST(equals_a_new_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
