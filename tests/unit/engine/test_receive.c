/* What is reported later, through a ledger of its own. policy/receipt.c has tests of every edge;
 * here is what the engine makes of them. */
#include "ledger/receipts.h"

#include "base/log.h"
#include "engine/receive.h"
#include "model/token.h"

#define DAY ((int64_t)24 * 3600 * 1000)

static struct settings settings;
static struct setup setup;
static struct log_pace refusals;
static struct receive_counts counts;
static char id_seen[64];

static int open_spool(void **state)
{
    log_set_level(LOG_ERR);
    settings = (struct settings){.bounce_suppress_ms = 90 * DAY};
    memset(settings.token_key, 7, sizeof(settings.token_key));
    setup = (struct setup){.settings = &settings};
    refusals = (struct log_pace){0};
    counts = (struct receive_counts){0};
    return set_up(state);
}

static struct receiving receiving(struct ledger *l)
{
    return (struct receiving){
        .ledger = l, .setup = &setup, .refusals = &refusals, .now_ms = NOON + 9000};
}

/* Why it changed nothing; RECEIVE_CHANGED: it did. */
static enum receive_reason hear(struct ledger *l, const struct receipt *r)
{
    const struct receiving to = receiving(l);
    struct receive_outcome outcome = {0};
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    must(receive_one(&to, r, &counts, &outcome, &err), &err);
    must(ledger_commit(l, &err), &err);
    enum receive_reason reason = outcome.reason;
    snprintf(id_seen, sizeof(id_seen), "%s", outcome.notice_id != NULL ? outcome.notice_id : "-");
    receive_outcome_clear(&outcome);
    must_balance(l);
    return reason;
}

static enum receive_reason hear_named(struct ledger *l, enum receipt_kind kind, const char *message)
{
    struct receipt r = receipt_named(kind, message);
    return hear(l, &r);
}

static void hear_parked(struct ledger *l)
{
    const struct receiving to = receiving(l);
    struct error err = {0};
    bool more = true;
    must(receive_parked(&to, &more, &err), &err);
    assert_false(more);
    must_balance(l);
}

static const char *token_of(int64_t delivery, struct buf *out)
{
    token_put(out, settings.token_key, TOKEN_DELIVERY, delivery, "");
    return buf_text(out);
}

static void must_count(size_t booked, size_t parked, size_t refused)
{
    assert_int_equal(counts.booked, booked);
    assert_int_equal(counts.parked, parked);
    assert_int_equal(counts.refused, refused);
}

/* Texts as of ledger_find_suppression(). */
static bool is_suppressed(struct ledger *l, const char *address, struct suppression *out)
{
    struct error err = {0};
    bool found = false;
    must(ledger_find_suppression(l, CHANNEL_EMAIL, address, NOON + 9000, &found, out, &err), &err);
    return found;
}

/* ---- in any order, and twice ---- */

static void reports_of_the_way_may_come_in_any_order(void **state)
{
    static const enum receipt_kind orders[][3] = {
        {RECEIPT_ACCEPTED, RECEIPT_BUFFERED, RECEIPT_CONFIRMED},
        {RECEIPT_ACCEPTED, RECEIPT_CONFIRMED, RECEIPT_BUFFERED},
        {RECEIPT_BUFFERED, RECEIPT_ACCEPTED, RECEIPT_CONFIRMED},
        {RECEIPT_BUFFERED, RECEIPT_CONFIRMED, RECEIPT_ACCEPTED},
        {RECEIPT_CONFIRMED, RECEIPT_ACCEPTED, RECEIPT_BUFFERED},
        {RECEIPT_CONFIRMED, RECEIPT_BUFFERED, RECEIPT_ACCEPTED},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        char id[16];
        struct receipt_target target;
        snprintf(id, sizeof(id), "n%zu", i);
        accept_chain(f->l, id);
        send_named(f->l, DELIVERY_DELIVERED, id);
        for (size_t k = 0; k < 3; k++)
            hear_named(f->l, orders[i][k], id);
        const struct receipt r = receipt_named(RECEIPT_UNKNOWN, id);
        target = find_target(f->l, &r, 0);
        assert_int_equal(target.state, DELIVERY_DELIVERED);
        assert_int_equal(target.receipt, RECEIPT_CONFIRMED);
        receipt_target_clear(&target);
    }
    must_count(COUNT_OF(orders) * 3, 0, 0);
}

