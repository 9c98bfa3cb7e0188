#include "letters/preview_json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static void puts_each_member_on_its_line(void **state)
{
    static const struct {
        const char *json, *laid_out;
    } rows[] = {
        {"{\"a\":1,\"b\":[true,null]}", "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n  ]\n}"},
        {"{ \"a\" : { } , \"b\":[ ] }", "{\n  \"a\": {},\n  \"b\": []\n}"},
        {"{\"a\":\"{,: \\\" [\"}", "{\n  \"a\": \"{,: \\\" [\"\n}"},
        {"\"text\"", "\"text\""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = {0};
        preview_put_json(&out, rows[i].json, strlen(rows[i].json));
        assert_string_equal(buf_text(&out), rows[i].laid_out);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_each_member_on_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
