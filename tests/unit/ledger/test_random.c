/*
 * Thousands of random operations against a model in memory that is too simple to be wrong: after
 * each, all counts and lanes must agree; now and then the books are recounted. Rollbacks and
 * reopenings (a kill takes what was not committed) come in between. LEDGER_SEED repeats a run.
 */
#include "fixture.h"

#include <time.h>

#define ROWS_MAX   4000
#define TRANSPORTS 2
#define BATCHES    2
#define STEPS      6000

struct row {
    int64_t due_ms;
    int transport, batch; /* batch 0: single */
    enum job_priority priority;
    enum delivery_state state; /* as everybody sees it */
    int tries, crashes, attempts;
    bool suspect;
    bool doubt;                   /* an attempt of it may have arrived */
    int64_t over_ms, patience_ms; /* with a spare channel; 0: without */
    int other;                    /* the other channel of its notice, from 1; 0: there is none */
};

/* Delivery i has the number i + 1. */
struct model {
    struct row rows[ROWS_MAX];
    size_t count;
    int lines[BATCHES + 1];
    bool stopped[BATCHES + 1];
};

struct run {
    struct fixture *f;
    struct model now, before; /* before: when the transaction began */
    bool in_transaction;
    int64_t clock_ms;
    int names;
    uint64_t dice;
};

static const char *const transports[TRANSPORTS] = {"relay", "kannel"};
static const char *const batches[BATCHES + 1] = {"", "b", "b_c"};

static unsigned roll(struct run *r, unsigned sides)
{
    r->dice ^= r->dice << 13;
    r->dice ^= r->dice >> 7;
    r->dice ^= r->dice << 17;
    return (unsigned)(r->dice >> 32) % sides;
}

static struct planned_delivery random_plan(struct run *r, struct row *row)
{
    static const enum delivery_state states[] = {DELIVERY_WAITING,    DELIVERY_WAITING,
                                                 DELIVERY_WAITING,    DELIVERY_WAITING,
                                                 DELIVERY_SUPPRESSED, DELIVERY_HELD};
    row->transport = (int)roll(r, TRANSPORTS);
    row->state = states[roll(r, COUNT_OF(states))];
    row->due_ms = r->clock_ms + (int64_t)roll(r, 20) - 10;
    struct planned_delivery p = plan(row->transport == 0 ? CHANNEL_EMAIL : CHANNEL_SMS,
                                     transports[row->transport], "kim@example.com");
    p.state = row->state;
    p.due_ms = row->due_ms;
    return p;
}

static void accept_one(struct run *r)
{
    struct notice n;
    char id[64];
    struct row row = {.priority = (enum job_priority)roll(r, 3)};
    snprintf(id, sizeof(id), "n%d", r->names++);
    make_notice(&n, id, id);
    n.job.priority = row.priority;
    n.a.now_ms = r->clock_ms;
    n.deliveries[0] = random_plan(r, &row);
    if (roll(r, 3) == 0) {
        row.patience_ms = 1 + (int64_t)roll(r, 30);
        n.deliveries[0].patience_ms = row.patience_ms;
        n.spare[0] = plan(CHANNEL_SMS, transports[1], "+821012345678");
        n.a.spare_count = 1;
        if (row.state != DELIVERY_SUPPRESSED)
            row.over_ms = (row.due_ms > r->clock_ms ? row.due_ms : r->clock_ms) + row.patience_ms;
    }
    assert_int_equal(take_in(r->f->l, &n), ACCEPT_NEW);
    r->now.rows[r->now.count++] = row;
}

static void put_one(struct run *r)
{
    struct error err = {0};
    char recipient[32];
    bool known = false;
    int batch = 1 + (int)roll(r, BATCHES);
    struct row row = {.batch = batch, .priority = JOB_NORMAL};
    int number = ++r->now.lines[batch];
    snprintf(recipient, sizeof(recipient), "r%d", number);
    struct planned_delivery p = random_plan(r, &row);
    struct planned_line line = {.line = number,
                                .offset = number * 100,
                                .length = 99,
                                .recipient = recipient,
                                .template_name = "apology",
                                .locale = roll(r, 2) == 0 ? "de" : "ko",
                                .deliveries = &p,
                                .count = 1};
    must(ledger_put_line(r->f->l, batch, &line, r->clock_ms, &known, &err), &err);
    must(ledger_advance_batch(r->f->l, batch, number + 1, number * 100, false, &err), &err);
    assert_false(known);
    r->now.rows[r->now.count++] = row;
}

