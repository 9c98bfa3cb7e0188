#include "config/value.h"

#include "scratch.h"

static void durations_need_a_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        {"500ms", 500},
        {"30s", 30000},
        {"5m", 300000},
        {"2h", 7200000},
        {"14d", 1209600000},
        {"0s", 0},
        {"030s", 30000},
        {"30", -1},
        {"", -1},
        {"s", -1},
        {"-5s", -1},
        {"1.5h", -1},
        {"5 m", -1},
        {"5M", -1},
        {"1h30m", -1},
        {"99999999999d", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms = -1;
        assert_int_equal(value_parse_duration(rows[i].text, &ms), rows[i].ms >= 0);
        assert_int_equal(ms, rows[i].ms);
    }
}

static void durations_are_shown_in_the_largest_whole_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "0s"},      {1, "1ms"},      {1500, "1500ms"}, {30000, "30s"},   {90000, "90s"},
                {300000, "5m"}, {7200000, "2h"}, {86400000, "1d"}, {90000000, "25h"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = {0};
        int64_t back = 0;
        value_put_duration(&out, rows[i].ms);
        assert_string_equal(buf_text(&out), rows[i].text);
        assert_true(value_parse_duration(out.data, &back));
        assert_int_equal(back, rows[i].ms);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_need_a_unit),
        cmocka_unit_test(durations_are_shown_in_the_largest_whole_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
