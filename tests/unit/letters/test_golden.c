#include "letters/golden.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static void finds_the_first_difference_by_line_and_character(void **state)
{
    static const struct {
        const char *file, *now;
        int line, column;
        const char *file_says, *says_now;
    } rows[] = {
        {"a\nb\n", "a\nc\n", 2, 1, "b", "c"},
        {"a\n", "a\nb\n", 2, 1, NULL, "b"},
        {"a\nb\n", "a\n", 2, 1, "b", NULL},
        {"", "a\n", 1, 1, NULL, "a"},
        {"유출된\n", "유출은\n", 1, 3, "유출된", "유출은"}, /* within a character: its start */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf file = {0}, now = {0};
        struct golden_difference d;
        buf_puts(&file, rows[i].file);
        buf_puts(&now, rows[i].now);
        assert_true(golden_compare(&file, &now, &d));
        if (d.line != rows[i].line || d.column != rows[i].column)
            fail_msg("row %zu: %d:%d", i, d.line, d.column);
        assert_true((d.file_says == NULL) == (rows[i].file_says == NULL));
        assert_true((d.says_now == NULL) == (rows[i].says_now == NULL));
        if (d.says_now != NULL)
            assert_string_equal(d.says_now, rows[i].says_now);
        if (d.file_says != NULL)
            assert_string_equal(d.file_says, rows[i].file_says);
        golden_difference_free(&d);
        buf_free(&file);
        buf_free(&now);
    }
}

static void shortens_long_lines_around_the_difference(void **state)
{
    struct buf file = {0}, now = {0};
    struct golden_difference d;
    (void)state;
    for (int i = 0; i < 50; i++)
        buf_puts(&file, "가");
    buf_put(&now, file.data, file.len);
    buf_puts(&file, "old\n");
    buf_puts(&now, "new\n");
    assert_true(golden_compare(&file, &now, &d));
    assert_int_equal(d.column, 51);
    assert_string_equal(d.says_now, "...가가가가가가가가가가가가가가가가가가가가new");
    golden_difference_free(&d);
    buf_free(&file);
    buf_free(&now);
}

static void says_nothing_of_what_is_the_same(void **state)
{
    struct buf file = {0}, now = {0};
    struct golden_difference d;
    (void)state;
    assert_false(golden_compare(&file, &now, &d));
    buf_puts(&file, "same\n");
    buf_puts(&now, "same\n");
    assert_false(golden_compare(&file, &now, &d));
    buf_free(&file);
    buf_free(&now);
}

static void holds_every_part_a_letter_has(void **state)
{
    struct proof proof = {0};
    struct buf out = {0};
    (void)state;
    buf_puts(&proof.message.subject, "Subject");
    buf_puts(&proof.message.text, "Dear reader,\n\nwords\n");
    buf_puts(&proof.message.webhook, "{\"a\":1}");
    golden_put(&out, &proof);
    assert_string_equal(out.data, "=== subject\nSubject\n=== text\nDear reader,\n\nwords\n"
                                  "=== webhook\n{\n  \"a\": 1\n}\n");
    proof_free(&proof);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_first_difference_by_line_and_character),
        cmocka_unit_test(shortens_long_lines_around_the_difference),
        cmocka_unit_test(says_nothing_of_what_is_the_same),
        cmocka_unit_test(holds_every_part_a_letter_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
