/* A ledger of version 2, as the program of that time wrote it (version_2.sql), brought up to date.
 */
#include "receipts.h"

#include "ledger/db.h"

/* Puts it in the place of the fixture's own and opens it, which upgrades it. */
static void open_version_2(struct fixture *f)
{
    struct buf sql = {0};
    struct db *db = NULL;
    struct error err = {0};
    char *path = file_join(f->spool, "ledger.db");
    ledger_close(f->l);
    assert_int_equal(unlink(path), 0);
    must(file_read_path("tests/unit/ledger/version_2.sql", 1 << 20, &sql, &err), &err);
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
    } expected[] = {
        {"delivered", DELIVERY_DELIVERED, 1}, {"twice", DELIVERY_WAITING, 1},
        {"next", DELIVERY_FAILED, 1},         {"uncertain", DELIVERY_UNCERTAIN, 1},
        {"deferred", DELIVERY_DELIVERED, 3},  {"in-flight", DELIVERY_IN_FLIGHT, 0},
        {"waiting", DELIVERY_WAITING, 0},     {"b_c1", DELIVERY_DELIVERED, 1},
        {"b_c2", DELIVERY_DEFERRED, 1},       {"b_c3", DELIVERY_FAILED, 1},
        {"b_c4", DELIVERY_IN_FLIGHT, 0},      {"b_c6", DELIVERY_FAILED, 0},
    };
    struct fixture *f = *state;
    open_version_2(f);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct seen_row row = row_of(f->l, expected[i].id);
        assert_int_equal(row.state, expected[i].state);
        assert_int_equal(row.attempts, expected[i].attempts);
    }
    assert_int_equal(count_all(f->l), 16);
    must_balance(f->l); /* and the chain of actions holds */
    assert_true(ledger_next_overdue_ms(f->l) == INT64_MAX);
}

static void books_receipts_of_what_was_sent_before(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    open_version_2(f);
    struct receipt r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "delivered";
    int64_t delivery = find_number(f->l, &r, 0);
    bounce(f->l, delivery);
    assert_int_equal(row_of(f->l, "delivered").state, DELIVERY_FAILED);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 1);
    struct leased rows[8];
    assert_int_equal(lease(f->l, "kannel", 8, NOON + 9000, rows), 2); /* and of `next` */
    for (size_t i = 0; i < 2; i++)
        leased_clear(&rows[i]);
    must_balance(f->l);
}

static void settles_what_was_in_flight(void **state)
{
    struct fixture *f = *state;
    open_version_2(f);
    struct settlement s = settlement_of(row_of(f->l, "in-flight").delivery, DELIVERY_FAILED);
    s.next_channel = true;
    assert_true(settle_with(f->l, &s));
    assert_true(settle(f->l, row_of(f->l, "b_c4").delivery, DELIVERY_DELIVERED));
    must_balance(f->l);
}

/* Nothing is left of the old tables, and both ways lead to the same ones. */
static void equals_a_new_ledger(void **state)
{
    static const char sql[] = "SELECT sum(length(sql)) + count(*) FROM sqlite_schema";
    struct fixture *f = *state;
    int64_t fresh = ask_sql(f, sql);
    open_version_2(f);
    assert_int_equal(ask_sql(f, sql), fresh);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM pragma_integrity_check WHERE 1"), 1);
}

/* ---- bounds ---- */

static void change(const struct fixture *f, const char *sql)
{
    char *path = file_join(f->spool, "ledger.db");
    struct db *db = NULL;
    struct error err = {0};
    must(db_open(path, DB_WRITE, &db, &err), &err);
    must(db_run_script(db, sql, &err), &err);
    db_close(db);
    free(path);
}

/* Whoever reports what nobody knows fills no disk, and pushes out nothing that is known. */
static void keeps_only_so_many_of_nothing_known(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    note(f->l, &r, delivery, DELIVERY_IN_FLIGHT); /* the oldest, but of something */
    ledger_close(f->l);
    change(f, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 99999)"
              " INSERT INTO parked (delivery, standing, came_ms, kind, at_ms, transport,"
              " message_id, proven, lasting, opted_out, code, enhanced, cause, source, words,"
              " channel) SELECT 0, 1, 1, 2, 1, 1, 'x' || i, 1, 0, 0, 0, '', '', '', '', 0 FROM c");
    f->l = open_ledger(f->spool, LEDGER_WRITE);
    for (int i = 0; i < 3; i++) {
        r = receipt_named(RECEIPT_ACCEPTED, "new");
        note(f->l, &r, 0, DELIVERY_DELIVERED);
    }
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM parked"), 100000);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM parked WHERE delivery > 0"), 1);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM parked WHERE message_id = 'new'"), 3);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM parked WHERE message_id IN ('x1', 'x3')"), 0);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM parked WHERE message_id = 'x4'"), 1);
    struct seen_receipts seen;
    settle(f->l, delivery, DELIVERY_UNCERTAIN);
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
}

/* ---- what the sqlite3 shell shows ---- */

static void shows_words_to_the_sqlite_shell(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    struct error err = {0};
    struct suppression s = {.channel = CHANNEL_EMAIL,
                            .address = "kim@example.com",
                            .cause = "bad_recipient",
                            .source = "bounce",
                            .since_ms = NOON};
    struct endpoint_state endpoint = {.name = "crm", .disabled = true};
    bounce(f->l, send_named(f->l, DELIVERY_DELIVERED, "1"));
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "2");
    note(f->l, &r, 0, DELIVERY_DELIVERED);
    must(ledger_suppress(f->l, &s, NULL, &err), &err);
    must(ledger_put_endpoint(f->l, &endpoint, NULL, &err), &err);
    static const char *const questions[] = {
        "SELECT count(*) FROM deliveries WHERE receipt = 'failed' AND state = 'failed'",
        "SELECT count(*) FROM receipts WHERE id = 'n0' AND kind = 'failed' AND moved = 'failed'"
        " AND transport = 'relay' AND words = 'no such user'",
        "SELECT count(*) FROM parked_receipts WHERE kind = 'confirmed' AND message_id = '2'"
        " AND NOT given_up",
        "SELECT count(*) FROM suppressions WHERE channel = 'email' AND expires IS NULL",
        "SELECT count(*) FROM endpoints WHERE name = 'crm' AND last_ok IS NULL",
    };
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        if (ask_sql(f, questions[i]) != 1)
            fail_msg("not one: %s", questions[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_every_state_and_balances),      TEST(books_receipts_of_what_was_sent_before),
        TEST(settles_what_was_in_flight),          TEST(equals_a_new_ledger),
        TEST(keeps_only_so_many_of_nothing_known), TEST(shows_words_to_the_sqlite_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
