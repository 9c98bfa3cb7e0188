#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "engine/letter_waits.h"

static void remembers_until_it_is_told_to_forget(void **state)
{
    struct letter_waits w = {0};
    char name[32];
    (void)state;
    assert_null(letter_waits_find(&w, "n1.json"));
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "n%d.json", i);
        letter_waits_note(&w, name, i % 2 == 0 ? "even" : "odd", 1000);
        letter_waits_note(&w, name, "another", 1000);
    }
    assert_int_equal(w.count, 100);
    assert_string_equal(letter_waits_find(&w, "n7.json"), "odd");
    assert_string_equal(letter_waits_find(&w, "n8.json"), "even");
    assert_null(letter_waits_find(&w, "n100.json"));
    letter_waits_forget(&w);
    assert_null(letter_waits_find(&w, "n7.json"));
}

static void reads_again_after_some_minutes(void **state)
{
    struct letter_waits w = {0};
    (void)state;
    letter_waits_note(&w, "n1.json", "why", 1000);
    letter_waits_note(&w, "n2.json", "why", 200000);
    letter_waits_tend(&w, 300999);
    assert_non_null(letter_waits_find(&w, "n1.json"));
    letter_waits_tend(&w, 301000);
    assert_null(letter_waits_find(&w, "n1.json"));
    assert_null(letter_waits_find(&w, "n2.json"));
    assert_false(letter_waits_note(&w, "n1.json", "why", 301000)); /* that was told */
    assert_true(letter_waits_note(&w, "n3.json", "why", 301000));
    assert_string_equal(letter_waits_find(&w, "n1.json"), "why");
    assert_null(letter_waits_find(&w, "n2.json"));
    assert_int_equal(w.count, 3);
    letter_waits_tend(&w, 600999);
    assert_non_null(letter_waits_find(&w, "n1.json"));
    letter_waits_forget(&w);
    assert_true(letter_waits_note(&w, "n1.json", "why", 700000));
    letter_waits_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_until_it_is_told_to_forget),
        cmocka_unit_test(reads_again_after_some_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
