#include "render/program.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

/* ---- helpers ---- */

struct sample {
    const char *template, *data, *expected;
};

/* Partials as a JSON object of texts. */
static const char *partial_from(void *context, const char *name)
{
    return json_string_value(json_object_get(context, name));
}

static int render(const char *source, const char *data_text, struct program_options options,
                  enum escape escape, struct buf *out, struct error *err)
{
    struct program *p;
    json_t *data = json_loads(data_text, JSON_DECODE_ANY, NULL);
    assert_non_null(data);
    options.file = "t.mustache";
    int rc = program_compile(source, strlen(source), &options, &p, err);
    if (rc == 0)
        rc = program_run(p, data, escape, NULL, out, err);
    program_free(p);
    json_decref(data);
    return rc;
}

static void expect_with(const char *source, const char *data, struct program_options options,
                        enum escape escape, const char *expected)
{
    struct buf out = {0};
    struct error err = {0};
    if (render(source, data, options, escape, &out, &err) < 0)
        fail_msg("%s: %s", source, err.text);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void expect(const char *source, const char *data, const char *expected)
{
    expect_with(source, data, (struct program_options){0}, ESCAPE_HTML, expected);
}

static void expect_all(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(samples[i].template, samples[i].data, samples[i].expected);
}

static void expect_partials(const char *source, const char *data, const char *partials,
                            const char *expected)
{
    json_t *texts = json_loads(partials, 0, NULL);
    expect_with(source, data,
                (struct program_options){.partial = partial_from, .partial_context = texts},
                ESCAPE_HTML, expected);
    json_decref(texts);
}

static void expect_error(const char *source, const char *data, struct program_options options,
                         enum escape escape, int code, const char *text)
{
    struct buf out = {0};
    struct error err = {0};
    int rc = render(source, data, options, escape, &out, &err);
    assert_int_equal(rc, code);
    if (strstr(err.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    buf_free(&out);
}

static const struct program_options letter = {.letter = true, .strict = true};
static const struct program_options strict = {.strict = true};

/* ---- Mustache ---- */

static void comments_leave_nothing_and_take_their_line(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"ab{{! gone }}cd", "{}", "abcd"},
        {"one\n  {{! alone }}\ntwo", "{}", "one\ntwo"},
        {"one\r\n{{! alone }}\r\ntwo", "{}", "one\r\ntwo"},
        {"{{! the only line }}", "{}", ""},
        {"x {{! beside text }}\ny", "{}", "x \ny"},
        {"a\n{{!\n several\n lines }}\nb", "{}", "a\nb"},
        {"{{! name }}{{name}}", "{\"name\":\"N\"}", "N"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void values_are_escaped_and_raw_ones_are_not(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{{v}}", "{\"v\":\"<b> & \\\"q\\\" 'a'\"}", "&lt;b&gt; &amp; &quot;q&quot; &#39;a&#39;"},
        {"{{{v}}}|{{&v}}", "{\"v\":\"<&>\"}", "<&>|<&>"},
        {"{{ v }}|{{{ v }}}|{{& v }}", "{\"v\":1}", "1|1|1"},
        {"  {{v}}\n", "{\"v\":\"x\"}", "  x\n"},
        {"[{{none}}][{{{none}}}]", "{}", "[][]"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void numbers_print_as_json_numbers(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{{n}}", "{\"n\":42}", "42"},
        {"{{n}}", "{\"n\":1.21}", "1.21"},
        {"{{n}}", "{\"n\":0.1}", "0.1"},
        {"{{n}}", "{\"n\":-7}", "-7"},
        {"{{n}}", "{\"n\":9007199254740993}", "9007199254740993"},
        {"{{n}}", "{\"n\":true}", "true"},
        {"[{{n}}]", "{\"n\":null}", "[]"},
        {"{{.}}", "3.5", "3.5"},
        {"{{{n}}}", "{\"n\":{\"a\":[1]}}", "{\"a\":[1]}"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void dotted_names_stay_in_the_scope_of_their_first_part(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"deep\"}}}", "deep"},
        {"[{{a.x.c}}]", "{\"a\":{\"b\":1}}", "[]"},
        {"{{#a}}[{{b.c}}]{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"outer\"}}", "[]"},
        {"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"x\":1},\"b\":{\"c\":\"outer\"}}", "outer"},
        {"{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":{\"c\":5}}}", "5"},
        {"[{{a.length}}]", "{\"a\":\"text\"}", "[]"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void sections_repeat_push_and_vanish(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{{#s}}yes{{/s}}", "{\"s\":true}", "yes"},
        {"{{#s}}yes{{/s}}", "{\"s\":false}", ""},
        {"{{#s}}yes{{/s}}", "{\"s\":null}", ""},
        {"{{#s}}yes{{/s}}", "{\"s\":[]}", ""},
        {"{{#s}}yes{{/s}}", "{}", ""},
        {"{{#s}}{{n}};{{/s}}", "{\"s\":[{\"n\":1},{\"n\":2}]}", "1;2;"},
        {"{{#s}}{{.}},{{/s}}", "{\"s\":[\"a\",\"b\",3,1.5]}", "a,b,3,1.5,"},
        {"{{#s}}{{#.}}{{.}}{{/.}};{{/s}}", "{\"s\":[[1,2],[3]]}", "12;3;"},
        {"{{#s}}{{n}}{{/s}}", "{\"s\":{\"n\":\"in\"},\"n\":\"out\"}", "in"},
        {"{{#s}}{{n}}{{/s}}", "{\"s\":{\"m\":1},\"n\":\"out\"}", "out"},
        {"{{#s}}{{.}}{{/s}}", "{\"s\":\"text\"}", "text"},
        {"{{#a}}{{#b}}{{c}}{{/b}}{{/a}}",
         "{\"a\":[{\"b\":[{\"c\":1},{\"c\":2}]},{\"b\":[{\"c\":3}]}]}", "123"},
        {"{{#s}}a{{/s}}{{#s}}b{{/s}}", "{\"s\":1}", "ab"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void inverted_sections_are_for_what_is_not_there(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{{^s}}no{{/s}}", "{\"s\":false}", "no"},
        {"{{^s}}no{{/s}}", "{\"s\":[]}", "no"},
        {"{{^s}}no{{/s}}", "{\"s\":null}", "no"},
        {"{{^s}}no{{/s}}", "{}", "no"},
        {"{{^s}}no{{/s}}", "{\"s\":[1]}", ""},
        {"{{^s}}no{{/s}}", "{\"s\":{}}", ""},
        {"{{^a.b}}no{{/a.b}}", "{\"a\":{}}", "no"},
        {"{{#s}}A{{^t}}B{{/t}}C{{/s}}", "{\"s\":1,\"t\":false}", "ABC"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void tags_alone_on_their_line_take_the_line_with_them(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"1\n  {{#s}}\n2\n {{/s}}\n3\n", "{\"s\":true}", "1\n2\n3\n"},
        {"1\r\n{{#s}}\r\n2\r\n{{/s}}\r\n", "{\"s\":true}", "1\r\n2\r\n"},
        {"{{#s}}\n2\n{{/s}}", "{\"s\":true}", "2\n"},
        {"1 {{#s}}\n2\n{{/s}} 3", "{\"s\":true}", "1 \n2\n 3"},
        {"a\n{{#s}}{{/s}}\nb", "{\"s\":true}", "a\n\nb"},
        {"a\n\n{{^s}}\n\nb\n{{/s}}\n", "{}", "a\n\n\nb\n"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void delimiters_can_change_and_change_back(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{{=<% %>=}}<%v%> {{v}}", "{\"v\":1}", "1 {{v}}"},
        {"{{=| |=}}|#s||v||/s||={{ }}=|{{v}}", "{\"s\":{\"v\":2},\"v\":3}", "23"},
        {"a\n {{= [[ ]] =}}\n[[v]]", "{\"v\":1}", "a\n1"},
        {"{{=[ ]=}}[v][&v]", "{\"v\":\"<\"}", "&lt;<"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
    expect_error("{{==}}", "{}", (struct program_options){0}, ESCAPE_HTML, ERR_CONFIG,
                 "t.mustache:1:1");
    expect_error("{{=only=}}", "{}", (struct program_options){0}, ESCAPE_HTML, ERR_CONFIG,
                 "new delimiters");
}

static void partials_see_the_scope_and_keep_their_indentation(void **state)
{
    (void)state;
    expect_partials("[{{>p}}]", "{\"v\":1}", "{\"p\":\"{{v}}\"}", "[1]");
    expect_partials("[{{> gone }}]", "{}", "{}", "[]");
    expect_partials("x\n  {{>p}}\ny\n", "{}", "{\"p\":\"1\\n2\\n\"}", "x\n  1\n  2\ny\n");
    expect_partials("  {{>p}}", "{\"v\":\"a\\nb\"}", "{\"p\":\"{{{v}}}\\n|\"}", "  a\nb\n  |");
    expect_partials(" - {{>p}}\n", "{}", "{\"p\":\"1\\n2\"}", " - 1\n2\n");
    expect_partials(" {{>a}}\n", "{}", "{\"a\":\"A\\n {{>b}}\\nC\\n\",\"b\":\"B1\\nB2\\n\"}",
                    " A\n  B1\n  B2\n C\n");
    expect_partials(" {{>a}}\n", "{\"s\":true}", "{\"a\":\"{{#s}}\\nin\\n{{/s}}\\n\"}", " in\n");
    expect_partials(" {{>a}}\n", "{}", "{\"a\":\"x {{>b}}\\nz\\n\",\"b\":\"1\\n2\"}",
                    " x 1\n2\n z\n");
    expect_partials("{{=<% %>=}}<%>p%>", "{\"v\":1}", "{\"p\":\"{{v}}<%v%>\"}", "1<%v%>");
}

static void partials_may_call_themselves_as_deep_as_the_data(void **state)
{
    (void)state;
    expect_partials("{{>tree}}",
                    "{\"v\":1,\"n\":[{\"v\":2,\"n\":[{\"v\":3,\"n\":[]}]},{\"v\":4,\"n\":[]}]}",
                    "{\"tree\":\"({{v}}{{#n}}{{>tree}}{{/n}})\"}", "(1(2(3))(4))");
    json_t *endless = json_loads("{\"p\":\"x{{>p}}\"}", 0, NULL);
    struct program_options o = {.partial = partial_from, .partial_context = endless};
    expect_error("{{>p}}", "{}", o, ESCAPE_HTML, ERR_INPUT, "nested more than 64 deep");
    json_decref(endless);
}

/* ---- what is wrong ---- */

static void mistakes_are_told_where_they_stand(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"a\nbcd {{name", "t.mustache:2:5", "never closed"},
        {"한글 {{#s}}\n\n", "t.mustache:1:4", "never closed: write {{/s}}"},
        {"\n {{/s}}", "t.mustache:2:2", "never opened"},
        {"{{#a}}\n{{#b}}{{/a}}{{/b}}", "t.mustache:2:7", "{{#b}} of line 2"},
        {"{{}}", "t.mustache:1:1", "no name"},
        {"{{a..b}}", "t.mustache:1:1", "is not a name"},
        {"{{<parent}}", "t.mustache:1:1", "inheritance"},
        {"{{#a | upper-first}}{{/a | upper-first}}", "t.mustache:1:1", "not sections"},
        {"{{a | uper-first}}", "t.mustache:1:1", "did you mean \"upper-first\"?"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        expect_error(samples[i].template, "{}", (struct program_options){0}, ESCAPE_HTML,
                     ERR_CONFIG, samples[i].data);
        expect_error(samples[i].template, "{}", (struct program_options){0}, ESCAPE_HTML,
                     ERR_CONFIG, samples[i].expected);
    }
}

static void letters_have_no_raw_output(void **state)
{
    (void)state;
    expect_error("{{{v}}}", "{}", letter, ESCAPE_HTML, ERR_CONFIG, "no raw output");
    expect_error("{{&v}}", "{}", letter, ESCAPE_HTML, ERR_CONFIG, "no raw output");
    expect_error("{{=<% %>=}}", "{}", letter, ESCAPE_HTML, ERR_CONFIG, "delimiters");
    expect_error("{{>p}}", "{}", letter, ESCAPE_HTML, ERR_CONFIG, "partials");
    expect_error("{{a b}}", "{}", letter, ESCAPE_HTML, ERR_CONFIG, "is not a name");
    struct program_options layout = {.letter = true, .layout = true};
    expect_error("{{{other}}}", "{}", layout, ESCAPE_HTML, ERR_CONFIG, "no raw output");
}

static void a_missing_name_is_an_error_unless_guarded(void **state)
{
    (void)state;
    expect_error("a\n{{x}}", "{}", strict, ESCAPE_HTML, ERR_INPUT,
                 "t.mustache:2:1: \"x\" has no value");
    expect_error("{{a.b}}", "{\"a\":{}}", strict, ESCAPE_HTML, ERR_INPUT, "\"a.b\"");
    expect_error("{{x}}", "{\"x\":null}", strict, ESCAPE_HTML, ERR_INPUT, "\"x\"");
    expect_error("{{^x}}{{x}}{{/x}}", "{}", strict, ESCAPE_HTML, ERR_INPUT, "\"x\"");
    expect_error("{{x | upper-first}}", "{}", strict, ESCAPE_HTML, ERR_INPUT, "\"x\"");
    expect_with("[{{#x}}{{x}}{{/x}}{{^x}}none{{/x}}]", "{}", strict, ESCAPE_HTML, "[none]");
    expect_with("{{x | default:\"a | b\"}} {{x|default:plain}}", "{}", strict, ESCAPE_HTML,
                "a | b plain");
}

static void filters_work_from_left_to_right_in_every_mode(void **state)
{
    (void)state;
    expect("{{ v | josa:은/는 }}", "{\"v\":\"은행\"}", "은행은");
    expect("{{v | default:\"서울\" | josa:으로/로}}", "{}", "서울로");
    expect("[{{v | josa:은/는}}]", "{}", "[]");
    expect("{{v|default:\"<\"}}", "{}", "&lt;");
}

/* ---- places ---- */

static void values_cannot_leave_their_place(void **state)
{
    (void)state;
    expect_error("Re: {{v}}", "{\"v\":\"a\\r\\nBcc: x\"}", letter, ESCAPE_HEADER, ERR_INPUT,
                 "line break");
    expect_error("{{v}}", "{\"v\":\"a\\u2028b\"}", letter, ESCAPE_HEADER, ERR_INPUT, "line break");
    expect_error("{{v}}", "{\"v\":\"a\\u0085b\"}", letter, ESCAPE_HEADER, ERR_INPUT, "line break");
    expect_with("{{v}}", "{\"v\":\"은행 & Söhne\"}", letter, ESCAPE_HEADER, "은행 & Söhne");
    expect_with("{{v}}", "{\"v\":\"a\\nb\\u0007c\"}", letter, ESCAPE_LINE, "a b c");
    expect_with("?q={{v}}", "{\"v\":\"a b/ü&\"}", letter, ESCAPE_URL, "?q=a%20b%2F%C3%BC%26");
    expect_with("{{v}}", "{\"v\":\"{{v}} <b>\"}", letter, ESCAPE_HTML, "{{v}} &lt;b&gt;");
}

static void json_values_are_quoted_where_they_stand_unquoted(void **state)
{
    (void)state;
    expect_with(
        "{\"a\":\"{{s}}\",\"b\":{{s}},\"c\":{{n}},\"d\":\"{{n}}\",\"e\":{{b}}}",
        "{\"s\":\"x\\\"\\n\",\"n\":12,\"b\":false}", letter, ESCAPE_JSON,
        "{\"a\":\"x\\\"\\u000a\",\"b\":\"x\\\"\\u000a\",\"c\":12,\"d\":\"12\",\"e\":false}");
    expect_with("{\"l\":{{l}}}", "{\"l\":[\"a\",{\"b\":1}]}", letter, ESCAPE_JSON,
                "{\"l\":[\"a\",{\"b\":1}]}");
}

/* ---- limits ---- */

static void hostile_templates_end(void **state)
{
    (void)state;
    struct buf source = {0};
    for (int i = 0; i < 100; i++)
        buf_puts(&source, "{{#a}}");
    expect_error(buf_text(&source), "{}", letter, ESCAPE_HTML, ERR_CONFIG, "64 deep");
    buf_reset(&source);
    for (int i = 0; i < 60; i++)
        buf_puts(&source, "{{#a}}");
    for (int i = 0; i < 60; i++)
        buf_puts(&source, "{{/a}}");
    expect_error(buf_text(&source), "{\"a\":[1,2,3,4,5,6,7,8,9]}", letter, ESCAPE_HTML, ERR_INPUT,
                 "too often");
    buf_free(&source);
    json_t *bomb = json_loads("{\"p\":\"{{>p}}{{>p}}\"}", 0, NULL);
    struct program_options o = {.partial = partial_from, .partial_context = bomb};
    expect_error("{{>p}}", "{}", o, ESCAPE_HTML, ERR_INPUT, "nested more than 64");
    json_decref(bomb);
}

static void output_has_a_limit(void **state)
{
    (void)state;
    struct buf data = {0};
    buf_puts(&data, "{\"v\":\"");
    for (int i = 0; i < 100000; i++)
        buf_putc(&data, '<');
    buf_puts(&data,
             "\",\"l\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}");
    expect_error("{{#l}}{{v}}{{/l}}", buf_text(&data), (struct program_options){0}, ESCAPE_HTML,
                 ERR_INPUT, "10 MiB");
    buf_free(&data);
}

/* Each walk through a megabyte costs, even where next to nothing comes of it. */
static void what_filters_walk_through_counts(void **state)
{
    (void)state;
    struct buf data = {0};
    buf_puts(&data, "{\"v\":\"");
    for (int i = 0; i < 1024 * 1024; i++)
        buf_putc(&data, 'a');
    buf_puts(&data, "\",\"l\":[1");
    for (int i = 0; i < 500; i++)
        buf_puts(&data, ",1");
    buf_puts(&data, "]}");
    expect_error("{{#l}}{{v | trunc_bytes:1}}{{/l}}", buf_text(&data), (struct program_options){0},
                 ESCAPE_HTML, ERR_INPUT, "too often");
    expect("{{v | trunc_bytes:1}}{{#l}}{{/l}}", buf_text(&data), "a");
    buf_free(&data);
}

/* The list in templates/README.md; what a letter cannot say at all stands in the tests above. */
static void letters_differ_from_mustache_where_they_say_so(void **state)
{
    (void)state;
    static const struct program_options loose = {.letter = true};
    expect("[{{#v}}x{{/v}}]", "{\"v\":\"\"}", "[x]");
    expect_with("[{{#v}}x{{/v}}]", "{\"v\":\"\"}", loose, ESCAPE_HTML, "[]");
    expect("{{v}}", "{\"v\":[1,2]}", "[1,2]");
    expect_error("{{v}}", "{\"v\":[1,2]}", loose, ESCAPE_HTML, ERR_INPUT, "use | list");
    expect_error("{{v}}", "{\"v\":{\"a\":1}}", loose, ESCAPE_HTML, ERR_INPUT, "name one of them");
    expect("{{v}}", "{\"v\":\"a\xe2\x80\xae\\u0007b\"}",
           "a\xe2\x80\xae\x07"
           "b");
    expect_with("{{v}}", "{\"v\":\"a\xe2\x80\xae\\u0007b\"}", loose, ESCAPE_HTML, "a b");
    expect_error("{{#v | list}}{{/v | list}}", "{}", loose, ESCAPE_HTML, ERR_CONFIG,
                 "not sections");
    expect_error("{{! {{x}} }}", "{}", loose, ESCAPE_HTML, ERR_CONFIG, "not closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_leave_nothing_and_take_their_line),
        cmocka_unit_test(values_are_escaped_and_raw_ones_are_not),
        cmocka_unit_test(numbers_print_as_json_numbers),
        cmocka_unit_test(dotted_names_stay_in_the_scope_of_their_first_part),
        cmocka_unit_test(sections_repeat_push_and_vanish),
        cmocka_unit_test(inverted_sections_are_for_what_is_not_there),
        cmocka_unit_test(tags_alone_on_their_line_take_the_line_with_them),
        cmocka_unit_test(delimiters_can_change_and_change_back),
        cmocka_unit_test(partials_see_the_scope_and_keep_their_indentation),
        cmocka_unit_test(partials_may_call_themselves_as_deep_as_the_data),
        cmocka_unit_test(mistakes_are_told_where_they_stand),
        cmocka_unit_test(letters_have_no_raw_output),
        cmocka_unit_test(a_missing_name_is_an_error_unless_guarded),
        cmocka_unit_test(filters_work_from_left_to_right_in_every_mode),
        cmocka_unit_test(values_cannot_leave_their_place),
        cmocka_unit_test(json_values_are_quoted_where_they_stand_unquoted),
        cmocka_unit_test(hostile_templates_end),
        cmocka_unit_test(output_has_a_limit),
        cmocka_unit_test(what_filters_walk_through_counts),
        cmocka_unit_test(letters_differ_from_mustache_where_they_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