/* ---- lanes ---- */

static bool stands_in(const struct row *row, const struct lane *lane)
{
    return (row->state == DELIVERY_WAITING || row->state == DELIVERY_DEFERRED) &&
           row->batch == lane->batch && row->priority == lane->priority &&
           strcmp(transports[row->transport], lane->transport) == 0;
}

/* The next one of a lane behind what is marked as taken; -1: there is none. */
static int next_of(const struct model *m, const struct lane *lane)
{
    int best = -1;
    for (size_t i = 0; i < m->count; i++) {
        if (stands_in(&m->rows[i], lane) && (best < 0 || m->rows[i].due_ms < m->rows[best].due_ms))
            best = (int)i;
    }
    return best;
}

static void compare_lanes(struct run *r)
{
    size_t count = 0;
    size_t standing = 0;
    const struct lane *lanes = ledger_lanes(r->f->l, &count);
    for (size_t i = 0; i < count; i++) {
        int next = next_of(&r->now, &lanes[i]);
        assert_int_equal(lanes[i].next_due_ms, next < 0 ? INT64_MAX : r->now.rows[next].due_ms);
        assert_int_equal(lanes[i].stopped, r->now.stopped[lanes[i].batch]);
        for (size_t k = 0; k < r->now.count; k++)
            standing += stands_in(&r->now.rows[k], &lanes[i]);
    }
    for (size_t k = 0; k < r->now.count; k++) /* no lane is missing */
        standing -=
            r->now.rows[k].state == DELIVERY_WAITING || r->now.rows[k].state == DELIVERY_DEFERRED;
    assert_int_equal(standing, 0);
}

static void lease_some(struct run *r)
{
    size_t count = 0;
    struct leased out[16];
    const struct lane *lanes = ledger_lanes(r->f->l, &count);
    if (count == 0)
        return;
    struct lane lane = lanes[roll(r, (unsigned)count)];
    size_t limit = 1 + roll(r, COUNT_OF(out));
    size_t got = lease_lane(r->f->l, lane.lane, limit, r->clock_ms, out);
    for (size_t i = 0; i < got; i++) {
        int expected = next_of(&r->now, &lane);
        struct row *row = &r->now.rows[expected];
        assert_true(expected >= 0 && row->due_ms <= r->clock_ms && !lane.stopped);
        assert_int_equal(out[i].delivery, expected + 1);
        assert_int_equal(out[i].tries, row->tries);
        assert_int_equal(out[i].crashes, row->crashes);
        assert_int_equal(out[i].suspect, row->suspect);
        assert_true(!row->suspect || got == 1);
        row->state = DELIVERY_IN_FLIGHT;
        leased_clear(&out[i]);
    }
    int next = next_of(&r->now, &lane);
    if (next >= 0 && r->now.rows[next].due_ms <= r->clock_ms && got < limit && !lane.stopped)
        assert_true(r->now.rows[next].suspect || (got == 1)); /* why else so few */
}

/* ---- settling ---- */

static int random_in(struct run *r, enum delivery_state state)
{
    size_t start = r->now.count == 0 ? 0 : roll(r, (unsigned)r->now.count);
    for (size_t i = 0; i < r->now.count; i++) {
        size_t at = (start + i) % r->now.count;
        if (r->now.rows[at].state == state)
            return (int)at;
    }
    return -1;
}

