/* What is asked for each receipt, escalation or address is found by an index, however much there
 * is. About SQLite, unlike its neighbours. */
#include "receipts.h"

#include "ledger/ledger_backend.h"

#define ROWS 300

static void fill(struct ledger *l)
{
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < ROWS; i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        make_notice(&n, id, id);
        n.deliveries[0].patience_ms = 1000 + i;
        n.deliveries[0].confirm = true;
        n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
        n.a.spare_count = 1;
        take_in(l, &n);
    }
    for (int i = 0; i < ROWS; i++) {
        char message[16];
        snprintf(message, sizeof(message), "m%d", i);
        int64_t delivery = send_named(l, DELIVERY_DELIVERED, message);
        struct receipt r = receipt_named(RECEIPT_ACCEPTED, message);
        note(l, &r, delivery, DELIVERY_DELIVERED);
        snprintf(message, sizeof(message), "x%d", i);
        r.message_id = message;
        note(l, &r, 0, DELIVERY_DELIVERED);
        struct suppression s = {.channel = CHANNEL_EMAIL,
                                .address = message,
                                .cause = "bad_recipient",
                                .source = "bounce"};
        must(ledger_suppress(l, &s, NULL, &err), &err);
    }
    must(ledger_commit(l, &err), &err);
}

static void must_not_scan(struct ledger *l, int64_t before, const char *what)
{
    int64_t scanned = db_scanned_ever(l->db) - before;
    if (scanned != 0)
        fail_msg("%s: %lld steps without an index", what, (long long)scanned);
}

static void receipts_are_found_and_booked_by_index(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    fill(f->l);
    int64_t before = db_scanned_ever(f->l->db);
    struct receipt r = receipt_named(RECEIPT_FAILED, "m77");
    int64_t delivery = find_number(f->l, &r, 0);
    must_not_scan(f->l, before, "find by message");
    r = receipt_of(RECEIPT_FAILED);
    r.notice_id = (char *)(uintptr_t) "n78";
    find_number(f->l, &r, 0);
    must_not_scan(f->l, before, "find by id");
    bounce(f->l, delivery);
    must_not_scan(f->l, before, "book");
    receipts_of(f->l, delivery, &seen);
    must_not_scan(f->l, before, "walk");
}

static void parked_ones_are_found_by_index(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    fill(f->l);
    take_in_many(f->l, "other", 2);
    int64_t flying = lease_one(f->l, "relay");
    int64_t before = db_scanned_ever(f->l->db);
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    note(f->l, &r, flying, DELIVERY_IN_FLIGHT);
    settle(f->l, flying, DELIVERY_DELIVERED);
    send_named(f->l, DELIVERY_DELIVERED, "x5");
    must_not_scan(f->l, before, "settle");
    assert_int_equal(walk_parked(f->l, NOON + 10000, &seen), 2);
    must_not_scan(f->l, before + 1, "walk"); /* from one to the next of an index of only these */
    assert_int_equal(walk_parked(f->l, NOON + 1000000000, &seen), 0);
    must_not_scan(f->l, before + 1, "give up");
}

static void escalate(void *context, const struct leased *row, enum delivery_state state)
{
    bool moved = false;
    struct error err = {0};
    (void)state;
    must(ledger_escalate(context, row->delivery, NULL, 0, NOON + 99999, &moved, &err), &err);
    assert_true(moved);
}

static void the_overdue_are_found_by_index(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t count = 0;
    fill(f->l);
    reopen(f);
    int64_t before = db_scanned_ever(f->l->db);
    must(ledger_walk_overdue(f->l, NOON + 99999, 50, escalate, f->l, &count, &err), &err);
    assert_int_equal(count, 50);
    must_not_scan(f->l, before, "walk and escalate");
}

