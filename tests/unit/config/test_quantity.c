#include "config/quantity.h"

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
        assert_int_equal(quantity_parse_duration(rows[i].text, &ms), rows[i].ms >= 0);
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
        quantity_put_duration(&out, rows[i].ms);
        assert_string_equal(buf_text(&out), rows[i].text);
        assert_true(quantity_parse_duration(out.data, &back));
        assert_int_equal(back, rows[i].ms);
        buf_free(&out);
    }
}

static void rates_say_so_many_in_so_long(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t count, per_ms; /* -1: refused */
    } rows[] = {
        {"50/s", 50, 1000},
        {"1200/min", 1200, 60000},
        {"20000/h", 20000, 3600000},
        {"100000/d", 100000, 86400000},
        {"100000000/s", 100000000, 1000},
        {"unlimited", 0, 0},
        {"100000001/s", -1, 0},
        {"0/s", -1, 0},
        {"50", -1, 0},
        {"50/", -1, 0},
        {"/s", -1, 0},
        {"", -1, 0},
        {"-5/s", -1, 0},
        {"5/m", -1, 0},
        {"5 / s", -1, 0},
        {"0.5/s", -1, 0},
        {"5/s ", -1, 0},
        {"99999999999999999999/s", -1, 0},
        {"Unlimited", -1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rate rate = {.count = 7, .per_ms = 9};
        struct buf out = {0};
        bool right = quantity_parse_rate(rows[i].text, &rate);
        assert_int_equal(right, rows[i].count >= 0);
        assert_int_equal(rate.count, right ? rows[i].count : 7);
        assert_int_equal(rate.per_ms, right ? rows[i].per_ms : 9);
        if (right) {
            quantity_put_rate(&out, &rate);
            assert_string_equal(out.data, rows[i].text);
        }
        buf_free(&out);
    }
}

static void sizes_are_decimal_or_binary_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        int64_t bytes; /* -1: refused */
    } rows[] = {
        {"64MB", "64MB", 64000000},
        {"64MiB", "64MiB", 67108864},
        {"512B", "512B", 512},
        {"1024B", "1KiB", 1024},
        {"3kB", "3kB", 3000},
        {"3KiB", "3KiB", 3072},
        {"1GB", "1GB", 1000000000},
        {"2GiB", "2GiB", INT64_C(2) << 30},
        {"1TB", "1TB", 1000000000000},
        {"8TiB", "8TiB", INT64_C(8) << 40},
        {"0MB", "0B", 0},
        {"1001B", "1001B", 1001},
        {"64", "", -1},
        {"MB", "", -1},
        {"64 MB", "", -1},
        {"64mb", "", -1},
        {"6.4MB", "", -1},
        {"-1MB", "", -1},
        {"999999999TiB", "", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t bytes = -1;
        struct buf out = {0};
        assert_int_equal(quantity_parse_size(rows[i].text, &bytes), rows[i].bytes >= 0);
        assert_int_equal(bytes, rows[i].bytes);
        if (bytes >= 0) {
            quantity_put_size(&out, bytes);
            assert_string_equal(out.data, rows[i].shown);
        }
        buf_free(&out);
    }
}

static void windows_are_hours_of_a_day(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        int from, to; /* -1: refused */
    } rows[] = {
        {"08:00-21:00", "08:00-21:00", 480, 1260},
        {"21:00-08:00", "21:00-08:00", 1260, 480},
        {"08:30-24:00", "08:30-00:00", 510, 0},
        {"00:00-24:00", "always", 0, 0},
        {"always", "always", 0, 0},
        {"8:00-21:00", "", -1, -1},
        {"08:00-25:00", "", -1, -1},
        {"08:60-21:00", "", -1, -1},
        {"08:00 - 21:00", "", -1, -1},
        {"08:00", "", -1, -1},
        {"08-21", "", -1, -1},
        {"", "", -1, -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct send_window w = {-1, -1};
        struct buf out = {0};
        assert_int_equal(quantity_parse_window(rows[i].text, &w), rows[i].from >= 0);
        assert_int_equal(w.from_minute, rows[i].from);
        assert_int_equal(w.to_minute, rows[i].to);
        if (w.from_minute >= 0) {
            quantity_put_window(&out, &w);
            assert_string_equal(out.data, rows[i].shown);
        }
        buf_free(&out);
    }
}

static void dates_are_days_that_exist(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t day; /* -1: refused */
    } rows[] = {
        {"1970-01-02", 1},     {"2027-01-31", 20849}, {"2028-02-29", 21243}, {"2027-02-29", -1},
        {"2027-13-01", -1},    {"1970-01-01", -1},    {"1969-12-31", -1},    {"27-01-31", -1},
        {"2027-01-31T00", -1}, {"2027/01/31", -1},    {"31.01.2027", -1},    {"", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t day = -1;
        struct buf out = {0};
        assert_int_equal(quantity_parse_date(rows[i].text, &day), rows[i].day >= 0);
        assert_int_equal(day, rows[i].day);
        if (day >= 0) {
            quantity_put_date(&out, day);
            assert_string_equal(out.data, rows[i].text);
        }
        buf_free(&out);
    }
}

static void amounts_are_exact_to_a_millionth(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        int64_t micros; /* -1: refused */
    } rows[] = {
        {"0.075", "0.075", 75000},
        {"0.000001", "0.000001", 1},
        {"12", "12", 12000000},
        {"12.50", "12.5", 12500000},
        {"0", "0", 0},
        {"999999999.999999", "999999999.999999", 999999999999999},
        {"0.0000001", "", -1},
        {"1000000000", "", -1},
        {".5", "", -1},
        {"5.", "", -1},
        {"1.2.3", "", -1},
        {"0,075", "", -1},
        {"-1", "", -1},
        {"+1", "", -1},
        {"1e3", "", -1},
        {"1 ", "", -1},
        {"", "", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t micros = -1;
        struct buf out = {0};
        assert_int_equal(quantity_parse_money(rows[i].text, &micros), rows[i].micros >= 0);
        assert_int_equal(micros, rows[i].micros);
        if (micros >= 0) {
            quantity_put_money(&out, micros);
            assert_string_equal(out.data, rows[i].shown);
        }
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_exact_to_a_millionth),
        cmocka_unit_test(durations_need_a_unit),
        cmocka_unit_test(durations_are_shown_in_the_largest_whole_unit),
        cmocka_unit_test(rates_say_so_many_in_so_long),
        cmocka_unit_test(sizes_are_decimal_or_binary_as_written),
        cmocka_unit_test(windows_are_hours_of_a_day),
        cmocka_unit_test(dates_are_days_that_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
