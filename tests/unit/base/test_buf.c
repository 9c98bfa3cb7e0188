#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void holds_bytes_and_ends_them(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_string_equal(buf_text(&b), "");
    buf_put(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    buf_putc(&b, 'c');
    buf_puts(&b, "de");
    buf_put(&b, NULL, 0);
    assert_int_equal(b.len, 6);
    assert_int_equal(b.data[6], '\0');
    buf_free(&b);
    assert_null(b.data);
    buf_free(&b);
}

static void grows_by_any_step(void **state)
{
    (void)state;
    for (size_t step = 1; step < 2000; step += 37) {
        struct buf b = {0};
        char chunk[2000];
        memset(chunk, 'x', sizeof(chunk));
        for (int i = 0; i < 50; i++) {
            buf_put(&b, chunk, step);
            assert_int_equal(b.len, step * (size_t)(i + 1));
            assert_true(b.cap > b.len);
            assert_int_equal(b.data[b.len], '\0');
        }
        buf_free(&b);
    }
}

static void formats_behind_what_is_there(void **state)
{
    (void)state;
    struct buf b = {0};
    char wide[300];
    memset(wide, 'w', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    buf_printf(&b, "%d-", 5);
    buf_printf(&b, "%s", wide);
    buf_printf(&b, "%s", "");
    assert_int_equal(b.len, 2 + 299);
    assert_memory_equal(b.data, "5-www", 5);
    buf_free(&b);
}

static void writes_json_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } samples[] = {
        {"", "\"\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"한글 ä 👍", "\"한글 ä 👍\""},
        {NULL, "null"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct buf b = {0};
        buf_put_json(&b, samples[i].text);
        assert_string_equal(buf_text(&b), samples[i].json);
        buf_free(&b);
    }
}

static void forgets_but_keeps_its_memory(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_reset(&b);
    buf_puts(&b, "hello");
    char *data = b.data;
    buf_truncate(&b, 2);
    assert_string_equal(buf_text(&b), "he");
    buf_reset(&b);
    assert_string_equal(buf_text(&b), "");
    assert_int_equal(b.len, 0);
    assert_ptr_equal(b.data, data);
    buf_free(&b);
}

static void makes_room_in_advance(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_reserve(&b, 1000);
    char *data = b.data;
    assert_true(b.cap > 1000);
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 1000; i++)
        buf_putc(&b, 'x');
    assert_ptr_equal(b.data, data);
    buf_free(&b);
}

static void hands_its_memory_over(void **state)
{
    (void)state;
    struct buf b = {0};
    char *nothing = buf_steal(&b);
    assert_string_equal(nothing, "");
    free(nothing);
    buf_puts(&b, "x");
    char *text = buf_steal(&b);
    assert_string_equal(text, "x");
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_bytes_and_ends_them),    cmocka_unit_test(grows_by_any_step),
        cmocka_unit_test(formats_behind_what_is_there), cmocka_unit_test(writes_json_strings),
        cmocka_unit_test(forgets_but_keeps_its_memory), cmocka_unit_test(makes_room_in_advance),
        cmocka_unit_test(hands_its_memory_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
