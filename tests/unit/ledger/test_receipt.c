#include "receipts.h"

#include <signal.h>
#include <sys/wait.h>

#define MANY 100 /* receipts kept of one delivery */

/* ---- what a receipt speaks of ---- */

static void finds_what_the_gateway_named(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "4aB");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "4aB");
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_int_equal(target.delivery, delivery);
    assert_false(target.contradicts);
    assert_int_equal(target.state, DELIVERY_DELIVERED);
    assert_int_equal(target.receipt, RECEIPT_NONE);
    assert_int_equal(target.channel, CHANNEL_EMAIL);
    assert_string_equal(target.notice_id, "a");
    assert_string_equal(target.address, "kim@example.com");
    assert_string_equal(target.transport, "relay");
    assert_true(target.more_channels);
    assert_int_equal(target.row.delivery, delivery);
    assert_string_equal(target.row.template_name, "apology");
    receipt_target_clear(&target);
}

static void knows_a_name_only_of_its_transport(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    send_named(f->l, DELIVERY_DELIVERED, "4aB");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "4aB");
    r.transport = (char *)(uintptr_t) "kannel";
    assert_int_equal(find_number(f->l, &r, 0), 0);
    r.transport = NULL;
    assert_int_equal(find_number(f->l, &r, 0), 0);
}

/* By which of the two a report goes would be a guess. */
static void an_id_that_two_were_given_is_nobodys(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    assert_int_not_equal(find_number(f->l, &r, 0), 0);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(find_number(f->l, &r, 0), 0);
}

static void the_same_id_twice_for_one_delivery_is_its_own(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DEFERRED, "1");
    assert_int_equal(send_named(f->l, DELIVERY_DELIVERED, "1"), delivery);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    assert_int_equal(find_number(f->l, &r, 0), delivery);
}

static void finds_by_token_and_by_our_own_id(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "");
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    assert_int_equal(find_number(f->l, &r, delivery), delivery);
    assert_int_equal(find_number(f->l, &r, 77), 0); /* a token of another ledger */
    assert_int_equal(find_number(f->l, &r, 0), 0);
    r.notice_id = (char *)(uintptr_t) "a";
    assert_int_equal(find_number(f->l, &r, 0), delivery);
    r.channel = CHANNEL_SMS; /* a channel it was not sent by */
    assert_int_equal(find_number(f->l, &r, 0), 0);
    r.notice_id = (char *)(uintptr_t) "nobody";
    assert_int_equal(find_number(f->l, &r, 0), 0);
}

static bool contradicts(struct ledger *l, const struct receipt *r, int64_t delivery)
{
    struct receipt_target target = find_target(l, r, delivery);
    bool answer = target.contradicts;
    receipt_target_clear(&target);
    return answer;
}

static void tells_when_names_contradict(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    int64_t first = send_named(f->l, DELIVERY_DELIVERED, "1");
    int64_t second = send_named(f->l, DELIVERY_DELIVERED, "2");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "2");
    assert_true(contradicts(f->l, &r, first));
    assert_int_equal(find_number(f->l, &r, first), first); /* the token decides */
    assert_false(contradicts(f->l, &r, second));
    r.notice_id = (char *)(uintptr_t) "n0";
    assert_true(contradicts(f->l, &r, 0));
    r.notice_id = (char *)(uintptr_t) "n1";
    assert_false(contradicts(f->l, &r, 0));
}

static void tells_when_the_address_is_another(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    r.address = (char *)(uintptr_t) "Kim@Example.COM";
    assert_false(contradicts(f->l, &r, 0));
    r.address = (char *)(uintptr_t) "lee@example.com";
    assert_true(contradicts(f->l, &r, 0));
}

static void knows_a_number_as_its_own_country_writes_it(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "a", "a");
    n.deliveries[0] = plan(CHANNEL_SMS, "relay", "+821012345678");
    take_in(f->l, &n);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    static const char *const same[] = {"+821012345678", "821012345678", "010-1234-5678"};
    static const char *const other[] = {"+821012345679", "010-2234-5678", "5678", ""};
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        r.address = (char *)(uintptr_t)same[i];
        assert_false(contradicts(f->l, &r, 0));
    }
    for (size_t i = 0; i < COUNT_OF(other); i++) {
        r.address = (char *)(uintptr_t)other[i];
        assert_true(contradicts(f->l, &r, 0));
    }
}