static void who_waits_for_word_is_counted_by_index(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct awaiting awaiting;
    struct purge_kept kept;
    fill(f->l);
    int64_t before = db_scanned_ever(f->l->db);
    must(ledger_count_awaiting(f->l, 0, &awaiting, &err), &err);
    assert_int_equal(awaiting.count, ROWS);
    assert_int_equal(awaiting.first_ms, NOON + 1000);
    assert_int_equal(awaiting.last_ms, NOON + 1000 + ROWS - 1);
    must_not_scan(f->l, before, "count");
    must(ledger_count_kept(f->l, NOON + 1, &kept, &err), &err);
    assert_int_equal(kept.notices, ROWS);
    assert_true(db_scanned_ever(f->l->db) - before <= ROWS); /* the rows of the answer */
}

static void suppressed_addresses_are_found_by_index(void **state)
{
    struct fixture *f = *state;
    struct suppression s;
    struct error err = {0};
    bool found = false;
    fill(f->l);
    int64_t before = db_scanned_ever(f->l->db);
    must(ledger_find_suppression(f->l, CHANNEL_EMAIL, "x9", NOON, &found, &s, &err), &err);
    assert_true(found);
    must(ledger_unsuppress(f->l, CHANNEL_EMAIL, "x9", NULL, &found, &err), &err);
    assert_true(found);
    assert_true(db_scanned_ever(f->l->db) - before <= 1); /* is there any other? */
}

/* ---- steps among many ---- */

/* Among so many others, some of each kind; the second ones are of a campaign. */
#define FEW     24
#define CROWD   600
#define ALLOWED 3 / 2 /* an index that is deeper costs a little */

static int64_t add(struct ledger *l, const char *name, const char *campaign, int count,
                   enum delivery_state state, const char *cause)
{
    int64_t last = 0;
    for (int i = 0; i < count; i++) {
        struct notice n;
        char id[32];
        snprintf(id, sizeof(id), "%s%d", name, i);
        make_notice(&n, id, id);
        n.job.campaign = (char *)(uintptr_t)campaign;
        take_in(l, &n);
        if (state == DELIVERY_WAITING)
            continue;
        struct settlement s = settlement_of(lease_one(l, "relay"), state);
        s.cause = cause;
        s.due_ms = NOON + 5000000;
        settle_with(l, &s);
        last = s.delivery;
    }
    return last;
}

/* What is looked for, before what only stands beside it. */
static void put_few(struct ledger *l)
{
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    add(l, "failed", NULL, FEW, DELIVERY_FAILED, "policy");
    add(l, "deferred", NULL, FEW, DELIVERY_DEFERRED, "busy");
    add(l, "held", NULL, FEW, DELIVERY_HELD, "operator");
    add(l, "waiting", "spring", FEW, DELIVERY_WAITING, "");
    must(ledger_commit(l, &err), &err);
}

static void put_crowd(struct ledger *l)
{
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < FEW; i++) /* those that wait are not leased again */
        settle(l, lease_one(l, "relay"), DELIVERY_DELIVERED);
    add(l, "arrived", NULL, CROWD, DELIVERY_DELIVERED, "");
    add(l, "again", "spring", FEW, DELIVERY_WAITING, "");
    must(ledger_commit(l, &err), &err);
}

static int64_t cost_of_act(struct ledger *l, enum act_kind kind, struct selector selector)
{
    struct error err = {0};
    struct act a = {.kind = kind, .selector = &selector, .place.limit = 2048, .place.more = true};
    int64_t before = db_worked_ever(l->db);
    int64_t count = 0;
    for (; a.place.more; count += a.count)
        must(ledger_count_act(l, &a, &err), &err);
    assert_true(count > 0);
    return db_worked_ever(l->db) - before;
}

static int64_t cost_of_retry(struct ledger *l, const char *cause)
{
    struct selector selector = SELECTOR_ALL;
    selector.cause = cause;
    int64_t before = db_worked_ever(l->db);
    assert_int_equal(count_retry(l, selector), FEW);
    return db_worked_ever(l->db) - before;
}

static void see_census(void *context, const struct census_row *row)
{
    (void)row;
    (*(int *)context)++;
}

