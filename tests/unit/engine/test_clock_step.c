#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/clock_step.h"

#define NOON INT64_C(1790000000000)
#define HOUR (INT64_C(3600) * 1000)

static void a_clock_that_runs_calls_for_nothing(void **state)
{
    struct clock_step c;
    (void)state;
    clock_step_begin(&c, NOON - HOUR, 1000, NOON);
    for (int64_t i = 0; i < 100; i++)
        clock_step_watch(&c, 1000 + i * HOUR, NOON + i * HOUR + i * 4000); /* a bad clock */
    assert_false(clock_step_has_more(&c));
}

static void set_back_it_moves_due_times_and_patience(void **state)
{
    struct clock_step c;
    (void)state;
    clock_step_begin(&c, 0, 1000, NOON);
    clock_step_watch(&c, 2000, NOON + 1000 - HOUR);
    assert_true(c.rewind.more);
    assert_int_equal(c.owed_ms, -HOUR);
    assert_true(clock_step_is_shifting(&c));
}

static void set_forward_it_moves_patience_only(void **state)
{
    struct clock_step c;
    (void)state;
    clock_step_begin(&c, 0, 1000, NOON);
    clock_step_watch(&c, 2000, NOON + 1000 + HOUR);
    assert_false(c.rewind.more);
    assert_int_equal(c.owed_ms, HOUR);
    assert_true(clock_step_has_more(&c));
}

static void there_and_back_nothing_is_owed(void **state)
{
    struct clock_step c;
    (void)state;
    clock_step_begin(&c, 0, 1000, NOON);
    clock_step_watch(&c, 2000, NOON + 1000 + HOUR);
    clock_step_watch(&c, 3000, NOON + 2000);
    assert_false(clock_step_is_shifting(&c));
}

static void a_ledger_written_in_the_future_tells_of_a_step_nobody_saw(void **state)
{
    struct clock_step c;
    (void)state;
    clock_step_begin(&c, NOON + HOUR, 1000, NOON);
    assert_true(c.rewind.more);
    assert_int_equal(c.owed_ms, -HOUR);
    clock_step_begin(&c, NOON + 3000, 1000, NOON);
    assert_false(clock_step_has_more(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_runs_calls_for_nothing),
        cmocka_unit_test(set_back_it_moves_due_times_and_patience),
        cmocka_unit_test(set_forward_it_moves_patience_only),
        cmocka_unit_test(there_and_back_nothing_is_owed),
        cmocka_unit_test(a_ledger_written_in_the_future_tells_of_a_step_nobody_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