static void says_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    struct receipt_target target = find_target(f->l, &r, delivery);
    assert_int_equal(target.state, DELIVERY_IN_FLIGHT);
    receipt_target_clear(&target);
}

/* ---- is it theirs to say? ---- */

static const struct receipt by_key = {.kind = RECEIPT_FAILED,
                                      .notice_id = (char *)(uintptr_t) "n0",
                                      .transport = (char *)(uintptr_t) "relay",
                                      .proven = true,
                                      .source = "gateway"};

static void a_gateway_speaks_only_of_what_went_over_it(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = by_key;
    r.transport = (char *)(uintptr_t) "guesser";
    assert_false(contradicts(f->l, &r, 0)); /* over which it goes is not known yet */
    settle(f->l, delivery, DELIVERY_DELIVERED);
    assert_true(contradicts(f->l, &r, 0));
    assert_false(contradicts(f->l, &by_key, 0));
    snprintf(r.source, sizeof(r.source), "bounce");
    assert_false(contradicts(f->l, &r, 0));
}

static bool is_earlier(struct ledger *l, const struct receipt *r)
{
    struct receipt_target target = find_target(l, r, 0);
    bool answer = target.earlier;
    assert_false(target.contradicts);
    receipt_target_clear(&target);
    return answer;
}

static void knows_that_another_gateway_sent_it_since(void **state)
{
    struct fixture *f = *state;
    struct receipt r = by_key;
    take_in_many(f->l, "n", 1);
    send_named(f->l, DELIVERY_DEFERRED, "");
    assert_false(is_earlier(f->l, &r));
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    s.transport = "spare";
    assert_true(settle_with(f->l, &s));
    assert_true(is_earlier(f->l, &r));
    r.transport = (char *)(uintptr_t) "spare";
    assert_false(is_earlier(f->l, &r));
}

static bool holds_all(void *context, const char *transport)
{
    (void)context;
    (void)transport;
    return true;
}

/* It may have been the other transport that had it when all stopped. */
static void compares_no_transport_where_none_was_written_down(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t deferred = 0, uncertain = 0;
    take_in_many(f->l, "n", 1);
    lease_one(f->l, "relay");
    reopen(f);
    must(ledger_recover(f->l, holds_all, NULL, NOON + 9000, &deferred, &uncertain, &err), &err);
    assert_int_equal(uncertain, 1);
    struct receipt r = by_key;
    r.transport = (char *)(uintptr_t) "spare";
    assert_false(is_earlier(f->l, &r));
}

static void knows_a_report_of_an_attempt_before_the_last(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt first = receipt_named(RECEIPT_FAILED, "1");
    struct receipt second = receipt_named(RECEIPT_FAILED, "2");
    assert_false(is_earlier(f->l, &first));
    bounce(f->l, delivery);
    assert_int_equal(retry(f->l, select_id("n0"), "mailbox made"), 1);
    send_named(f->l, DELIVERY_DELIVERED, "2");
    assert_true(is_earlier(f->l, &first));
    assert_false(is_earlier(f->l, &second));
    reopen(f);
    assert_true(is_earlier(f->l, &first));
}

/* A gateway that gives no name of its own sends ours back. */
static void a_key_says_which_attempt_is_meant(void **state)
{
    struct fixture *f = *state;
    struct receipt r = receipt_of(RECEIPT_FAILED);
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "");
    r.notice_id = (char *)(uintptr_t) "n0~1";
    assert_int_equal(find_number(f->l, &r, 0), delivery);
    assert_false(is_earlier(f->l, &r));
    bounce(f->l, delivery);
    assert_int_equal(retry(f->l, select_id("n0"), "handset on again"), 1);
    send_named(f->l, DELIVERY_DELIVERED, "");
    assert_true(is_earlier(f->l, &r));
    r.notice_id = (char *)(uintptr_t) "n0~2";
    assert_false(is_earlier(f->l, &r));
    r.notice_id = (char *)(uintptr_t) "n0"; /* nobody can tell */
    assert_int_equal(find_number(f->l, &r, 0), delivery);
    assert_false(is_earlier(f->l, &r));
    r.notice_id = (char *)(uintptr_t) "n0~"; /* that is no key of ours */
    assert_int_equal(find_number(f->l, &r, 0), 0);
}

