#include "fixture.h"

#include "base/digest.h"

static void fail_all(struct ledger *l, const char *transport, int count)
{
    for (int i = 0; i < count; i++)
        assert_true(settle(l, lease_one(l, transport), DELIVERY_FAILED));
}

static void retries_what_is_selected_and_begins_the_schedule_anew(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    take_in_many(f->l, "n", 3);
    fail_all(f->l, "relay", 2);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "relay mended"), 2);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 3);
    assert_int_equal(row_of(f->l, "n0").attempts, 1); /* history stays */
    assert_int_equal(row_of(f->l, "n0").due_ms, NOON + 70000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lease(f->l, "relay", 1, NOON + 70000, &row), 1);
        assert_int_equal(row.tries, 0); /* the schedule counts from the start */
        settle(f->l, row.delivery, DELIVERY_FAILED);
        leased_clear(&row);
    }
    assert_int_equal(row_of(f->l, "n0").attempts, 2);
    must_balance(f->l);
}

static void retries_one_notice_by_its_id(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    fail_all(f->l, "relay", 3);
    assert_int_equal(retry(f->l, select_id("n1"), ""), 1);
    assert_int_equal(row_of(f->l, "n1").state, DELIVERY_WAITING);
    assert_int_equal(row_of(f->l, "n2").state, DELIVERY_FAILED);
}

static void leaves_what_arrived_or_is_on_its_way(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    lease_one(f->l, "relay");
    assert_int_equal(retry(f->l, select_id("n0"), ""), 0);
    assert_int_equal(retry(f->l, select_id("n1"), ""), 0);
    assert_int_equal(retry(f->l, select_id("n2"), ""), 0);
    assert_int_equal(retry(f->l, SELECTOR_ALL, ""), 0);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 1);
}

static void send_back(struct ledger *l, int64_t delivery, const char *cause)
{
    const struct settlement s = {.delivery = delivery,
                                 .state = DELIVERY_WAITING,
                                 .due_ms = NOON + 9000000,
                                 .now_ms = NOON + 5000,
                                 .cause = cause,
                                 .transport = "relay"};
    struct error err = {0};
    bool settled = false;
    must(ledger_settle(l, &s, &settled, &err), &err);
    assert_true(settled);
}

/* Takes a retry to its end and adds up why what was left. */
static int64_t retry_and_tell(struct ledger *l, struct selector selector,
                              int64_t barred[RETRY_BARS])
{
    struct action action = action_of("");
    struct retry r = {.selector = &selector, .place.limit = 256, .place.more = true};
    struct error err = {0};
    int64_t count = 0;
    memset(barred, 0, RETRY_BARS * sizeof(*barred));
    for (; r.place.more; count += r.count) {
        must(ledger_retry(l, &r, &action, &err), &err);
        for (int bar = 0; bar < RETRY_BARS; bar++)
            barred[bar] += r.barred[bar];
    }
    return count;
}

static void makes_due_what_a_gate_sent_back_if_it_is_named(void **state)
{
    struct fixture *f = *state;
    struct selector window = SELECTOR_ALL;
    int64_t barred[RETRY_BARS];
    window.cause = "window";
    take_in_many(f->l, "n", 4);
    for (int i = 0; i < 3; i++)
        send_back(f->l, lease_one(f->l, "relay"), i < 2 ? "window" : "rate");
    assert_int_equal(retry(f->l, SELECTOR_ALL, ""), 0);
    assert_int_equal(count_retry(f->l, select_state(DELIVERY_WAITING)), 3);
    assert_int_equal(retry_and_tell(f->l, select_id("n1"), barred), 1);
    assert_int_equal(row_of(f->l, "n1").due_ms, NOON + 70000);
    assert_int_equal(retry_and_tell(f->l, window, barred), 1);
    assert_int_equal(retry_and_tell(f->l, select_state(DELIVERY_WAITING), barred), 1);
    assert_int_equal(barred[RETRY_DUE], 3); /* two by now, and the one never sent back */
    for (int i = 0; i < 4; i++) {
        struct leased row;
        assert_int_equal(lease(f->l, "relay", 1, NOON + 70000, &row), 1);
        leased_clear(&row);
    }
    must_balance(f->l);
}

