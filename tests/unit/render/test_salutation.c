#include "render/salutation.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "render/locale_file.h"

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

static void greets(const char *file, const struct recipient *to, const char *expected)
{
    struct locale *l = must_load(file);
    struct buf out = {0};
    struct person first = {to->name, to->title, to->given_name, to->family_name, to->gender};
    salutation_put(l, &first, &to->second, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
    locale_free(l);
}

static char anna[] = "Anna", weiss[] = "Weiß", doctor[] = "Dr.", female[] = "female",
            male[] = "male", neutral[] = "neutral", anna_weiss[] = "Dr. Anna Weiß", kim[] = "김",
            minsu[] = "민수", kim_minsu[] = "김민수", empty[] = "", blank[] = "  ";

static void greets_by_gender_and_family_name(void **state)
{
    (void)state;
    greets(GERMAN, &(struct recipient){.gender = female, .family_name = weiss, .title = doctor},
           "Sehr geehrte Frau Dr. Weiß,");
    greets(GERMAN, &(struct recipient){.gender = male, .family_name = weiss, .name = anna_weiss},
           "Sehr geehrter Herr Weiß,");
}

static void leaves_no_gap_for_an_empty_title(void **state)
{
    (void)state;
    greets(GERMAN, &(struct recipient){.gender = female, .family_name = weiss},
           "Sehr geehrte Frau Weiß,");
    greets(GERMAN, &(struct recipient){.gender = female, .family_name = weiss, .title = empty},
           "Sehr geehrte Frau Weiß,");
    greets(GERMAN, &(struct recipient){.gender = female, .family_name = weiss, .title = blank},
           "Sehr geehrte Frau Weiß,");
}

static void greets_by_name_without_gender_or_family_name(void **state)
{
    (void)state;
    char title[] = "Dr.";
    greets(GERMAN, &(struct recipient){.name = anna_weiss}, "Guten Tag Dr. Anna Weiß,");
    greets(GERMAN, &(struct recipient){.gender = neutral, .name = anna_weiss, .family_name = weiss},
           "Guten Tag Dr. Anna Weiß,");
    greets(GERMAN, &(struct recipient){.gender = female, .name = anna_weiss},
           "Guten Tag Dr. Anna Weiß,");
    greets(GERMAN, &(struct recipient){.title = title, .given_name = anna, .family_name = weiss},
           "Guten Tag Dr. Anna Weiß,");
    greets(GERMAN, &(struct recipient){.given_name = anna, .family_name = weiss},
           "Guten Tag Anna Weiß,");
}

static void greets_nobody_by_half_a_name(void **state)
{
    (void)state;
    greets(GERMAN, &(struct recipient){0}, "Sehr geehrte Damen und Herren,");
    greets(GERMAN, &(struct recipient){.name = blank}, "Sehr geehrte Damen und Herren,");
    greets(GERMAN, &(struct recipient){.given_name = anna}, "Sehr geehrte Damen und Herren,");
    greets(GERMAN, &(struct recipient){.family_name = weiss}, "Sehr geehrte Damen und Herren,");
    greets(GERMAN, &(struct recipient){.gender = female}, "Sehr geehrte Damen und Herren,");
    greets(KOREAN, &(struct recipient){.gender = female, .family_name = kim}, "고객님께");
}

static void puts_the_korean_family_name_first(void **state)
{
    (void)state;
    greets(KOREAN, &(struct recipient){.name = kim_minsu}, "김민수 고객님께");
    greets(KOREAN, &(struct recipient){.given_name = minsu, .family_name = kim}, "김민수 고객님께");
    greets(KOREAN, &(struct recipient){.gender = female, .given_name = minsu, .family_name = kim},
           "김민수 고객님께");
    greets(KOREAN, &(struct recipient){.given_name = anna, .family_name = weiss},
           "Anna Weiß 고객님께");
    greets(GERMAN, &(struct recipient){.given_name = minsu, .family_name = kim},
           "Guten Tag 김민수,");
}

static void falls_back_to_named_where_a_language_has_one_form_for_all(void **state)
{
    (void)state;
    greets(KOREAN, &(struct recipient){.gender = male, .name = kim_minsu, .family_name = kim},
           "김민수 고객님께");
}

static void leaves_no_gap_wherever_the_title_stands(void **state)
{
    (void)state;
    static const char file[] =
        "xx:\n  name: x\n  closing: x\n  salutation:\n"
        "    named: \"{{title}} {{family_name}} {{title}}, {{title}} hallo\"\n"
        "    anonymous: x\n";
    struct recipient to = {.name = anna_weiss, .family_name = weiss};
    greets(file, &to, "Weiß, hallo");
    to.title = doctor;
    greets(file, &to, "Dr. Weiß Dr., Dr. hallo");
}

static void needs_the_family_name_for_a_form_by_gender(void **state)
{
    (void)state;
    static const char file[] =
        "xx:\n  name: x\n  closing: x\n  salutation: {female: \"Ms {{name}}\", "
        "named: \"Dear {{name}}\", anonymous: x}\n";
    struct recipient to = {.name = anna_weiss, .gender = female};
    greets(file, &to, "Dear Dr. Anna Weiß");
    to.family_name = weiss;
    greets(file, &to, "Ms Dr. Anna Weiß");
}

static void never_expands_a_value_again(void **state)
{
    (void)state;
    char sly[] = "{{title}}";
    greets(GERMAN, &(struct recipient){.name = sly, .title = doctor}, "Guten Tag {{title}},");
}

static const char german[] = GERMAN "  titles: [Dr., Prof., PD]\n";

#define SECOND                                                                                     \
    "xx:\n  name: x\n  closing: x\n  titles: [Dr., Prof.]\n  salutation:\n"                        \
    "    female: \"Sehr geehrte Frau {{title}} {{family_name}},\"\n"                               \
    "    male: \"Sehr geehrter Herr {{title}} {{family_name}},\"\n"                                \
    "    named: \"Guten Tag {{name}},\"\n"                                                         \
    "    anonymous: \"Sehr geehrte Damen und Herren,\"\n"                                          \
    "    second_female: \"sehr geehrte Frau {{title}} {{family_name}},\"\n"                        \
    "    second_male: \"sehr geehrter Herr {{title}} {{family_name}},\"\n"                         \
    "    second_named: \"guten Tag {{name}},\"\n"

static void keeps_of_a_title_what_belongs_into_a_salutation(void **state)
{
    (void)state;
    static const struct {
        char title[32];
        const char *salutation;
    } titles[] = {
        {"Prof. Dr.", "Sehr geehrte Frau Prof. Dr. Weiß,"},
        {"Dipl.-Ing.", "Sehr geehrte Frau Weiß,"},
        {"Dr.-Ing.", "Sehr geehrte Frau Dr. Weiß,"},
        {"Dr. med.", "Sehr geehrte Frau Dr. Weiß,"},
        {"Prof. Dr. Dipl.-Ing. MBA", "Sehr geehrte Frau Prof. Dr. Weiß,"},
        {"  dr. ", "Sehr geehrte Frau Dr. Weiß,"},
        {"Dr. Dr.", "Sehr geehrte Frau Dr. Dr. Weiß,"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        char title[32];
        memcpy(title, titles[i].title, sizeof title);
        greets(german, &(struct recipient){.gender = female, .family_name = weiss, .title = title},
               titles[i].salutation);
    }
    char degree[] = "Dipl.-Ing.";
    greets(german, &(struct recipient){.given_name = anna, .family_name = weiss, .title = degree},
           "Guten Tag Anna Weiß,");
}

static void greets_two_people_each_by_their_form(void **state)
{
    (void)state;
    struct recipient to = {.gender = female, .family_name = weiss, .title = doctor};
    to.second = (struct person){.gender = male, .family_name = kim};
    greets(SECOND, &to, "Sehr geehrte Frau Dr. Weiß, sehr geehrter Herr 김,");
    to.second = (struct person){.gender = female, .family_name = kim, .title = doctor};
    greets(SECOND, &to, "Sehr geehrte Frau Dr. Weiß, sehr geehrte Frau Dr. 김,");
    to = (struct recipient){.gender = male, .family_name = weiss};
    to.second = (struct person){.gender = male, .family_name = weiss};
    greets(SECOND, &to, "Sehr geehrter Herr Weiß, sehr geehrter Herr Weiß,");
}

static void greets_two_people_alike_if_one_is_known_by_name_only(void **state)
{
    (void)state;
    static const char both[] = SECOND "    both: \"Guten Tag {{name}} und {{second_name}},\"\n";
    struct recipient to = {.gender = female, .given_name = anna, .family_name = weiss};
    to.second = (struct person){.name = kim_minsu};
    greets(both, &to, "Guten Tag Anna Weiß und 김민수,");
    greets(SECOND, &to, "Sehr geehrte Frau Weiß, guten Tag 김민수,");
    to = (struct recipient){.gender = female, .family_name = weiss};
    to.second = (struct person){.name = kim_minsu};
    greets(both, &to, "Sehr geehrte Frau Weiß, guten Tag 김민수,");
    to = (struct recipient){.name = kim_minsu};
    to.second = (struct person){.gender = neutral, .given_name = anna, .family_name = weiss};
    greets(both, &to, "Guten Tag 김민수 und Anna Weiß,");
}

static void greets_whoever_of_two_is_known(void **state)
{
    (void)state;
    struct recipient to = {.gender = female};
    to.second = (struct person){.name = kim_minsu};
    greets(SECOND, &to, "Guten Tag 김민수,");
    to = (struct recipient){.gender = female, .family_name = weiss};
    to.second = (struct person){.given_name = anna};
    greets(SECOND, &to, "Sehr geehrte Frau Weiß,");
    to.second = (struct person){.name = blank};
    greets(SECOND, &to, "Sehr geehrte Frau Weiß,");
    to = (struct recipient){.name = empty};
    greets(SECOND, &to, "Sehr geehrte Damen und Herren,");
}

/* A language with neither form greets the first of the two. */
static void greets_the_first_where_nothing_is_said_about_two(void **state)
{
    (void)state;
    struct recipient to = {.gender = female, .family_name = weiss};
    to.second = (struct person){.gender = male, .family_name = kim};
    greets(GERMAN, &to, "Sehr geehrte Frau Weiß,");
}

/* Every kind of person beside every other, in the files that are shipped: never a double blank,
 * never a blank before a comma, never a placeholder, never nothing. */
static void the_shipped_forms_fit_everybody(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"locales/de.yaml", NULL},
                                           {"locales/en.yaml", NULL},
                                           {"locales/ko.yaml", NULL},
                                           {"locales/de.yaml", "locales/de-AT.yaml"},
                                           {"locales/de.yaml", "locales/de-CH.yaml"},
                                           {"locales/en.yaml", "locales/en-US.yaml"}};
    const struct person people[] = {
        {0},
        {.gender = female},
        {.title = doctor},
        {.family_name = weiss},
        {.name = anna_weiss},
        {.gender = female, .family_name = weiss},
        {.gender = male, .family_name = weiss},
        {.gender = neutral, .given_name = anna, .family_name = weiss},
        {.gender = male, .given_name = anna, .family_name = weiss, .title = doctor},
        {.name = kim_minsu},
        {.given_name = minsu, .family_name = kim, .gender = female},
        {.name = blank, .title = blank, .family_name = blank, .gender = male}};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        struct error err = {0};
        struct locale *base, *own = NULL;
        if (locale_load(files[f][0], NULL, &base, &err) != 0 ||
            (files[f][1] != NULL && locale_load(files[f][1], base, &own, &err) != 0))
            fail_msg("%s", err.text);
        for (size_t i = 0; i < sizeof people / sizeof *people; i++)
            for (size_t k = 0; k < sizeof people / sizeof *people; k++) {
                struct buf out = {0};
                salutation_put(own != NULL ? own : base, &people[i], &people[k], &out);
                const char *text = buf_text(&out);
                if (*text == '\0' || *text == ' ' || strstr(text, "  ") || strstr(text, " ,") ||
                    strstr(text, "{{") || strstr(text, ",,") || text[out.len - 1] == ' ')
                    fail_msg("%s, %zu and %zu: \"%s\"", files[f][0], i, k, text);
                buf_free(&out);
            }
        locale_free(own);
        locale_free(base);
    }
}