static bool is_repeated(struct ledger *l, const struct receipt *r, int64_t delivery)
{
    struct receipt_target target = find_target(l, r, delivery);
    bool answer = target.repeated;
    receipt_target_clear(&target);
    return answer;
}

static void knows_a_returned_mail_that_comes_again(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "");
    int64_t other = send_named(f->l, DELIVERY_DELIVERED, "");
    struct receipt r = receipt_named(RECEIPT_FAILED, "<b1@mx>");
    r.transport = NULL;
    snprintf(r.source, sizeof(r.source), "bounce");
    assert_false(is_repeated(f->l, &r, delivery));
    note(f->l, &r, delivery, DELIVERY_DELIVERED);
    assert_true(is_repeated(f->l, &r, delivery));
    assert_false(is_repeated(f->l, &r, other));
    r.message_id = (char *)(uintptr_t) "<b2@mx>";
    assert_false(is_repeated(f->l, &r, delivery));
    r.message_id = NULL;
    note(f->l, &r, delivery, DELIVERY_DELIVERED);
    assert_true(is_repeated(f->l, &r, delivery));
    snprintf(r.text, sizeof(r.text), "mailbox full");
    assert_false(is_repeated(f->l, &r, delivery));
}

/* ---- what is kept ---- */

static void keeps_every_word_of_a_receipt(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    r.address = (char *)(uintptr_t) "kim@example.com";
    r.lasting = true;
    r.opted_out = true;
    note(f->l, &r, delivery, DELIVERY_DELIVERED);
    reopen(f);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 1);
    assert_int_equal(seen.rows[0].kind, RECEIPT_FAILED);
    assert_int_equal(seen.rows[0].channel, CHANNEL_EMAIL);
    assert_true(seen.rows[0].proven && seen.rows[0].lasting && seen.rows[0].opted_out);
    assert_int_equal(seen.rows[0].code, 550);
    assert_int_equal(seen.rows[0].at_ms, NOON + 8000);
    assert_string_equal(seen.rows[0].texts, "relay|1|-|-|kim@example.com|5.1.1|bad_recipient|"
                                            "gateway|no such user");
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_DELIVERED); /* only the story grew */
}

static void keeps_duplicates_up_to_a_bound_and_counts_the_rest(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    struct error err = {0};
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_ACCEPTED, "1");
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < MANY + 7; i++)
        note(f->l, &r, delivery, DELIVERY_DELIVERED);
    must(ledger_commit(f->l, &err), &err);
    assert_int_equal(receipts_of(f->l, delivery, &seen), MANY + 1);
    assert_int_equal(seen.rows[MANY].kind, RECEIPT_NOTE);
    assert_non_null(strstr(seen.rows[MANY].texts, "7 more reports"));
    bounce(f->l, delivery); /* what counts is kept, however many came before */
    assert_int_equal(receipts_of(f->l, delivery, &seen), MANY + 2);
    assert_int_equal(seen.rows[MANY + 1].kind, RECEIPT_FAILED);
    must_balance(f->l);
}

/* ---- what is moved ---- */

static void see_furthest(void *context, const struct delivery_row *row)
{
    *(enum receipt_kind *)context = row->receipt;
}

static enum receipt_kind furthest_of(struct ledger *l, const char *id)
{
    enum receipt_kind kind = RECEIPT_NONE;
    struct selector selector = select_id(id);
    struct error err = {0};
    size_t count = 0;
    int64_t last = 0;
    must(ledger_walk(l, &selector, 0, 1, see_furthest, &kind, &count, &last, &err), &err);
    return kind;
}

static void shows_the_furthest_report(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_BUFFERED, "1");
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_DELIVERED);
    assert_int_equal(furthest_of(f->l, "n0"), RECEIPT_NONE);
    book(f->l, &b);
    assert_int_equal(furthest_of(f->l, "n0"), RECEIPT_BUFFERED);
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_int_equal(target.receipt, RECEIPT_BUFFERED);
    receipt_target_clear(&target);
    r.kind = RECEIPT_CONFIRMED;
    book(f->l, &b);
    r.kind = RECEIPT_ACCEPTED; /* late: forward or not is for policy to say */
    note(f->l, &r, delivery, DELIVERY_DELIVERED);
    assert_int_equal(furthest_of(f->l, "n0"), RECEIPT_CONFIRMED);
}

