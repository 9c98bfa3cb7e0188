#include "law/node.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"

static void reads_days(void **state)
{
    (void)state;
    int64_t day = 0;
    assert_true(node_parse_day("1970-01-02", &day));
    assert_int_equal(day, 1);
    assert_true(node_parse_day("2026-09-11", &day));
    assert_int_equal(day, 20707);
    static const char *const wrong[] = {"2026-02-29", "2026-9-11",  "11.09.2026",  "2026-09-1x",
                                        "2026-0x-11", "20x6-09-11", "2026-09-111", ""};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(node_parse_day(wrong[i], &day));
}

static void reads_hours(void **state)
{
    (void)state;
    int minutes = 0;
    assert_true(node_parse_minutes("00:00", &minutes));
    assert_int_equal(minutes, 0);
    assert_true(node_parse_minutes("23:59", &minutes));
    assert_int_equal(minutes, 1439);
    static const char *const wrong[] = {"24:00", "08:60", "8:00", "08.00", "0x:00", "08:0x", ""};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(node_parse_minutes(wrong[i], &minutes));
}

static void reads_offsets(void **state)
{
    (void)state;
    int minutes = 0;
    assert_true(node_parse_offset("+09:00", &minutes));
    assert_int_equal(minutes, 540);
    assert_true(node_parse_offset("-08:00", &minutes));
    assert_int_equal(minutes, -480);
    assert_false(node_parse_offset("09:00", &minutes));
    assert_false(node_parse_offset("Asia/Seoul", &minutes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_days),
        cmocka_unit_test(reads_hours),
        cmocka_unit_test(reads_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