static void tells_why_what_was_named_is_left(void **state)
{
    struct fixture *f = *state;
    int64_t barred[RETRY_BARS];
    struct notice n;
    make_notice(&n, "old", "old");
    n.job.expires_at_ms = NOON + 60000;
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    assert_true(settle(f->l, lease_one(f->l, "relay"), DELIVERY_EXPIRED));
    take_in_many(f->l, "n", 2);
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED);
    assert_int_equal(retry_and_tell(f->l, select_state(DELIVERY_EXPIRED), barred), 0);
    assert_int_equal(barred[RETRY_EXPIRED], 1);
    assert_int_equal(retry_and_tell(f->l, select_id("n0"), barred), 0);
    assert_int_equal(barred[RETRY_ARRIVED], 1);
    assert_int_equal(retry_and_tell(f->l, select_id("n1"), barred), 0);
    assert_int_equal(barred[RETRY_DUE], 1);
}

struct met {
    size_t count;
    char last[64];
    bool rests;
};

static bool note_met(void *context, const struct retry_way *way)
{
    struct met *met = context;
    met->count++;
    snprintf(met->last, sizeof(met->last), "%s %s %s", way->transport,
             channel_kind_name(way->channel), way->address);
    return met->rests;
}

/* Who asks knows whether what is due waits for something that rests: then it counts. */
static void asks_of_what_is_due_or_moved_whether_it_counts(void **state)
{
    struct fixture *f = *state;
    struct met met = {0};
    const struct selector waiting = select_state(DELIVERY_WAITING);
    const struct action action = {
        .verb = "retry", .who = "uid 1", .reason = "", .selector = "", .now_ms = NOON};
    struct retry r = {.selector = &waiting, .place.limit = 256, .meet = note_met, .context = &met};
    struct error err;
    take_in_many(f->l, "n", 3);
    send_back(f->l, lease_one(f->l, "relay"), "window");
    assert_int_equal(ledger_retry(f->l, &r, &action, &err), 0);
    assert_int_equal(met.count, 3);
    assert_string_equal(met.last, "relay email kim@example.com");
    assert_int_equal(r.count, 1);
    assert_int_equal(r.barred[RETRY_DUE], 2);
    r = (struct retry){.selector = &waiting, .place.limit = 256, .meet = note_met, .context = &met};
    met.rests = true;
    assert_int_equal(ledger_retry(f->l, &r, &action, &err), 0);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.barred[RETRY_DUE], 0);
    r = (struct retry){.selector = &waiting, .place.limit = 256, .meet = note_met, .context = &met};
    met.count = 0;
    assert_int_equal(ledger_count_retry(f->l, &r, &err), 0);
    assert_int_equal(met.count, 0); /* who only counts changes nothing */
    must_balance(f->l);
}

static void needs_the_state_or_the_notice_named_for_what_was_put_aside(void **state)
{
    static const enum delivery_state aside[] = {DELIVERY_UNCERTAIN, DELIVERY_HELD,
                                                DELIVERY_SUPPRESSED, DELIVERY_CANCELLED};
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(aside); i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "aside%zu", i);
        make_notice(&n, id, id);
        n.deliveries[0].state = aside[i];
        take_in(f->l, &n);
    }
    assert_int_equal(retry(f->l, SELECTOR_ALL, ""), 0);
    assert_int_equal(retry(f->l, select_state(DELIVERY_UNCERTAIN), ""), 1);
    assert_int_equal(retry(f->l, select_id("aside2"), ""), 1);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 2);
    must_balance(f->l);
}

/* An e-mail that failed over to an SMS. */
static int64_t accept_failed_over(struct ledger *l, const char *id)
{
    struct notice n;
    make_notice(&n, id, id);
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.a.spare_count = 1;
    take_in(l, &n);
    struct settlement s = settlement_of(lease_one(l, "relay"), DELIVERY_FAILED);
    s.next_channel = true;
    assert_true(settle_with(l, &s));
    return lease_one(l, "kannel");
}

static void does_not_tell_a_person_twice(void **state)
{
    struct fixture *f = *state;
    int64_t sms = accept_failed_over(f->l, "a");
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), ""), 0); /* the SMS runs */
    settle(f->l, sms, DELIVERY_DELIVERED);
    assert_int_equal(retry(f->l, select_id("a"), ""), 0); /* the SMS told her */
}

static void begins_one_of_two_failed_channels_again(void **state)
{
    struct fixture *f = *state;
    settle(f->l, accept_failed_over(f->l, "a"), DELIVERY_FAILED);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), ""), 1);
    struct seen_rows seen;
    assert_int_equal(walk(f->l, select_id("a"), 0, 10, &seen), 2);
    assert_int_equal(seen.rows[0].state, DELIVERY_WAITING);
    assert_int_equal(seen.rows[1].state, DELIVERY_FAILED);
    must_balance(f->l);
}

