/* The configuration changed: what the gates of before sent back. */
#include "fixture.h"

#define HOUR  ((int64_t)3600000)
#define LATER (NOON + HOUR)

static struct release window_of(const char *transport)
{
    return (struct release){.transport = transport, .causes = {"window"}, .before_ms = NOON + 5000};
}

static size_t release(struct ledger *l, struct release r, int64_t now_ms)
{
    struct error err = {0};
    size_t count = 0;
    do {
        must(ledger_release(l, &r, now_ms, 100, &err), &err);
        count += r.moved;
    } while (r.more);
    return count;
}

/* Leases all that is due and sends it back, as a gate does. */
static void send_back(struct ledger *l, const char *transport, const char *cause, int64_t due_ms,
                      int64_t now_ms)
{
    struct leased rows[64];
    size_t count;
    while ((count = lease(l, transport, COUNT_OF(rows), now_ms, rows)) > 0) {
        for (size_t i = 0; i < count; i++) {
            const struct settlement s = {.delivery = rows[i].delivery,
                                         .state = DELIVERY_WAITING,
                                         .due_ms = due_ms,
                                         .now_ms = now_ms,
                                         .cause = cause,
                                         .transport = transport};
            struct error err = {0};
            bool settled = false;
            must(ledger_settle(l, &s, &settled, &err), &err);
            assert_true(settled);
            leased_clear(&rows[i]);
        }
    }
}

static void makes_due_what_waited_for_the_hours(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 500);
    send_back(f->l, "relay", "window", LATER, NOON + 1000);
    assert_int_equal(next_due(f->l, "relay"), LATER);
    assert_int_equal(release(f->l, window_of("relay"), NOON + 6000), 500);
    assert_int_equal(next_due(f->l, "relay"), NOON + 6000);
    assert_int_equal(release(f->l, window_of("relay"), NOON + 7000), 0);
    send_back(f->l, "relay", "window", LATER, NOON + 7000); /* each can be leased */
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 500);
    must_balance(f->l);
}

static void leaves_other_causes_and_other_transports(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    send_back(f->l, "relay", "rate", LATER, NOON + 1000);
    assert_int_equal(release(f->l, window_of("relay"), NOON + 6000), 0);
    struct release rate = window_of("relay");
    rate.causes[1] = "rate";
    rate.transport = "another";
    assert_int_equal(release(f->l, rate, NOON + 6000), 0);
    rate.transport = "relay";
    assert_int_equal(release(f->l, rate, NOON + 6000), 3);
}

static void leaves_what_was_asked_for_by_the_clock(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "later", "later");
    n.deliveries[0].due_ms = LATER; /* not_before */
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    assert_int_equal(release(f->l, window_of("relay"), NOON + 6000), 0);
    assert_int_equal(next_due(f->l, "relay"), LATER);
}

/* The gates work beside it: what they send back again is not chased. */
static void does_not_meet_again_what_is_sent_back_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct release r = window_of("relay");
    struct error err = {0};
    size_t moved = 0, steps = 0;
    take_in_many(f->l, "n", 1000);
    send_back(f->l, "relay", "window", LATER, NOON + 1000);
    do {
        must(ledger_release(f->l, &r, NOON + 6000, 100, &err), &err);
        assert_true(r.moved <= 100);
        send_back(f->l, "relay", "window", LATER + 1, NOON + 6000);
        moved += r.moved;
        assert_true(++steps < 100);
    } while (r.more);
    assert_int_equal(moved, 1000);
    assert_true(steps >= 10);
    must_balance(f->l);
}

static void leaves_alone_what_is_in_flight_and_what_was_tried(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    send_back(f->l, "relay", "window", NOON + 2000, NOON + 1000);
    struct leased row;
    assert_int_equal(lease(f->l, "relay", 1, NOON + 3000, &row), 1);
    assert_int_equal(release(f->l, window_of("relay"), NOON + 1500), 0);
    assert_true(settle(f->l, row.delivery, DELIVERY_DEFERRED));
    leased_clear(&row);
    assert_int_equal(release(f->l, window_of("relay"), NOON + 6000), 0);
    must_balance(f->l);
}

struct seen {
    int lanes;
    int64_t due_ms;
    bool tried;
    char cause[32], transport[32];
};

static void take_soonest(void *context, const struct next_due *next)
{
    struct seen *s = context;
    s->lanes++;
    if (s->lanes > 1 && next->due_ms >= s->due_ms)
        return;
    s->due_ms = next->due_ms;
    s->tried = next->tried;
    snprintf(s->cause, sizeof(s->cause), "%s", next->cause);
    snprintf(s->transport, sizeof(s->transport), "%s", next->transport);
}

static struct seen soonest(struct ledger *l, int64_t batch)
{
    struct seen s = {0};
    struct error err = {0};
    must(ledger_walk_next_due(l, batch, take_soonest, &s, &err), &err);
    return s;
}

static void tells_what_is_due_next_and_why_not_now(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(soonest(f->l, 0).lanes, 0);
    take_in_many(f->l, "n", 3);
    send_back(f->l, "relay", "window", LATER, NOON + 1000);
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    struct seen next = soonest(reader, 0);
    assert_int_equal(next.lanes, 1);
    assert_int_equal(next.due_ms, LATER);
    assert_string_equal(next.cause, "window");
    assert_string_equal(next.transport, "relay");
    assert_false(next.tried);
    ledger_close(reader);
    take_in_many(f->l, "m", 1);
    next = soonest(f->l, 0);
    assert_int_equal(next.due_ms, NOON);
    assert_string_equal(next.cause, "");
    int64_t delivery = lease_one(f->l, "relay"); /* what is in flight is not next */
    assert_int_equal(soonest(f->l, 0).due_ms, LATER);
    assert_true(settle(f->l, delivery, DELIVERY_DEFERRED));
    assert_true(soonest(f->l, 0).tried);
    assert_int_equal(soonest(f->l, 77).lanes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_due_what_waited_for_the_hours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_other_causes_and_other_transports, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_what_was_asked_for_by_the_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_meet_again_what_is_sent_back_meanwhile, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_alone_what_is_in_flight_and_what_was_tried, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tells_what_is_due_next_and_why_not_now, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
