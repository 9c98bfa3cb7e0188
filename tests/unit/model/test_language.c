#include "model/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *tag_of(const char *word)
{
    return language_find_tag(word, strlen(word));
}

static void finds_what_is_meant_by_a_word(void **state)
{
    (void)state;
    assert_string_equal(tag_of("Deutsch"), "de");
    assert_string_equal(tag_of("GER"), "de");
    assert_string_equal(tag_of("한국어"), "ko");
    assert_string_equal(language_find_tag("english-US", 7), "en");
}

static void takes_no_tag_and_no_part_of_a_word_for_one(void **state)
{
    (void)state;
    static const char *const none[] = {"", "de", "ko", "en", "germ", "germans", " ", "fr", "yue"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(tag_of(none[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_meant_by_a_word),
        cmocka_unit_test(takes_no_tag_and_no_part_of_a_word_for_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
