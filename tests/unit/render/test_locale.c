#include "render/locale.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/yaml.h"
#include "render/locale_file.h"

/* Loads `text`, which must fail at line:column with a sentence that holds `words`. */
static void refuses(const char *text, const char *position, const char *words)
{
    struct error err = {0};
    struct locale *l;
    char prefix[128];
    snprintf(prefix, sizeof(prefix), "%s:%s: ", path, position);
    assert_int_equal(load(text, &l, &err), ERR_CONFIG);
    assert_null(l);
    if (strncmp(err.text, prefix, strlen(prefix)) != 0 || strstr(err.text, words) == NULL)
        fail_msg("not at %s with \"%s\": %s", position, words, err.text);
}

#define GERMAN                                                                                     \
    "de:\n"                                                                                        \
    "  name: Deutsch\n"                                                                            \
    "  zone: Europe/Berlin\n"                                                                      \
    "  salutation:\n"                                                                              \
    "    female: \"Sehr geehrte Frau {{title}} {{family_name}},\"\n"                               \
    "    male: \"Sehr geehrter Herr {{title}} {{family_name}},\"\n"                                \
    "    named: \"Guten Tag {{name}},\"\n"                                                         \
    "    anonymous: \"Sehr geehrte Damen und Herren,\"\n"                                          \
    "  closing: Mit freundlichen Grüßen\n"                                                       \
    "  terms: {email_address: E-Mail-Adresse}\n"                                                   \
    "  org: {hours: 9 bis 17 Uhr}\n"

#define KOREAN                                                                                          \
    "ko:\n"                                                                                             \
    "  name: 한국어\n"                                                                               \
    "  salutation: {female: \"{{name}} 고객님께\", named: \"{{ name }} 고객님께\", anonymous: " \
    "고객님께}\n"                                                                                   \
    "  closing: 감사합니다.\n"                                                                     \
    "  josa: {units: {\"%\": 퍼센트, km: 킬로미터}}\n"

static void answers_with_the_words_of_the_file(void **state)
{
    (void)state;
    struct locale *l = must_load(GERMAN);
    assert_string_equal(locale_tag(l), "de");
    assert_string_equal(locale_direction(l), "ltr");
    assert_string_equal(locale_zone(l), "Europe/Berlin");
    assert_string_equal(locale_closing(l), "Mit freundlichen Grüßen");
    assert_string_equal(locale_term(l, "email_address"), "E-Mail-Adresse");
    assert_null(locale_term(l, "email"));
    assert_string_equal(locale_text(l, "org.hours"), "9 bis 17 Uhr");
    assert_null(locale_text(l, "org"));
    assert_null(locale_text(l, "org.hour"));
    assert_null(locale_text(l, "org.hours.more"));
    assert_null(locale_text(l, ""));
    assert_int_equal(locale_map(l, "terms")->count, 1);
    assert_null(locale_map(l, "org.hours"));
    assert_null(locale_map(l, "words"));
    locale_free(l);
}

static void defaults_to_utc_and_left_to_right(void **state)
{
    (void)state;
    struct locale *l = must_load(KOREAN);
    assert_string_equal(locale_zone(l), "UTC");
    assert_string_equal(locale_direction(l), "ltr");
    locale_free(l);
}

static void reads_units_by_their_length(void **state)
{
    (void)state;
    struct locale *l = must_load(KOREAN);
    assert_string_equal(locale_josa_unit(l, "%)", 1), "퍼센트");
    assert_string_equal(locale_josa_unit(l, "km", 2), "킬로미터");
    assert_null(locale_josa_unit(l, "km", 1));
    assert_null(locale_josa_unit(l, "", 0));
    locale_free(l);
    l = must_load(GERMAN);
    assert_null(locale_josa_unit(l, "%", 1));
    locale_free(l);
}

static void suggests_the_key_that_was_meant(void **state)
{
    (void)state;
    refuses(GERMAN "  salutaton: {}\n", "12:3", "did you mean salutation?");
    refuses(GERMAN "  zzzzzzzz: x\n", "12:3", "unknown key zzzzzzzz");
    refuses(GERMAN "  list: {tow: \"{0} und {1}\"}\n", "12:10", "did you mean two?");
    refuses(GERMAN "  josa: {unit: {}}\n", "12:10", "did you mean units?");
    refuses(GERMAN "  date: {lnog: yMMMd}\n", "12:10", "did you mean long?");
}

