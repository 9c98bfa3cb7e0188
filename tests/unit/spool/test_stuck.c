#include "spool/spool_backend.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "directory.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define START_MS  ((int64_t)1800000000000)

static void tells_an_entry_at_once_and_then_once_an_hour(void **state)
{
    struct fixture *f = *state;
    assert_true(stuck_is_news(f->s, "b1", START_MS));
    for (int64_t ms = 2000; ms < 60 * MINUTE_MS; ms += 2000)
        assert_false(stuck_is_news(f->s, "b1", START_MS + ms));
    assert_true(stuck_is_news(f->s, "b1", START_MS + 60 * MINUTE_MS));
    assert_false(stuck_is_news(f->s, "b1", START_MS + 61 * MINUTE_MS));
}

static void tells_each_of_a_few_entries(void **state)
{
    struct fixture *f = *state;
    assert_true(stuck_is_news(f->s, "b1", START_MS));
    assert_true(stuck_is_news(f->s, "b2", START_MS));
}

static void keeps_the_log_small_however_many_are_stuck(void **state)
{
    struct fixture *f = *state;
    int told = 0;
    for (int64_t ms = 0; ms < MINUTE_MS; ms += 2000)
        for (int i = 0; i < 5000; i++) {
            char name[24];
            snprintf(name, sizeof(name), "n%d.json", i);
            told += stuck_is_news(f->s, name, START_MS + ms) ? 1 : 0;
        }
    assert_in_range(told, 200, STUCK_PLACES);
}

static void tells_again_when_the_clock_went_back(void **state)
{
    struct fixture *f = *state;
    assert_true(stuck_is_news(f->s, "b1", START_MS));
    assert_true(stuck_is_news(f->s, "b1", START_MS - MINUTE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_an_entry_at_once_and_then_once_an_hour, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tells_each_of_a_few_entries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_log_small_however_many_are_stuck, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tells_again_when_the_clock_went_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
