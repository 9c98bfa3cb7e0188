#include "render/format.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MOMENT INT64_C(1748853000000) /* 2025-06-02T08:30:00Z */
#define HOUR   INT64_C(3600000)

static struct locale *load(const char *tag, const char *more, struct error *err)
{
    char path[] = "/tmp/test_format.XXXXXX";
    struct locale *l = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "%s:\n  name: x\n  closing: x\n  salutation: {named: x, anonymous: x}\n%s", tag,
            more);
    close(fd);
    int rc = locale_load(path, NULL, &l, err);
    unlink(path);
    if (rc != 0)
        fail_msg("%s", err->text);
    return l;
}

struct reader {
    struct locale *locale;
    struct formatter *formatter;
    struct buf out;
    struct error err;
};

static void open_reader(struct reader *r, const char *tag, const char *zone, const char *more)
{
    *r = (struct reader){0};
    r->locale = load(tag, more, &r->err);
    if (formatter_open(r->locale, zone, &r->formatter, &r->err) != 0)
        fail_msg("%s", r->err.text);
}

static void close_reader(struct reader *r)
{
    formatter_close(r->formatter);
    locale_free(r->locale);
    buf_free(&r->out);
}

/* What the last call wrote; `rc` is its result. */
static void expect(struct reader *r, int rc, const char *expected)
{
    if (rc != 0)
        fail_msg("%s", r->err.text);
    assert_string_equal(buf_text(&r->out), expected);
    buf_reset(&r->out);
}

static void expect_date(struct reader *r, enum date_style style, const char *expected)
{
    expect(r, format_date(r->formatter, 2025, 9, 1, style, &r->out, &r->err), expected);
}

static void expect_time(struct reader *r, int64_t wall_ms, const char *expected)
{
    expect(r, format_moment_time(r->formatter, wall_ms, &r->out, &r->err), expected);
}

static void expect_compact(struct reader *r, int64_t value, const char *expected)
{
    expect(r,
           numbers_put_compact(formatter_numbers(r->formatter), &(struct quantity){true, value, 0},
                               COMPACT_LONG, &r->out, &r->err),
           expected);
}

static void expect_integer(struct reader *r, int64_t value, const char *expected)
{
    expect(r,
           numbers_put(formatter_numbers(r->formatter), &(struct quantity){true, value, 0}, &r->out,
                       &r->err),
           expected);
}

static void expect_list(struct reader *r, size_t count, const char *expected)
{
    static const char *const items[] = {"가", "B", "ü", "D"};
    expect(r, format_list(r->formatter, items, count, LIST_AND, &r->out, &r->err), expected);
}

static void writes_dates_as_each_language_does(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", NULL, "");
    expect_date(&r, DATE_LONG, "1. September 2025");
    expect_date(&r, DATE_FULL, "Montag, 1. September 2025");
    expect_date(&r, DATE_SHORT, "1.9.2025");
    close_reader(&r);
    open_reader(&r, "ko", NULL, "");
    expect_date(&r, DATE_LONG, "2025년 9월 1일");
    expect_date(&r, DATE_FULL, "2025년 9월 1일 월요일");
    expect_date(&r, DATE_SHORT, "2025. 9. 1.");
    close_reader(&r);
    open_reader(&r, "en", NULL, "");
    expect_date(&r, DATE_LONG, "1 September 2025");
    expect_date(&r, DATE_FULL, "Monday, 1 September 2025");
    expect_date(&r, DATE_SHORT, "01/09/2025");
    close_reader(&r);
}

static void keeps_regional_tags(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "en-US", NULL, "");
    expect_date(&r, DATE_LONG, "September 1, 2025");
    expect_list(&r, 3, "가, B, and ü");
    close_reader(&r);
    open_reader(&r, "ko-KR", NULL, "");
    expect_time(&r, MOMENT, "오전 8시 30분");
    close_reader(&r);
    open_reader(&r, "de-AT", NULL, "");
    expect(&r, format_date(r.formatter, 2025, 1, 2, DATE_LONG, &r.out, &r.err), "2. Jänner 2025");
    expect_time(&r, MOMENT, "08:30 Uhr");
    close_reader(&r);
}

