/* Batches: taken in line by line, stopped, finished, purged, and who is called what. */
#include "fixture.h"

static struct batch_acceptance batch_of(const char *id, unsigned char *digest, int64_t total)
{
    return (struct batch_acceptance){.id = id,
                                     .digest = digest,
                                     .text = "{\"template\":\"apology\"}",
                                     .len = 22,
                                     .total = total,
                                     .bytes = total * 100,
                                     .campaign = "recall",
                                     .priority = JOB_NORMAL,
                                     .now_ms = NOON,
                                     .expires_at_ms = NOON + 86400000};
}

static int64_t begin_as(struct ledger *l, const char *id, int64_t total, unsigned char content,
                        enum accept_result expected)
{
    unsigned char digest[DIGEST_SIZE] = {content};
    struct batch_acceptance a = batch_of(id, digest, total);
    enum accept_result result;
    int64_t batch = -1;
    struct error err = {0};
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    assert_int_equal(result, expected);
    return batch;
}

static int64_t begin_batch(struct ledger *l, const char *id, int64_t total)
{
    return begin_as(l, id, total, 1, ACCEPT_NEW);
}

static struct planned_line line_of(int64_t number, const char *recipient,
                                   const struct planned_delivery *deliveries, size_t count)
{
    return (struct planned_line){.line = number,
                                 .offset = (number - 1) * 100,
                                 .length = 99,
                                 .recipient = recipient,
                                 .template_name = "apology",
                                 .locale = "ko",
                                 .zone = "Asia/Seoul",
                                 .deliveries = deliveries,
                                 .count = count};
}

static bool put_line(struct ledger *l, int64_t batch, const struct planned_line *line)
{
    bool known = false;
    struct error err = {0};
    must(ledger_put_line(l, batch, line, NOON, &known, &err), &err);
    return known;
}

/* One e-mail. Returns whether the recipient was known. */
static bool put(struct ledger *l, int64_t batch, int64_t number, const char *recipient)
{
    struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    struct planned_line line = line_of(number, recipient, &p, 1);
    return put_line(l, batch, &line);
}

static void advance(struct ledger *l, int64_t batch, int64_t next_line, bool finished)
{
    struct error err = {0};
    must(ledger_advance_batch(l, batch, next_line, (next_line - 1) * 100, finished, &err), &err);
}

/* Lines 1 to `total`, whole. */
static int64_t take_in_batch(struct ledger *l, const char *id, int total)
{
    struct error err = {0};
    int64_t batch = begin_batch(l, id, total);
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    for (int i = 1; i <= total; i++) {
        char recipient[16];
        snprintf(recipient, sizeof(recipient), "c%d", i);
        assert_false(put(l, batch, i, recipient));
    }
    advance(l, batch, total + 1, true);
    must(ledger_commit(l, &err), &err);
    return batch;
}

struct seen_batch {
    struct batch_row row;
    char id[64], text[64], reason[64];
    int count;
};

static void see_batch(void *context, const struct batch_row *row)
{
    struct seen_batch *seen = context;
    seen->row = *row;
    snprintf(seen->id, sizeof(seen->id), "%s", row->id);
    snprintf(seen->text, sizeof(seen->text), "%s", row->text != NULL ? row->text : "none");
    snprintf(seen->reason, sizeof(seen->reason), "%s", row->stop_reason);
    seen->count++;
}

static struct seen_batch ask(struct ledger *l, struct batch_question question)
{
    struct seen_batch seen = {0};
    struct error err = {0};
    must(ledger_walk_batches(l, &question, see_batch, &seen, &err), &err);
    return seen;
}

static struct seen_batch batch_row_of(struct ledger *l, const char *id)
{
    struct seen_batch seen = ask(l, (struct batch_question){.id = id});
    assert_int_equal(seen.count, 1);
    return seen;
}

static struct leased lease_of(struct ledger *l, int64_t batch, const char *transport)
{
    struct leased row = {0};
    int64_t lane = find_lane(l, transport, JOB_NORMAL, batch);
    if (lease_lane(l, lane, 1, NOON + 100000, &row) != 1)
        fail_msg("nothing is due on %s", transport);
    return row;
}