static void settle_one(struct run *r)
{
    static const enum delivery_state to[] = {
        DELIVERY_DELIVERED, DELIVERY_DELIVERED, DELIVERY_DELIVERED, DELIVERY_DEFERRED,
        DELIVERY_DEFERRED,  DELIVERY_WAITING,   DELIVERY_FAILED,    DELIVERY_UNCERTAIN,
        DELIVERY_HELD,      DELIVERY_EXPIRED};
    struct disposition d;
    int at = random_in(r, DELIVERY_IN_FLIGHT);
    if (at < 0) {
        assert_false(settle(r->f->l, 1 + (int64_t)roll(r, ROWS_MAX), DELIVERY_FAILED));
        return;
    }
    struct row *row = &r->now.rows[at];
    struct settlement s = settlement_of(at + 1, to[roll(r, COUNT_OF(to))]);
    disposition_set(&d, OUTCOME_TRANSIENT, 450, "answer", "450 no", 6);
    s.disposition = roll(r, 3) == 0 ? NULL : &d;
    s.counts = roll(r, 3) != 0;
    s.crashed = roll(r, 8) == 0;
    s.suspect = roll(r, 8) == 0;
    s.now_ms = r->clock_ms;
    s.due_ms = r->clock_ms + (int64_t)roll(r, 20) - 10;
    assert_true(settle_with(r->f->l, &s));
    if (s.state == DELIVERY_EXPIRED && row->doubt)
        s.state = DELIVERY_UNCERTAIN;
    row->state = s.state;
    row->due_ms = s.due_ms;
    row->suspect = s.suspect;
    row->crashes += s.crashed;
    row->tries += s.counts;
    row->attempts += s.counts;
    if (s.state == DELIVERY_DELIVERED || s.state == DELIVERY_EXPIRED)
        row->over_ms = 0;
}

/* ---- receipts and patience ---- */

static void drain(void *context, const struct receipt *receipt, int64_t delivery)
{
    const struct run *r = context;
    assert_int_equal(receipt->kind, RECEIPT_CONFIRMED);
    assert_true(delivery >= 1 && (size_t)delivery <= r->now.count);
}

static void book_one(struct run *r)
{
    static const enum delivery_state lost[] = {DELIVERY_DELIVERED, DELIVERY_UNCERTAIN};
    static const enum delivery_state found[] = {DELIVERY_WAITING,   DELIVERY_DEFERRED,
                                                DELIVERY_HELD,      DELIVERY_FAILED,
                                                DELIVERY_UNCERTAIN, DELIVERY_IN_FLIGHT};
    struct error err = {0};
    bool bounced = roll(r, 2) == 0;
    enum delivery_state from =
        bounced ? lost[roll(r, COUNT_OF(lost))] : found[roll(r, COUNT_OF(found))];
    int at = random_in(r, from);
    if (at < 0)
        return;
    struct receipt receipt = {.kind = bounced ? RECEIPT_FAILED : RECEIPT_CONFIRMED};
    struct receipt_booking b = {.receipt = &receipt,
                                .delivery = at + 1,
                                .state = bounced ? DELIVERY_FAILED : DELIVERY_DELIVERED,
                                .forward = true,
                                .now_ms = r->clock_ms};
    must(ledger_book_receipt(r->f->l, &b, &err), &err);
    if (from == DELIVERY_IN_FLIGHT)
        return;
    r->now.rows[at].state = b.state;
    if (!bounced)
        r->now.rows[at].over_ms = 0;
}

static void drain_parked(struct run *r)
{
    struct error err = {0};
    size_t count = 0;
    must(ledger_walk_parked(r->f->l, r->clock_ms, 7, drain, r, &count, &err), &err);
}

static bool is_overdue(const struct run *r, const struct row *row)
{
    return row->over_ms > 0 && row->over_ms <= r->clock_ms && row->state != DELIVERY_IN_FLIGHT;
}

static void escalate_one(void *context, const struct leased *leased, enum delivery_state state)
{
    struct run *r = context;
    struct error err = {0};
    bool moved = false;
    struct row *row = &r->now.rows[leased->delivery - 1];
    assert_true(is_overdue(r, row));
    assert_int_equal(state, row->state);
    must(ledger_escalate(r->f->l, leased->delivery, NULL, 0, r->clock_ms, &moved, &err), &err);
    assert_true(moved);
    if (!delivery_state_is_final(row->state))
        row->state = DELIVERY_CANCELLED;
    row->over_ms = row->patience_ms = 0;
    r->now.rows[r->now.count] = (struct row){.transport = 1,
                                             .priority = row->priority,
                                             .due_ms = r->clock_ms,
                                             .other = (int)leased->delivery};
    row->other = (int)++r->now.count;
}

