/* What is in the file: versions, strangers, damage. About SQLite, unlike its neighbours. */
#include "receipts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "ledger/db.h"

static char *file_of(const struct fixture *f)
{
    return file_join(f->spool, "ledger.db");
}

static void change(const struct fixture *f, const char *sql)
{
    char *path = file_of(f);
    struct db *db = NULL;
    struct error err = {0};
    must(db_open(path, DB_WRITE, &db, &err), &err);
    must(db_run_script(db, sql, &err), &err);
    db_close(db);
    free(path);
}

/* Closes, changes the file, and opens again; returns what opening said. */
static int reopen_changed(struct fixture *f, enum ledger_mode mode, const char *sql,
                          struct error *err)
{
    ledger_close(f->l);
    f->l = NULL;
    change(f, sql);
    return ledger_open(f->spool, mode, &f->l, err);
}

static void refuses_a_newer_ledger(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(reopen_changed(f, LEDGER_WRITE, "PRAGMA user_version = 99", &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "newer dispatcher"));
    assert_null(f->l);
}

static void refuses_a_file_that_is_no_ledger(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(reopen_changed(f, LEDGER_WRITE, "PRAGMA application_id = 7", &err), ERR_IO);
    assert_non_null(strstr(err.text, "no ledger of ours"));
}

static void asks_a_reader_to_let_the_daemon_upgrade(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(reopen_changed(f, LEDGER_READ, "PRAGMA user_version = 0", &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "older dispatcher"));
}

/* What the steps from the 11th on made. */
#define WITHOUT_LISTS                                                                              \
    "DROP TABLE withdrawal; DROP INDEX delivery_cause; DROP INDEX action_campaign; DROP TABLE "    \
    "sketch;"                                                                                      \
    "DROP INDEX delivery_due; CREATE INDEX delivery_due ON delivery (lane, due_ms)"                \
    " WHERE state IN (0, 2); DROP INDEX delivery_trouble;"                                         \
    "CREATE INDEX delivery_trouble ON delivery (state) WHERE state = 2 OR state = 3 OR"            \
    " state = 5 OR state = 6 OR state = 7 OR state = 8 OR state = 9;"

/* What the steps from the 7th on made, so that they can be made again. */
#define WITHOUT_CAMPAIGNS                                                                          \
    "DROP TABLE campaign; DROP TABLE approval; DROP TABLE document; DROP TABLE document_piece;"    \
    "DROP INDEX batch_campaign; DROP INDEX delivery_begun;"                                        \
    "DROP TABLE transport_stop; DROP TABLE live_switch; DROP TABLE call; DROP TABLE acted;"        \
    "DROP INDEX notice_letter; DROP INDEX notice_campaign;" WITHOUT_LISTS                          \
    "ALTER TABLE batch DROP COLUMN letter_reason;"                                                 \
    "ALTER TABLE batch DROP COLUMN letter_allowed;"

/* As the program before left it: texts purged, and what gateways called them still there. */
static void an_upgrade_forgets_the_names_of_what_was_purged(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    take_in_many(f->l, "n", 2);
    send_named(f->l, DELIVERY_DELIVERED, "SM1");
    int64_t kept = send_named(f->l, DELIVERY_DELIVERED, "SM2");
    must(reopen_changed(f, LEDGER_WRITE,
                        WITHOUT_CAMPAIGNS "DROP TABLE awaiting; DROP INDEX message_delivery;"
                                          "PRAGMA user_version = 4;"
                                          "UPDATE notice SET body = NULL WHERE id = 'n0'",
                        &err),
         &err);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "SM1");
    assert_int_equal(find_number(f->l, &r, 0), 0);
    r = receipt_named(RECEIPT_CONFIRMED, "SM2");
    assert_int_equal(find_number(f->l, &r, 0), kept);
}

/* As the program before left it: a batch was finished as soon as its e-mails had left. */
static void an_upgrade_opens_batches_whose_next_channel_may_follow(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct awaiting awaiting;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    must(reopen_changed(f, LEDGER_WRITE,
                        WITHOUT_CAMPAIGNS "DROP TABLE awaiting; PRAGMA user_version = 5;"
                                          "UPDATE delivery SET over_ms = 7 WHERE state = 4",
                        &err),
         &err);
    must(ledger_count_awaiting(f->l, 0, &awaiting, &err), &err);
    assert_int_equal(awaiting.count, 1);
    assert_int_equal(awaiting.first_ms, 7);
    must_balance(f->l);
}

