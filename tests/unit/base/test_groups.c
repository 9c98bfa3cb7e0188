#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/groups.h"

static void counts_what_has_the_same_key(void **state)
{
    struct groups g = {0};
    char key[20];
    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof(key), "k%d", i % 1000);
        groups_find(&g, key)->cells[i % 2]++;
    }
    assert_int_equal(g.count, 1000);
    for (size_t i = 0; i < g.count; i++)
        assert_int_equal(g.at[i].cells[0] + g.at[i].cells[1], 10);
    groups_free(&g);
    assert_int_equal(g.count, 0);
}

static void the_largest_comes_first_and_equal_ones_by_name(void **state)
{
    struct groups g = {0};
    (void)state;
    groups_sort(&g, 1);
    groups_find(&g, "b")->cells[1] = 5;
    groups_find(&g, "a")->cells[1] = 5;
    groups_find(&g, "")->cells[1] = 7;
    groups_find(&g, "z")->cells[0] = 9;
    groups_sort(&g, 1);
    assert_string_equal(g.at[0].key, "");
    assert_string_equal(g.at[1].key, "a");
    assert_string_equal(g.at[2].key, "b");
    assert_string_equal(g.at[3].key, "z");
    groups_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_has_the_same_key),
        cmocka_unit_test(the_largest_comes_first_and_equal_ones_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