static void counts_exactly_what_a_retry_would_move(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    settle(f->l, accept_failed_over(f->l, "a"), DELIVERY_FAILED);
    take_in_many(f->l, "n", 2);
    fail_all(f->l, "relay", 2);
    assert_int_equal(count_retry(f->l, failed), 3); /* four failed, two of them for one person */
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 4);
    must_balance(f->l);
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    assert_int_equal(count_retry(reader, failed), 3); /* beside the one who writes */
    ledger_close(reader);
    assert_int_equal(retry(f->l, failed, ""), 3);
}

/* ---- in steps ---- */

#define MANY 600

static void take_in_failed(struct ledger *l, int count)
{
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < count; i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        make_notice(&n, id, id);
        n.deliveries[0].state = DELIVERY_FAILED;
        take_in(l, &n);
    }
    must(ledger_commit(l, &err), &err);
}

static void step(struct ledger *l, struct retry *r)
{
    struct action action = action_of("in steps");
    struct error err = {0};
    must(ledger_retry(l, r, &action, &err), &err);
}

static void takes_a_long_retry_in_steps_that_end(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    struct retry r = {.selector = &failed, .place.limit = 1};
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    assert_int_equal(r.count, 256); /* a page at least */
    assert_true(r.place.more);
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), MANY - 256);
    step(f->l, &r);
    step(f->l, &r);
    assert_int_equal(r.count, MANY - 512);
    assert_false(r.place.more);
    must_balance(f->l);
}

/* What fails again while the steps go on would otherwise be sent for ever. */
static void leaves_alone_what_failed_again_or_came_later(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    struct retry r = {.selector = &failed, .place.limit = 1, .place.more = true};
    struct notice late;
    int64_t count = 0;
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    fail_all(f->l, "relay", 1);
    make_notice(&late, "late", "late");
    late.deliveries[0].state = DELIVERY_FAILED;
    take_in(f->l, &late);
    for (count = r.count; r.place.more; count += r.count)
        step(f->l, &r);
    assert_int_equal(count, MANY);
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 2);
}

static void costs_a_step_no_more_when_nothing_fits(void **state)
{
    struct fixture *f = *state;
    struct selector nobody = select_state(DELIVERY_FAILED);
    struct retry r = {.selector = &nobody, .place.limit = 64}; /* a page of nobody */
    nobody.template_name = "no_such_letter";
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    assert_int_equal(r.count, 0);
    assert_true(r.place.more);
    assert_int_equal(r.place.after, 256);
}

/* ---- the record ---- */

struct seen_actions {
    char previous[8][DIGEST_HEX_SIZE], hash[8][DIGEST_HEX_SIZE], text[8][512];
    size_t count;
};

static void see_action(void *context, const struct action_row *row)
{
    struct seen_actions *seen = context;
    assert_true(seen->count < COUNT_OF(seen->hash));
    snprintf(seen->previous[seen->count], DIGEST_HEX_SIZE, "%s", row->previous);
    snprintf(seen->hash[seen->count], DIGEST_HEX_SIZE, "%s", row->hash);
    snprintf(seen->text[seen->count], sizeof(seen->text[0]),
             "[%lld,%lld,\"%s\",\"%s\",\"%s\",%lld,\"%s\",\"%s\"]", (long long)row->number,
             (long long)row->action.now_ms, row->action.verb, row->action.who, row->action.selector,
             (long long)row->count, row->action.reason, row->previous);
    seen->count++;
}

static void see_actions(struct ledger *l, struct seen_actions *out)
{
    struct error err = {0};
    out->count = 0;
    must(ledger_walk_actions(l, see_action, out, &err), &err);
}