static void the_first_end_wins_and_the_second_is_too_late(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    accept_chain(f->l, "b");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    send_named(f->l, DELIVERY_DELIVERED, "2");
    assert_int_equal(hear_named(f->l, RECEIPT_CONFIRMED, "1"), RECEIVE_CHANGED);
    assert_int_equal(hear_named(f->l, RECEIPT_FAILED, "2"), RECEIVE_CHANGED);
    struct receipt late = receipt_named(RECEIPT_FAILED, "1");
    late.lasting = false;
    assert_int_equal(hear(f->l, &late), RECEIVE_LATE);
    assert_string_equal(id_seen, "a");
    assert_int_equal(hear_named(f->l, RECEIPT_CONFIRMED, "2"), RECEIVE_LATE);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_DELIVERED);
    assert_int_equal(row_of(f->l, "b").state, DELIVERY_FAILED);
    assert_int_equal(counts.reasons[RECEIVE_LATE], 2);
    must_count(4, 0, 0);
}

static void the_same_again_is_known_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(hear_named(f->l, RECEIPT_FAILED, "1"), RECEIVE_CHANGED);
    assert_int_equal(count_all(f->l), 2); /* the text message has begun */
    for (int i = 0; i < 3; i++)
        assert_int_equal(hear_named(f->l, RECEIPT_FAILED, "1"), RECEIVE_KNOWN);
    assert_int_equal(count_all(f->l), 2);
    assert_int_equal(counts.reasons[RECEIVE_KNOWN], 3);
}

static void an_attempt_before_the_last_does_not_decide(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    send_named(f->l, DELIVERY_DELIVERED, "");
    struct receipt r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "n0~1";
    assert_int_equal(hear(f->l, &r), RECEIVE_CHANGED);
    assert_int_equal(retry(f->l, select_id("n0"), "again"), 1);
    send_named(f->l, DELIVERY_DELIVERED, "");
    r.lasting = true;
    assert_int_equal(hear(f->l, &r), RECEIVE_OLD);
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_DELIVERED);
    assert_false(ledger_has_suppressions(f->l)); /* it may have arrived since */
    r.notice_id = (char *)(uintptr_t) "n0~2";
    assert_int_equal(hear(f->l, &r), RECEIVE_CHANGED);
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_FAILED);
}

/* ---- before its time ---- */

static void what_comes_before_its_message_has_a_name_waits_for_it(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    assert_int_equal(hear_named(f->l, RECEIPT_FAILED, "1"), RECEIVE_CHANGED);
    must_count(0, 1, 0);
    hear_parked(f->l);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_WAITING);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    hear_parked(f->l);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_FAILED);
    assert_string_equal(row_of(f->l, "a").cause, "bad_recipient");
    assert_int_equal(count_all(f->l), 2);
}

static void what_is_in_flight_is_settled_first_also_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct buf token = {0};
    accept_chain(f->l, "a");
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    r.token = (char *)(uintptr_t)token_of(delivery, &token);
    r.proven = false;
    assert_int_equal(hear(f->l, &r), RECEIVE_CHANGED);
    must_count(0, 1, 0);
    hear_parked(f->l);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_IN_FLIGHT);
    assert_true(settle(f->l, delivery, DELIVERY_UNCERTAIN));
    reopen(f);
    hear_parked(f->l);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_DELIVERED);
    buf_free(&token);
}

/* ---- whom nobody believes ---- */

static void a_forged_token_counts_for_nothing_whatever_else_is_said(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    struct buf token = {0};
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    token_of(delivery, &token);
    token.data[token.len - 1] = token.data[token.len - 1] == 'a' ? 'b' : 'a';
    r.token = token.data;
    r.lasting = true;
    assert_int_equal(hear(f->l, &r), RECEIVE_FORGED);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_DELIVERED);
    assert_false(ledger_has_suppressions(f->l));
    assert_int_equal(receipts_of(f->l, delivery, &seen), 0);
    must_count(0, 0, 1);
    buf_free(&token);
}

static void what_says_nothing_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct receipt r = receipt_of(RECEIPT_NONE);
    assert_int_equal(hear(f->l, &r), RECEIVE_SILENT);
    must_count(0, 0, 1);
    assert_int_equal(counts.reasons[RECEIVE_SILENT], 1);
}