/* As the program before left it: whole blocks, and one that is not. */
static void an_upgrade_finds_by_cause_and_domain(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct seen_rows seen;
    struct selector s = SELECTOR_ALL;
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    take_in_many(f->l, "n", 600);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_FAILED);
    must(ledger_commit(f->l, &err), &err);
    must(reopen_changed(f, LEDGER_WRITE, WITHOUT_LISTS "PRAGMA user_version = 10;", &err), &err);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM sketch"), 2);
    s.domain = "example.com";
    assert_int_equal(walk(f->l, s, 0, 64, &seen), 64);
    assert_int_equal(walk(f->l, s, 590, 64, &seen), 10);
    s.domain = "example.org";
    assert_int_equal(walk(f->l, s, 0, 64, &seen), 0);
    s = select_state(DELIVERY_FAILED);
    assert_int_equal(walk(f->l, s, 0, 64, &seen), 1);
    s.cause = seen.rows[0].cause;
    assert_string_not_equal(s.cause, "");
    assert_int_equal(count_retry(f->l, s), 1);
}

/* The books tell. */
static void finds_a_count_of_who_waits_that_was_changed(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct books books;
    take_in_many(f->l, "n", 1);
    must(reopen_changed(f, LEDGER_WRITE, "INSERT INTO awaiting VALUES (0, 2)", &err), &err);
    assert_int_equal(ledger_reconcile(f->l, NULL, &books, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.text, "wait for word"));
    must(reopen_changed(f, LEDGER_WRITE,
                        "DELETE FROM awaiting; UPDATE delivery SET state = 4, over_ms = 7;"
                        "DELETE FROM counter; INSERT INTO counter VALUES (0, 0, 4, 1)",
                        &err),
         &err);
    assert_int_equal(ledger_reconcile(f->l, NULL, &books, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.text, "wait for word"));
}

static void keeps_the_file_from_others(void **state)
{
    struct fixture *f = *state;
    char *path = file_of(f);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    free(path);
}

static void leaves_nothing_unfinished_behind(void **state)
{
    struct fixture *f = *state;
    char *path = file_join(f->spool, "ledger.db.new");
    assert_int_not_equal(access(path, F_OK), 0);
    free(path);
}

static void starts_again_over_an_unfinished_creation(void **state)
{
    struct fixture *f = *state;
    char *whole = file_of(f);
    char *unfinished = file_join(f->spool, "ledger.db.new");
    ledger_close(f->l);
    assert_int_equal(unlink(whole), 0);
    int fd = open(unfinished, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "SQLite for", 10), 10);
    close(fd);
    f->l = open_ledger(f->spool, LEDGER_WRITE);
    take_in_many(f->l, "n", 1);
    free(whole);
    free(unfinished);
}

static void shows_words_to_the_sqlite_shell(void **state)
{
    struct fixture *f = *state;
    char *path = file_of(f);
    struct db *db = NULL;
    struct error err = {0};
    take_in_many(f->l, "n", 1);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DEFERRED);
    must(db_open(path, DB_READ, &db, &err), &err);
    struct query *q =
        db_query(db, "SELECT d.id, d.channel, d.state, a.outcome, a.reply FROM deliveries d"
                     " JOIN attempts a ON a.delivery = d.delivery");
    assert_int_equal(query_step(q, &err), 1);
    assert_string_equal(query_text(q), "n0");
    assert_string_equal(query_text(q), "email");
    assert_string_equal(query_text(q), "deferred");
    assert_string_equal(query_text(q), "transient");
    assert_string_equal(query_text(q), "250 2.0.0 Ok");
    query_end(q);
    db_close(db);
    free(path);
}

/* ---- what somebody changed by hand is told ---- */

static void must_not_balance(struct fixture *f, const char *sql, const char *words)
{
    struct error err = {0};
    must(reopen_changed(f, LEDGER_WRITE, sql, &err), &err);
    struct books books;
    assert_int_equal(ledger_reconcile(f->l, NULL, &books, &err), ERR_INTERNAL);
    if (strstr(err.text, words) == NULL)
        fail_msg("expected \"%s\" in: %s", words, err.text);
}

