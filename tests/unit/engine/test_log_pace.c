#include "engine/log_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOON INT64_C(1790000000000)

static void tells_the_first_at_once_and_the_others_once_a_minute(void **state)
{
    struct log_pace pace = {0};
    uint64_t count = 0;
    (void)state;
    assert_true(log_pace_is_due(&pace, 0, NOON, &count));
    assert_int_equal(count, 1);
    for (int i = 0; i < 500; i++)
        assert_false(log_pace_is_due(&pace, 0, NOON + i, &count));
    assert_true(log_pace_is_due(&pace, 0, NOON + LOG_PACE_MS, &count));
    assert_int_equal(count, 501);
}

static void tells_each_subject_for_itself(void **state)
{
    struct log_pace pace = {0};
    uint64_t count = 0;
    (void)state;
    for (int64_t batch = 1; batch <= LOG_PACE_PLACES; batch++)
        assert_true(log_pace_is_due(&pace, batch, NOON + batch, &count));
    for (int64_t batch = 1; batch <= LOG_PACE_PLACES; batch++)
        assert_false(log_pace_is_due(&pace, batch, NOON + 1000, &count));
    assert_true(log_pace_is_due(&pace, 99, NOON + 1000, &count)); /* in the place of the first */
    assert_false(log_pace_is_due(&pace, 2, NOON + 1000, &count));
    assert_true(log_pace_is_due(&pace, 1, NOON + 1000, &count));
    assert_int_equal(count, 1);
}

static void is_not_silent_for_hours_after_the_clock_was_set_back(void **state)
{
    struct log_pace pace = {0};
    uint64_t count = 0;
    (void)state;
    assert_true(log_pace_is_due(&pace, 7, NOON, &count));
    assert_true(log_pace_is_due(&pace, 7, NOON - 3600000, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_first_at_once_and_the_others_once_a_minute),
        cmocka_unit_test(tells_each_subject_for_itself),
        cmocka_unit_test(is_not_silent_for_hours_after_the_clock_was_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
