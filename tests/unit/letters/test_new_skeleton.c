#include "letters/new_skeleton.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static int filter(const char *pattern, const char *words, struct buf *out, struct error *err)
{
    struct skeleton_words wanted = {0};
    struct buf text = {0};
    char list[100];
    assert_true(strlen(words) < sizeof(list));
    memcpy(list, words, strlen(words) + 1);
    for (char *rest = list, *one; (one = strsep(&rest, " ")) != NULL;)
        skeleton_words_add(&wanted, "", one);
    buf_puts(&text, pattern);
    int rc = skeleton_filter(&text, "de.md", &wanted, out, err);
    skeleton_words_free(&wanted);
    buf_free(&text);
    return rc;
}

static void takes_over_what_is_wanted(void **state)
{
    static const struct {
        const char *pattern, *words, *taken;
    } rows[] = {
        {"a\n{{! only: x }}\nb\n{{! end }}\nc\n", "x", "a\nb\nc\n"},
        {"a\n{{! only: x }}\nb\n{{! end }}\nc\n", "y", "a\nc\n"},
        {"{{! only: x #y }}\nb\n{{! end }}\n", "#y", "b\n"},
        {"{{! not: x y }}\nb\n{{! end }}\n", "y", ""},
        {"{{! not: x y }}\nb\n{{! end }}\n", "z", "b\n"},
        {"  # only: x\n  b: 1\n  # end\n", "x", "  b: 1\n"},
        {"{{! only: x }}\n{{! not: y }}\nb\n{{! end }}\nc\n{{! end }}\n", "x y", "c\n"},
        {"{{! only: x }}\n{{! not: y }}\nb\n{{! end }}\nc\n{{! end }}\nd\n", "z", "d\n"},
        {"about\n# cut\nb\n", "x", "b\n"},
        {"{{! only a note }}\n# endless\n## only: words\n", "x",
         "{{! only a note }}\n# endless\n## only: words\n"},
        {"{{! only: xy }}\nb\n{{! end }}\n", "x", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = {0};
        assert_int_equal(filter(rows[i].pattern, rows[i].words, &out, NULL), 0);
        if (strcmp(buf_text(&out), rows[i].taken) != 0)
            fail_msg("row %zu: %s", i, buf_text(&out));
        buf_free(&out);
    }
}

static void refuses_passages_that_do_not_fit_together(void **state)
{
    static const struct {
        const char *pattern, *sentence;
    } rows[] = {
        {"a\n{{! end }}\n", "de.md:2:1: no passage ends here"},
        {"{{! only: x }}\na\n", "de.md:2:1: a passage has no end"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        struct buf out = {0};
        assert_int_equal(filter(rows[i].pattern, "x", &out, &err), ERR_CONFIG);
        assert_string_equal(err.text, rows[i].sentence);
        buf_free(&out);
    }
}

static void put_id(void *context, const char *id, size_t len, struct buf *out)
{
    (void)context;
    buf_printf(out, "(%.*s)\n", (int)len, id);
}

static void finds_the_headings_with_an_id(void **state)
{
    struct buf text = {0}, out = {0};
    (void)state;
    buf_puts(&text, "# {#not}\n## A heading {#data}\nwords {#not}\n## Without\n");
    skeleton_note_headings(&text, put_id, NULL, &out);
    assert_string_equal(out.data,
                        "# {#not}\n## A heading {#data}\n(data)\nwords {#not}\n## Without\n");
    buf_free(&text);
    buf_free(&out);
}

static void replaces_every_token(void **state)
{
    struct buf text = {0};
    (void)state;
    buf_puts(&text, "kind: @KIND@ @KIND@!");
    skeleton_replace(&text, "@KIND@", "initial");
    assert_string_equal(text.data, "kind: initial initial!");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_over_what_is_wanted),
        cmocka_unit_test(refuses_passages_that_do_not_fit_together),
        cmocka_unit_test(finds_the_headings_with_an_id),
        cmocka_unit_test(replaces_every_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