static void knows_leap_days_and_old_dates(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "en", NULL, "");
    expect(&r, format_date(r.formatter, 2024, 2, 29, DATE_LONG, &r.out, &r.err),
           "29 February 2024");
    expect(&r, format_date(r.formatter, 1500, 3, 1, DATE_LONG, &r.out, &r.err), "1 March 1500");
    expect(&r, format_date(r.formatter, 1969, 12, 31, DATE_LONG, &r.out, &r.err),
           "31 December 1969");
    close_reader(&r);
}

static void refuses_dates_that_do_not_exist(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "en", NULL, "");
    assert_int_equal(format_date(r.formatter, 2025, 2, 29, DATE_LONG, &r.out, &r.err), ERR_INPUT);
    assert_string_equal(r.err.text, "the date 2025-02-29 does not exist");
    assert_int_equal(format_date(r.formatter, 2025, 13, 1, DATE_LONG, &r.out, &r.err), ERR_INPUT);
    assert_int_equal(r.out.len, 0);
    close_reader(&r);
}

static void shows_a_moment_in_the_readers_zone(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", "Europe/Berlin", "");
    expect_time(&r, MOMENT, "10:30 Uhr");
    expect_time(&r, MOMENT + 180 * 24 * HOUR, "09:30 Uhr"); /* winter */
    close_reader(&r);
    open_reader(&r, "ko", NULL, "  zone: Asia/Seoul\n");
    expect_time(&r, MOMENT, "오후 5시 30분");
    expect(&r, format_moment_date(r.formatter, MOMENT + 8 * HOUR, DATE_LONG, &r.out, &r.err),
           "2025년 6월 3일");
    close_reader(&r);
    open_reader(&r, "en", "Europe/London", "");
    expect_time(&r, MOMENT + 5 * HOUR, "14:30");
    close_reader(&r);
}

static void names_full_hours_without_minutes_in_korean_only(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "ko", "Asia/Seoul", "");
    expect_time(&r, MOMENT + HOUR / 2, "오후 6시");
    expect_time(&r, MOMENT - 5 * HOUR - HOUR / 2, "오후 12시");
    expect_time(&r, MOMENT - 17 * HOUR, "오전 12시 30분");
    close_reader(&r);
    open_reader(&r, "de", "Europe/Berlin", "");
    expect_time(&r, MOMENT + HOUR / 2, "11:00 Uhr");
    close_reader(&r);
}

static void changes_the_zone_between_readers(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "en", NULL, "  zone: Europe/London\n");
    assert_int_equal(formatter_set_zone(r.formatter, "America/New_York", &r.err), 0);
    expect_time(&r, MOMENT, "04:30");
    expect_date(&r, DATE_LONG, "1 September 2025"); /* a calendar date has no zone */
    assert_int_equal(formatter_set_zone(r.formatter, NULL, &r.err), 0);
    expect_time(&r, MOMENT, "09:30");
    close_reader(&r);
}

static void never_takes_an_unknown_zone_for_gmt(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "en", "Asia/Seoul", "");
    static const char *const unknown[] = {"Mars/Olympus", "asia/seoul", "CEST", "GMT+9", "",
                                          "Etc/Unknown",  "Asia/Seoul "};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        assert_false(formatter_zone_exists(unknown[i]));
        assert_int_equal(formatter_set_zone(r.formatter, unknown[i], &r.err), ERR_INPUT);
        assert_non_null(strstr(r.err.text, "Europe/Berlin"));
    }
    expect_time(&r, MOMENT, "17:30");
    assert_true(formatter_zone_exists("UTC"));
    assert_true(formatter_zone_exists("America/Argentina/Buenos_Aires"));
    close_reader(&r);
}

