/* A random life of a ledger; after every stretch of it the books must equal the rows. */
#include "fixture.h"

#define STEPS 1500

/* splitmix64: the same life for the same seed, on every machine. */
struct dice {
    uint64_t state;
};

static uint64_t draw(struct dice *d, uint64_t sides)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % sides;
}

static const char *const transports[CHANNEL_KINDS] = {"relay", "kannel", "hooks"};

struct life {
    struct ledger *l;
    struct dice dice;
    int64_t now_ms;
    int next_id;
    int64_t in_flight[4096];
    size_t in_flight_count;
    int64_t expected; /* deliveries that must exist */
};

static struct planned_delivery plan_any(struct life *life)
{
    static const enum delivery_state states[] = {
        DELIVERY_WAITING, DELIVERY_WAITING, DELIVERY_WAITING,   DELIVERY_WAITING,
        DELIVERY_HELD,    DELIVERY_FAILED,  DELIVERY_SUPPRESSED};
    enum channel_kind channel = (enum channel_kind)draw(&life->dice, CHANNEL_KINDS);
    struct planned_delivery p = plan(channel, transports[channel], "somebody");
    p.state = states[draw(&life->dice, COUNT_OF(states))];
    p.due_ms = life->now_ms + (int64_t)draw(&life->dice, 2000);
    return p;
}

static void accept_any(struct life *life)
{
    struct notice n;
    char id[32];
    bool again = draw(&life->dice, 10) == 0 && life->next_id > 0;
    int number = again ? (int)draw(&life->dice, (uint64_t)life->next_id) : life->next_id++;
    snprintf(id, sizeof(id), "id%d", number);
    make_notice(&n, id, id);
    n.a.method = draw(&life->dice, 2) == 0 ? JOB_SINGLE : JOB_ALL;
    n.a.count = n.a.method == JOB_ALL ? 1 + draw(&life->dice, 3) : 1;
    n.a.spare_count = n.a.method == JOB_SINGLE ? draw(&life->dice, 4) : 0;
    n.job.priority = (enum job_priority)draw(&life->dice, 3);
    for (size_t i = 0; i < 3; i++) {
        n.deliveries[i] = plan_any(life);
        n.spare[i] = plan_any(life);
    }
    enum accept_result result = take_in(life->l, &n);
    assert_int_equal(result, again ? ACCEPT_DUPLICATE : ACCEPT_NEW);
    life->expected += again ? 0 : (int64_t)n.a.count;
}

static void lease_some(struct life *life)
{
    struct leased rows[32];
    const char *transport = transports[draw(&life->dice, CHANNEL_KINDS)];
    size_t limit = 1 + draw(&life->dice, COUNT_OF(rows));
    if (life->in_flight_count + limit > COUNT_OF(life->in_flight))
        return;
    size_t count = lease(life->l, transport, limit, life->now_ms, rows);
    for (size_t i = 0; i < count; i++) {
        life->in_flight[life->in_flight_count++] = rows[i].delivery;
        leased_clear(&rows[i]);
    }
}

static void settle_any(struct life *life)
{
    static const enum delivery_state results[] = {
        DELIVERY_DELIVERED, DELIVERY_DELIVERED,  DELIVERY_DEFERRED, DELIVERY_FAILED,
        DELIVERY_UNCERTAIN, DELIVERY_SUPPRESSED, DELIVERY_EXPIRED,  DELIVERY_WAITING};
    if (life->in_flight_count == 0)
        return;
    size_t at = draw(&life->dice, life->in_flight_count);
    int64_t before = count_all(life->l);
    struct settlement s =
        settlement_of(life->in_flight[at], results[draw(&life->dice, COUNT_OF(results))]);
    s.now_ms = life->now_ms;
    s.due_ms = life->now_ms + (int64_t)draw(&life->dice, 3000);
    s.counts = draw(&life->dice, 4) != 0;
    s.next_channel = s.state == DELIVERY_FAILED && draw(&life->dice, 2) == 0;
    assert_true(settle_with(life->l, &s));
    assert_false(settle_with(life->l, &s)); /* the same report twice */
    life->in_flight[at] = life->in_flight[--life->in_flight_count];
    if (!s.next_channel)
        assert_int_equal(count_all(life->l), before);
    life->expected = count_all(life->l);
}