static void names_what_is_missing(void **state)
{
    (void)state;
    refuses("de:\n  name: Deutsch\n  closing: x\n", "1:1", "salutation");
    refuses("de:\n  name: Deutsch\n  closing: x\n  salutation: {named: a}\n", "4:15", "anonymous");
    refuses("de:\n  name: Deutsch\n  salutation: {named: a, anonymous: b}\n", "1:1", "closing");
}

static void checks_the_kind_of_every_value(void **state)
{
    (void)state;
    refuses("de: Deutsch\n", "1:5", "map");
    refuses("- de\n", "1:1", "language tag");
    refuses("de: {}\nko: {}\n", "1:1", "language tag");
    refuses("", "1:1", "language tag");
    refuses("de_DE:\n  name: x\n", "1:1", "de-DE");
    refuses(GERMAN "  direction: down\n", "12:14", "ltr or rtl");
    refuses(GERMAN "  words: {a: [b]}\n", "12:14", "text");
    refuses(GERMAN "  words: {a: \"\"}\n", "12:14", "empty");
    refuses(GERMAN "  sms: 5\n", "12:8", "map");
    refuses(GERMAN "  list: {two: \"{0} und\"}\n", "12:15", "{1}");
}

static void checks_placeholders_of_salutations(void **state)
{
    (void)state;
    refuses("de:\n  name: x\n  closing: y\n  salutation:\n    named: \"Hallo {{nmae}},\"\n"
            "    anonymous: Hallo\n",
            "5:12", "{{nmae}}");
    refuses("de:\n  name: x\n  closing: y\n  salutation:\n    named: \"Hallo {{name}},\"\n"
            "    anonymous: \"Hallo {{name}}\"\n",
            "6:16", "anonymous");
}

static void fails_at_the_place_of_a_key(void **state)
{
    (void)state;
    struct error err = {0};
    char expected[200];
    struct locale *l = must_load(GERMAN);
    snprintf(expected, sizeof(expected), "%s:3:9: no zone x", path);
    assert_int_equal(locale_fail(l, "zone", &err, "no zone %s", "x"), ERR_CONFIG);
    assert_string_equal(err.text, expected);
    snprintf(expected, sizeof(expected), "%s:2:3: bad", path);
    assert_int_equal(locale_fail(l, "date.long", &err, "bad"), ERR_CONFIG);
    assert_string_equal(err.text, expected);
    locale_free(l);
}

static void says_when_the_file_is_not_there(void **state)
{
    (void)state;
    struct error err = {0};
    struct locale *l;
    assert_int_equal(locale_load("/nonexistent/de.yaml", NULL, &l, &err), ERR_NOT_FOUND);
    assert_null(l);
    locale_free(NULL);
}

static void looks_up_by_shortening_the_range(void **state)
{
    (void)state;
    static const char *const tags[] = {"en", "de", "ko-KR", "zh-Hant", "ko"};
    assert_int_equal(locale_lookup("ko-KR", tags, 5), 2);
    assert_int_equal(locale_lookup("KO-kr", tags, 5), 2);
    assert_int_equal(locale_lookup("ko-KP", tags, 5), 4);
    assert_int_equal(locale_lookup("de-AT-1996", tags, 5), 1);
    assert_int_equal(locale_lookup("zh-Hant-TW-x-private", tags, 5), 3);
    assert_int_equal(locale_lookup("zh-Hans", tags, 5), -1);
    assert_int_equal(locale_lookup("zh", tags, 5), -1);
    assert_int_equal(locale_lookup("fr", tags, 5), -1);
    assert_int_equal(locale_lookup("d", tags, 5), -1);
    assert_int_equal(locale_lookup("", tags, 5), -1);
    assert_int_equal(locale_lookup("*", tags, 5), -1);
    assert_int_equal(locale_lookup("-", tags, 5), -1);
    assert_int_equal(locale_lookup("de", tags, 0), -1);
}

static struct locale *must_load_region(const char *text, const struct locale *base)
{
    struct error err = {0};
    struct locale *l;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    if (locale_load(path, base, &l, &err) != 0)
        fail_msg("%s", err.text);
    return l;
}

