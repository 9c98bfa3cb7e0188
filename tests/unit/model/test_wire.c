#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/wire.h"

static void carries_what_was_put(void **state)
{
    struct buf b = {0};
    char copy[4];
    size_t len;
    (void)state;
    wire_put_byte(&b, 200);
    wire_put_int(&b, INT64_MIN);
    wire_put_int(&b, -1);
    wire_put_text(&b, "김");
    wire_put_text(&b, NULL);
    wire_put_bytes(&b, "a\0b", 3);
    wire_put_text(&b, "abc");
    struct wire w = wire_begin(b.data, b.len);
    assert_int_equal(wire_byte(&w), 200);
    assert_true(wire_int(&w) == INT64_MIN);
    assert_int_equal(wire_int(&w), -1);
    assert_string_equal(wire_text(&w), "김");
    assert_string_equal(wire_text(&w), "");
    assert_memory_equal(wire_bytes(&w, &len), "a\0b", 3);
    assert_int_equal(len, 3);
    assert_false(wire_ended(&w));
    wire_copy_text(&w, copy, sizeof(copy));
    assert_string_equal(copy, "abc");
    assert_true(wire_ended(&w));
    buf_free(&b);
}

/* On the heap and exactly as long, so that reading behind it is seen. */
static struct wire cut(const struct buf *b, size_t len, char **out_copy)
{
    *out_copy = xmalloc(len > 0 ? len : 1);
    memcpy(*out_copy, b->data, len);
    return wire_begin(*out_copy, len);
}

static void what_is_cut_is_broken(void **state)
{
    struct buf b = {0};
    (void)state;
    wire_put_text(&b, "hello");
    for (size_t len = 0; len < b.len; len++) {
        char *copy;
        struct wire w = cut(&b, len, &copy);
        assert_string_equal(wire_text(&w), "");
        assert_int_equal(wire_int(&w), 0);
        assert_false(wire_ended(&w));
        free(copy);
    }
    buf_free(&b);
}

static void a_text_that_lies_about_its_end_is_broken(void **state)
{
    static const char inner_nul[] = "\0\0\0\3a\0b", no_nul[] = {0, 0, 0, 2, 'a', 'b', 'c'};
    (void)state;
    struct wire w = wire_begin(inner_nul, sizeof(inner_nul));
    assert_string_equal(wire_text(&w), "");
    assert_true(w.broken);
    w = wire_begin(no_nul, sizeof(no_nul));
    assert_string_equal(wire_text(&w), "");
    assert_true(w.broken);
}

static void a_text_too_long_for_its_place_is_broken(void **state)
{
    struct buf b = {0};
    char copy[3] = "xx";
    (void)state;
    wire_put_text(&b, "abc");
    struct wire w = wire_begin(b.data, b.len);
    wire_copy_text(&w, copy, sizeof(copy));
    assert_string_equal(copy, "");
    assert_true(w.broken);
    buf_free(&b);
}

static void counts_only_what_there_is_room_for(void **state)
{
    struct buf b = {0};
    (void)state;
    wire_put_count(&b, 3);
    buf_puts(&b, "123456");
    struct wire w = wire_begin(b.data, b.len);
    assert_int_equal(wire_count(&w, 2), 3);
    w = wire_begin(b.data, b.len);
    assert_int_equal(wire_count(&w, 3), 0);
    assert_true(w.broken);
    buf_free(&b);
}

static void a_number_out_of_range_is_broken(void **state)
{
    struct buf b = {0};
    (void)state;
    wire_put_int(&b, 5);
    struct wire w = wire_begin(b.data, b.len);
    assert_int_equal(wire_int_within(&w, 0, 5), 5);
    assert_false(w.broken);
    w = wire_begin(b.data, b.len);
    assert_int_equal(wire_int_within(&w, 1, 4), 1);
    assert_true(w.broken);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_what_was_put),
        cmocka_unit_test(what_is_cut_is_broken),
        cmocka_unit_test(a_text_that_lies_about_its_end_is_broken),
        cmocka_unit_test(a_text_too_long_for_its_place_is_broken),
        cmocka_unit_test(counts_only_what_there_is_room_for),
        cmocka_unit_test(a_number_out_of_range_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
