#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/shape.h"

static void each_column_is_twice_as_wide_as_the_one_before(void **state)
{
    int64_t end_ms = INT64_C(5) * 60000;
    (void)state;
    assert_int_equal(shape_bucket(0), 0);
    assert_int_equal(shape_bucket(-1), 0); /* a clock that was set back */
    for (int i = 0; i < SHAPE_BUCKETS - 1; i++) {
        assert_int_equal(shape_bucket(end_ms - 1), i);
        assert_int_equal(shape_bucket(end_ms), i + 1);
        end_ms *= 2;
    }
    assert_int_equal(end_ms, INT64_C(2560) * 60000);
    assert_int_equal(shape_bucket(INT64_MAX), SHAPE_BUCKETS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_is_twice_as_wide_as_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
