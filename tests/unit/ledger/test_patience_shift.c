/* The wall clock stepped while channels had time left. */
#include "fixture.h"

#define HOUR ((int64_t)3600 * 1000)
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)

/* E-mail has a day before the SMS. */
static void accept_patient(struct ledger *l, const char *id, int64_t due_ms)
{
    struct notice n;
    make_notice(&n, id, id);
    n.deliveries[0].due_ms = due_ms;
    n.deliveries[0].patience_ms = DAY;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.a.spare_count = 1;
    take_in(l, &n);
}

/* In as many steps as it takes; how many were moved. */
static size_t step(struct ledger *l, int64_t was_ms, int64_t by_ms, size_t limit)
{
    struct patience_shift s = {.by_ms = by_ms, .was_ms = was_ms, .more = true};
    struct error err = {0};
    size_t moved = 0;
    while (s.more) {
        must(ledger_shift_patience(l, &s, limit, &err), &err);
        assert_true(s.moved <= limit);
        moved += s.moved;
    }
    return moved;
}

static void see_over(void *context, const struct delivery_row *row)
{
    *(int64_t *)context = row->over_ms;
}

/* Of the first delivery of a notice. */
static int64_t over_of(struct ledger *l, const char *id)
{
    struct selector selector = select_id(id);
    struct error err = {0};
    int64_t over_ms = -1, last = 0;
    size_t count = 0;
    must(ledger_walk(l, &selector, 0, 1, see_over, &over_ms, &count, &last, &err), &err);
    return over_ms;
}

static void count_overdue(void *context, const struct leased *row, enum delivery_state state)
{
    size_t *count = context;
    (void)row;
    (void)state;
    (*count)++;
}

static size_t overdue(struct ledger *l, int64_t now_ms)
{
    struct error err = {0};
    size_t seen = 0, count = 0;
    must(ledger_walk_overdue(l, now_ms, 100, count_overdue, &seen, &count, &err), &err);
    return seen;
}

static void waits_no_longer_when_the_clock_is_set_back(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", NOON);
    assert_int_equal(step(f->l, NOON + HOUR, -HOUR, 100), 1);
    assert_int_equal(over_of(f->l, "a"), NOON + DAY - HOUR);
    assert_int_equal(overdue(f->l, NOON + DAY - HOUR - 1), 0);
    assert_int_equal(overdue(f->l, NOON + DAY - HOUR), 1);
    reopen(f);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY - HOUR);
}

static void is_not_over_at_once_when_the_clock_is_set_forward(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", NOON);
    assert_int_equal(step(f->l, NOON + HOUR, YEAR, 100), 1);
    assert_int_equal(over_of(f->l, "a"), NOON + YEAR + DAY);
    assert_int_equal(overdue(f->l, NOON + HOUR + YEAR), 0);
    assert_int_equal(overdue(f->l, NOON + DAY + YEAR), 1);
}

static void what_is_overdue_already_stays_so(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", NOON);
    step(f->l, NOON + DAY + 5, -HOUR, 100);
    assert_int_equal(overdue(f->l, NOON + DAY + 5 - HOUR), 1);
}

static void a_time_that_was_asked_for_is_one_by_the_clock(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "tomorrow", NOON + DAY);
    assert_int_equal(step(f->l, NOON + HOUR, -HOUR, 100), 0);
    assert_int_equal(over_of(f->l, "tomorrow"), NOON + 2 * DAY);
    /* Forward, but not over it. */
    assert_int_equal(step(f->l, NOON, HOUR, 100), 0);
    assert_int_equal(over_of(f->l, "tomorrow"), NOON + 2 * DAY);
}

/* It was never tried: its day begins now. */
static void a_time_the_clock_jumped_over_begins_now(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "tomorrow", NOON + DAY);
    assert_int_equal(step(f->l, NOON, YEAR, 100), 1);
    assert_int_equal(over_of(f->l, "tomorrow"), NOON + YEAR + DAY);
    assert_int_equal(overdue(f->l, NOON + YEAR), 0);
}

static void what_is_in_flight_comes_back_with_what_it_has_left(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", NOON);
    int64_t delivery = lease_one(f->l, "relay");
    assert_int_equal(step(f->l, NOON + HOUR, YEAR, 100), 1);
    assert_true(settle(f->l, delivery, DELIVERY_DEFERRED));
    assert_int_equal(over_of(f->l, "a"), NOON + YEAR + DAY);
}

static void nobody_waits_for_whom_nobody_waited(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3);
    assert_int_equal(step(f->l, NOON + HOUR, -HOUR, 100), 0);
    assert_int_equal(over_of(f->l, "n0"), 0);
}

/* All are over at the same millisecond. */
static void takes_each_once_in_steps(void **state)
{
    static const int64_t steps[] = {-HOUR, YEAR, -HOUR / 2, 7000};
    struct fixture *f = *state;
    int64_t over_ms = NOON + DAY, now_ms = NOON + DAY / 2;
    for (int i = 0; i < 700; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        accept_patient(f->l, id, NOON);
    }
    for (size_t s = 0; s < COUNT_OF(steps); s++) {
        assert_int_equal(step(f->l, now_ms, steps[s], 300), 700);
        over_ms += steps[s];
        now_ms += steps[s];
        assert_int_equal(over_of(f->l, "n0"), over_ms);
        assert_int_equal(over_of(f->l, "n699"), over_ms);
    }
    must_balance(f->l);
}

static void what_comes_meanwhile_knows_the_clock_of_now(void **state)
{
    struct fixture *f = *state;
    struct patience_shift s = {.by_ms = -HOUR, .was_ms = NOON + HOUR, .more = true};
    struct error err = {0};
    accept_patient(f->l, "a", NOON);
    accept_patient(f->l, "b", NOON);
    must(ledger_shift_patience(f->l, &s, 1, &err), &err);
    accept_patient(f->l, "c", NOON);
    while (s.more)
        must(ledger_shift_patience(f->l, &s, 1, &err), &err);
    assert_int_equal(over_of(f->l, "b"), NOON + DAY - HOUR);
    assert_int_equal(over_of(f->l, "c"), NOON + DAY);
}

static void is_undone_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct patience_shift s = {.by_ms = -HOUR, .was_ms = NOON + HOUR, .more = true};
    struct error err = {0};
    accept_patient(f->l, "a", NOON);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    must(ledger_shift_patience(f->l, &s, 100, &err), &err);
    ledger_rollback(f->l);
    assert_int_equal(over_of(f->l, "a"), NOON + DAY);
    assert_int_equal(overdue(f->l, NOON + DAY - HOUR), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waits_no_longer_when_the_clock_is_set_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(is_not_over_at_once_when_the_clock_is_set_forward, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_overdue_already_stays_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_time_that_was_asked_for_is_one_by_the_clock, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_time_the_clock_jumped_over_begins_now, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_flight_comes_back_with_what_it_has_left, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_waits_for_whom_nobody_waited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_each_once_in_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_meanwhile_knows_the_clock_of_now, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(is_undone_with_its_transaction, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
