#include "render/letter_units.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static const char letter[] = "---\n"
                             "subject: \"Über {{org.name}}: \\\"neu\\\"\"\n"
                             "sms: 'it''s'\n"
                             "title: plain words\n"
                             "---\n"
                             "{{! a note }}\n"
                             "{{salutation}}\n"
                             "\n"
                             "First line\n"
                             "goes on {{x}}.\n"
                             "\n"
                             "## 제목 {#nature}\n"
                             "\n"
                             "{{#list}}\n"
                             "- {{.}}\n"
                             "{{/list}}\n"
                             "1. One\n"
                             "   more\n"
                             "2. Two\n"
                             "> Quoted\n";

static const struct unit *find(const struct units *u, const char *id)
{
    const struct unit *unit = units_find(u, id);
    if (unit == NULL)
        fail_msg("there is no unit %s", id);
    return unit;
}

static void expect(const struct units *u, const char *id, enum unit_kind kind, const char *text,
                   bool words)
{
    const struct unit *unit = find(u, id);
    assert_int_equal(unit->kind, kind);
    assert_string_equal(unit->text, text);
    assert_int_equal(unit->words, words);
}

static void a_letter_is_split_into_what_a_translator_translates(void **state)
{
    (void)state;
    struct units u;
    units_split(letter, strlen(letter), "en.md", &u);
    expect(&u, "subject", UNIT_FIELD, "Über {{org.name}}: \"neu\"", true);
    expect(&u, "sms", UNIT_FIELD, "it's", true);
    expect(&u, "title", UNIT_FIELD, "plain words", true);
    expect(&u, "/1", UNIT_PARAGRAPH, "{{salutation}}", false);
    expect(&u, "/2", UNIT_PARAGRAPH, "First line goes on {{x}}.", true);
    expect(&u, "nature/0", UNIT_HEADING, "제목", true);
    expect(&u, "nature/1", UNIT_ITEM, "{{.}}", false);
    expect(&u, "nature/2", UNIT_ITEM, "One more", true);
    expect(&u, "nature/3", UNIT_ITEM, "Two", true);
    expect(&u, "nature/4", UNIT_PARAGRAPH, "Quoted", true);
    assert_int_equal(u.count, 10);
    units_free(&u);
}

static void what_is_replaced_is_the_unit_and_nothing_around_it(void **state)
{
    (void)state;
    struct units u;
    units_split(letter, strlen(letter), "en.md", &u);
    const struct unit *subject = find(&u, "subject"), *item = find(&u, "nature/2");
    assert_memory_equal(letter + subject->start, "\"Über", 6);
    assert_memory_equal(letter + subject->end, "\nsms", 4);
    assert_memory_equal(letter + item->start, "One\n   more\n2.", 14);
    assert_memory_equal(letter + item->end, "\n2.", 3);
    units_free(&u);
}

static void every_byte_of_the_plain_text_knows_its_place(void **state)
{
    (void)state;
    struct units u;
    units_split(letter, strlen(letter), "en.md", &u);
    const struct unit *unit = find(&u, "/2");
    const char *goes = strstr(unit->plain, "goes");
    assert_non_null(goes);
    struct place at = units_place(&u, unit, (size_t)(goes - unit->plain));
    assert_int_equal(at.line, 10);
    assert_int_equal(at.column, 1);
    assert_null(strstr(unit->plain, "{{"));
    unit = find(&u, "subject");
    at = units_place(&u, unit, (size_t)(strstr(unit->plain, "neu") - unit->plain));
    assert_int_equal(at.line, 2);
    assert_int_equal(at.column, 32);
    units_free(&u);
}

static void a_hash_does_not_mind_where_lines_end(void **state)
{
    (void)state;
    static const char *const texts[] = {"Some words.\n", "Some\nwords.\n", "Some words!\n"};
    char hashes[3][UNIT_HASH_SIZE];
    for (size_t i = 0; i < 3; i++) {
        struct units u;
        units_split(texts[i], strlen(texts[i]), "x.md", &u);
        unit_hash(find(&u, "/1"), hashes[i]);
        units_free(&u);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

static void broken_files_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",   "---\n",      "---\nsubject: \"open\n---\nText\n",          "## {#\n",      "{{",
        "- ", "---\n---\n", "---\na: |\n  x\n  y\nb: z\n---\n{{#a}}\n\\", "subject: \"\\"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct units u;
        units_split(texts[i], strlen(texts[i]), "x.md", &u);
        for (size_t k = 0; k < u.count; k++) {
            assert_true(u.items[k].start <= u.items[k].end);
            assert_true(u.items[k].end <= strlen(texts[i]));
            assert_true(u.items[k].plain_start + u.items[k].plain_len <= strlen(texts[i]));
        }
        units_free(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_is_split_into_what_a_translator_translates),
        cmocka_unit_test(what_is_replaced_is_the_unit_and_nothing_around_it),
        cmocka_unit_test(every_byte_of_the_plain_text_knows_its_place),
        cmocka_unit_test(a_hash_does_not_mind_where_lines_end),
        cmocka_unit_test(broken_files_are_read_as_far_as_they_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
