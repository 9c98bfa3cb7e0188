#include "people/column_words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static void knows_what_people_call_the_columns(void **state)
{
    static const struct {
        const char *header, *member; /* NULL: no such word */
    } rows[] = {
        {"Sprache", "locale"},
        {"VORNAME", "given_name"},
        {"Nachname", "family_name"},
        {"Anrede", "gender"},
        {"E-Mail-Adresse", "email"},
        {"Tel.-Nr.", "phone"},
        {"Handy", "phone"},
        {"First Name", "given_name"},
        {"last_name", "family_name"},
        {"Empfänger", "name"},
        {"이름", "name"},
        {"이메일", "email"},
        {"전화 번호", "phone"},
        {"휴대폰", "phone"},
        {"언어", "locale"},
        {"성", "family_name"},
        {"성별", "gender"},
        {"colour", NULL},
        {"", NULL},
        {"...", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct column_word *word = words_find_column(rows[i].header);
        assert_int_equal(word != NULL, rows[i].member != NULL);
        if (word != NULL)
            assert_string_equal(word->member, rows[i].member);
    }
}

static void knows_what_people_write_for_a_gender(void **state)
{
    static const struct {
        const char *value, *gender;
    } rows[] = {
        {"Frau", "female"},    {"Fr.", NULL},        {"HERR", "male"}, {"f", "female"},
        {"m", "male"},         {"Mr.", "male"},      {"여", "female"}, {"남성", "male"},
        {"divers", "neutral"}, {"Female", "female"}, {"Firma", NULL},  {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *gender = words_find_gender(rows[i].value);
        assert_int_equal(gender != NULL, rows[i].gender != NULL);
        if (gender != NULL)
            assert_string_equal(gender, rows[i].gender);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_people_call_the_columns),
        cmocka_unit_test(knows_what_people_write_for_a_gender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
