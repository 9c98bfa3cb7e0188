#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "cli/say_catalogue.h"
#include "cli/say_format.h"

static struct catalogue *parsed(const char *text)
{
    struct catalogue *c = NULL;
    struct error err = {0};
    if (catalogue_parse(text, strlen(text), &c, &err) != 0)
        fail_msg("%s", err.text);
    return c;
}

/* What a finished sentence becomes; borrowed until the next call. */
static const char *said(const struct catalogue *c, const char *sentence)
{
    static char room[500];
    struct buf out = {0};
    catalogue_put_sentence(c, &out, sentence);
    assert_true(out.len < sizeof(room));
    memcpy(room, buf_text(&out), out.len + 1);
    buf_free(&out);
    return room;
}

static PRINTF(2, 3) const char *filled(const char *translation, const char *english, ...)
{
    static char room[500];
    struct format from, to;
    struct format_value values[FORMAT_VALUES_MAX] = {0};
    struct buf out = {0};
    va_list args;
    assert_true(format_read(english, &from));
    assert_true(format_read(translation, &to));
    assert_true(format_fits(&to, &from));
    va_start(args, english);
    format_fetch(&from, &args, values);
    va_end(args);
    format_put(&out, &to, values);
    assert_true(out.len < sizeof(room));
    memcpy(room, buf_text(&out), out.len + 1);
    buf_free(&out);
    return room;
}

static void a_translation_may_turn_the_values_round(void **state)
{
    (void)state;
    assert_string_equal(filled("%2$s: %1$d%%", "%d%% of %s", 7, "gmx.de"), "gmx.de: 7%");
    assert_string_equal(filled("%3$zu/%1$lld/%2$c", "%lld %c %zu", -5LL, 'x', (size_t)9), "9/-5/x");
    assert_string_equal(filled("%2$04X %1$03o %3$g", "%03o %04X %g", 0644u, 0xADu, 0.25),
                        "00AD 644 0.25");
    assert_string_equal(filled("%.1f|%5d|%-5u|%05ld", "%f %d %u %ld", 2.25, 42, 7u, 31L),
                        "2.2|   42|7    |00031");
    assert_string_equal(filled("%.2s", "%s", "abc"), "ab");
}

static void widths_are_columns_of_the_terminal(void **state)
{
    (void)state;
    assert_string_equal(filled("%-8s|", "%s", "김민준"), "김민준  |");
    assert_string_equal(filled("%8s|", "%s", "김민준"), "  김민준|");
}

static void a_hole_of_another_type_does_not_fit(void **state)
{
    static const char *const wrong[][2] = {
        {"%d", "%s"}, {"%s %s", "%s"}, {"%2$s", "%s"}, {"%lld", "%ld"}, {"%u", "%d"},
    };
    struct format english, translation;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_true(format_read(wrong[i][0], &translation));
        assert_true(format_read(wrong[i][1], &english));
        assert_false(format_fits(&translation, &english));
    }
    assert_false(format_read("%*d", &english));
    assert_false(format_read("%n", &english));
    assert_false(format_read("a lone %", &english));
}

static void a_broken_translation_is_left_in_english(void **state)
{
    struct catalogue *c = parsed("\"%d people\": \"%s Menschen\"\n"
                                 "\"%d letters\": \"%d Briefe\"\n"
                                 "\"%d lines\": \"\"\n");
    (void)state;
    assert_null(catalogue_find(c, "%d people"));
    assert_null(catalogue_find(c, "%d lines"));
    assert_string_equal(catalogue_find(c, "%d letters"), "%d Briefe");
    catalogue_free(c);
}

static void a_finished_sentence_is_known_again_by_its_words(void **state)
{
    struct catalogue *c = parsed("\"no letter \\\"%s\\\" in %s\": \"in %2$s kein Brief „%1$s“\"\n"
                                 "\"line %d is too long\": \"Zeile %d ist zu lang\"\n"
                                 "\"cannot read %s\": \"%s ist nicht lesbar\"\n"
                                 "\"%s (asked by %s)\": \"%s (gefragt von %s)\"\n");
    (void)state;
    assert_string_equal(said(c, "no letter \"a b\" in /x"), "in /x kein Brief „a b“");
    assert_string_equal(said(c, "line 12 is too long"), "Zeile 12 ist zu lang");
    assert_string_equal(said(c, "line x is too long"), "line x is too long");
    assert_string_equal(said(c, "a.csv:3:7: line 3 is too long"), "a.csv:3:7: Zeile 3 ist zu lang");
    assert_string_equal(said(c, "cannot read /y: Permission denied"),
                        "/y ist nicht lesbar: Permission denied");
    assert_string_equal(said(c, "line 1 is too long (asked by me)"),
                        "Zeile 1 ist zu lang (gefragt von me)");
    assert_string_equal(said(c, "first nobody knows\nline 2 is too long\n"),
                        "first nobody knows\nZeile 2 ist zu lang\n");
    assert_string_equal(said(NULL, "as it is"), "as it is");
    catalogue_free(c);
}