static void escalate_some(struct run *r)
{
    struct error err = {0};
    size_t count = 0;
    size_t expected = 0;
    for (size_t i = 0; i < r->now.count; i++)
        expected += is_overdue(r, &r->now.rows[i]);
    size_t limit = 1 + roll(r, 8);
    if (r->now.count + limit > ROWS_MAX)
        return;
    must(ledger_walk_overdue(r->f->l, r->clock_ms, limit, escalate_one, r, &count, &err), &err);
    assert_int_equal(count, expected < limit ? expected : limit);
}

/* Nobody sleeps too long. */
static void compare_patience(struct run *r)
{
    int64_t next_ms = ledger_next_overdue_ms(r->f->l);
    for (size_t i = 0; i < r->now.count; i++) {
        const struct row *row = &r->now.rows[i];
        if (row->over_ms > 0 && row->state != DELIVERY_IN_FLIGHT)
            assert_true(next_ms <= row->over_ms);
    }
}

/* ---- operators ---- */

static bool is_told(const struct run *r, const struct row *row)
{
    if (row->other == 0)
        return false;
    switch (r->now.rows[row->other - 1].state) {
    case DELIVERY_WAITING:
    case DELIVERY_IN_FLIGHT:
    case DELIVERY_DEFERRED:
    case DELIVERY_HELD:
    case DELIVERY_DELIVERED:
    case DELIVERY_UNCERTAIN:
        return true;
    case DELIVERY_FAILED:
    case DELIVERY_SUPPRESSED:
    case DELIVERY_EXPIRED:
    case DELIVERY_CANCELLED:
        break;
    }
    return false;
}

static void retry_some(struct run *r)
{
    static const enum delivery_state states[] = {DELIVERY_FAILED, DELIVERY_DEFERRED, DELIVERY_HELD,
                                                 DELIVERY_UNCERTAIN};
    enum delivery_state state = states[roll(r, COUNT_OF(states))];
    struct action action = action_of("random");
    struct selector selector = select_state(state);
    struct error err = {0};
    int64_t expected = 0;
    int64_t count = 0;
    action.now_ms = r->clock_ms;
    for (size_t i = 0; i < r->now.count; i++) {
        struct row *row = &r->now.rows[i];
        if (row->state != state || is_told(r, row))
            continue;
        expected++;
        row->state = DELIVERY_WAITING;
        row->due_ms = r->clock_ms;
        row->tries = row->crashes = 0;
        row->over_ms = row->patience_ms > 0 ? r->clock_ms + row->patience_ms : 0;
    }
    struct retry again = {.selector = &selector, .place.limit = 1, .place.more = true};
    assert_int_equal(count_retry(r->f->l, selector), expected);
    for (; again.place.more; count += again.count)
        must(ledger_retry(r->f->l, &again, &action, &err), &err);
    assert_int_equal(count, expected);
}

/* What becomes of a row of the model; false: it is left alone. */
static bool act_on(const struct run *r, struct row *row, enum act_kind kind, int64_t *ended)
{
    static const enum delivery_state to[ACT_KINDS] = {
        DELIVERY_HELD, DELIVERY_WAITING, DELIVERY_EXPIRED, DELIVERY_CANCELLED, DELIVERY_DELIVERED};
    bool going = row->state == DELIVERY_WAITING || row->state == DELIVERY_DEFERRED;
    bool held = row->state == DELIVERY_HELD;
    bool lost =
        row->state == DELIVERY_UNCERTAIN || (row->state == DELIVERY_FAILED && !is_told(r, row));
    bool meant[ACT_KINDS] = {going, held, going || held, going || held, going || held || lost};
    bool ends = kind == ACT_EXPIRE || kind == ACT_CANCEL;
    bool still = ends && !meant[kind] && row->state != DELIVERY_IN_FLIGHT && row->over_ms > 0;
    *ended += still;
    if (!meant[kind] && !still)
        return false;
    row->over_ms = 0;
    if (kind == ACT_CANCEL || kind == ACT_DELIVERED)
        row->patience_ms = 0;
    if (still)
        return false;
    row->state = ends && row->doubt ? DELIVERY_UNCERTAIN : to[kind];
    if (kind != ACT_RELEASE)
        return true;
    row->due_ms = r->clock_ms;
    row->crashes = 0;
    row->over_ms = row->patience_ms > 0 ? r->clock_ms + row->patience_ms : 0;
    return true;
}