static void tells_a_delivery_that_was_moved_by_hand(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    must_not_balance(f, "UPDATE delivery SET state = 4 WHERE seq = 2",
                     "by the counters 3 email deliveries are waiting, by the rows 2");
}

static void tells_a_notice_without_delivery(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    must_not_balance(f,
                     "DELETE FROM delivery WHERE seq = 2;"
                     "UPDATE counter SET n = 2 WHERE channel = 0 AND state = 0",
                     "the notice n1");
}

static void fill_batch(struct ledger *l)
{
    struct error err = {0};
    unsigned char digest[DIGEST_SIZE] = {1};
    struct batch_acceptance a = {.id = "b",
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = 100,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    enum accept_result result;
    int64_t batch = 0;
    bool known;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    for (int i = 1; i <= 100; i++) {
        char recipient[16];
        snprintf(recipient, sizeof(recipient), "c%d", i);
        struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
        struct planned_line line = {.line = i,
                                    .recipient = recipient,
                                    .template_name = "apology",
                                    .locale = "ko",
                                    .deliveries = &p,
                                    .count = 1};
        must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    }
    must(ledger_advance_batch(l, batch, 101, 0, true, &err), &err);
    struct leased rows[8];
    size_t count = lease_lane(l, find_lane(l, "relay", JOB_NORMAL, batch), 8, NOON, rows);
    for (size_t i = 0; i < count; i++)
        leased_clear(&rows[i]);
}

static void tells_a_batch_that_is_finished_by_hand(void **state)
{
    struct fixture *f = *state;
    fill_batch(f->l);
    must_balance(f->l);
    must_not_balance(f, "UPDATE batch SET finished_ms = 7",
                     "the batch b is finished, and 100 of its deliveries are open");
}

static void record_three_actions(struct ledger *l)
{
    take_in_many(l, "n", 3);
    for (int i = 0; i < 3; i++)
        settle(l, lease_one(l, "relay"), DELIVERY_FAILED);
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        assert_int_equal(retry(l, select_id(id), "mended"), 1);
    }
    must_balance(l);
}

static void tells_a_rewritten_action(void **state)
{
    struct fixture *f = *state;
    record_three_actions(f->l);
    must_not_balance(f, "UPDATE action SET reason = 'nothing' WHERE seq = 2", "at number 2");
}

static void tells_a_missing_action(void **state)
{
    struct fixture *f = *state;
    record_three_actions(f->l);
    must_not_balance(f, "DELETE FROM action WHERE seq = 2", "at number 2");
}

/* ---- damage ---- */

static off_t size_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void fill(struct ledger *l)
{
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    take_in_many(l, "n", 300);
    fill_batch(l);
    must(ledger_commit(l, &err), &err);
    for (int i = 0; i < 20; i++)
        settle(l, lease_one(l, "relay"), i % 2 == 0 ? DELIVERY_DELIVERED : DELIVERY_FAILED);
    struct suppression s = {
        .channel = CHANNEL_SMS, .address = "+82", .cause = "opted_out", .source = "reply"};
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "not yet");
    must(ledger_suppress(l, &s, NULL, &err), &err);
    note(l, &r, 0, DELIVERY_DELIVERED);
    bounce(l, send_named(l, DELIVERY_DELIVERED, "4aB"));
    accept_chain(l, "chain");
}

static void ignore_row(void *context, const struct delivery_row *row)
{
    size_t *length = context;
    *length += strlen(row->notice_id) + strlen(row->address) + strlen(row->reply);
}

static bool never(void *context, const char *transport)
{
    (void)context;
    (void)transport;
    return false;
}

static void ignore_attempt(void *context, const struct attempt_row *row)
{
    size_t *length = context;
    *length += strlen(row->cause) + strlen(row->reply) + strlen(row->sha256);
}

static void ignore_batch(void *context, const struct batch_row *row)
{
    size_t *length = context;
    *length += strlen(row->id) + strlen(row->stop_reason);
}

static void ignore_receipt(void *context, const struct receipt *r, int64_t delivery)
{
    size_t *length = context;
    *length += strlen(r->text) + (size_t)(delivery & 1);
}

static void ignore_suppression(void *context, const struct suppression *s)
{
    size_t *length = context;
    *length += strlen(s->address) + strlen(s->reason);
}

