#include "render/lint_numbers.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/error.h"

static struct locale *locales[3];

static int load_locales(void **state)
{
    static const char *const paths[] = {"locales/de.yaml", "locales/en.yaml", "locales/ko.yaml"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct error err = {0};
        if (locale_load(paths[i], NULL, &locales[i], &err) < 0)
            return -1;
    }
    return 0;
}

static int free_locales(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        locale_free(locales[i]);
    return 0;
}

enum { DE, EN, KO };

/* All keys, a comma between them. */
static void expect(int language, const char *text, const char *keys)
{
    struct buf all = {0};
    struct lint_number n;
    for (size_t from = 0; lint_number_next(locales[language], text, strlen(text), from, &n);
         from = n.span.end)
        buf_printf(&all, "%s%s", all.len > 0 ? "," : "", n.key);
    assert_string_equal(buf_text(&all), keys);
    buf_free(&all);
}

static void the_same_number_has_one_key_in_three_languages(void **state)
{
    (void)state;
    expect(DE, "2.970.000 Personen", "2970000");
    expect(EN, "2,970,000 people", "2970000");
    expect(KO, "297만 명", "2970000");
    expect(DE, "6,5 Millionen", "6500000");
    expect(EN, "6.5 million", "6500000");
    expect(KO, "650만 명", "6500000");
    expect(DE, "43 Prozent, 7.", "43,7");
}

static void dates_have_one_key_however_they_are_written(void **state)
{
    (void)state;
    expect(DE, "am 1. September 2025 und 01.09.2025", "date 9-1,date 9-1");
    expect(EN, "on 1 September 2025, September 1, 2025 and 1st September",
           "date 9-1,date 9-1,date 9-1");
    expect(KO, "2025년 9월 1일과 9월 1일", "date 9-1,date 9-1");
    expect(EN, "2025-09-01", "date 9-1");
    expect(EN, "in September 2025", "date 9-0");
    expect(KO, "2025년 9월에", "date 9-0");
}

static void telephone_numbers_are_the_same_with_and_without_the_country(void **state)
{
    (void)state;
    expect(EN, "call +82 1833-6972", "phone 18336972");
    expect(KO, "전화 1833-6972", "phone 18336972");
    expect(DE, "+44 303 123 1113 oder 0303 123 1113", "phone 31231113,phone 31231113");
}

static void times_of_the_day_are_no_numbers(void **state)
{
    (void)state;
    expect(KO, "오전 10시 40분부터 11시까지, 09:00~18:00", "time,time,time,time");
    expect(DE, "von 9 bis 17 Uhr", "time,time");
    expect(EN, "at 9 am and 14:30", "time,time");
    expect(KO, "24시간", "24");
    expect(EN, "in 9 of 14 cases", "9,14");
}

static void months_alone_are_dates_in_korean(void **state)
{
    (void)state;
    expect(KO, "7월에, 3개월", "date 7-0,3");
    assert_true(lint_number_is_month(locales[EN], 7, "in July", 7));
    assert_false(lint_number_is_month(locales[EN], 7, "in June", 7));
}

static void digits_within_words_are_no_numbers(void **state)
{
    (void)state;
    expect(EN, "SHA256 and 2FA and v2", "");
    expect(EN, "200GB", "200");
    expect(DE, "Artikel 39-2", "39,2");
    expect(KO, "제39조의2", "39,2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_number_has_one_key_in_three_languages),
        cmocka_unit_test(dates_have_one_key_however_they_are_written),
        cmocka_unit_test(telephone_numbers_are_the_same_with_and_without_the_country),
        cmocka_unit_test(times_of_the_day_are_no_numbers),
        cmocka_unit_test(months_alone_are_dates_in_korean),
        cmocka_unit_test(digits_within_words_are_no_numbers),
    };
    return cmocka_run_group_tests(tests, load_locales, free_locales);
}