static void a_region_holds_only_what_differs(void **state)
{
    (void)state;
    struct locale *german = must_load(GERMAN);
    struct locale *l = must_load_region("de-AT:\n  zone: Europe/Vienna\n"
                                        "  terms: {tax_number: Steuernummer}\n"
                                        "  salutation: {anonymous: Grüß Gott}\n",
                                        german);
    assert_string_equal(locale_tag(l), "de-AT");
    assert_ptr_equal(locale_base(l), german);
    assert_null(locale_base(german));
    assert_string_equal(locale_zone(l), "Europe/Vienna");
    assert_string_equal(locale_closing(l), "Mit freundlichen Grüßen");
    assert_string_equal(locale_term(l, "tax_number"), "Steuernummer");
    assert_string_equal(locale_term(l, "email_address"), "E-Mail-Adresse");
    assert_string_equal(locale_text(l, "salutation.anonymous"), "Grüß Gott");
    assert_string_equal(locale_text(l, "salutation.named"), "Guten Tag {{name}},");
    assert_string_equal(locale_member(l, "org", "hours"), "9 bis 17 Uhr");
    assert_null(locale_member(l, "org", "minutes"));
    assert_null(locale_map(l, "org"));
    locale_free(l);
    locale_free(german);
}

static void a_region_alone_must_be_complete(void **state)
{
    (void)state;
    refuses("de-AT:\n  zone: Europe/Vienna\n", "1:1", "name is missing below de-AT");
    struct locale *l = must_load_region("de-AT:\n  name: x\n  closing: x\n"
                                        "  salutation: {named: a, anonymous: b}\n",
                                        NULL);
    locale_free(l);
}

static void a_fault_is_told_in_the_file_that_has_it(void **state)
{
    (void)state;
    struct error err = {0};
    struct locale *german = must_load(GERMAN);
    char other[sizeof path + 8];
    snprintf(other, sizeof other, "%s.at", path);
    assert_int_equal(rename(path, other), 0);
    struct locale *l = must_load_region("de-AT:\n  name: Deutsch\n", german);
    locale_fail(l, "name", &err, "x");
    assert_non_null(strstr(err.text, "x.yaml:2:9: x"));
    locale_fail(l, "zone", &err, "x");
    assert_non_null(strstr(err.text, "x.yaml:3:9: x"));
    locale_fail(l, "nothing", &err, "x");
    assert_non_null(strstr(err.text, "x.yaml:2:3: x"));
    unlink(other);
    locale_free(l);
    locale_free(german);
}

static void checks_money_and_titles(void **state)
{
    (void)state;
    refuses(GERMAN "  currency: {EUR: Euro}\n", "12:19", "{0}");
    refuses(GERMAN "  currency: {eur: \"{0} €\"}\n", "12:14", "no currency");
    refuses(GERMAN "  currency_names: {Euro: Euro}\n", "12:20", "no currency");
    refuses(GERMAN "  titles: Dr.\n", "12:11", "list");
    refuses(GERMAN "  titles: [[Dr.]]\n", "12:12", "text");
}

/* RFC 4647 3.4: zh-Hant-CN-x-private1 shortens to zh-Hant-CN, not to zh-Hant-CN-x. */
static void drops_a_single_letter_with_what_it_announced(void **state)
{
    (void)state;
    static const char *const tags[] = {"de-x", "de"};
    assert_int_equal(locale_lookup("de-x-private", tags, 2), 1);
    assert_int_equal(locale_lookup("de-u-co-phonebk", tags, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_the_words_of_the_file),
        cmocka_unit_test(defaults_to_utc_and_left_to_right),
        cmocka_unit_test(reads_units_by_their_length),
        cmocka_unit_test(suggests_the_key_that_was_meant),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(checks_the_kind_of_every_value),
        cmocka_unit_test(checks_placeholders_of_salutations),
        cmocka_unit_test(fails_at_the_place_of_a_key),
        cmocka_unit_test(says_when_the_file_is_not_there),
        cmocka_unit_test(looks_up_by_shortening_the_range),
        cmocka_unit_test(a_region_holds_only_what_differs),
        cmocka_unit_test(a_region_alone_must_be_complete),
        cmocka_unit_test(a_fault_is_told_in_the_file_that_has_it),
        cmocka_unit_test(checks_money_and_titles),
        cmocka_unit_test(drops_a_single_letter_with_what_it_announced),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