static void a_bounce_gives_the_notice_to_its_next_channel(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    bounce(f->l, delivery);
    struct seen_row row = row_of(f->l, "a");
    assert_int_equal(row.state, DELIVERY_FAILED);
    assert_string_equal(row.cause, "bad_recipient");
    assert_string_equal(row.reply, "no such user");
    assert_int_equal(row.attempts, 1);
    assert_int_equal(next_due(f->l, "kannel"), NOON + 9000);
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 1);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_int_equal(count_state(f->l, DELIVERY_DELIVERED), 0);
    must_balance(f->l);
    reopen(f);
    must_balance(f->l);
}

static void see_attempt(void *context, const struct attempt_row *row)
{
    char *out = context;
    snprintf(out, 64, "%d %s %s %s", row->number, row->outcome, delivery_state_name(row->state),
             row->reply);
}

/* What the mail server said then is evidence, too. */
static void keeps_the_attempt_as_it_was(void **state)
{
    struct fixture *f = *state;
    char seen[64] = "";
    struct error err = {0};
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    bounce(f->l, delivery);
    must(ledger_walk_attempts(f->l, delivery, see_attempt, seen, &err), &err);
    assert_string_equal(seen, "1 delivered delivered 250 2.0.0 Ok");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_string_equal(target.transport, "relay");
    receipt_target_clear(&target);
}

static void makes_certain_what_was_uncertain(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    int64_t first = send_named(f->l, DELIVERY_UNCERTAIN, "1");
    int64_t second = send_named(f->l, DELIVERY_UNCERTAIN, "2");
    struct receipt r = receipt_named(RECEIPT_ACCEPTED, "1");
    struct receipt_booking b = booking_of(&r, first, DELIVERY_DELIVERED);
    book(f->l, &b);
    bounce(f->l, second);
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_DELIVERED);
    assert_int_equal(row_of(f->l, "n1").state, DELIVERY_FAILED);
    must_balance(f->l);
}

/* The first attempt was thought lost; it arrived after all, so the second one is not made. */
static void takes_out_of_its_lane_what_arrived_after_all(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    int64_t delivery = send_named(f->l, DELIVERY_DEFERRED, "1");
    send_named(f->l, DELIVERY_DELIVERED, "2");
    assert_int_equal(next_due(f->l, "relay"), NOON + 60000);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_DELIVERED);
    book(f->l, &b);
    assert_int_equal(next_due(f->l, "relay"), INT64_MAX);
    struct leased row;
    assert_int_equal(lease(f->l, "relay", 1, NOON + 99999, &row), 0);
    must_balance(f->l);
}

/* An operator begins it again: what was reported is of before. */
static void forgets_the_furthest_report_with_a_retry(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 1);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    bounce(f->l, delivery);
    assert_int_equal(furthest_of(f->l, "n0"), RECEIPT_FAILED);
    assert_int_equal(retry(f->l, select_id("n0"), "mailbox made"), 1);
    assert_int_equal(furthest_of(f->l, "n0"), RECEIPT_NONE);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 1); /* the story stays */
    must_balance(f->l);
}

/* The SMS runs already: that the mail came back later does not begin the webhook beside it. */
static void leaves_the_rest_to_the_channel_that_has_begun(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    bounce(f->l, delivery);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_DELIVERED);
    book(f->l, &b); /* and yet it arrived ... */
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_false(target.more_channels);
    receipt_target_clear(&target);
    bounce(f->l, delivery); /* ... or not */
    assert_int_equal(count_all(f->l), 2);
    assert_int_equal(next_due(f->l, "hooks"), INT64_MAX);
    must_balance(f->l);
}

static void purge_all(struct ledger *l)
{
    struct purge p = {.more = true};
    struct error err = {0};
    while (p.more)
        must(ledger_purge(l, &p, NOON + 1000000, 10, NULL, NULL, NULL, &err), &err);
}

/* Of what was purged nothing can be sent any more. */
static void knows_no_next_channel_of_a_text_that_is_gone(void **state)
{
    struct fixture *f = *state;
    accept_chain(f->l, "a");
    send_named(f->l, DELIVERY_DELIVERED, "1");
    purge_all(f->l);
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_false(target.more_channels);
    receipt_target_clear(&target);
}

