#include "letters/fix_text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void count(void *context, const char *text)
{
    (void)text;
    (*(size_t *)context)++;
}

/* The letter becomes `expected`, by so many changes. */
static void expect(const char *text, enum length_profile profile, const char *expected,
                   size_t changes)
{
    size_t told = 0;
    struct buf out = {0};
    const struct fix_options options = {
        .letter = true, .profile = profile, .told = count, .context = &told};
    assert_true(fix_text(text, strlen(text), &options, &out));
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(told, changes);
    buf_free(&out);
}

static void what_is_right_stays_byte_for_byte(void **state)
{
    (void)state;
    static const char letter[] = "---\nsms: 'it''s {{x}}'\ntitle: \"„a“\"\n---\n\n„b“ – c\n";
    expect(letter, LENGTH_GSM, letter, 0);
    expect("no front matter\nsms: {{x}}", LENGTH_GSM, "no front matter\nsms: {{x}}", 0);
    expect("", LENGTH_GSM, "", 0);
}

static void quotes_are_put_around_tags_in_the_front_matter_only(void **state)
{
    (void)state;
    expect("---\nsubject: {{a}}: \"b\" \n---\nsms: {{x}}\n", LENGTH_GSM,
           "---\nsubject: \"{{a}}: \\\"b\\\"\"\n---\nsms: {{x}}\n", 1);
    expect("---\nsubject: a {{b}} # c\n---\n", LENGTH_GSM, "---\nsubject: a {{b}} # c\n---\n", 0);
}

static void a_text_message_becomes_cheaper_only_if_all_of_it_fits(void **state)
{
    (void)state;
    expect("---\nsms: \"„a“ – b\"\n---\n", LENGTH_GSM, "---\nsms: \"\\\"a\\\" - b\"\n---\n", 1);
    expect("---\nsms: \"„a“ 가\"\n---\n", LENGTH_GSM, "---\nsms: \"„a“ 가\"\n---\n", 0);
    expect("---\nsms: \"„a“\"\n---\n", LENGTH_EUC_KR, "---\nsms: \"„a“\"\n---\n", 0);
}

static void unseen_characters_leave_the_text_message_only(void **state)
{
    (void)state;
    expect("---\nsms: \"a\u200bb\u00a0c\"\n---\nd\u200be\u00a0f\n", LENGTH_EUC_KR,
           "---\nsms: \"ab c\"\n---\nd\u200be\u00a0f\n", 1);
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    struct buf out = {0};
    size_t told = 0;
    const struct fix_options options = {.told = count, .context = &told};
    assert_false(fix_text("\xff\xfe", 2, &options, &out));
    assert_false(fix_text("a\0b", 3, &options, &out));
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_stays_byte_for_byte),
        cmocka_unit_test(quotes_are_put_around_tags_in_the_front_matter_only),
        cmocka_unit_test(a_text_message_becomes_cheaper_only_if_all_of_it_fits),
        cmocka_unit_test(unseen_characters_leave_the_text_message_only),
        cmocka_unit_test(what_is_no_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