static void records_actions_in_a_chain_anyone_can_recompute(void **state)
{
    struct fixture *f = *state;
    struct seen_actions seen;
    take_in_many(f->l, "n", 2);
    fail_all(f->l, "relay", 2);
    retry(f->l, select_id("n0"), "the first one");
    retry(f->l, select_id("n1"), "und noch einer: 김민준");
    reopen(f);
    see_actions(f->l, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(strspn(seen.previous[0], "0"), 64);
    assert_string_equal(seen.previous[1], seen.hash[0]);
    for (size_t i = 0; i < seen.count; i++) {
        unsigned char digest[DIGEST_SIZE];
        char hex[DIGEST_HEX_SIZE];
        digest_sha256(seen.text[i], strlen(seen.text[i]), digest);
        assert_string_equal(seen.hash[i], digest_hex(digest, hex));
    }
    assert_non_null(strstr(seen.text[1], "und noch einer: 김민준"));
    must_balance(f->l);
}

static void tell_act(void *context, const struct action_row *row)
{
    struct buf *out = context;
    buf_printf(out, "%s %s %lld %lld;", row->action.who, row->action.verb, (long long)row->count,
               (long long)row->pending);
}

static void must_tell(struct ledger *l, const char *expected)
{
    struct buf told = {0};
    struct error err = {0};
    must(ledger_walk_actions(l, tell_act, &told, &err), &err);
    assert_string_equal(buf_text(&told), expected);
    buf_free(&told);
}

static void records_a_long_retry_by_its_beginning_and_its_end(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    struct retry r = {.selector = &failed, .place.limit = 1};
    struct seen_actions seen;
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 0;");
    step(f->l, &r);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 256;");
    step(f->l, &r);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 -1;uid 1000 (jana) retry ended 344 -1;");
    see_actions(f->l, &seen);
    assert_non_null(strstr(seen.text[1], "{\"action\":1}"));
    must_balance(f->l);
}

/* Who began it is gone, and the daemon lives on. */
static void closes_a_retry_that_stood_still_when_another_begins(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    struct selector one = select_id("n598"), another = select_id("n599");
    struct retry r = {.selector = &failed, .place.limit = 1};
    struct retry second = {.selector = &one, .place.limit = 1000};
    struct retry third = {.selector = &another, .place.limit = 1000};
    struct action action = action_of("");
    struct error err = {0};
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    action.now_ms += 50000;
    must(ledger_retry(f->l, &r, &action, &err), &err);
    action.now_ms += 50000; /* so it has not stood still for a minute */
    must(ledger_retry(f->l, &second, &action, &err), &err);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 256;uid 1000 (jana) retry 1 -1;");
    action.now_ms += 20000;
    must(ledger_retry(f->l, &third, &action, &err), &err);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 -1;uid 1000 (jana) retry 1 -1;"
                    "dispatcher retry interrupted 256 -1;uid 1000 (jana) retry 1 -1;");
    assert_int_equal(ledger_retry(f->l, &r, &action, &err), ERR_CONFLICT);
    must_balance(f->l);
}

static void shows_a_retry_that_was_interrupted(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    struct retry r = {.selector = &failed, .place.limit = 1};
    struct action action = action_of("");
    struct error err = {0};
    size_t none = 0;
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    step(f->l, &r);
    reopen(f);
    must(ledger_recover(f->l, NULL, NULL, NOON + 90000, &none, &none, &err), &err);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 -1;dispatcher retry interrupted 256 -1;");
    must_balance(f->l);
    assert_int_equal(ledger_retry(f->l, &r, &action, &err), ERR_CONFLICT); /* it is closed */
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), MANY - 512);
    assert_int_equal(retry(f->l, failed, "the rest"), MANY - 512);
}

static void lets_nobody_add_to_the_retry_of_another(void **state)
{
    struct fixture *f = *state;
    struct selector failed = select_state(DELIVERY_FAILED);
    struct retry r = {.selector = &failed, .place.limit = 1};
    struct action other = action_of("");
    struct error err = {0};
    take_in_failed(f->l, MANY);
    step(f->l, &r);
    other.who = "uid 1001 (kim)";
    assert_int_equal(ledger_retry(f->l, &r, &other, &err), ERR_CONFLICT);
    must_tell(f->l, "uid 1000 (jana) retry begun 256 0;");
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), MANY - 256);
}

static void records_nothing_when_nothing_matched(void **state)
{
    struct fixture *f = *state;
    struct seen_actions seen;
    take_in_many(f->l, "n", 1);
    assert_int_equal(retry(f->l, select_state(DELIVERY_FAILED), "no reason"), 0);
    see_actions(f->l, &seen);
    assert_int_equal(seen.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(retries_what_is_selected_and_begins_the_schedule_anew),
        TEST(retries_one_notice_by_its_id),
        TEST(leaves_what_arrived_or_is_on_its_way),
        TEST(needs_the_state_or_the_notice_named_for_what_was_put_aside),
        TEST(does_not_tell_a_person_twice),
        TEST(begins_one_of_two_failed_channels_again),
        TEST(makes_due_what_a_gate_sent_back_if_it_is_named),
        TEST(asks_of_what_is_due_or_moved_whether_it_counts),
        TEST(tells_why_what_was_named_is_left),
        TEST(counts_exactly_what_a_retry_would_move),
        TEST(takes_a_long_retry_in_steps_that_end),
        TEST(leaves_alone_what_failed_again_or_came_later),
        TEST(costs_a_step_no_more_when_nothing_fits),
        TEST(records_a_long_retry_by_its_beginning_and_its_end),
        TEST(closes_a_retry_that_stood_still_when_another_begins),
        TEST(shows_a_retry_that_was_interrupted),
        TEST(lets_nobody_add_to_the_retry_of_another),
        TEST(records_actions_in_a_chain_anyone_can_recompute),
        TEST(records_nothing_when_nothing_matched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