static bool holds_sms(void *context, const char *transport)
{
    (void)context;
    return strcmp(transport, "kannel") == 0;
}

static void crash(struct life *life)
{
    struct error err = {0};
    size_t deferred = 0;
    size_t uncertain = 0;
    must(ledger_recover(life->l, holds_sms, NULL, life->now_ms, &deferred, &uncertain, &err), &err);
    assert_int_equal(deferred + uncertain, life->in_flight_count);
    life->in_flight_count = 0;
}

static void retry_any(struct life *life)
{
    struct selector s = SELECTOR_ALL;
    s.state = (int)draw(&life->dice, DELIVERY_STATES);
    if (draw(&life->dice, 3) == 0)
        s.channel = (int)draw(&life->dice, CHANNEL_KINDS);
    int64_t before = count_state(life->l, DELIVERY_WAITING);
    int64_t moved = retry(life->l, s, "mended");
    assert_int_equal(count_state(life->l, DELIVERY_WAITING), before + moved);
}

/* What happens in a transaction that is taken back has not happened. */
static void live_in_vain(struct life *life)
{
    struct life before = *life;
    struct error err = {0};
    must(ledger_begin(life->l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < 5; i++) {
        accept_any(life);
        lease_some(life);
        settle_any(life);
    }
    ledger_rollback(life->l);
    struct dice dice = life->dice;
    *life = before;
    life->dice = dice;
}

static void step(struct life *life)
{
    uint64_t kind = draw(&life->dice, 100);
    life->now_ms += (int64_t)draw(&life->dice, 50);
    if (kind < 40)
        accept_any(life);
    else if (kind < 65)
        lease_some(life);
    else if (kind < 95)
        settle_any(life);
    else if (kind < 97)
        retry_any(life);
    else if (kind < 99)
        live_in_vain(life);
    else
        crash(life);
}

static void add_row(void *context, const struct delivery_row *row)
{
    int64_t(*counts)[DELIVERY_STATES] = context;
    counts[row->channel][row->state]++;
}

/* By the counters, by the rows as anyone can see them, and by the ledger's own comparison. */
static void must_add_up(struct life *life)
{
    int64_t booked[CHANNEL_KINDS][DELIVERY_STATES];
    int64_t seen[CHANNEL_KINDS][DELIVERY_STATES] = {0};
    struct selector all = SELECTOR_ALL;
    struct error err = {0};
    int64_t last = 0;
    size_t count = 100;
    must(ledger_count(life->l, booked, &err), &err);
    while (count == 100)
        must(ledger_walk(life->l, &all, last, 100, add_row, seen, &count, &last, &err), &err);
    assert_memory_equal(booked, seen, sizeof(seen));
    assert_int_equal(count_all(life->l), life->expected);
    must_balance(life->l);
}

static void live(struct fixture *f, uint64_t seed)
{
    struct life *life = calloc(1, sizeof(*life));
    *life = (struct life){.l = f->l, .dice = {seed}, .now_ms = NOON};
    for (int i = 0; i < STEPS; i++) {
        step(life);
        if (i % 100 == 99)
            must_add_up(life);
    }
    reopen(f);
    life->l = f->l;
    must_add_up(life);
    crash(life);
    must_add_up(life);
    free(life);
}

static void balances_through_a_random_life(void **state)
{
    live(*state, 1);
}

static void balances_through_another_one(void **state)
{
    live(*state, 20261124);
}

static void counts_what_is_not_committed_yet(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    take_in_many(f->l, "n", 2);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 2);
    must_balance(f->l);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 2);
    must(ledger_commit(f->l, &err), &err);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(balances_through_a_random_life),
        TEST(balances_through_another_one),
        TEST(counts_what_is_not_committed_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
