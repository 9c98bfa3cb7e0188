#include "base/id.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static void takes_the_letters_of_the_grammar(void **state)
{
    (void)state;
    static const char grammar[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    for (int c = 0; c < 256; c++) {
        char id[2] = {'a', (char)c};
        bool allowed = c != 0 && strchr(grammar, c) != NULL;
        assert_int_equal(id_valid(id, 2), allowed);
    }
}

static void refuses_names_that_are_dangerous_as_files(void **state)
{
    (void)state;
    assert_false(id_valid("", 0));
    assert_false(id_valid(".", 1));
    assert_false(id_valid("..", 2));
    assert_false(id_valid("a/b", 3));
    assert_false(id_valid("-rf", 3));
    assert_false(id_valid("a\0b", 3));
    assert_true(id_valid("_a", 2));
    assert_true(id_valid("a", 1));
}

static void limits_the_length(void **state)
{
    (void)state;
    char id[ID_MAX + 1];
    memset(id, 'x', sizeof(id));
    assert_true(id_valid(id, ID_MAX));
    assert_false(id_valid(id, ID_MAX + 1));
}

/* Of 64 bits over 200 draws, none stays the same: the chance that one honestly did is 2^-193. */
static void throws_all_64_bits(void **state)
{
    (void)state;
    uint64_t ones = 0, zeros = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t bits = random_bits();
        ones |= bits;
        zeros |= ~bits;
    }
    assert_true(ones == UINT64_MAX);
    assert_true(zeros == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_letters_of_the_grammar),
        cmocka_unit_test(refuses_names_that_are_dangerous_as_files),
        cmocka_unit_test(limits_the_length),
        cmocka_unit_test(throws_all_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