static void act_on_some(struct run *r)
{
    struct action action = action_of("random");
    struct selector selector = SELECTOR_ALL;
    struct error err = {0};
    int64_t expected = 0, expected_ended = 0, flying = 0, count = 0, ended = 0, in_flight = 0;
    struct act a = {.kind = (enum act_kind)roll(r, ACT_KINDS),
                    .selector = &selector,
                    .place.limit = 1,
                    .now_ms = r->clock_ms,
                    .place.more = true};
    selector.batch = roll(r, 2) == 0 ? batches[1 + roll(r, BATCHES)] : NULL;
    selector.channel = selector.batch == NULL ? (int)roll(r, TRANSPORTS) : -1;
    action.now_ms = r->clock_ms;
    struct act dry = a;
    for (; dry.place.more; expected += dry.count)
        must(ledger_count_act(r->f->l, &dry, &err), &err);
    for (size_t i = 0; i < r->now.count; i++) {
        struct row *row = &r->now.rows[i];
        if (selector.batch != NULL ? strcmp(batches[row->batch], selector.batch) != 0
                                   : row->transport != selector.channel)
            continue;
        flying += row->state == DELIVERY_IN_FLIGHT;
        expected -= act_on(r, row, a.kind, &expected_ended);
    }
    assert_int_equal(expected, 0);
    for (; a.place.more; count += a.count, ended += a.ended, in_flight += a.barred[ACT_IN_FLIGHT]) {
        must(ledger_act(r->f->l, &a, &action, &err), &err);
        expected += a.count;
    }
    assert_int_equal(ended, expected_ended);
    bool all_looked_at = a.kind != ACT_RELEASE;
    assert_int_equal(in_flight, all_looked_at ? flying : 0);
}

static void stop_or_go(struct run *r)
{
    struct error err = {0};
    int batch = 1 + (int)roll(r, BATCHES);
    bool stop = roll(r, 2) == 0;
    must(ledger_stop_batch(r->f->l, batches[batch], stop ? BATCH_PAUSED : BATCH_GOES, "random",
                           false, NULL, &err),
         &err);
    r->now.stopped[batch] = stop;
}

/* ---- transactions and ends ---- */

static void begin_or_end(struct run *r)
{
    struct error err = {0};
    if (!r->in_transaction) {
        must(ledger_begin(r->f->l, roll(r, 2) == 0 ? LEDGER_FAST : LEDGER_DURABLE, &err), &err);
        r->before = r->now;
    } else if (roll(r, 3) != 0) {
        must(ledger_commit(r->f->l, &err), &err);
    } else {
        ledger_rollback(r->f->l);
        r->now = r->before;
    }
    r->in_transaction = !r->in_transaction;
}

static bool holds_kannel(void *context, const char *transport)
{
    (void)context;
    return strcmp(transport, "kannel") == 0;
}

static void recover_model(struct run *r)
{
    for (size_t i = 0; i < r->now.count; i++) {
        struct row *row = &r->now.rows[i];
        if (row->state != DELIVERY_IN_FLIGHT)
            continue;
        row->attempts++;
        row->suspect = true;
        row->doubt = true;
        row->state = row->transport == 1 ? DELIVERY_UNCERTAIN : DELIVERY_DEFERRED;
        if (row->due_ms > r->clock_ms)
            row->due_ms = r->clock_ms;
    }
}

