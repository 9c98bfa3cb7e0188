#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "cli/pace.h"

static void knows_nothing_from_one_look(void **state)
{
    struct pace p = {0};
    (void)state;
    assert_true(pace_rate(&p, 5000) < 0);
    pace_add(&p, 1000, 10);
    assert_true(pace_rate(&p, 5000) < 0);
    assert_int_equal(pace_eta_ms(&p, 100), -1);
    pace_add(&p, 1500, 20); /* half a second is a moment, not a pace */
    assert_true(pace_rate(&p, 5000) < 0);
}

static void looks_back_only_so_far(void **state)
{
    struct pace p = {0};
    (void)state;
    for (int i = 0; i <= 20; i++)
        pace_add(&p, i * 500, i <= 10 ? 0 : (i - 10) * 50); /* nothing for 5 s, then 100/s */
    assert_int_equal((int)pace_rate(&p, 5000), 100);
    assert_int_equal((int)pace_rate(&p, 60000), 50);
}

static void promises_an_end_by_the_last_minute(void **state)
{
    struct pace p = {0};
    (void)state;
    for (int i = 0; i <= 20; i++)
        pace_add(&p, i * 500, i * 5);
    assert_int_equal(pace_eta_ms(&p, 100), 10000);
    assert_int_equal(pace_eta_ms(&p, 0), 0);
}

static void promises_nothing_while_nothing_moves(void **state)
{
    struct pace p = {0};
    (void)state;
    for (int i = 0; i <= 20; i++)
        pace_add(&p, i * 500, 7);
    assert_int_equal((int)pace_rate(&p, 5000), 0);
    assert_int_equal(pace_eta_ms(&p, 100), -1);
}

static void keeps_going_when_its_memory_is_full(void **state)
{
    struct pace p = {0};
    (void)state;
    for (int i = 0; i < 10 * PACE_SAMPLES; i++)
        pace_add(&p, i * 500, i * 50);
    assert_int_equal((int)pace_rate(&p, 5000), 100);
    assert_int_equal((int)pace_rate(&p, 1000000), 100);
}

static void begins_anew_when_somebody_tries_again(void **state)
{
    struct pace p = {0};
    (void)state;
    for (int i = 0; i < 20; i++)
        pace_add(&p, i * 500, i * 50);
    pace_add(&p, 10000, 3);
    assert_true(pace_rate(&p, 5000) < 0);
    pace_add(&p, 11000, 13);
    assert_int_equal((int)pace_rate(&p, 5000), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_nothing_from_one_look),
        cmocka_unit_test(looks_back_only_so_far),
        cmocka_unit_test(promises_an_end_by_the_last_minute),
        cmocka_unit_test(promises_nothing_while_nothing_moves),
        cmocka_unit_test(keeps_going_when_its_memory_is_full),
        cmocka_unit_test(begins_anew_when_somebody_tries_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