static void refuses_to_open_with_an_unknown_zone(void **state)
{
    (void)state;
    struct error err = {0};
    struct formatter *f;
    struct locale *l = load("en", "  zone: Europe/Lundon\n", &err);
    assert_int_equal(formatter_open(l, "Mars/Olympus", &f, &err), ERR_CONFIG);
    assert_null(f);
    assert_int_equal(formatter_open(l, NULL, &f, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, ":5:9: the time zone Europe/Lundon is not known"));
    locale_free(l);
}

static void refuses_a_language_nobody_knows(void **state)
{
    (void)state;
    struct error err = {0};
    struct formatter *f;
    struct locale *l = load("kr", "", &err);
    assert_int_equal(formatter_open(l, NULL, &f, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "kr is not a language ICU knows"));
    locale_free(l);
}

static void groups_numbers(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", NULL, "");
    expect_integer(&r, 2970000, "2.970.000");
    expect_integer(&r, 1000, "1.000");
    expect_integer(&r, 0, "0");
    expect_integer(&r, -5, "-5");
    expect_integer(&r, INT64_MIN, "-9.223.372.036.854.775.808");
    expect(&r,
           numbers_put(formatter_numbers(r.formatter), &(struct quantity){.real = 1234.5}, &r.out,
                       &r.err),
           "1.234,5");
    close_reader(&r);
    open_reader(&r, "ko", NULL, "");
    expect_integer(&r, 2970000, "2,970,000");
    expect(&r,
           numbers_put(formatter_numbers(r.formatter), &(struct quantity){.real = 0.25}, &r.out,
                       &r.err),
           "0.25");
    assert_int_equal(numbers_put(formatter_numbers(r.formatter), &(struct quantity){.real = 1e300},
                                 &r.out, &r.err),
                     0);
    assert_int_equal(r.out.len, 301 + 100);
    close_reader(&r);
}

static void writes_large_numbers_in_words(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", NULL, "");
    expect_compact(&r, 1000000, "1 Million");
    expect_compact(&r, 2970000, "2,97 Millionen");
    expect_compact(&r, 6500000, "6,5 Millionen");
    expect_compact(&r, 6512345, "6,51 Millionen");
    expect_compact(&r, -6500000, "-6,5 Millionen");
    close_reader(&r);
    open_reader(&r, "ko", NULL, "");
    expect_compact(&r, 10000, "1만");
    expect_compact(&r, 280000, "28만");
    expect_compact(&r, 2970000, "297만");
    expect_compact(&r, 6500000, "650만");
    expect_compact(&r, 33700000, "3,370만");
    expect_compact(&r, 250000000, "2.5억");
    close_reader(&r);
    open_reader(&r, "en", NULL, "");
    expect_compact(&r, 6500000, "6.5 million");
    expect_compact(&r, 2970000, "2.97 million");
    close_reader(&r);
}

static void leaves_small_numbers_in_digits(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", NULL, "");
    expect_compact(&r, 999999, "999.999");
    expect_compact(&r, 28000, "28.000");
    expect_compact(&r, 5, "5");
    close_reader(&r);
    open_reader(&r, "ko", NULL, "");
    expect_compact(&r, 9999, "9,999");
    close_reader(&r);
}

static void joins_lists_without_an_oxford_comma(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", NULL, "");
    expect_list(&r, 0, "");
    expect_list(&r, 1, "가");
    expect_list(&r, 2, "가 und B");
    expect_list(&r, 3, "가, B und ü");
    expect_list(&r, 4, "가, B, ü und D");
    close_reader(&r);
    open_reader(&r, "en", NULL, "");
    expect_list(&r, 2, "가 and B");
    expect_list(&r, 3, "가, B and ü");
    close_reader(&r);
    open_reader(&r, "ko", NULL, "");
    expect_list(&r, 2, "가 및 B");
    expect_list(&r, 3, "가, B 및 ü");
    close_reader(&r);
}

static void takes_the_lists_of_the_locale_file(void **state)
{
    (void)state;
    static const char braces[] = "{1}";
    const char *items[] = {braces, "b", "c"};
    struct reader r;
    open_reader(&r, "de", NULL, "  list: {two: \"{0} sowie {1}\", last: \"{0} & auch {1}!\"}\n");
    expect_list(&r, 1, "가");
    expect_list(&r, 2, "가 sowie B");
    expect_list(&r, 4, "가, B, ü & auch D!");
    expect(&r, format_list(r.formatter, items, 3, LIST_AND, &r.out, &r.err), "{1}, b & auch c!");
    close_reader(&r);
}

