#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "engine/config_change.h"

static void assert_change(const char *before, const char *after, size_t count, const char *rows)
{
    struct buf out = {0};
    assert_int_equal(config_change_put(before, after, &out), count);
    assert_string_equal(buf_text(&out), rows);
    buf_free(&out);
}

static void nothing_changed_is_no_row(void **state UNUSED)
{
    assert_change("", "", 0, "");
    assert_change("workers = 4   # default\n", "workers = 4   # default\n", 0, "");
}

static void where_a_value_stands_is_no_change(void **state UNUSED)
{
    assert_change("workers = 4   # default\n", "workers = 4   # d.yaml:7\n", 0, "");
}

static void tells_what_a_key_was_and_is(void **state UNUSED)
{
    assert_change("a = 1   # d:1\nb = 2   # d:2\n", "a = 1   # d:1\nb = 3   # d:2\n", 1,
                  "{\"v\":1,\"key\":\"b\",\"was\":\"2\",\"now\":\"3\"}\n");
}

static void tells_keys_that_came_and_went(void **state UNUSED)
{
    assert_change("old.key = x   # d:1\n", "new.key = y   # d:1\n", 2,
                  "{\"v\":1,\"key\":\"new.key\",\"was\":null,\"now\":\"y\"}\n"
                  "{\"v\":1,\"key\":\"old.key\",\"was\":\"x\",\"now\":null}\n");
}

static void a_value_may_look_like_an_origin_or_a_key(void **state UNUSED)
{
    assert_change("a = p = q   # r   # d:1\n", "a = p = s   # r   # d:1\n", 1,
                  "{\"v\":1,\"key\":\"a\",\"was\":\"p = q   # r\",\"now\":\"p = s   # r\"}\n");
    assert_change("a =    # d:1\n", "a = 1   # d:1\n", 1,
                  "{\"v\":1,\"key\":\"a\",\"was\":\"\",\"now\":\"1\"}\n");
}

static void a_key_that_begins_like_another_is_another(void **state UNUSED)
{
    assert_change("a.b = 1   # d:1\n", "a = 1   # d:1\na.b = 1   # d:1\n", 1,
                  "{\"v\":1,\"key\":\"a\",\"was\":null,\"now\":\"1\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed_is_no_row),
        cmocka_unit_test(where_a_value_stands_is_no_change),
        cmocka_unit_test(tells_what_a_key_was_and_is),
        cmocka_unit_test(tells_keys_that_came_and_went),
        cmocka_unit_test(a_value_may_look_like_an_origin_or_a_key),
        cmocka_unit_test(a_key_that_begins_like_another_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