static void settle_batch(struct ledger *l, int64_t batch, int count, enum delivery_state state)
{
    for (int i = 0; i < count; i++) {
        struct leased row = lease_of(l, batch, "relay");
        assert_true(settle(l, row.delivery, state));
        leased_clear(&row);
    }
}

/* ---- taking in ---- */

static void hands_over_a_line_with_its_place_in_the_spool(void **state)
{
    struct fixture *f = *state;
    int64_t batch = take_in_batch(f->l, "recall", 2);
    struct leased row = lease_of(f->l, batch, "relay");
    assert_string_equal(row.notice_id, "recall_c1");
    assert_string_equal(row.batch_id, "recall");
    assert_string_equal(row.campaign, "recall");
    assert_string_equal(row.template_name, "apology");
    assert_string_equal(row.locale, "ko");
    assert_string_equal(row.zone, "Asia/Seoul");
    assert_string_equal(row.address, "kim@example.com");
    assert_null(row.job_text);
    assert_int_equal(row.batch, batch);
    assert_int_equal(row.line, 1);
    assert_int_equal(row.offset, 0);
    assert_int_equal(row.length, 99);
    assert_int_equal(row.accepted_ms, NOON);
    assert_int_equal(row.expires_at_ms, NOON + 86400000);
    leased_clear(&row);
    must_balance(f->l);
}

static void tells_a_repeated_batch_from_another_one(void **state)
{
    struct fixture *f = *state;
    int64_t batch = begin_batch(f->l, "recall", 2);
    assert_int_equal(begin_as(f->l, "recall", 2, 1, ACCEPT_DUPLICATE), batch);
    assert_int_equal(begin_as(f->l, "recall", 2, 2, ACCEPT_CONFLICT), 0);
    reopen(f);
    assert_int_equal(begin_as(f->l, "recall", 2, 1, ACCEPT_DUPLICATE), batch);
}

static void goes_on_behind_the_last_committed_line(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t batch = begin_batch(f->l, "recall", 10);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    for (int i = 1; i <= 4; i++)
        put(f->l, batch, i, (const char *[]){"a", "b", "c", "d"}[i - 1]);
    advance(f->l, batch, 5, false);
    must(ledger_commit(f->l, &err), &err);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    put(f->l, batch, 5, "e");
    advance(f->l, batch, 6, false);
    reopen(f); /* killed in the middle */
    struct seen_batch seen = ask(f->l, (struct batch_question){.loading = true});
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.row.state, BATCH_LOADING);
    assert_int_equal(seen.row.next_line, 5);
    assert_int_equal(seen.row.next_offset, 400);
    assert_false(put(f->l, batch, 5, "e"));
    assert_int_equal(count_all(f->l), 5);
    must_balance(f->l); /* a batch that is not whole yet balances too */
}

static void books_a_repeated_recipient_as_failed(void **state)
{
    struct fixture *f = *state;
    struct seen_rows seen;
    int64_t batch = begin_batch(f->l, "recall", 3);
    assert_false(put(f->l, batch, 1, "c1"));
    assert_true(put(f->l, batch, 2, "c1"));
    struct planned_delivery sms = plan(CHANNEL_SMS, "kannel", "+821012345678");
    struct planned_line line = line_of(3, "c1", &sms, 1);
    assert_true(put_line(f->l, batch, &line)); /* on whatever channel */
    advance(f->l, batch, 4, true);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 2);
    assert_int_equal(walk(f->l, select_state(DELIVERY_FAILED), 0, 9, &seen), 2);
    assert_string_equal(seen.rows[0].cause, "duplicate_recipient");
    assert_int_equal(walk(f->l, select_id("recall_c1"), 0, 9, &seen), 1);
    /* It would tell the person twice. */
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 0);
    must_balance(f->l);
}

