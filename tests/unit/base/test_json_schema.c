#include "base/json_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_object_lists_its_keys_and_those_it_needs(void **state)
{
    static const char *const words[] = {"a", "b"};
    struct json_schema s;
    struct buf out = {0};
    (void)state;
    json_schema_open(&s, &out);
    json_schema_put(&s, "one", true, SCHEMA_BOOLEAN);
    json_schema_key(&s, "two \"x\"", false);
    json_schema_put_words(&out, words, 2);
    json_schema_put(&s, "three", true, SCHEMA_ANY);
    json_schema_close(&s, NULL);
    assert_string_equal(buf_text(&out),
                        "{\"type\":\"object\",\"properties\":{\"one\":{\"type\":\"boolean\"},"
                        "\"two \\\"x\\\"\":{\"enum\":[\"a\",\"b\"]},\"three\":true},"
                        "\"required\":[\"one\",\"three\"],\"additionalProperties\":false}");
    buf_free(&out);
}

static void an_object_may_let_others_in(void **state)
{
    struct json_schema s;
    struct buf out = {0};
    (void)state;
    json_schema_open(&s, &out);
    json_schema_close(&s, "\"additionalProperties\":true");
    assert_string_equal(buf_text(&out),
                        "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":true}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_lists_its_keys_and_those_it_needs),
        cmocka_unit_test(an_object_may_let_others_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
