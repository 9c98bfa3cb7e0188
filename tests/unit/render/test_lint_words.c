#include "render/lint_words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static bool finds(const char *text, const char *phrase)
{
    struct lint_span span;
    return lint_find(text, strlen(text), phrase, 0, &span);
}

static void a_word_is_found_whole_and_in_any_case(void **state)
{
    (void)state;
    assert_true(finds("Hier steht du.", "du"));
    assert_true(finds("Du bist", "du"));
    assert_true(finds("„DU“", "du"));
    assert_true(finds("ÜBER uns", "über"));
    assert_false(finds("durch Dualität", "du"));
    assert_false(finds("Indu", "du"));
    assert_false(finds("für dürr", "d"));
    assert_false(finds("", "du"));
    assert_false(finds("du", ""));
    assert_false(finds("du", "*"));
}

static void a_star_opens_one_side(void **state)
{
    (void)state;
    assert_true(finds("Gutscheincode", "Gutschein*"));
    assert_false(finds("Geschenkgutschein", "Gutschein*"));
    assert_true(finds("특별할인과", "*할인*"));
    assert_false(finds("특별할인과", "할인*"));
    assert_true(finds("출입 할인을", "할인*"));
}

static void blanks_and_line_ends_between_words_are_one(void **state)
{
    (void)state;
    assert_true(finds("click   here", "click here"));
    assert_false(finds("clickhere", "click here"));
    struct lint_span span;
    const char text[] = "a du und du";
    assert_true(lint_find(text, strlen(text), "du", 4, &span));
    assert_int_equal(span.start, 9);
    assert_int_equal(span.end, 11);
}

static bool begins(const char *text, const char *phrase, size_t end)
{
    size_t found = 0;
    return lint_begins(text, strlen(text), phrase, &found) && found == end;
}

static void what_begins_with_a_phrase_is_told_from_what_only_holds_it(void **state)
{
    (void)state;
    assert_true(begins("Million  Euro und mehr", "million euro", 13));
    assert_true(begins("만원", "만*", 3));
    assert_true(begins("uhr", "Uhr", 3));
    assert_false(begins("eine Million", "Million", 12));
    assert_false(begins("Millionen", "Million", 7));
    assert_false(begins("", "Uhr", 0));
    assert_false(begins("Uhr", "", 0));
    assert_false(begins("Uhr", "*", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_found_whole_and_in_any_case),
        cmocka_unit_test(a_star_opens_one_side),
        cmocka_unit_test(blanks_and_line_ends_between_words_are_one),
        cmocka_unit_test(what_begins_with_a_phrase_is_told_from_what_only_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