/* Notes move nothing, whatever state stands in the file. */
static int use_receipts(struct ledger *l, struct error *err)
{
    size_t length = 0;
    size_t count = 0;
    struct suppression s;
    bool found = false;
    struct receipt r = receipt_named(RECEIPT_NOTE, "4aB");
    struct receipt_target target;
    struct receipt_booking b = booking_of(&r, 3, DELIVERY_IN_FLIGHT);
    b.forward = false;
    int worst = ledger_find_receipt(l, &r, 0, &target, err);
    receipt_target_clear(&target);
    const int results[] = {
        ledger_walk_receipts(l, 21, ignore_receipt, &length, err),
        ledger_find_suppression(l, CHANNEL_SMS, "+82", NOON, &found, &s, err),
        ledger_walk_suppressions(l, CHANNEL_EMAIL, NULL, 9, ignore_suppression, &length, &count,
                                 err),
        ledger_book_receipt(l, &b, err),
        ledger_walk_parked(l, NOON + 1000000000, 9, ignore_receipt, &length, &count, err),
    };
    for (size_t i = 0; i < COUNT_OF(results); i++)
        worst = results[i] < 0 ? results[i] : worst;
    return worst;
}

static void use_read_side(struct ledger *l, struct error *err, int *worst)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct selector all = SELECTOR_ALL;
    size_t count = 0;
    size_t length = 0;
    int64_t last = 0;
    struct books books;
    struct selector one = select_id("b_c50");
    struct batch_question question = {0};
    const int results[] = {
        ledger_walk(l, &one, 0, 10, ignore_row, &length, &count, &last, err),
        ledger_walk_attempts(l, 3, ignore_attempt, &length, err),
        ledger_walk_batches(l, &question, ignore_batch, &length, err),
        ledger_count_batch(l, 1, counts, err),
        ledger_count(l, counts, err),
        ledger_walk(l, &all, 0, 1000, ignore_row, &length, &count, &last, err),
        ledger_oldest(l, CHANNEL_EMAIL, DELIVERY_WAITING, &last, err),
        ledger_reconcile(l, NULL, &books, err),
    };
    for (size_t i = 0; i < COUNT_OF(results); i++)
        *worst = results[i] < 0 ? results[i] : *worst;
}

/* Whatever stands in the file, every call ends with a result. Damage that no call meets may stay
 * unseen. */
static int use_everything(struct ledger *l, struct error *err)
{
    struct action action = action_of("");
    struct selector all = SELECTOR_ALL;
    struct leased rows[8];
    struct notice n;
    enum accept_result result;
    size_t count = 0;
    size_t other = 0;
    struct retry again = {.selector = &all, .place.limit = 1000};
    int worst = 0;
    use_read_side(l, err, &worst);
    make_notice(&n, "fresh", "fresh");
    int rc = ledger_accept(l, &n.a, &result, err);
    worst = rc < 0 ? rc : worst;
    for (int64_t lane = 1; lane < 3; lane++) {
        rc = ledger_lease(l, lane, COUNT_OF(rows), NOON, LEDGER_DURABLE, rows, &count, err);
        worst = rc < 0 ? rc : worst;
        for (size_t i = 0; i < count; i++)
            leased_clear(&rows[i]);
    }
    rc = use_receipts(l, err);
    worst = rc < 0 ? rc : worst;
    rc = ledger_retry(l, &again, &action, err);
    worst = rc < 0 ? rc : worst;
    rc = ledger_recover(l, never, NULL, NOON, &count, &other, err);
    return rc < 0 ? rc : worst;
}

static int open_and_use(struct fixture *f, struct error *err)
{
    struct ledger *l = NULL;
    int rc = ledger_open(f->spool, LEDGER_WRITE, &l, err);
    if (rc == 0)
        rc = use_everything(l, err);
    ledger_close(l);
    return rc;
}

static void reports_a_truncated_file(void **state)
{
    struct fixture *f = *state;
    char *path = file_of(f);
    fill(f->l);
    ledger_close(f->l);
    f->l = NULL;
    /* Less than a page at the end may be unused. */
    for (off_t size = size_of(path) - 4097; size >= 0; size -= size > 8192 ? 5001 : 1021) {
        struct error err = {0};
        assert_int_equal(truncate(path, size), 0);
        assert_int_equal(open_and_use(f, &err), ERR_IO);
        assert_non_null(strstr(err.text, "ledger.db"));
        assert_non_null(strstr(err.text, "restore it from a backup"));
    }
    assert_int_equal(truncate(path, 0), 0);
    struct error err = {0};
    assert_int_equal(open_and_use(f, &err), ERR_IO); /* empty is damaged, not new */
    free(path);
}