static void die(struct run *r)
{
    size_t deferred, uncertain;
    struct error err = {0};
    if (r->in_transaction)
        r->now = r->before;
    r->in_transaction = false;
    reopen(r->f);
    compare_lanes(r); /* what was in flight still is */
    if (roll(r, 2) == 0)
        return;
    must(ledger_recover(r->f->l, holds_kannel, NULL, r->clock_ms, &deferred, &uncertain, &err),
         &err);
    recover_model(r);
}

static void compare_counts(struct run *r)
{
    int64_t expected[BATCHES + 1][CHANNEL_KINDS][DELIVERY_STATES] = {0};
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct error err = {0};
    for (size_t i = 0; i < r->now.count; i++) {
        const struct row *row = &r->now.rows[i];
        expected[row->batch][row->transport][row->state]++;
    }
    for (int b = 0; b <= BATCHES; b++) {
        must(ledger_count_batch(r->f->l, b, counts, &err), &err);
        assert_memory_equal(counts, expected[b], sizeof(counts));
    }
}

static void compare_row(void *context, const struct delivery_row *seen)
{
    const struct run *r = context;
    assert_true(seen->delivery >= 1 && (size_t)seen->delivery <= r->now.count);
    const struct row *row = &r->now.rows[seen->delivery - 1];
    assert_int_equal(seen->state, row->state);
    assert_int_equal(seen->attempts, row->attempts);
    assert_int_equal(seen->crashes, row->crashes);
    assert_int_equal(seen->due_ms, row->due_ms);
}

/* Through each state, as an operator asks. */
static void compare_rows(struct run *r)
{
    size_t sum = 0;
    struct error err = {0};
    for (int s = 0; s < DELIVERY_STATES; s++) {
        struct selector selector = select_state((enum delivery_state)s);
        size_t count = 1;
        int64_t last = 0;
        while (count > 0) {
            must(ledger_walk(r->f->l, &selector, last, 97, compare_row, r, &count, &last, &err),
                 &err);
            sum += count;
        }
    }
    assert_int_equal(sum, r->now.count);
    must_balance(r->f->l);
}

static void begin_batches(struct run *r)
{
    struct error err = {0};
    for (int b = 1; b <= BATCHES; b++) {
        unsigned char digest[DIGEST_SIZE] = {(unsigned char)b};
        enum accept_result result;
        int64_t number = 0;
        struct batch_acceptance a = {.id = batches[b],
                                     .digest = digest,
                                     .text = "{}",
                                     .len = 2,
                                     .total = ROWS_MAX,
                                     .priority = JOB_NORMAL,
                                     .now_ms = NOON};
        must(ledger_begin_batch(r->f->l, &a, &result, &number, &err), &err);
        assert_int_equal(number, b);
    }
}

static void step(struct run *r)
{
    static void (*const often[])(struct run *) = {accept_one, put_one,    put_one,    lease_some,
                                                  lease_some, settle_one, settle_one, settle_one,
                                                  settle_one, settle_one, book_one,   begin_or_end};
    r->clock_ms += roll(r, 50) == 0 ? -(int64_t)roll(r, 40) : (int64_t)roll(r, 4);
    unsigned kind = roll(r, 100);
    if (kind < 1 && roll(r, 2) == 0)
        act_on_some(r);
    else if (kind < 2)
        retry_some(r);
    else if (kind < 4)
        stop_or_go(r);
    else if (kind < 6)
        die(r);
    else if (kind < 9)
        escalate_some(r);
    else if (kind < 11)
        drain_parked(r);
    else if (r->now.count < ROWS_MAX)
        often[roll(r, COUNT_OF(often))](r);
}

static void agrees_with_a_model_whatever_happens(void **state)
{
    const char *seed = getenv("LEDGER_SEED");
    struct run *r = calloc(1, sizeof(*r));
    r->f = *state;
    r->dice = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 1000003u;
    r->clock_ms = NOON;
    print_message("seed %llu\n", (unsigned long long)r->dice);
    begin_batches(r);
    for (int i = 0; i < STEPS; i++) {
        step(r);
        compare_counts(r);
        compare_lanes(r);
        compare_patience(r);
        if (i % 500 == 499)
            compare_rows(r);
    }
    free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(agrees_with_a_model_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