/* ---- batches ---- */

static int64_t put_batch(struct ledger *l, int rest)
{
    struct error err = {0};
    unsigned char digest[DIGEST_SIZE] = {1};
    struct batch_acceptance a = {.id = "b",
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = 1,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    enum accept_result result;
    int64_t batch = 0;
    bool known;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    struct planned_line line = {.line = 1,
                                .recipient = "c1",
                                .template_name = "apology",
                                .locale = "ko",
                                .rest = rest,
                                .deliveries = &p,
                                .count = 1};
    must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    must(ledger_advance_batch(l, batch, 2, 0, true, &err), &err);
    struct leased row;
    assert_int_equal(lease_lane(l, find_lane(l, "relay", JOB_NORMAL, batch), 1, NOON, &row), 1);
    settle(l, row.delivery, DELIVERY_DELIVERED);
    leased_clear(&row);
    return batch;
}

static void see_finished(void *context, const struct batch_row *row)
{
    *(bool *)context = row->finished_ms != 0;
}

static bool is_finished(struct ledger *l)
{
    struct batch_question q = {.id = "b"};
    struct error err = {0};
    bool finished = false;
    must(ledger_walk_batches(l, &q, see_finished, &finished, &err), &err);
    return finished;
}

static void a_batch_stays_finished_when_something_of_it_comes_back(void **state)
{
    struct fixture *f = *state;
    put_batch(f->l, 0);
    assert_true(is_finished(f->l));
    struct receipt r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "b_c1";
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_false(target.more_channels);
    bounce(f->l, target.delivery);
    receipt_target_clear(&target);
    assert_true(is_finished(f->l));
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 1);
    must_balance(f->l);
}

static void a_batch_is_open_again_when_the_next_channel_begins(void **state)
{
    struct fixture *f = *state;
    put_batch(f->l, 1);
    struct receipt r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "b_c1";
    struct receipt_target target = find_target(f->l, &r, 0);
    assert_true(target.more_channels);
    assert_string_equal(target.row.batch_id, "b");
    struct planned_delivery next = plan(CHANNEL_SMS, "kannel", "+821012345678");
    struct receipt_booking b = booking_of(&r, target.delivery, DELIVERY_FAILED);
    b.next_channel = true;
    b.next = &next;
    book(f->l, &b);
    receipt_target_clear(&target);
    assert_false(is_finished(f->l));
    must_balance(f->l);
    target = find_target(f->l, &r, 0);
    assert_false(target.more_channels); /* they are the next one's now */
    receipt_target_clear(&target);
    struct leased row;
    assert_int_equal(
        lease_lane(f->l, find_lane(f->l, "kannel", JOB_NORMAL, 1), 1, NOON + 99999, &row), 1);
    assert_string_equal(row.notice_id, "b_c1");
    settle(f->l, row.delivery, DELIVERY_DELIVERED);
    leased_clear(&row);
    assert_true(is_finished(f->l));
    must_balance(f->l);
}

static void put_refused_line(struct ledger *l, int64_t batch)
{
    struct error err = {0};
    bool known;
    struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "");
    p.state = DELIVERY_FAILED;
    struct planned_line line = {.line = 2,
                                .recipient = "c2",
                                .template_name = "apology",
                                .locale = "ko",
                                .deliveries = &p,
                                .count = 1};
    must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
}

/* What came back was tried; a retry of it is not one of a line that intake refused. */
static void counts_untried_lines_right_after_a_bounce(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t untried = -1;
    int64_t batch = put_batch(f->l, 0);
    put_refused_line(f->l, batch);
    struct receipt r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "b_c1";
    bounce(f->l, find_number(f->l, &r, 0));
    must(ledger_count_untried(f->l, batch, &untried, &err), &err);
    assert_int_equal(untried, 1);
    assert_int_equal(retry(f->l, select_id("b_c1"), "mailbox made"), 1);
    must(ledger_count_untried(f->l, batch, &untried, &err), &err);
    assert_int_equal(untried, 1);
}

/* ---- whole or not at all ---- */