static void what_anybody_may_have_said_stands_in_the_story_only(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "a";
    r.proven = false;
    r.lasting = true;
    assert_int_equal(hear(f->l, &r), RECEIVE_UNPROVEN);
    assert_string_equal(id_seen, "a");
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_DELIVERED);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 1);
    assert_false(seen.rows[0].proven);
    assert_false(ledger_has_suppressions(f->l));
    r.notice_id = (char *)(uintptr_t) "never-was";
    assert_int_equal(hear(f->l, &r), RECEIVE_UNKNOWN);
    must_count(0, 0, 2);
}

static void two_deliveries_in_one_report_are_none(void **state)
{
    struct fixture *f = *state;
    struct buf token = {0};
    accept_chain(f->l, "a");
    accept_chain(f->l, "b");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    send_named(f->l, DELIVERY_DELIVERED, "2");
    struct receipt r = receipt_named(RECEIPT_FAILED, "2");
    r.token = (char *)(uintptr_t)token_of(delivery, &token);
    assert_int_equal(hear(f->l, &r), RECEIVE_FOREIGN);
    assert_int_equal(count_state(f->l, DELIVERY_DELIVERED), 2);
    must_count(0, 0, 1);
    buf_free(&token);
}

/* ---- addresses ---- */

static void a_lasting_failure_keeps_the_address_off_for_a_while_and_says_why(void **state)
{
    struct fixture *f = *state;
    struct suppression s;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    r.lasting = true;
    assert_int_equal(hear(f->l, &r), RECEIVE_CHANGED);
    assert_true(is_suppressed(f->l, "kim@example.com", &s));
    assert_string_equal(s.cause, "bad_recipient");
    assert_string_equal(s.reason, "no such user");
    assert_string_equal(s.source, "gateway");
    assert_int_equal(s.since_ms, NOON + 9000);
    assert_int_equal(s.expires_ms, NOON + 9000 + 90 * DAY);
}

static void without_an_end_in_the_configuration_it_is_for_good(void **state)
{
    struct fixture *f = *state;
    struct suppression s;
    settings.bounce_suppress_ms = 0;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    r.lasting = true;
    hear(f->l, &r);
    assert_true(is_suppressed(f->l, "kim@example.com", &s));
    assert_int_equal(s.expires_ms, 0);
}

static void a_full_mailbox_keeps_nobody_off(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(hear_named(f->l, RECEIPT_FAILED, "1"), RECEIVE_CHANGED);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_FAILED);
    assert_false(ledger_has_suppressions(f->l));
}

/* It arrived: they complain about it. Late or not, a no is a no, and for good. */
static void who_says_no_is_kept_off_for_good_and_told_by_no_other_channel(void **state)
{
    struct fixture *f = *state;
    struct suppression s;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    hear_named(f->l, RECEIPT_CONFIRMED, "1");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    r.opted_out = true;
    snprintf(r.cause, sizeof(r.cause), "complaint");
    assert_int_equal(hear(f->l, &r), RECEIVE_CHANGED);
    assert_true(is_suppressed(f->l, "kim@example.com", &s));
    assert_string_equal(s.cause, "complaint");
    assert_int_equal(s.expires_ms, 0);
    assert_int_equal(count_all(f->l), 1);
    accept_chain(f->l, "b");
    send_named(f->l, DELIVERY_DELIVERED, "2");
    r = receipt_named(RECEIPT_REJECTED, "2");
    r.opted_out = true;
    assert_int_equal(hear(f->l, &r), RECEIVE_CHANGED);
    assert_string_equal(row_of(f->l, "b").cause, "opted_out");
    assert_int_equal(count_all(f->l), 2); /* and no text message follows */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_spool, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reports_of_the_way_may_come_in_any_order),
        TEST(the_first_end_wins_and_the_second_is_too_late),
        TEST(the_same_again_is_known_and_changes_nothing),
        TEST(an_attempt_before_the_last_does_not_decide),
        TEST(what_comes_before_its_message_has_a_name_waits_for_it),
        TEST(what_is_in_flight_is_settled_first_also_after_a_restart),
        TEST(a_forged_token_counts_for_nothing_whatever_else_is_said),
        TEST(what_says_nothing_is_refused),
        TEST(what_anybody_may_have_said_stands_in_the_story_only),
        TEST(two_deliveries_in_one_report_are_none),
        TEST(a_lasting_failure_keeps_the_address_off_for_a_while_and_says_why),
        TEST(without_an_end_in_the_configuration_it_is_for_good),
        TEST(a_full_mailbox_keeps_nobody_off),
        TEST(who_says_no_is_kept_off_for_good_and_told_by_no_other_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
