#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy/country.h"

static const char *find(const char *phone, const char *locale, const char *zone)
{
    static char country[COUNTRY_SIZE];
    const struct country_clues clues = {phone, locale, zone};
    return country_find(&clues, country) ? country : "";
}

static void a_number_tells_before_a_language_and_that_before_a_zone(void **state)
{
    (void)state;
    assert_string_equal(find("+821012345678", "de-DE", "Europe/Vienna"), "KR");
    assert_string_equal(find(NULL, "de-CH", "Europe/Vienna"), "CH");
    assert_string_equal(find(NULL, "de", "Europe/Vienna"), "AT");
    assert_string_equal(find(NULL, NULL, NULL), "");
}

static void tells_codes_apart_that_begin_alike(void **state)
{
    (void)state;
    assert_string_equal(find("+4231234567", NULL, NULL), "LI");
    assert_string_equal(find("+4201234567", NULL, NULL), "CZ");
    assert_string_equal(find("+352621123456", NULL, NULL), "LU");
    assert_string_equal(find("+886912345678", NULL, NULL), "TW");
    assert_string_equal(find("+8613800138000", NULL, NULL), "CN");
}

static void leaves_a_number_of_many_countries_to_the_other_clues(void **state)
{
    (void)state;
    assert_string_equal(find("+14165550123", NULL, NULL), "");
    assert_string_equal(find("+14165550123", "en-ca", NULL), "CA");
}

static void finds_the_region_of_a_tag_and_nothing_like_it(void **state)
{
    (void)state;
    assert_string_equal(find(NULL, "sr-Latn-RS", NULL), "RS");
    assert_string_equal(find(NULL, "de-u-co-phonebk", NULL), "");
    assert_string_equal(find(NULL, "es-419", NULL), "");
    assert_string_equal(find(NULL, "kr", NULL), "");
}

static void a_country_without_hours_of_its_own_has_the_transports(void **state)
{
    static char korea[] = "KR";
    struct country_window windows[] = {{korea, {480, 1260}}};
    const struct transport t = {.window = {540, 1080}, .windows = windows, .window_count = 1};
    const struct country_clues seoul = {NULL, NULL, "Asia/Seoul"}, nobody = {NULL, "de", NULL};
    (void)state;
    assert_int_equal(country_window(&t, &seoul)->from_minute, 480);
    assert_int_equal(country_window(&t, &nobody)->from_minute, 540);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_tells_before_a_language_and_that_before_a_zone),
        cmocka_unit_test(tells_codes_apart_that_begin_alike),
        cmocka_unit_test(leaves_a_number_of_many_countries_to_the_other_clues),
        cmocka_unit_test(finds_the_region_of_a_tag_and_nothing_like_it),
        cmocka_unit_test(a_country_without_hours_of_its_own_has_the_transports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