static void the_shipped_forms_greet_two(void **state)
{
    (void)state;
    static const struct {
        const char *file, *salutation;
    } languages[] = {
        {"locales/de.yaml", "Sehr geehrte Frau Dr. Weiß, sehr geehrter Herr Weiß,"},
        {"locales/en.yaml", "Dear Dr. Anna Weiß and Paul Weiß,"},
        {"locales/ko.yaml", "Dr. Anna Weiß 고객님, Paul Weiß 고객님께"},
    };
    char paul[] = "Paul";
    const struct person one = {.gender = female,
                               .title = doctor,
                               .given_name = anna,
                               .family_name = weiss},
                        two = {.gender = male, .given_name = paul, .family_name = weiss};
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        struct error err = {0};
        struct locale *l;
        struct buf out = {0};
        assert_int_equal(locale_load(languages[i].file, NULL, &l, &err), 0);
        salutation_put(l, &one, &two, &out);
        assert_string_equal(buf_text(&out), languages[i].salutation);
        buf_free(&out);
        locale_free(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greets_by_gender_and_family_name),
        cmocka_unit_test(leaves_no_gap_for_an_empty_title),
        cmocka_unit_test(greets_by_name_without_gender_or_family_name),
        cmocka_unit_test(greets_nobody_by_half_a_name),
        cmocka_unit_test(puts_the_korean_family_name_first),
        cmocka_unit_test(falls_back_to_named_where_a_language_has_one_form_for_all),
        cmocka_unit_test(leaves_no_gap_wherever_the_title_stands),
        cmocka_unit_test(needs_the_family_name_for_a_form_by_gender),
        cmocka_unit_test(never_expands_a_value_again),
        cmocka_unit_test(keeps_of_a_title_what_belongs_into_a_salutation),
        cmocka_unit_test(greets_two_people_each_by_their_form),
        cmocka_unit_test(greets_two_people_alike_if_one_is_known_by_name_only),
        cmocka_unit_test(greets_whoever_of_two_is_known),
        cmocka_unit_test(greets_the_first_where_nothing_is_said_about_two),
        cmocka_unit_test(the_shipped_forms_fit_everybody),
        cmocka_unit_test(the_shipped_forms_greet_two),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
