#include "letters/translate_po.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define HEADER "msgid \"\"\nmsgstr \"Language: ko\\nContent-Type: text/plain; charset=UTF-8\\n\"\n"

static void read_good(const char *text, struct po *out)
{
    struct error err = {0};
    if (po_parse(text, strlen(text), "x.po", out, &err) != 0)
        fail_msg("%s", err.text);
}

static void entries_are_read_with_what_belongs_to_them(void **state)
{
    (void)state;
    struct po po;
    read_good(HEADER "\n"
                     "#. a note\n"
                     "#: x.md:3\n"
                     "#, fuzzy, no-c-format\n"
                     "msgctxt \"nature/1\"\n"
                     "msgid \"One \"\n"
                     "\"and \\\"two\\\"\\n\"\n"
                     "msgstr \"하나\"\n"
                     "msgctxt \"nature/2\"\n"
                     "msgid \"Three\"\n"
                     "msgstr \"\"\n"
                     "#~ msgid \"old\"\n"
                     "#~ msgstr \"alt\"\n",
              &po);
    assert_int_equal(po.count, 3);
    assert_string_equal(po.entries[1].context, "nature/1");
    assert_string_equal(po.entries[1].source, "One and \"two\"\n");
    assert_string_equal(po.entries[1].translation, "하나");
    assert_true(po.entries[1].fuzzy);
    assert_int_equal(po.entries[1].line, 8);
    assert_string_equal(po.entries[2].source, "Three");
    assert_string_equal(po.entries[2].translation, "");
    assert_false(po.entries[2].fuzzy);
    po_free(&po);
}

static void the_header_answers_by_name(void **state)
{
    (void)state;
    struct po po;
    read_good(HEADER, &po);
    char *language = po_header(&po, "Language"), *none = po_header(&po, "Lang");
    assert_string_equal(language, "ko");
    assert_null(none);
    free(language);
    po_free(&po);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a \"b\" \\ c", "two\nlines", "end\n", "탭\t"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct buf out = {0};
        struct po po;
        buf_puts(&out, HEADER "\n");
        po_put_text(&out, "msgctxt", "c");
        po_put_text(&out, "msgid", "x");
        po_put_text(&out, "msgstr", texts[i]);
        read_good(buf_text(&out), &po);
        assert_int_equal(po.count, 2);
        assert_string_equal(po.entries[1].translation, texts[i]);
        po_free(&po);
        buf_free(&out);
    }
}

static void a_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {
        {HEADER "msgid \"가\" x\n", "x.po:3:11: "},
        {HEADER "msgid \"a\\q\"\n", "x.po:3:9: "},
        {HEADER "msgid \"a\n", "x.po:3:9: "},
        {HEADER "\"a\"\nmsgid\n", "x.po:4:6: "},
        {HEADER "msgid \"a\"\nmsgid_plural \"b\"\n", "x.po:4:1: "},
        {HEADER "msgid \"a\"\n\nmsgid \"b\"\nmsgstr \"\"\n", "x.po:5:1: "},
        {HEADER "msgid \"a\"\nmsgstr \"\"\nmsgid \"a\"\nmsgstr \"\"\n", "x.po:6:"},
        {HEADER "msgstr \"a\"\nmsgstr \"b\"\n", "x.po:3:1: "},
        {"msgid \"a\"\nmsgstr \"b\"\n", "x.po:1:1: "},
        {"", "x.po:1:1: "},
        {"\xff", "x.po: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct po po;
        struct error err = {0};
        assert_int_equal(po_parse(cases[i].text, strlen(cases[i].text), "x.po", &po, &err),
                         ERR_INPUT);
        if (strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("case %zu: %s, not %s", i, err.text, cases[i].place);
        po_free(&po);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_read_with_what_belongs_to_them),
        cmocka_unit_test(the_header_answers_by_name),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_mistake_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