static int64_t cost_of_census(struct ledger *l)
{
    const struct selector all = SELECTOR_ALL;
    struct census c = {.selector = &all, .limit = 10, .more = true};
    struct error err = {0};
    int count = 0;
    int64_t before = db_worked_ever(l->db);
    c.states[DELIVERY_WAITING] = c.states[DELIVERY_DEFERRED] = c.states[DELIVERY_FAILED] = true;
    while (c.more)
        must(ledger_take_census(l, &c, see_census, &count, &err), &err);
    assert_int_equal(count, 3 * FEW);
    return db_worked_ever(l->db) - before;
}

static int64_t cost_of_list(struct ledger *l, enum delivery_state state)
{
    struct seen_rows seen;
    int64_t before = db_worked_ever(l->db);
    assert_int_equal(walk(l, select_state(state), 0, FEW, &seen), FEW);
    return db_worked_ever(l->db) - before;
}

enum { HOLD, RELEASE, EXPIRE, BY_CAUSE, RETRY, CENSUS, LIST, COSTS };

static void look_at_all(struct ledger *l, int64_t out[COSTS])
{
    struct selector busy = SELECTOR_ALL;
    busy.cause = "busy";
    out[HOLD] = cost_of_act(l, ACT_HOLD, SELECTOR_ALL);
    out[RELEASE] = cost_of_act(l, ACT_RELEASE, SELECTOR_ALL);
    out[EXPIRE] = cost_of_act(l, ACT_EXPIRE, SELECTOR_ALL);
    out[BY_CAUSE] = cost_of_act(l, ACT_HOLD, busy);
    out[RETRY] = cost_of_retry(l, "policy");
    out[CENSUS] = cost_of_census(l);
    out[LIST] = cost_of_list(l, DELIVERY_FAILED);
}

static void what_arrived_costs_no_verb_anything(void **state)
{
    static const char *const names[COSTS] = {"hold",  "release", "expire", "hold by cause",
                                             "retry", "census",  "queue"};
    struct fixture *f = *state;
    int64_t few[COSTS], crowd[COSTS];
    put_few(f->l);
    look_at_all(f->l, few);
    put_crowd(f->l);
    look_at_all(f->l, crowd);
    for (size_t i = 0; i < COSTS; i++) {
        if (crowd[i] > few[i] * ALLOWED)
            fail_msg("%s: %lld steps, and %lld among %d that arrived", names[i], (long long)few[i],
                     (long long)crowd[i], CROWD);
    }
}

/* As a batch is: page behind page, none passes again what those before looked at. */
static void what_is_due_together_is_passed_once(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t once = 0;
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    add(f->l, "few", NULL, CROWD, DELIVERY_WAITING, "");
    must(ledger_commit(f->l, &err), &err);
    once = cost_of_act(f->l, ACT_HOLD, SELECTOR_ALL);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    add(f->l, "more", NULL, 3 * CROWD, DELIVERY_WAITING, "");
    must(ledger_commit(f->l, &err), &err);
    assert_true(cost_of_act(f->l, ACT_HOLD, SELECTOR_ALL) < 4 * once * ALLOWED);
}

/* ---- what is asked of few among many of the same state ---- */

static int64_t cost_of_cause(struct ledger *l, struct selector selector)
{
    struct seen_rows seen;
    selector.cause = "busy";
    int64_t before = db_worked_ever(l->db);
    assert_int_equal(walk(l, selector, 0, FEW + 1, &seen), FEW);
    cost_of_act(l, ACT_HOLD, selector);
    assert_int_equal(count_retry(l, selector), FEW);
    return db_worked_ever(l->db) - before;
}

static void others_that_wait_cost_who_asks_for_a_cause_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    add(f->l, "busy", NULL, FEW, DELIVERY_DEFERRED, "busy");
    must(ledger_commit(f->l, &err), &err);
    int64_t few = cost_of_cause(f->l, SELECTOR_ALL);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    add(f->l, "rate", NULL, FEW, DELIVERY_DEFERRED, "rate");
    add(f->l, "more", NULL, CROWD, DELIVERY_WAITING, "");
    must(ledger_commit(f->l, &err), &err);
    assert_true(cost_of_cause(f->l, SELECTOR_ALL) <= few * ALLOWED);
}