/* Intake names the transport of the batch, but nobody to send it to. */
static void books_a_line_that_cannot_be_sent(void **state)
{
    struct fixture *f = *state;
    struct seen_rows seen;
    int64_t batch = begin_batch(f->l, "recall", 1);
    struct planned_delivery p = {.channel = CHANNEL_EMAIL,
                                 .transport = "postfix",
                                 .address = "",
                                 .state = DELIVERY_FAILED,
                                 .cause = "invalid",
                                 .remark = "notices.jsonl:1:7: unknown member",
                                 .due_ms = NOON};
    struct planned_line line = line_of(1, "1", &p, 1);
    put_line(f->l, batch, &line);
    advance(f->l, batch, 2, true);
    assert_int_equal(walk(f->l, select_id("recall_1"), 0, 9, &seen), 1);
    assert_string_equal(seen.rows[0].reply, "notices.jsonl:1:7: unknown member");
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 0);
    assert_true(batch_row_of(f->l, "recall").row.finished_ms != 0); /* nothing is left to do */
    must_balance(f->l);
}

/* They tell nothing about the campaign; begun again they may. */
static void counts_what_failed_untried(void **state)
{
    struct fixture *f = *state;
    struct error err;
    int64_t untried = 0, batch = begin_batch(f->l, "recall", 3);
    struct planned_delivery p = plan(CHANNEL_EMAIL, "postfix", "c2@example.org");
    p.state = DELIVERY_FAILED;
    p.cause = "invalid";
    struct planned_line line = line_of(2, "c2", &p, 1);
    assert_false(put(f->l, batch, 1, "c1"));
    put_line(f->l, batch, &line);
    assert_true(put(f->l, batch, 3, "c1"));
    advance(f->l, batch, 4, true);
    must(ledger_count_untried(f->l, batch, &untried, &err), &err);
    assert_int_equal(untried, 2);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 1);
    must(ledger_count_untried(f->l, batch, &untried, &err), &err);
    assert_int_equal(untried, 1);
}

static void balances_only_with_all_lines(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct books books;
    int64_t batch = begin_batch(f->l, "recall", 3);
    put(f->l, batch, 1, "a");
    put(f->l, batch, 3, "c");
    must(ledger_reconcile(f->l, "recall", &books, &err), &err);
    assert_int_equal(books.notices, 2);
    assert_int_equal(books.expected, 2);
    advance(f->l, batch, 4, true);
    assert_int_equal(ledger_reconcile(f->l, "recall", &books, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.text, "the batch recall has 3 lines, in the rows are 2"));
    assert_int_equal(ledger_reconcile(f->l, "other", &books, &err), ERR_NOT_FOUND);
}

static void reconciles_one_batch_alone(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct books books;
    take_in_many(f->l, "n", 5);
    int64_t batch = take_in_batch(f->l, "recall", 7);
    settle_batch(f->l, batch, 2, DELIVERY_DELIVERED);
    struct leased row = lease_of(f->l, batch, "relay");
    leased_clear(&row);
    must(ledger_reconcile(f->l, "recall", &books, &err), &err);
    assert_int_equal(books.notices, 7);
    assert_int_equal(books.expected, 7);
    assert_int_equal(books.deliveries[DELIVERY_DELIVERED], 2);
    assert_int_equal(books.deliveries[DELIVERY_IN_FLIGHT], 1);
    assert_int_equal(books.deliveries[DELIVERY_WAITING], 4);
    must_balance(f->l);
}

/* ---- names ---- */

static void finds_a_recipient_by_id(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf text = {0};
    unsigned char digest[DIGEST_SIZE];
    bool known = false;
    take_in_batch(f->l, "re_call", 3);
    assert_string_equal(row_of(f->l, "re_call_c2").id, "re_call_c2");
    must(ledger_find_digest(f->l, "re_call", &known, digest, &err), &err);
    assert_true(known);
    assert_int_equal(digest[0], 1);
    must(ledger_find_digest(f->l, "re_call_c2", &known, digest, &err), &err);
    assert_true(known);
    must(ledger_find_digest(f->l, "re_call_c4", &known, digest, &err), &err);
    assert_false(known);
    assert_int_equal(ledger_read_notice(f->l, "re_call_c2", &text, &err), ERR_NOT_FOUND);
    buf_free(&text);
}

