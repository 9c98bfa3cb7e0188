#include "render/stencil.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "render/code.h"

enum { FACTS, PERSON, LAYERS };

static const char facts_text[] =
    "{\"what\":\"a <b>\",\"list\":[{\"x\":1},{\"x\":2}],\"group\":{\"in\":\"i\"},\"no\":false}";

struct reading {
    struct program *program;
    json_t *facts, *person;
    struct code_input input;
};

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

static void be(struct reading *r, const char *person)
{
    json_decref(r->person);
    r->person = parse(person);
    r->input.layers[PERSON] = r->person;
}

static void open_reading(struct reading *r, const char *source, bool strict)
{
    const struct program_options options = {.file = "t", .letter = true, .strict = strict};
    struct error err;
    *r = (struct reading){.facts = parse(facts_text)};
    if (program_compile(source, strlen(source), &options, &r->program, &err) < 0)
        fail_msg("%s", err.text);
    r->input =
        (struct code_input){.layers = {r->facts}, .layer_count = LAYERS, .escape = ESCAPE_HTML};
}

static void close_reading(struct reading *r)
{
    program_free(r->program);
    json_decref(r->facts);
    json_decref(r->person);
}

static struct stencil *cut(struct reading *r, const char *person, const char *expected)
{
    const struct stencil_options options = {.varying = 1U << PERSON};
    struct buf out = {0};
    struct error err;
    struct stencil *s;
    be(r, person);
    buf_puts(&out, "before ");
    if (stencil_cut(r->program, &r->input, &options, &out, &s, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out) + strlen("before "), expected);
    buf_free(&out);
    return s;
}

static void expect(struct reading *r, struct stencil *s, const char *person, const char *expected)
{
    struct buf out = {0};
    struct error err;
    be(r, person);
    assert_true(stencil_fits(s, &r->input));
    buf_puts(&out, "before ");
    if (stencil_run(s, &r->input, &out, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out) + strlen("before "), expected);
    buf_free(&out);
}

static void what_differs_is_filled_in(void **state)
{
    (void)state;
    struct reading r;
    open_reading(&r, "{{what}} {{name}}{{#list}} {{x}}{{name}}{{/list}} {{id}}.", true);
    struct stencil *s = cut(&r, "{\"name\":\"A\",\"id\":\"1\"}", "a &lt;b&gt; A 1A 2A 1.");
    expect(&r, s, "{\"name\":\"<Bo>\",\"id\":\"\"}",
           "a &lt;b&gt; &lt;Bo&gt; 1&lt;Bo&gt; 2&lt;Bo&gt; .");
    stencil_free(s);
    close_reading(&r);
}

static void a_condition_that_goes_the_other_way_needs_another_stencil(void **state)
{
    (void)state;
    struct reading r;
    open_reading(&r, "{{#id}}[{{id}}]{{/id}}{{^id}}none{{/id}}{{#group}}{{in}}{{/group}}", true);
    struct stencil *with = cut(&r, "{\"id\":\"1\"}", "[1]i");
    struct stencil *without = cut(&r, "{}", "nonei");
    be(&r, "{\"id\":\"2\"}");
    assert_false(stencil_fits(without, &r.input));
    be(&r, "{\"id\":\"\"}");
    assert_false(stencil_fits(with, &r.input));
    expect(&r, without, "{\"id\":\"\"}", "nonei");
    expect(&r, with, "{\"id\":\"2\"}", "[2]i");
    stencil_free(with);
    stencil_free(without);
    close_reading(&r);
}

static void what_is_missing_today_may_be_there_tomorrow(void **state)
{
    (void)state;
    struct reading r;
    open_reading(&r, "{{id | default:\"-\"}}{{^no}}!{{/no}}", true);
    struct stencil *s = cut(&r, "{}", "-!");
    expect(&r, s, "{\"id\":\"7\"}", "7!");
    expect(&r, s, "{}", "-!");
    stencil_free(s);
    close_reading(&r);
}

/* Outside of the section the name would not be found. */
static void names_within_what_differs_cannot_be_cut(void **state)
{
    (void)state;
    static const char *const sources[] = {"{{#to}}{{name}}{{/to}}", "{{#to}}x{{/to}}",
                                          "{{#to}}{{title | default:\"-\"}}{{/to}}",
                                          "{{#list}}{{#id}}{{.}}{{/id}}{{/list}}"};
    static const char *const expected[] = {"A", "x", "-", "11"};
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct reading r;
        open_reading(&r, sources[i], true);
        assert_null(cut(&r, "{\"to\":{\"name\":\"A\"},\"id\":\"1\"}", expected[i]));
        close_reading(&r);
    }
}

/* What cannot be said fails with a stencil as it does without one. */
static void a_missing_value_is_an_error_with_a_stencil_too(void **state)
{
    (void)state;
    struct reading r;
    struct error err;
    struct buf out = {0};
    open_reading(&r, "{{id}}", true);
    struct stencil *s = cut(&r, "{\"id\":\"1\"}", "1");
    be(&r, "{}");
    assert_true(stencil_fits(s, &r.input));
    assert_int_equal(stencil_run(s, &r.input, &out, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "t:1:1: \"id\" has no value"));
    stencil_free(s);
    buf_free(&out);
    close_reading(&r);
}

/* Stencils are kept: a worker that has seen many long letters must not grow with each. */
static void what_is_long_or_has_many_holes_is_not_cut(void **state)
{
    (void)state;
    struct reading r;
    struct buf source = {0}, said = {0};
    while (source.len <= STENCIL_LENGTH_MAX)
        buf_puts(&source, "words of a letter ");
    open_reading(&r, buf_text(&source), true);
    assert_null(cut(&r, "{}", buf_text(&source)));
    close_reading(&r);
    buf_reset(&source);
    for (int i = 0; i < STENCIL_NOTES_MAX; i++) {
        buf_puts(&source, "{{id}}");
        buf_puts(&said, "1");
    }
    open_reading(&r, buf_text(&source), true);
    assert_null(cut(&r, "{\"id\":\"1\"}", buf_text(&said)));
    close_reading(&r);
    buf_free(&source);
    buf_free(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_filled_in),
        cmocka_unit_test(a_condition_that_goes_the_other_way_needs_another_stencil),
        cmocka_unit_test(what_is_missing_today_may_be_there_tomorrow),
        cmocka_unit_test(names_within_what_differs_cannot_be_cut),
        cmocka_unit_test(a_missing_value_is_an_error_with_a_stencil_too),
        cmocka_unit_test(what_is_long_or_has_many_holes_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