static void takes_the_dates_of_the_locale_file(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", "Europe/Berlin",
                "  date: {long: yMMMd, short: dd.MM.y, time: \"H.mm 'Uhr'\", hour: \"H 'Uhr'\"}\n");
    expect_date(&r, DATE_LONG, "1. Sept. 2025");
    expect_date(&r, DATE_SHORT, "01.09.2025");
    expect_time(&r, MOMENT, "10.30 Uhr");
    expect_time(&r, MOMENT + HOUR / 2, "11 Uhr");
    close_reader(&r);
}

static void says_where_a_pattern_is_wrong(void **state)
{
    (void)state;
    struct error err = {0};
    struct formatter *f;
    char more[400] = "  date: {long: \"";
    memset(more + strlen(more), ' ', 200);
    memcpy(more + 216, "d\"}\n", 5);
    struct locale *l = load("de", more, &err);
    assert_int_equal(formatter_open(l, NULL, &f, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, ":5:16: "));
    locale_free(l);
}

static void raises_only_the_first_letter(void **state)
{
    (void)state;
    struct reader r;
    open_reader(&r, "de", NULL, "");
    expect(&r, format_upper_first(r.formatter, "äpfel UND mehr", &r.out, &r.err), "Äpfel UND mehr");
    expect(&r, format_upper_first(r.formatter, "„name“ und", &r.out, &r.err), "„Name“ und");
    expect(&r, format_upper_first(r.formatter, "이메일 주소", &r.out, &r.err), "이메일 주소");
    expect(&r, format_upper_first(r.formatter, "", &r.out, &r.err), "");
    buf_puts(&r.out, "kept ");
    expect(&r, format_upper_first(r.formatter, "x y", &r.out, &r.err), "kept X y");
    close_reader(&r);
    open_reader(&r, "tr", NULL, "");
    expect(&r, format_upper_first(r.formatter, "istanbul", &r.out, &r.err), "İstanbul");
    close_reader(&r);
}

static void opens_every_locale_that_is_shipped(void **state)
{
    (void)state;
    static const char *const files[] = {"locales/de.yaml", "locales/ko.yaml", "locales/en.yaml"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct error err = {0};
        struct locale *l;
        struct formatter *f;
        if (locale_load(files[i], NULL, &l, &err) != 0 || formatter_open(l, NULL, &f, &err) != 0)
            fail_msg("%s", err.text);
        assert_ptr_equal(formatter_locale(f), l);
        formatter_close(f);
        locale_free(l);
    }
    formatter_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_dates_as_each_language_does),
        cmocka_unit_test(keeps_regional_tags),
        cmocka_unit_test(knows_leap_days_and_old_dates),
        cmocka_unit_test(refuses_dates_that_do_not_exist),
        cmocka_unit_test(shows_a_moment_in_the_readers_zone),
        cmocka_unit_test(names_full_hours_without_minutes_in_korean_only),
        cmocka_unit_test(changes_the_zone_between_readers),
        cmocka_unit_test(never_takes_an_unknown_zone_for_gmt),
        cmocka_unit_test(refuses_to_open_with_an_unknown_zone),
        cmocka_unit_test(refuses_a_language_nobody_knows),
        cmocka_unit_test(groups_numbers),
        cmocka_unit_test(writes_large_numbers_in_words),
        cmocka_unit_test(leaves_small_numbers_in_digits),
        cmocka_unit_test(joins_lists_without_an_oxford_comma),
        cmocka_unit_test(takes_the_lists_of_the_locale_file),
        cmocka_unit_test(takes_the_dates_of_the_locale_file),
        cmocka_unit_test(says_where_a_pattern_is_wrong),
        cmocka_unit_test(raises_only_the_first_letter),
        cmocka_unit_test(opens_every_locale_that_is_shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