static void what_is_said_in_particular_wins_over_what_is_said_in_general(void **state)
{
    struct catalogue *c = parsed("\"there is no %s here\": \"allgemein %s\"\n"
                                 "\"there is no letter %s here\": \"besonders %s\"\n");
    (void)state;
    assert_string_equal(said(c, "there is no letter x here"), "besonders x");
    assert_string_equal(said(c, "there is no spoon here"), "allgemein spoon");
    catalogue_free(c);
}

static void several_lines_are_several_sentences(void **state)
{
    (void)state;
    struct catalogue *c = parsed("\"%s is %s, not %s\": \"%s ist %s, nicht %s\"\n"
                                 "\"it is empty here\": \"hier ist es leer\"\n"
                                 "\"%s\\nand %zu more problems\": \"%s\\nund %zu weitere\"\n");
    assert_string_equal(said(c, "a:1: this is x\nb:2: y, not z"), "a:1: this is x\nb:2: y, not z");
    assert_string_equal(said(c, "a:1: it is empty here\na:2: x is y, not z\nand 7 more problems"),
                        "a:1: hier ist es leer\na:2: x ist y, nicht z\nund 7 weitere");
    catalogue_free(c);
}

static void a_position_is_no_part_of_what_is_said_of_anything(void **state)
{
    (void)state;
    struct catalogue *c = parsed("\"%s must be %s\": \"%s muss %s sein\"\n"
                                 "\"must be a list, like [a, b]\": \"muss Liste sein: [a, b]\"\n"
                                 "\"%s:%d:1: a line is too long\": \"%s:%d:1: Zeile zu lang\"\n");
    assert_string_equal(said(c, "f.yaml:4:8: hours must be 9-18"),
                        "f.yaml:4:8: hours muss 9-18 sein");
    assert_string_equal(said(c, "f.yaml:4:8: `a.b` must be a list, like [a, b]"),
                        "f.yaml:4:8: `a.b` muss Liste sein: [a, b]");
    assert_string_equal(said(c, "f.jsonl:7:1: a line is too long"), "f.jsonl:7:1: Zeile zu lang");
    catalogue_free(c);
}

static void what_the_system_says_and_what_there_is_to_choose_are_said_too(void **state)
{
    (void)state;
    struct catalogue *c = parsed("\"%s is no state; there is %s\": \"%s ist keiner; es gibt %s\"\n"
                                 "\" or \": \" oder \"\n"
                                 "\"cannot read %s\": \"%s ist nicht lesbar\"\n"
                                 "\"Permission denied\": \"keine Berechtigung\"\n");
    assert_string_equal(said(c, "x is no state; there is held, failed or expired"),
                        "x ist keiner; es gibt held, failed oder expired");
    assert_string_equal(said(c, "x is no state; there is one to be had or none"),
                        "x ist keiner; es gibt one to be had or none");
    assert_string_equal(said(c, "cannot read a: Permission denied"),
                        "a ist nicht lesbar: keine Berechtigung");
    assert_string_equal(said(c, "cannot read a: No such file or directory"),
                        "a ist nicht lesbar: No such file or directory");
    catalogue_free(c);
}

static void both_languages_are_part_of_the_program(void **state)
{
    static const char *const languages[] = {"de", "ko"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        struct catalogue *c = catalogue_open(languages[i]);
        assert_non_null(c);
        assert_non_null(catalogue_find(c, "Letters"));
        catalogue_free(c);
    }
    assert_null(catalogue_open("en"));
    assert_null(catalogue_open(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_translation_may_turn_the_values_round),
        cmocka_unit_test(widths_are_columns_of_the_terminal),
        cmocka_unit_test(a_hole_of_another_type_does_not_fit),
        cmocka_unit_test(a_broken_translation_is_left_in_english),
        cmocka_unit_test(a_finished_sentence_is_known_again_by_its_words),
        cmocka_unit_test(what_is_said_in_particular_wins_over_what_is_said_in_general),
        cmocka_unit_test(several_lines_are_several_sentences),
        cmocka_unit_test(a_position_is_no_part_of_what_is_said_of_anything),
        cmocka_unit_test(what_the_system_says_and_what_there_is_to_choose_are_said_too),
        cmocka_unit_test(both_languages_are_part_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