static void flip(const char *path, off_t at)
{
    char byte = 0;
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte = (char)(byte ^ 0xff);
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void copy(const char *from, const char *to)
{
    struct buf bytes = {0};
    struct error err = {0};
    must(file_read_path(from, (size_t)64 << 20, &bytes, &err), &err);
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    must(file_write_all(fd, bytes.data, bytes.len, to, &err), &err);
    close(fd);
    buf_free(&bytes);
}

/* Numbers in a sound file that cannot be. */
static void reports_impossible_numbers(void **state)
{
    static const char *const harm[] = {
        "UPDATE lease SET deliveries = '[1,2'",
        "UPDATE lease SET deliveries = 'x'",
        "PRAGMA ignore_check_constraints = 1; UPDATE receipt SET kind = 77",
        "PRAGMA ignore_check_constraints = 1; UPDATE suppression SET channel = 77",
        "UPDATE lease SET deliveries = '[99999999999999999999]'",
        "PRAGMA ignore_check_constraints = 1; UPDATE delivery SET channel = 7 WHERE batch = 1",
        "PRAGMA ignore_check_constraints = 1; UPDATE delivery SET state = 44 WHERE batch = 1",
        "PRAGMA ignore_check_constraints = 1; UPDATE lane SET priority = 9",
        "PRAGMA ignore_check_constraints = 1; UPDATE batch SET stop = 9",
        "PRAGMA foreign_keys = 0; DELETE FROM transport",
        "DELETE FROM letter",
        "UPDATE delivery SET notice = NULL, batch = 77 WHERE state = 0",
    };
    struct fixture *f = *state;
    char *path = file_of(f);
    char *good = file_join(f->spool, "good");
    fill(f->l);
    ledger_close(f->l);
    f->l = NULL;
    copy(path, good);
    for (size_t i = 0; i < COUNT_OF(harm); i++) {
        struct error err = {0};
        copy(good, path);
        change(f, harm[i]);
        int rc = open_and_use(f, &err);
        if (rc != ERR_IO && rc != ERR_INTERNAL)
            fail_msg("%d after %s: %s", rc, harm[i], err.text);
    }
    free(good);
    free(path);
}

/* ERR_AGAIN cannot be excluded: a flipped length may ask for a page beyond any disk. */
static void survives_any_flipped_byte(void **state)
{
    struct fixture *f = *state;
    char *path = file_of(f);
    char *good = file_join(f->spool, "good");
    fill(f->l);
    ledger_close(f->l);
    f->l = NULL;
    copy(path, good);
    int noticed = 0;
    for (off_t at = 0; at < size_of(good); at += at < 200 ? 3 : 977) {
        struct error err = {0};
        copy(good, path);
        flip(path, at);
        int rc = open_and_use(f, &err);
        noticed += rc != 0;
        assert_true(rc == 0 || (rc < 0 && err.text[0] != '\0'));
    }
    assert_true(noticed > 20);
    free(good);
    free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_a_newer_ledger),
        TEST(refuses_a_file_that_is_no_ledger),
        TEST(asks_a_reader_to_let_the_daemon_upgrade),
        TEST(an_upgrade_forgets_the_names_of_what_was_purged),
        TEST(an_upgrade_opens_batches_whose_next_channel_may_follow),
        TEST(an_upgrade_finds_by_cause_and_domain),
        TEST(finds_a_count_of_who_waits_that_was_changed),
        TEST(keeps_the_file_from_others),
        TEST(leaves_nothing_unfinished_behind),
        TEST(starts_again_over_an_unfinished_creation),
        TEST(shows_words_to_the_sqlite_shell),
        TEST(tells_a_delivery_that_was_moved_by_hand),
        TEST(tells_a_notice_without_delivery),
        TEST(tells_a_batch_that_is_finished_by_hand),
        TEST(tells_a_rewritten_action),
        TEST(tells_a_missing_action),
        TEST(reports_a_truncated_file),
        TEST(reports_impossible_numbers),
        TEST(survives_any_flipped_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
