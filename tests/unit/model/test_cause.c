#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model/cause.h"
#include "model/disposition.h"

static void every_cause_has_a_sentence_and_a_place_in_the_alphabet(void **state)
{
    (void)state;
    for (size_t i = 0; cause_name(i) != NULL; i++) {
        const char *name = cause_name(i), *sentence = cause_sentence(name);
        assert_non_null(sentence);
        assert_true(strlen(name) < DISPOSITION_CAUSE_SIZE);
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
        assert_true(sentence[0] >= 'A' && sentence[0] <= 'Z');
        if (i > 0 && strcmp(cause_name(i - 1), name) >= 0)
            fail_msg("%s stands behind %s", name, cause_name(i - 1));
    }
}

static void every_cause_says_what_to_do_or_that_it_can_be_tried_again(void **state)
{
    (void)state;
    for (size_t i = 0; cause_name(i) != NULL; i++) {
        const char *name = cause_name(i), *cure = cause_cure(name);
        bool over = strcmp(name, "accepted") == 0 || strcmp(name, "confirmed") == 0 ||
                    strcmp(name, "outbox") == 0;
        assert_non_null(cure);
        assert_memory_equal(cause_sentence(name), cause_meaning(name), strlen(cause_meaning(name)));
        if (cure[0] == '\0' && !cause_helps_retry(name) && !over)
            fail_msg("nothing can be done about %s", name);
    }
}

static void a_word_of_a_gateway_has_none(void **state)
{
    (void)state;
    assert_null(cause_sentence("ERR_4711"));
    assert_null(cause_sentence(""));
    assert_null(cause_meaning(""));
    assert_null(cause_cure("ERR_4711"));
    assert_true(cause_helps_retry("ERR_4711"));
    assert_false(cause_is_lasting("ERR_4711"));
}

static void only_an_address_that_will_never_work_is_lasting(void **state)
{
    (void)state;
    char lasting[200] = "";
    for (size_t i = 0; cause_name(i) != NULL; i++)
        if (cause_is_lasting(cause_name(i)))
            snprintf(lasting + strlen(lasting), sizeof(lasting) - strlen(lasting), "%s ",
                     cause_name(i));
    assert_string_equal(lasting, "bad_recipient mailbox_disabled ");
}

static void a_word_that_nobody_knows_is_told_what_was_meant(void **state)
{
    struct error err;
    (void)state;
    assert_int_equal(cause_check("bad_recipient", &err), 0);
    assert_int_equal(cause_check("bad_recipent", &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "did you mean bad_recipient?"));
    assert_int_equal(cause_check("xyzzy_plugh", &err), ERR_INPUT);
    assert_null(strstr(err.text, "did you mean"));
}

static void the_list_in_the_documentation_is_this_one(void **state)
{
    char line[1000], wanted[1000];
    size_t at = 0;
    FILE *file = fopen("docs/gateways.md", "r");
    bool inside = false;
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strcmp(line, "### Causes\n") == 0 || line[0] == '#')
            inside = strcmp(line, "### Causes\n") == 0;
        if (!inside || strncmp(line, "| `", 3) != 0)
            continue;
        assert_non_null(cause_name(at));
        snprintf(wanted, sizeof(wanted), "| `%s` | %s |\n", cause_name(at),
                 cause_sentence(cause_name(at)));
        assert_string_equal(line, wanted);
        at++;
    }
    fclose(file);
    assert_null(cause_name(at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cause_has_a_sentence_and_a_place_in_the_alphabet),
        cmocka_unit_test(every_cause_says_what_to_do_or_that_it_can_be_tried_again),
        cmocka_unit_test(a_word_of_a_gateway_has_none),
        cmocka_unit_test(a_word_that_nobody_knows_is_told_what_was_meant),
        cmocka_unit_test(the_list_in_the_documentation_is_this_one),
        cmocka_unit_test(only_an_address_that_will_never_work_is_lasting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