static void gives_no_name_twice(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "recall_x", "x");
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    make_notice(&n, "other", "x");
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    begin_as(f->l, "recall", 1, 1, ACCEPT_CONFLICT); /* recall_x might be a recipient */
    begin_as(f->l, "other", 1, 1, ACCEPT_CONFLICT);
    int64_t batch = begin_batch(f->l, "b", 2);
    put(f->l, batch, 1, "c1");
    make_notice(&n, "b", "x");
    assert_int_equal(take_in(f->l, &n), ACCEPT_CONFLICT);
    make_notice(&n, "b_c2", "x");
    assert_int_equal(take_in(f->l, &n), ACCEPT_LATER); /* it may come */
    put(f->l, batch, 2, "c3");
    advance(f->l, batch, 3, true);
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW); /* it did not */
    make_notice(&n, "b_c1", "x");
    assert_int_equal(take_in(f->l, &n), ACCEPT_CONFLICT);
    must_balance(f->l);
}

static void takes_back_a_batch_of_which_nothing_is_booked(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    struct error err = {0};
    begin_batch(f->l, "b", 2);
    make_notice(&n, "b_x", "x");
    assert_int_equal(take_in(f->l, &n), ACCEPT_LATER);
    must(ledger_withdraw_batch(f->l, "b", "its directory is gone", NOON, &err), &err);
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    must_balance(f->l);
    int64_t batch = begin_batch(f->l, "c", 2);
    put(f->l, batch, 1, "c1");
    advance(f->l, batch, 2, false);
    assert_int_equal(ledger_withdraw_batch(f->l, "c", "why", NOON, &err), ERR_CONFLICT);
    put(f->l, batch, 2, "c2");
    advance(f->l, batch, 3, true);
    must_balance(f->l);
}

static void tells_relatives_apart(void **state)
{
    struct fixture *f = *state;
    int64_t b = begin_batch(f->l, "b", 3);
    int64_t b_c = begin_batch(f->l, "b_c", 3);
    assert_false(put(f->l, b, 1, "c_17"));
    assert_true(put(f->l, b_c, 1, "17")); /* both would be b_c_17 */
    assert_false(put(f->l, b_c, 2, "18"));
    assert_true(put(f->l, b, 2, "c_18"));
    assert_false(put(f->l, b, 3, "c_19"));
    assert_string_equal(row_of(f->l, "b_c_18").id, "b_c_18");
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 2);
    must_balance(f->l);
}

/* ---- on the way ---- */

static void leases_nothing_of_a_stopped_batch(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct leased row;
    struct action pause = action_of("wait");
    int64_t batch = take_in_batch(f->l, "recall", 3);
    int64_t lane = find_lane(f->l, "relay", JOB_NORMAL, batch);
    must(ledger_stop_batch(f->l, "recall", BATCH_PAUSED, "wait", false, &pause, &err), &err);
    assert_int_equal(lease_lane(f->l, lane, 1, NOON, &row), 0);
    reopen(f);
    assert_int_equal(lease_lane(f->l, lane, 1, NOON, &row), 0);
    struct seen_batch seen = batch_row_of(f->l, "recall");
    assert_int_equal(seen.row.stop, BATCH_PAUSED);
    assert_string_equal(seen.reason, "wait");
    must(ledger_stop_batch(f->l, "recall", BATCH_HALTED, "500 failed", false, NULL, &err), &err);
    must(ledger_stop_batch(f->l, "recall", BATCH_GOES, NULL, true, &pause, &err), &err);
    assert_int_equal(lease_lane(f->l, lane, 1, NOON, &row), 1);
    leased_clear(&row);
    seen = batch_row_of(f->l, "recall");
    assert_true(seen.row.go_on);
    assert_string_equal(seen.reason, "");
    assert_int_equal(ledger_stop_batch(f->l, "no", BATCH_GOES, "", false, NULL, &err),
                     ERR_NOT_FOUND);
    must_balance(f->l); /* with the chain of all three */
}