static void is_undone_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    struct error err = {0};
    accept_chain(f->l, "a");
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    bounce(f->l, delivery);
    assert_int_equal(count_all(f->l), 2);
    ledger_rollback(f->l);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_DELIVERED);
    assert_int_equal(furthest_of(f->l, "a"), RECEIPT_NONE);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 0);
    assert_int_equal(next_due(f->l, "kannel"), INT64_MAX);
    must_balance(f->l);
    bounce(f->l, delivery);
    assert_int_equal(count_all(f->l), 2);
    must_balance(f->l);
}

static void a_name_is_undone_with_its_settlement(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    take_in_many(f->l, "n", 1);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    ledger_rollback(f->l);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    assert_int_equal(find_number(f->l, &r, 0), 0);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
}

/* Groups of bounces, each with its next channel, until it is killed. */
static void bounce_all(const char *spool, int count, int fd)
{
    struct error err = {0};
    struct ledger *l = open_ledger(spool, LEDGER_WRITE);
    for (int i = 0; i < count; i++) {
        if (i % 5 == 0)
            must(ledger_begin(l, LEDGER_FAST, &err), &err);
        bounce(l, i + 1);
        if (i % 5 == 4)
            must(ledger_commit(l, &err), &err);
        if (i == 10 && write(fd, "x", 1) != 1)
            break;
    }
    for (;;)
        pause();
}

static void a_kill_leaves_all_of_a_receipt_or_nothing(void **state)
{
    enum { COUNT = 400 };
    struct fixture *f = *state;
    struct error err = {0};
    int pipes[2];
    char byte = 0;
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < COUNT; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        accept_chain(f->l, id);
        send_named(f->l, DELIVERY_DELIVERED, id);
    }
    must(ledger_commit(f->l, &err), &err);
    ledger_close(f->l);
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0)
        bounce_all(f->spool, COUNT, pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1); /* it is in the middle of it */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(pipes[0]);
    close(pipes[1]);
    f->l = open_ledger(f->spool, LEDGER_WRITE);
    int64_t bounced = count_state(f->l, DELIVERY_FAILED);
    assert_true(bounced >= 10 && bounced % 5 == 0);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), bounced);
    for (int i = 0; i < COUNT; i++) {
        struct seen_receipts seen;
        assert_int_equal(receipts_of(f->l, i + 1, &seen), i < bounced ? 1 : 0);
    }
    must_balance(f->l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_what_the_gateway_named),
        TEST(knows_a_name_only_of_its_transport),
        TEST(an_id_that_two_were_given_is_nobodys),
        TEST(the_same_id_twice_for_one_delivery_is_its_own),
        TEST(finds_by_token_and_by_our_own_id),
        TEST(tells_when_names_contradict),
        TEST(tells_when_the_address_is_another),
        TEST(knows_a_number_as_its_own_country_writes_it),
        TEST(says_what_is_in_flight),
        TEST(a_gateway_speaks_only_of_what_went_over_it),
        TEST(knows_that_another_gateway_sent_it_since),
        TEST(compares_no_transport_where_none_was_written_down),
        cmocka_unit_test_setup_teardown(a_key_says_which_attempt_is_meant, set_up, tear_down),
        TEST(knows_a_report_of_an_attempt_before_the_last),
        TEST(knows_a_returned_mail_that_comes_again),
        TEST(keeps_every_word_of_a_receipt),
        TEST(keeps_duplicates_up_to_a_bound_and_counts_the_rest),
        TEST(shows_the_furthest_report),
        TEST(a_bounce_gives_the_notice_to_its_next_channel),
        TEST(keeps_the_attempt_as_it_was),
        TEST(makes_certain_what_was_uncertain),
        TEST(takes_out_of_its_lane_what_arrived_after_all),
        TEST(forgets_the_furthest_report_with_a_retry),
        TEST(leaves_the_rest_to_the_channel_that_has_begun),
        TEST(knows_no_next_channel_of_a_text_that_is_gone),
        TEST(a_batch_stays_finished_when_something_of_it_comes_back),
        TEST(a_batch_is_open_again_when_the_next_channel_begins),
        TEST(counts_untried_lines_right_after_a_bounce),
        TEST(is_undone_with_its_transaction),
        TEST(a_name_is_undone_with_its_settlement),
        TEST(a_kill_leaves_all_of_a_receipt_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
