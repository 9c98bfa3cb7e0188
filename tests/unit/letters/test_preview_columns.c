#include "letters/preview_columns.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "base/unicode.h"

#define TEXT(words)                                                                                \
    {                                                                                              \
        .text = (words), .len = sizeof(words) - 1                                                  \
    }

static const char *const tags[] = {"de", "ko", "en"};

static void breaks_lines_by_what_a_terminal_shows(void **state)
{
    static const struct {
        const char *text;
        size_t width, len, next;
    } rows[] = {
        {"short", 10, 5, 5},      {"", 10, 0, 0},
        {"two\nlines", 10, 3, 4}, {"one two three", 8, 7, 8},
        {"one   two", 5, 3, 6},   {"abcdefgh", 3, 3, 3},
        {"가나다라", 4, 6, 6},   /* two of three bytes and two columns each */
        {"가나다라", 5, 6, 6},   /* half a syllable does not fit */
        {"가", 1, 3, 3},         /* it always goes on */
        {"  indented", 6, 6, 6}, /* blanks in front are no place to break */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t next = 0;
        size_t len = column_line(rows[i].text, strlen(rows[i].text), rows[i].width, &next);
        if (len != rows[i].len || next != rows[i].next)
            fail_msg("row %zu: %zu, %zu instead of %zu, %zu", i, len, next, rows[i].len,
                     rows[i].next);
    }
}

static void sets_separators_below_each_other_under_hangul(void **state)
{
    static const struct column_text texts[] = {TEXT("Betreff in zwei Zeilen, die nicht passen"),
                                               TEXT("유출된 항목을 확인해 주십시오 고객님"),
                                               TEXT("Subject")};
    struct column_layout l = column_layout_for(3, 3 * 28 + 6, false);
    struct buf out = {0};
    (void)state;
    assert_false(l.stacked);
    assert_int_equal(l.column, 28);
    columns_put_texts(&out, &l, tags, texts);
    for (char *at = out.data, *line; (line = strsep(&at, "\n")) != NULL && *line != '\0';) {
        char *bar = strstr(line, "│");
        assert_non_null(bar);
        assert_int_equal(unicode_width(line, (size_t)(bar - line)), 29);
        bar = strstr(bar + 1, "│");
        assert_int_equal(unicode_width(line, (size_t)(bar - line)), 60);
    }
    buf_free(&out);
}

static void puts_languages_below_each_other_where_there_is_no_room(void **state)
{
    static const struct column_text texts[] = {TEXT("eins"), TEXT("하나"), TEXT("one")};
    struct column_layout l = column_layout_for(3, 80, false);
    struct buf out = {0};
    (void)state;
    assert_true(l.stacked);
    columns_put_texts(&out, &l, tags, texts);
    assert_string_equal(out.data, "[de]\neins\n\n[ko]\n하나\n\n[en]\none\n");
    buf_free(&out);
}

static void marks_facts_only_in_colour_and_over_line_ends(void **state)
{
    static const struct column_mark marks[] = {{4, 9}};
    static const struct column_text texts[] = {
        {.text = "the long fact ends", .len = 18, .marks = marks, .mark_count = 1}};
    struct column_layout l = column_layout_for(1, 8, true);
    struct buf out = {0};
    (void)state;
    columns_put_texts(&out, &l, tags, texts);
    assert_string_equal(out.data, "the \x1b[4mlong\x1b[0m\n\x1b[4mfact\x1b[0m\nends\n");
    buf_reset(&out);
    l.colour = false;
    columns_put_texts(&out, &l, tags, texts);
    assert_string_equal(out.data, "the long\nfact\nends\n");
    buf_free(&out);
}

static void lets_no_control_character_reach_the_terminal(void **state)
{
    static const struct column_text texts[] = {TEXT("a\x1b[2Jb")};
    struct column_layout l = column_layout_for(1, 40, false);
    struct buf out = {0};
    (void)state;
    columns_put_texts(&out, &l, tags, texts);
    assert_null(strchr(out.data, '\x1b'));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaks_lines_by_what_a_terminal_shows),
        cmocka_unit_test(sets_separators_below_each_other_under_hangul),
        cmocka_unit_test(puts_languages_below_each_other_where_there_is_no_room),
        cmocka_unit_test(marks_facts_only_in_colour_and_over_line_ends),
        cmocka_unit_test(lets_no_control_character_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