static void undoes_a_stop_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t count = 0;
    take_in_batch(f->l, "recall", 3);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    must(ledger_stop_batch(f->l, "recall", BATCH_PAUSED, "wait", false, NULL, &err), &err);
    assert_true(ledger_lanes(f->l, &count)[0].stopped);
    ledger_rollback(f->l);
    assert_false(ledger_lanes(f->l, &count)[0].stopped);
}

static void knows_when_a_batch_is_over(void **state)
{
    struct fixture *f = *state;
    int64_t batch = take_in_batch(f->l, "recall", 3);
    assert_int_equal(batch_row_of(f->l, "recall").row.finished_ms, 0);
    settle_batch(f->l, batch, 1, DELIVERY_FAILED);
    settle_batch(f->l, batch, 2, DELIVERY_DELIVERED);
    assert_int_equal(batch_row_of(f->l, "recall").row.finished_ms, NOON + 5000);
    assert_int_equal(ask(f->l, (struct batch_question){.unfinished = true}).count, 0);
    reopen(f);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "again"), 1);
    assert_int_equal(batch_row_of(f->l, "recall").row.finished_ms, 0);
    assert_int_equal(ask(f->l, (struct batch_question){.unfinished = true}).count, 1);
    must_balance(f->l);
}

static void gives_a_line_to_its_next_channel(void **state)
{
    struct fixture *f = *state;
    struct seen_rows seen;
    int64_t batch = begin_batch(f->l, "recall", 1);
    struct planned_delivery mail = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    struct planned_delivery sms = plan(CHANNEL_SMS, "kannel", "+821012345678");
    struct planned_line line = line_of(1, "c1", &mail, 1);
    line.rest = 1;
    put_line(f->l, batch, &line);
    advance(f->l, batch, 2, true);
    struct leased row = lease_of(f->l, batch, "relay");
    assert_true(row.more_channels);
    struct settlement s = settlement_of(row.delivery, DELIVERY_FAILED);
    s.next_channel = true;
    s.next = &sms;
    assert_true(settle_with(f->l, &s));
    leased_clear(&row);
    /* While the next one runs the first is not begun again, nor after it told the person. */
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 0);
    row = lease_of(f->l, batch, "kannel");
    assert_string_equal(row.notice_id, "recall_c1");
    assert_false(row.more_channels);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 0);
    settle(f->l, row.delivery, DELIVERY_FAILED);
    leased_clear(&row);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 1);
    row = lease_of(f->l, batch, "relay");
    assert_false(row.more_channels); /* it has gone through them */
    leased_clear(&row);
    assert_int_equal(walk(f->l, select_id("recall_c1"), 0, 9, &seen), 2);
    must_balance(f->l);
}

static void retries_all_channels_that_go_at_once(void **state)
{
    struct fixture *f = *state;
    int64_t batch = begin_batch(f->l, "recall", 1);
    struct planned_delivery both[] = {plan(CHANNEL_EMAIL, "relay", "kim@example.com"),
                                      plan(CHANNEL_SMS, "kannel", "+821012345678")};
    struct planned_line line = line_of(1, "c1", both, 2);
    put_line(f->l, batch, &line);
    advance(f->l, batch, 2, true);
    struct leased row = lease_of(f->l, batch, "relay");
    settle(f->l, row.delivery, DELIVERY_FAILED);
    leased_clear(&row);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "all"), 1);
    must_balance(f->l);
}

static void selects_a_batch(void **state)
{
    struct fixture *f = *state;
    struct seen_rows seen;
    struct selector selector = SELECTOR_ALL;
    take_in_many(f->l, "n", 3);
    int64_t batch = take_in_batch(f->l, "one", 3);
    take_in_batch(f->l, "two", 2);
    settle_batch(f->l, batch, 1, DELIVERY_FAILED);
    selector.batch = "one";
    assert_int_equal(walk(f->l, selector, 0, 2, &seen), 2);
    assert_int_equal(walk(f->l, selector, seen.rows[1].delivery, 9, &seen), 1);
    selector.state = DELIVERY_WAITING;
    assert_int_equal(walk(f->l, selector, 0, 9, &seen), 2);
    selector.batch = "three";
    assert_int_equal(walk(f->l, selector, 0, 9, &seen), 0);
    selector = SELECTOR_ALL;
    selector.campaign = "recall";
    assert_int_equal(walk(f->l, selector, 0, 9, &seen), 5);
}