static void count_action(void *context, const struct action_row *row)
{
    assert_non_null(strstr(row->action.selector, "spring"));
    (*(int *)context)++;
}

static int64_t cost_of_actions(struct ledger *l, const char *campaign, int expected)
{
    struct error err = {0};
    int count = 0;
    int64_t before = db_worked_ever(l->db);
    must(ledger_walk_campaign_actions(l, campaign, count_action, &count, &err), &err);
    assert_int_equal(count, expected);
    return db_worked_ever(l->db) - before;
}

static void record(struct ledger *l, const char *selector, int times)
{
    struct error err = {0};
    struct action action = action_of("");
    action.selector = selector;
    for (int i = 0; i < times; i++)
        must(ledger_record_action(l, &action, 1, &err), &err);
}

static void decisions_on_others_cost_those_on_a_campaign_nothing(void **state)
{
    struct fixture *f = *state;
    record(f->l, "{\"campaign\":\"spring\"}", FEW);
    record(f->l, "{\"campaign\":\"spring\",\"go_on\":true}", 1);
    record(f->l, "{\"batch\":\"b\",\"campaign\":\"spring\"}", 1);
    int64_t few = cost_of_actions(f->l, "spring", FEW + 2);
    record(f->l, "{\"campaign\":\"spring-2\"}", CROWD / 2);
    record(f->l, "{\"id\":\"campaign\"}", CROWD / 2);
    record(f->l, "", 1);
    assert_true(cost_of_actions(f->l, "spring", FEW + 2) <= few * ALLOWED);
    cost_of_actions(f->l, "sprin", 0);
    cost_of_actions(f->l, "", 0);
}

/* Of a batch, or by state and cause: some 20 instructions, where a look at the row would make it
 * half as many again. */
#define INSTRUCTIONS 26

static void who_only_counts_does_not_look_at_the_rows(void **state)
{
    static const char *const name = "b";
    struct fixture *f = *state;
    struct error err = {0};
    const struct selector all = SELECTOR_ALL;
    struct census open = {.selector = &all, .limit = CROWD, .more = true, .places = true};
    struct census failed = {.selector = &all, .limit = CROWD, .more = true};
    int count = 0;
    put_patient_batch(f->l, name, ROWS, 1000, 0, false);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    add(f->l, "failed", NULL, ROWS, DELIVERY_FAILED, "policy");
    must(ledger_commit(f->l, &err), &err);
    open.states[DELIVERY_WAITING] = failed.states[DELIVERY_FAILED] = true;
    int64_t before = db_worked_ever(f->l->db);
    must(ledger_take_census(f->l, &open, see_census, &count, &err), &err);
    int64_t cost = db_worked_ever(f->l->db) - before;
    assert_int_equal(count, ROWS);
    if (cost > (int64_t)ROWS * INSTRUCTIONS)
        fail_msg("what waits: %lld", (long long)cost);
    before = db_worked_ever(f->l->db);
    must(ledger_take_census(f->l, &failed, see_census, &count, &err), &err);
    cost = db_worked_ever(f->l->db) - before;
    assert_int_equal(count, 2 * ROWS);
    if (cost > (int64_t)ROWS * INSTRUCTIONS)
        fail_msg("what failed: %lld", (long long)cost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(receipts_are_found_and_booked_by_index),
        TEST(parked_ones_are_found_by_index),
        TEST(the_overdue_are_found_by_index),
        TEST(who_waits_for_word_is_counted_by_index),
        TEST(suppressed_addresses_are_found_by_index),
        TEST(what_arrived_costs_no_verb_anything),
        TEST(what_is_due_together_is_passed_once),
        TEST(others_that_wait_cost_who_asks_for_a_cause_nothing),
        TEST(decisions_on_others_cost_those_on_a_campaign_nothing),
        TEST(who_only_counts_does_not_look_at_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
