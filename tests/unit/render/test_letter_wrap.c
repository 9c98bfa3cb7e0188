#include "render/letter_wrap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/unicode.h"

static void expect(const char *marked, const char *expected)
{
    struct buf out = {0};
    wrap_text(marked, strlen(marked), &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void repeat(struct buf *b, const char *word, int times)
{
    for (int i = 0; i < times; i++)
        buf_puts(b, word);
}

static void paragraphs_are_parted_by_a_blank_line(void **state)
{
    (void)state;
    expect("\x01"
           "one\n two  three\x01"
           "four",
           "one two three\n\nfour\n");
    expect("\x01 \x01x\x01", "x\n");
    expect("", "");
}

static void lines_end_before_column_76(void **state)
{
    (void)state;
    struct buf marked = {0}, out = {0};
    buf_puts(&marked, "\x01");
    repeat(&marked, "개인정보 유출 ", 30);
    repeat(&marked, "Straße ", 30);
    wrap_text(buf_text(&marked), marked.len, &out);
    size_t widest = 0;
    for (const char *line = buf_text(&out); *line != '\0';) {
        size_t len = strcspn(line, "\n");
        size_t width = unicode_width(line, len);
        widest = width > widest ? width : widest;
        assert_true(len > 0 && line[len - 1] != ' ');
        line += len + 1;
    }
    assert_in_range(widest, 70, WRAP_COLUMNS);
    buf_free(&marked);
    buf_free(&out);
}

static void a_long_address_is_never_broken(void **state)
{
    (void)state;
    struct buf marked = {0}, expected = {0};
    buf_puts(&marked, "\x01see https://www.example.org/");
    repeat(&marked, "abcdefghij", 12);
    buf_puts(&marked, " there");
    buf_puts(&expected, "see\nhttps://www.example.org/");
    repeat(&expected, "abcdefghij", 12);
    buf_puts(&expected, "\nthere\n");
    expect(buf_text(&marked), buf_text(&expected));
    buf_free(&marked);
    buf_free(&expected);
}

static void numbers_and_days_stay_in_one_piece(void **state)
{
    (void)state;
    struct buf marked = {0}, out = {0};
    static const char *const together[] = {"+44 808 157 0192", "24. September"};
    for (size_t i = 0; i < 2; i++) {
        for (int words = 0; words < 40; words++) {
            buf_reset(&marked);
            buf_reset(&out);
            buf_putc(&marked, WRAP_PARAGRAPH);
            repeat(&marked, "ab ", words);
            buf_printf(&marked, "%s und mehr", together[i]);
            wrap_text(marked.data, marked.len, &out);
            assert_non_null(strstr(out.data, together[i]));
        }
    }
    buf_free(&marked);
    buf_free(&out);
}

static void items_hang_under_their_first_word(void **state)
{
    (void)state;
    struct buf marked = {0}, out = {0};
    buf_puts(&marked, "\x04t9;\x05\x01");
    repeat(&marked, "word ", 20);
    buf_puts(&marked, "\x05\x01");
    repeat(&marked, "word ", 20);
    buf_puts(&marked, "\x06");
    wrap_text(buf_text(&marked), marked.len, &out);
    assert_non_null(strstr(buf_text(&out), "9. word"));
    assert_non_null(strstr(buf_text(&out), "\n   word"));
    assert_non_null(strstr(buf_text(&out), "\n10. word"));
    assert_non_null(strstr(buf_text(&out), "\n    word"));
    buf_free(&marked);
    buf_free(&out);
}

static void loose_lists_have_blank_lines_between_items(void **state)
{
    (void)state;
    expect("\x01x\x03l\x05\x01"
           "a\x05\x01"
           "b\x06\x01y",
           "x\n\n- a\n\n- b\n\ny\n");
    expect("\x01x\x03t\x05\x01"
           "a\x05\x01"
           "b\x06\x01y",
           "x\n\n- a\n- b\n\ny\n");
}

static void headings_are_underlined_in_their_width(void **state)
{
    (void)state;
    expect("\x02"
           "1Top\x02"
           "2은행 A\x01x",
           "Top\n===\n\n은행 A\n------\n\nx\n");
    expect("\x02"
           "2\x01x",
           "x\n");
}

static void quotes_carry_their_sign_on_every_line(void **state)
{
    (void)state;
    expect("\x07\x01"
           "a\x01"
           "b\x0e\x01"
           "c",
           "> a\n>\n> b\n\nc\n");
    expect("\x01"
           "x\x07\x01"
           "a\x07\x01"
           "b\x0e\x0e",
           "x\n\n> a\n>\n> > b\n");
    expect("\x01"
           "a\x0b"
           "b",
           "a\nb\n");
}

static void unbalanced_marks_do_no_harm(void **state)
{
    (void)state;
    struct buf marked = {0}, out = {0};
    buf_puts(&marked, "\x06\x0e\x05x");
    repeat(&marked, "\x04t99999999999999999999;\x05\x07", 60);
    buf_puts(&marked, "y\x02");
    wrap_text(buf_text(&marked), marked.len, &out);
    assert_non_null(strstr(buf_text(&out), "y\n"));
    buf_free(&marked);
    buf_free(&out);
}

static void blocks_wrapped_one_by_one_say_the_same(void **state)
{
    (void)state;
    static const char marked[] =
        "\x02"
        "2Kopf\x01 eins\x01\x03t\x05\x01 a\x03t\x05\x01 b\x06\x05\x01 c\x06"
        "\x0f\x07\x01zitat\x07\x01innen\x0e\x0e\x04l3;\x05\x01 x\x05\x01 y\x06\x01"
        "ende\x01 ";
    struct buf whole = {0}, parts = {0};
    size_t blocks = 0, len = strlen(marked);
    wrap_text(marked, len, &whole);
    for (size_t from = 0, to; from < len; from = to, blocks++) {
        struct buf block = {0};
        to = wrap_block_end(marked, len, from);
        wrap_text(marked + from, to - from, &block);
        buf_puts(&parts, parts.len > 0 && block.len > 0 ? "\n" : "");
        buf_put(&parts, buf_text(&block), block.len);
        buf_free(&block);
    }
    assert_int_equal(blocks, 9);
    assert_string_equal(buf_text(&parts), buf_text(&whole));
    buf_free(&whole);
    buf_free(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_are_parted_by_a_blank_line),
        cmocka_unit_test(lines_end_before_column_76),
        cmocka_unit_test(a_long_address_is_never_broken),
        cmocka_unit_test(numbers_and_days_stay_in_one_piece),
        cmocka_unit_test(items_hang_under_their_first_word),
        cmocka_unit_test(loose_lists_have_blank_lines_between_items),
        cmocka_unit_test(headings_are_underlined_in_their_width),
        cmocka_unit_test(quotes_carry_their_sign_on_every_line),
        cmocka_unit_test(unbalanced_marks_do_no_harm),
        cmocka_unit_test(blocks_wrapped_one_by_one_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
