#include "fixture.h"

#include "ledger/db.h"

struct open_db {
    struct fixture *f;
    struct db *db;
};

static int set_up_db(void **state)
{
    struct open_db *o = calloc(1, sizeof(*o));
    void *f = NULL;
    struct error err = {0};
    set_up(&f);
    o->f = f;
    char *path = file_join(o->f->spool, "other.db");
    must(db_open(path, DB_CREATE, &o->db, &err), &err);
    must(db_run_script(o->db,
                       "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c REAL, d BLOB)",
                       &err),
         &err);
    free(path);
    *state = o;
    return 0;
}

static int tear_down_db(void **state)
{
    struct open_db *o = *state;
    void *f = o->f;
    db_close(o->db);
    tear_down(&f);
    free(o);
    return 0;
}

static const char insert_sql[] = "INSERT INTO t VALUES (?, ?, ?, ?)";
static const char select_sql[] = "SELECT a, b, c, d FROM t ORDER BY a";

static int insert(struct db *db, int64_t a, const char *b, struct error *err)
{
    struct query *q = db_query(db, insert_sql);
    query_bind_int(q, a);
    query_bind_text(q, b);
    query_bind_real(q, 0.5);
    query_bind_bytes(q, "\0x", 2);
    return query_run(q, err);
}

static void binds_and_reads_in_order(void **state)
{
    struct open_db *o = *state;
    struct error err = {0};
    must(insert(o->db, 7, "김", &err), &err);
    must(insert(o->db, 8, "", &err), &err); /* the same statement again */
    assert_int_equal(db_last_number(o->db), 8);
    assert_int_equal(db_changed(o->db), 1);
    struct query *q = db_query(o->db, select_sql);
    assert_int_equal(query_step(q, &err), 1);
    assert_int_equal(query_int(q), 7);
    assert_string_equal(query_text(q), "김");
    double real = query_real(q);
    assert_true(real > 0.49 && real < 0.51);
    size_t len = 0;
    assert_memory_equal(query_text_len(q, &len), "\0x", 2);
    assert_int_equal(len, 2);
    query_end(q);
    q = db_query(o->db, select_sql);
    assert_int_equal(query_step(q, &err), 1);
    assert_int_equal(query_step(q, &err), 1);
    assert_int_equal(query_int(q), 8); /* columns begin anew with each row */
    assert_int_equal(query_step(q, &err), 0);
}

static void tells_a_wrong_statement_at_its_run(void **state)
{
    struct open_db *o = *state;
    struct error err = {0};
    struct query *q = db_query_once(o->db, "SELECT a FROM nowhere WHERE x = ?");
    query_bind_int(q, 1);
    query_bind_text(q, "two");
    assert_int_equal(query_run(q, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.text, "nowhere"));
    q = db_query_once(o->db, "SELECT 1 WHERE 1 = ?");
    query_bind_int(q, 1);
    query_bind_int(q, 2); /* one too many */
    assert_int_equal(query_run(q, &err), ERR_INTERNAL);
}

static void goes_on_after_a_refused_statement(void **state)
{
    struct open_db *o = *state;
    struct error err = {0};
    assert_int_equal(insert(o->db, 1, NULL, &err), ERR_INTERNAL); /* NOT NULL */
    must(insert(o->db, 1, "x", &err), &err);
    assert_int_equal(insert(o->db, 1, "x", &err), ERR_INTERNAL); /* twice */
    must(insert(o->db, 2, "x", &err), &err);
}

static void asks_to_try_again_when_the_disk_is_full(void **state)
{
    struct open_db *o = *state;
    struct error err = {0};
    must(db_run_script(o->db, "PRAGMA max_page_count = 8; BEGIN IMMEDIATE", &err), &err);
    char text[1000];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    int rc = 0;
    for (int i = 1; rc == 0 && i < 1000; i++)
        rc = insert(o->db, i, text, &err);
    assert_int_equal(rc, ERR_AGAIN);
    assert_non_null(strstr(err.text, "disk is full"));
    if (db_in_transaction(o->db))
        must(db_run_script(o->db, "ROLLBACK", &err), &err);
    must(db_run_script(o->db, "PRAGMA max_page_count = 1000000", &err), &err);
    must(insert(o->db, 1, text, &err), &err); /* space returned: the same connection goes on */
}

static void reads_one_number_or_none(void **state)
{
    struct open_db *o = *state;
    struct error err = {0};
    int64_t number = 5;
    assert_int_equal(query_run_int(db_query_once(o->db, "SELECT a FROM t"), &number, &err), 0);
    assert_int_equal(number, 5);
    must(insert(o->db, 9, "x", &err), &err);
    assert_int_equal(query_run_int(db_query_once(o->db, "SELECT a FROM t"), &number, &err), 1);
    assert_int_equal(number, 9);
}

static void counts_what_is_searched_without_an_index(void **state)
{
    static const char by_number_sql[] = "SELECT b FROM t WHERE a = 8";
    static const char by_text_sql[] = "SELECT a FROM t WHERE b = 'x'";
    struct open_db *o = *state;
    struct error err = {0};
    for (int i = 0; i < 9; i++)
        must(insert(o->db, i, "y", &err), &err);
    must(query_run(db_query(o->db, by_number_sql), &err), &err);
    assert_int_equal(db_scanned_ever(o->db), 0);
    must(query_run(db_query(o->db, by_text_sql), &err), &err);
    int64_t scanned = db_scanned_ever(o->db);
    assert_true(scanned >= 8);
    must(query_run(db_query_once(o->db, by_text_sql), &err), &err);
    assert_int_equal(db_scanned_ever(o->db), 2 * scanned);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_db, tear_down_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(binds_and_reads_in_order),          TEST(tells_a_wrong_statement_at_its_run),
        TEST(goes_on_after_a_refused_statement), TEST(asks_to_try_again_when_the_disk_is_full),
        TEST(reads_one_number_or_none),          TEST(counts_what_is_searched_without_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
