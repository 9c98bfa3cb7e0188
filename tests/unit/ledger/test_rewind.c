/* The wall clock was set back by a day. */
#include "fixture.h"

#define DAY     ((int64_t)86400000)
#define EARLIER (NOON - DAY)

static size_t set_right(struct ledger *l, int64_t now_ms, size_t limit)
{
    struct rewind r = {0};
    struct error err = {0};
    size_t count = 0;
    do {
        must(ledger_rewind(l, &r, now_ms, limit, &err), &err);
        assert_true(r.moved <= limit);
        count += r.moved;
    } while (r.more);
    return count;
}

static void keeps_the_wait_that_was_left(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    assert_true(settle(f->l, lease_one(f->l, "relay"), DELIVERY_DEFERRED)); /* NOON + 60 s */
    assert_int_equal(set_right(f->l, EARLIER, 100), 1);
    assert_int_equal(next_due(f->l, "relay"), EARLIER + 55000); /* it was settled at NOON + 5 s */
    assert_int_equal(set_right(f->l, EARLIER, 100), 0);
    must_balance(f->l);
}

static void lets_go_at_once_what_was_due_when_it_came(void **state)
{
    struct fixture *f = *state;
    struct leased rows[8];
    take_in_many(f->l, "n", 8);
    assert_int_equal(lease(f->l, "relay", 8, EARLIER, rows), 0);
    assert_int_equal(set_right(f->l, EARLIER, 100), 8);
    assert_int_equal(lease(f->l, "relay", 8, EARLIER, rows), 8);
    for (size_t i = 0; i < 8; i++)
        leased_clear(&rows[i]);
}

static void leaves_what_was_asked_for_by_the_clock(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "tomorrow", "tomorrow");
    n.deliveries[0].due_ms = NOON + DAY; /* not_before */
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    assert_int_equal(set_right(f->l, EARLIER, 100), 0);
    assert_int_equal(next_due(f->l, "relay"), NOON + DAY);
}

static void works_in_steps_and_over_lanes(void **state)
{
    struct fixture *f = *state;
    struct rewind r = {.more = true};
    struct error err = {0};
    size_t steps = 0, sum = 0;
    take_in_many(f->l, "n", 1000);
    for (int i = 0; i < 10; i++) {
        struct notice n;
        char id[32];
        snprintf(id, sizeof(id), "urgent%d", i);
        make_notice(&n, id, id);
        n.job.priority = JOB_HIGH;
        assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    }
    for (; r.more; steps++) {
        must(ledger_rewind(f->l, &r, EARLIER + (int64_t)steps, 300, &err), &err);
        sum += r.moved;
    }
    assert_int_equal(sum, 1010);
    assert_int_equal(steps, 4);
    assert_int_equal(set_right(f->l, EARLIER + 4, 300), 0);
    must_balance(f->l);
}

/* All of them are due at the same millisecond, and right as they are. */
static void looks_at_each_only_once(void **state)
{
    struct fixture *f = *state;
    struct rewind r = {.more = true};
    struct error err = {0};
    size_t steps = 0;
    for (int i = 0; i < 1000; i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        make_notice(&n, id, id);
        n.deliveries[0].due_ms = NOON + DAY; /* not_before */
        assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    }
    for (; r.more; steps++) {
        must(ledger_rewind(f->l, &r, EARLIER, 100, &err), &err);
        assert_int_equal(r.moved, 0);
        assert_true(steps < 12);
    }
    assert_true(steps >= 10); /* each looked at a hundred of them and no more */
}

static void count_attempt(void *context, const struct attempt_row *row)
{
    int *seen = context;
    assert_int_equal(row->number, 1);
    assert_int_equal(row->next_due_ms, NOON + 60000); /* as it was decided then */
    (*seen)++;
}

static void keeps_the_attempt_as_evidence(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int seen = 0;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    assert_true(settle(f->l, delivery, DELIVERY_DEFERRED));
    assert_int_equal(set_right(f->l, EARLIER, 100), 1);
    must(ledger_walk_attempts(f->l, delivery, count_attempt, &seen, &err), &err);
    assert_int_equal(seen, 1);
}

static void leaves_alone_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 2);
    int64_t delivery = lease_one(f->l, "relay");
    assert_int_equal(set_right(f->l, EARLIER, 100), 2);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 1);
    assert_true(settle(f->l, delivery, DELIVERY_DELIVERED));
    must_balance(f->l);
}

static void tells_when_the_ledger_was_written(void **state)
{
    struct fixture *f = *state;
    assert_true(ledger_written_ms(f->spool) > NOON - 365 * DAY);
    assert_int_equal(ledger_written_ms("/nowhere"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_the_wait_that_was_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lets_go_at_once_what_was_due_when_it_came, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_what_was_asked_for_by_the_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(works_in_steps_and_over_lanes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_at_each_only_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_attempt_as_evidence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_alone_what_is_in_flight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_the_ledger_was_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