static void tells_the_oldest_of_a_state(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct notice n;
    int64_t at_ms = 0;
    make_notice(&n, "late", "late");
    n.a.now_ms = NOON + 9;
    n.deliveries[0].due_ms = NOON + 9;
    take_in(f->l, &n);
    must(ledger_oldest(f->l, CHANNEL_EMAIL, DELIVERY_WAITING, &at_ms, &err), &err);
    assert_int_equal(at_ms, NOON + 9);
    int64_t batch = take_in_batch(f->l, "recall", 1);
    must(ledger_oldest(f->l, CHANNEL_EMAIL, DELIVERY_WAITING, &at_ms, &err), &err);
    assert_int_equal(at_ms, NOON);
    struct leased row = lease_of(f->l, batch, "relay");
    must(ledger_oldest(f->l, CHANNEL_EMAIL, DELIVERY_WAITING, &at_ms, &err), &err);
    assert_int_equal(at_ms, NOON + 9); /* that of the batch is on its way */
    must(ledger_oldest(f->l, CHANNEL_EMAIL, DELIVERY_IN_FLIGHT, &at_ms, &err), &err);
    assert_int_equal(at_ms, NOON);
    settle(f->l, row.delivery, DELIVERY_FAILED);
    leased_clear(&row);
    must(ledger_oldest(f->l, CHANNEL_EMAIL, DELIVERY_FAILED, &at_ms, &err), &err);
    assert_int_equal(at_ms, NOON);
    must(ledger_oldest(f->l, CHANNEL_SMS, DELIVERY_FAILED, &at_ms, &err), &err);
    assert_int_equal(at_ms, 0);
}

/* ---- big ---- */

static void keeps_its_pace_in_a_long_lane(void **state)
{
    struct fixture *f = *state;
    struct leased *rows = calloc(2000, sizeof(*rows));
    int64_t batch = take_in_batch(f->l, "big", 100000);
    int64_t lane = find_lane(f->l, "relay", JOB_NORMAL, batch);
    assert_int_equal(lease_lane(f->l, lane, 2000, NOON, rows), 2000);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(rows[i].line, i + 1);
        assert_true(
            settle(f->l, rows[i].delivery, i % 2 == 0 ? DELIVERY_DELIVERED : DELIVERY_DEFERRED));
        leased_clear(&rows[i]);
    }
    assert_int_equal(lease_lane(f->l, lane, 1, NOON, rows), 1);
    assert_int_equal(rows[0].line, 2001);
    leased_clear(&rows[0]);
    assert_int_equal(count_state(f->l, DELIVERY_DEFERRED), 1000);
    assert_int_equal(count_all(f->l), 100000);
    must_balance(f->l);
    free(rows);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hands_over_a_line_with_its_place_in_the_spool),
        TEST(tells_a_repeated_batch_from_another_one),
        TEST(goes_on_behind_the_last_committed_line),
        TEST(books_a_repeated_recipient_as_failed),
        TEST(books_a_line_that_cannot_be_sent),
        TEST(counts_what_failed_untried),
        TEST(balances_only_with_all_lines),
        TEST(reconciles_one_batch_alone),
        TEST(finds_a_recipient_by_id),
        TEST(gives_no_name_twice),
        TEST(takes_back_a_batch_of_which_nothing_is_booked),
        TEST(tells_relatives_apart),
        TEST(leases_nothing_of_a_stopped_batch),
        TEST(undoes_a_stop_with_its_transaction),
        TEST(knows_when_a_batch_is_over),
        TEST(gives_a_line_to_its_next_channel),
        TEST(retries_all_channels_that_go_at_once),
        TEST(selects_a_batch),
        TEST(tells_the_oldest_of_a_state),
        TEST(keeps_its_pace_in_a_long_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
