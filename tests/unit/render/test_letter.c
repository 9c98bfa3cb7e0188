#include "render/letter.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/file.h"
#include "render/letter_wrap.h"

/* ---- helpers ---- */

#define FRONT "---\nsubject: \"S {{v | default:x}}\"\npreheader: p\nsms: s\n---\n"

static char directory[] = "/tmp/test_letter_XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static void write_file(const char *name, const char *text)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", directory, name);
    FILE *f = fopen(buf_text(&path), "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    buf_free(&path);
}

static void remove_file(const char *name)
{
    char *path = file_join(directory, name);
    unlink(path);
    free(path);
}

static int remove_directory(void **state)
{
    (void)state;
    static const char *const names[] = {"xx.md", "ko.md", "sign.xx.md", "loop.xx.md",
                                        "steps.xx.md"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove_file(names[i]);
    return rmdir(directory);
}

/* All that was told: "rule position text" per line. */
static void collect(void *context, const struct problem *problem)
{
    buf_printf(context, "%s %s %s\n", problem->rule, problem->position, problem->text);
}

static struct letter *load(const char *locale, const char *source, struct buf *problems)
{
    static const char *const hosts[] = {"www.example.org"};
    struct buf name = {0};
    buf_printf(&name, "%s.md", locale);
    write_file(buf_text(&name), source);
    char *path = file_join(directory, buf_text(&name));
    struct problems watched = {.tell = collect, .context = problems};
    struct letter_options options = {.path = path,
                                     .locale = locale,
                                     .partials = directory,
                                     .links_allowed = hosts,
                                     .links_allowed_count = 1,
                                     .problems = &watched};
    struct letter *l;
    int rc = letter_load(&options, &l);
    assert_true((rc == 0) == (l != NULL));
    free(path);
    buf_free(&name);
    return l;
}

static struct letter *load_good(const char *body)
{
    struct buf problems = {0}, source = {0};
    buf_printf(&source, "%s%s", FRONT, body);
    struct letter *l = load("xx", buf_text(&source), &problems);
    assert_string_equal(buf_text(&problems), "");
    assert_non_null(l);
    buf_free(&problems);
    buf_free(&source);
    return l;
}

static void run(const struct letter *l, enum letter_part part, enum escape escape,
                const char *data_text, struct buf *out)
{
    struct error err = {0};
    json_t *data = json_loads(data_text, 0, NULL);
    assert_non_null(data);
    if (program_run(l->parts[part], data, escape, NULL, out, &err) < 0)
        fail_msg("%s", err.text);
    json_decref(data);
}

static void expect_html(const char *body, const char *data, const char *expected)
{
    struct letter *l = load_good(body);
    struct buf out = {0};
    run(l, LETTER_HTML, ESCAPE_HTML, data, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
    letter_free(l);
}

static void expect_text(const char *body, const char *data, const char *expected)
{
    struct letter *l = load_good(body);
    struct buf marked = {0}, out = {0};
    run(l, LETTER_TEXT, ESCAPE_LINE, data, &marked);
    wrap_text(buf_text(&marked), marked.len, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&marked);
    buf_free(&out);
    letter_free(l);
}

/* The letter has a problem whose line holds `expected`. */
static void expect_problem_in(const char *locale, const char *source, const char *expected)
{
    struct buf problems = {0};
    struct letter *l = load(locale, source, &problems);
    if (strstr(buf_text(&problems), expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, buf_text(&problems));
    letter_free(l);
    buf_free(&problems);
}

static void expect_problem(const char *body, const char *expected)
{
    struct buf source = {0};
    buf_printf(&source, "%s%s", FRONT, body);
    expect_problem_in("xx", buf_text(&source), expected);
    buf_free(&source);
}

/* ---- values ---- */

static void values_never_become_markup(void **state)
{
    (void)state;
    const char *data = "{\"v\":\"**b** <i> [x](y) # {{v}} \\n- item &\"}";
    expect_html("Dear {{v}}!\n", data,
                "<p>Dear **b** &lt;i&gt; [x](y) # {{v}} \n- item &amp;!</p>\n");
    expect_text("Dear {{v}}!\n", data, "Dear **b** <i> [x](y) # {{v}} - item &!\n");
    expect_html("{{v}}\n", "{\"v\":\"# no heading\"}", "<p># no heading</p>\n");
}

static void values_in_links_are_percent_encoded(void **state)
{
    (void)state;
    expect_html(
        "[Go](https://www.example.org/{{v}}?q={{v}}) on\n", "{\"v\":\"a/\\\"><script> ü\"}",
        "<p><a "
        "href=\"https://www.example.org/"
        "a%2F%22%3E%3Cscript%3E%20%C3%BC?q=a%2F%22%3E%3Cscript%3E%20%C3%BC\">Go</a> on</p>\n");
    expect_html("[mail](mailto:{{v}})\n", "{\"v\":\"a@example.org?cc=b\"}",
                "<p><a href=\"mailto:a@example.org%3Fcc%3Db\">mail</a></p>\n");
    expect_html("[call](tel:{{v}})\n", "{\"v\":\"+49 (30) 12-34\"}",
                "<p><a href=\"tel:+49301234\">call</a></p>\n");
}

static void links_are_written_out_in_plain_text(void **state)
{
    (void)state;
    expect_text("See [our page](https://www.example.org/a).\n", "{}",
                "See our page (https://www.example.org/a).\n");
    expect_text("<https://www.example.org/a>\n", "{}", "https://www.example.org/a\n");
    expect_text("[{{v}}](mailto:{{v}})\n", "{\"v\":\"a@example.org\"}", "a@example.org\n");
}

/* ---- blocks ---- */

static void headings_lose_their_ids_and_keep_them_for_checks(void **state)
{
    (void)state;
    struct letter *l = load_good("## What {{v}} {#what}\n\ntext\n\n## Next {#next-2}\n");
    assert_int_equal(l->section_count, 2);
    assert_string_equal(l->sections[0].id, "what");
    assert_int_equal(l->sections[0].place.line, 6);
    assert_string_equal(l->sections[1].id, "next-2");
    letter_free(l);
    expect_html("## What {{v}} {#what}\n", "{\"v\":1}", "<h2>What 1</h2>\n");
    expect_text("## What {{v}} {#what}\n\nThen.\n", "{\"v\":\"은행\"}",
                "What 은행\n---------\n\nThen.\n");
}

static void a_section_around_blocks_repeats_or_drops_them(void **state)
{
    (void)state;
    const char *body =
        "Before.\n\n{{#s}}\nInside {{.}}.\n{{/s}}\n{{^s}}\nNothing.\n{{/s}}\n\nAfter.\n";
    expect_html(body, "{\"s\":[\"a\",\"b\"]}",
                "<p>Before.</p>\n<p>Inside a.</p>\n<p>Inside b.</p>\n<p>After.</p>\n");
    expect_html(body, "{}", "<p>Before.</p>\n<p>Nothing.</p>\n<p>After.</p>\n");
    expect_text(body, "{\"s\":[\"a\",\"b\"]}", "Before.\n\nInside a.\n\nInside b.\n\nAfter.\n");
    expect_html("{{#s}}\n## H {#h}\n\ntext\n{{/s}}\n", "{\"s\":true}", "<h2>H</h2>\n<p>text</p>\n");
}

static void a_section_around_a_list_repeats_its_items(void **state)
{
    (void)state;
    const char *body = "{{#s}}\n1. {{.}}\n{{/s}}\n";
    expect_html(body, "{\"s\":[\"a\",\"b\"]}", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n");
    expect_html(body, "{\"s\":[]}", "");
    expect_text(body, "{\"s\":[\"a\",\"b\",\"c\"]}", "1. a\n2. b\n3. c\n");
    expect_text(body, "{}", "");
    expect_html("{{#s}}\n\n- {{.}}\n\n{{/s}}\n", "{\"s\":[\"a\"]}", "<ul>\n<li>a</li>\n</ul>\n");
    expect_html("{{^s}}\n- none\n{{/s}}\n", "{}", "<ul>\n<li>none</li>\n</ul>\n");
}

static void items_beside_a_section_belong_to_the_same_list(void **state)
{
    (void)state;
    const char *body = "1. a\n{{#s}}\n2. {{.}}\n{{/s}}\n3. c\n";
    expect_html(body, "{\"s\":[\"x\",\"y\"]}",
                "<ol>\n<li>a</li>\n<li>x</li>\n<li>y</li>\n<li>c</li>\n</ol>\n");
    expect_html(body, "{}", "<ol>\n<li>a</li>\n<li>c</li>\n</ol>\n");
    expect_text(body, "{\"s\":[\"x\",\"y\"]}", "1. a\n2. x\n3. y\n4. c\n");
    expect_html("{{#s}}\n- a\n{{/s}}\n- b\n", "{}", "<ul>\n<li>b</li>\n</ul>\n");
    expect_html("{{#s}}\n- a\n{{/s}}\n- b\n", "{\"s\":true}",
                "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
}

static void a_section_inside_a_paragraph_stays_there(void **state)
{
    (void)state;
    const char *body = "One.\n{{#s}}\nTwo.\n{{/s}}\nThree.\n";
    expect_html(body, "{\"s\":true}", "<p>One.\nTwo.\nThree.</p>\n");
    expect_html(body, "{}", "<p>One.\nThree.</p>\n");
    expect_html("A{{#s}}, {{.}}{{/s}}.\n", "{\"s\":[\"b\",\"c\"]}", "<p>A, b, c.</p>\n");
    expect_text("One.\n{{#s}}\nTwo.\n{{/s}}\n", "{}", "One.\n");
    expect_html("{{#s}}All of it.{{/s}}\n", "{}", "");
}

static void a_list_may_follow_a_line_of_text(void **state)
{
    (void)state;
    expect_html("These:\n{{#s}}\n- {{.}}\n{{/s}}\nEnd.\n", "{\"s\":[\"a\",\"b\"]}",
                "<p>These:</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>End.</p>\n");
}

static void sections_nest(void **state)
{
    (void)state;
    const char *body = "{{#a.text}}\n## H {#h}\n\n{{a.text}}\n\n{{#a.steps}}\n1. "
                       "{{.}}\n{{/a.steps}}\n{{/a.text}}\n";
    expect_html(body, "{\"a\":{\"text\":\"T\",\"steps\":[\"x\"]}}",
                "<h2>H</h2>\n<p>T</p>\n<ol>\n<li>x</li>\n</ol>\n");
    expect_html(body, "{\"a\":{\"text\":\"T\"}}", "<h2>H</h2>\n<p>T</p>\n");
    expect_html(body, "{}", "");
}

static void quotes_and_rules_and_nested_lists_are_there(void **state)
{
    (void)state;
    const char *body = "> Quoted\n> text\n\n---\n\n- a\n  - b\n- c\n";
    expect_html(body, "{}",
                "<blockquote>\n<p>Quoted\ntext</p>\n</blockquote>\n<hr>\n<ul>\n<li>a\n<ul>\n<li>b</"
                "li>\n</ul>\n</li>\n<li>c</li>\n</ul>\n");
    expect_text(body, "{}",
                "> Quoted text\n\n----------------------------------------\n\n- a\n  - b\n- c\n");
}

/* ---- partials ---- */

static void partials_bring_their_blocks_and_their_lines(void **state)
{
    (void)state;
    write_file("sign.xx.md", "{{! who }}\nYours\n\n{{v}}\n");
    expect_html("Text.\n\n{{> sign}}\n", "{\"v\":\"N\"}", "<p>Text.</p>\n<p>Yours</p>\n<p>N</p>\n");
    write_file("sign.xx.md", "good\n\n<b>bad</b>\n");
    expect_problem("{{> sign}}\n", "sign.xx.md:3:1");
    write_file("loop.xx.md", "{{> loop}}\n");
    expect_problem("{{> loop}}\n", "contains itself");
    expect_problem("\n{{> gone}}\n", "xx.md:7:1 there is no partial \"gone\"");
    expect_problem("text {{> sign}}\n", "alone on its line");
    expect_problem("{{> ../etc/passwd}}\n", "no name of a partial");
}

/* ---- what letters do not allow ---- */

static void forbidden_markdown_is_told_where_it_stands(void **state)
{
    (void)state;
    expect_problem("A **bold** word\n", "bold ");
    expect_problem("ä *it*\n", "xx.md:6:3");
    expect_problem("{{v}} <b>x</b>\n", "xx.md:6:7 letters are written without HTML");
    expect_problem("<div>\nx\n</div>\n", "html ");
    expect_problem("![x](https://www.example.org/x.png)\n", "image ");
    expect_problem("`code`\n", "code ");
    expect_problem("    indented\n", "code ");
    expect_problem("**\"굵게\"**는\n", "ko-bold ");
    expect_problem("[ref]: https://www.example.org/{{v}}\n", "tag-lost ");
    expect_problem("[a {{#s}}](https://www.example.org/) b{{/s}}\n", "section-crossing ");
    expect_problem("{{#s}}\n- a {{/s}}\n", "section-crossing ");
    expect_problem("## A {#x}\n\n## B {#x}\n", "section-duplicate ");
    expect_problem("## A {#x\n", "section-id ");
    expect_problem("Text {#x}\n", "section-id ");
    expect_problem("| a | b |\n|---|---|\n| c | d |\n", "table ");
}

static void a_note_that_is_not_closed_swallows_nothing(void **state)
{
    (void)state;
    expect_problem("{{! after the comma\n{{v}}\n", "xx.md:6:1 this note is not closed");
    expect_problem("{{! after {{v}}\n", "xx.md:6:1 this note is not closed");
    expect_problem("Text {{! one\ntwo }}\n", "xx.md:6:6 this note is not closed");
    expect_problem_in("xx", "---\nsubject: \"a {{! b {{v}}\"\n---\nx\n",
                      "xx.md:2:13 this note is not closed");
    write_file("sign.xx.md", "Yours\n{{! who\n{{v}}\n");
    expect_problem("{{> sign}}\n", "sign.xx.md:2:1 this note is not closed");
    expect_html("{{! a { note } }}\nText\n", "{}", "<p>Text</p>\n");
}

static void braces_left_over_are_mistyped_tags(void **state)
{
    (void)state;
    static const char *const fields[] = {"subject", "preheader", "sms", "title"};
    expect_problem("One\ntwo {nature}\n", "xx.md:7:5 a tag is written with two braces: write "
                                          "{{nature}}");
    expect_problem("One {nature}}\n", "write {{nature}}");
    expect_problem("One nature}}\n", "xx.md:6:11 this } closes no tag");
    expect_problem("One {{v}}}\n", "xx.md:6:10 this } closes no tag");
    expect_problem("One {{v} two\n\n{{v}}\n", "xx.md:6:5 ");
    expect_problem("One {{ two\n", "xx.md:6:5 ");
    expect_problem("One { two\n", "a single { cannot stand here");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct buf source = {0};
        buf_printf(&source, "---\n%s: \"a {v}\"\n---\nx\n", fields[i]);
        expect_problem_in("xx", buf_text(&source), "write {{v}}");
        expect_problem_in("xx", buf_text(&source), "xx.md:2:");
        buf_free(&source);
    }
    expect_problem_in("xx", "---\nsubject: \"a {#v}\"\n---\nx\n", "a single { cannot");
}

static void every_heading_has_an_id(void **state)
{
    (void)state;
    expect_problem("Text\n\n## What {{v}}\n",
                   "xx.md:8:1 give this heading an id, the same in every language");
    expect_problem("## {#what} {{v}}\n", "section-id ");
}

static void links_go_to_allowed_hosts_only(void **state)
{
    (void)state;
    expect_problem("[x](https://evil.example/)\n", "link-host");
    expect_problem("[x](https://www.example.org@evil.example/)\n", "link-host");
    expect_problem("[x](https://{{v}}/)\n", "link-host");
    expect_problem("[x](https://www.example.or/)\n", "link-host");
    expect_problem("[x](http://www.example.org/)\n", "link-http");
    expect_problem("[x](javascript:alert)\n", "link-scheme");
    expect_problem("[x](/path)\n", "link-scheme");
}

static void addresses_in_the_text_obey_like_links(void **state)
{
    (void)state;
    expect_problem("Ü {{v}} https://evil.example/a\n", "xx.md:6:9 evil.example is not in links");
    expect_problem("See https://www.example.org.evil.example\n", "link-host");
    expect_problem("See https://www.example.org@evil.example\n", "link-host");
    expect_problem("See https://{{v}}/\n", "link-host");
    expect_problem("See https://www.example.org{{v}}/\n", "link-host");
    expect_problem("See HTTPS://evil.example\n", "link-host");
    expect_problem("See http://www.example.org/\n", "link-http");
    expect_problem_in("xx", "---\nsms: \"a http://www.example.org\"\n---\nx\n", "link-http");
    expect_problem_in("xx", "---\nsms: \"a https://evil.example\"\n---\nx\n", "evil.example");
    expect_problem_in("xx", "---\nsms: \"https://{{v}}\"\n---\nx\n", "link-host");
    struct letter *l = load_good("See https://www.example.org. Or (https://www.example.org/{{v}}), "
                                 "https://www.example.org에서, http is a word\n");
    letter_free(l);
}

static void words_to_be_written_are_found(void **state)
{
    (void)state;
    expect_problem("One\nTwo TODO three\n", "placeholder-text");
    expect_problem("One\nTwo TODO three\n", "xx.md:7:5");
    expect_problem("Dear [Name]\n", "placeholder-text");
    struct letter *l = load_good("Todos and XXXL are words.\n");
    letter_free(l);
}

static void particles_behind_values_are_found(void **state)
{
    (void)state;
    expect_problem_in("ko", FRONT "{{v}}을 보냅니다.\n", "ko-josa");
    expect_problem_in("ko", FRONT "{{v}}을 보냅니다.\n", "{{v | josa:을/를}}");
    expect_problem_in("ko", FRONT "{{v}}으로\n", "josa:으로/로");
    expect_problem_in("ko", FRONT "{{v | list}}는\n", "{{v | list | josa:은/는}}");
    expect_problem_in("ko", FRONT "{{v | date:full | default:\"x y\"}}는\n",
                      "{{v | date:full | default:\"x y\" | josa:은/는}}");
    static const char *const written[][2] = {
        {"이며", "이며/며"},     {"며", "이며/며"},     {"이라는", "이라는/라는"},
        {"라는", "이라는/라는"}, {"(으)로", "으로/로"}, {"(은)는", "은/는"},
        {"은(는)", "은/는"},     {"를(을)", "을/를"},   {"(이)며", "이며/며"},
        {"로서", "으로서/로서"}, {"이/가", "이/가"},    {"이라고", "이라고/라고"},
    };
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct buf source = {0}, wanted = {0};
        buf_printf(&source, "%s{{v}}%s, x\n", FRONT, written[i][0]);
        buf_printf(&wanted, "{{v | josa:%s}}", written[i][1]);
        expect_problem_in("ko", buf_text(&source), buf_text(&wanted));
        buf_free(&source);
        buf_free(&wanted);
    }
    struct buf problems = {0};
    struct letter *l = load("ko", FRONT "{{v}}입니다. {{v | josa:을/를}} {{v}}의\n", &problems);
    assert_string_equal(buf_text(&problems), "");
    letter_free(l);
    buf_free(&problems);
}

static void particles_are_korean(void **state)
{
    (void)state;
    expect_problem("{{v | list | josa:은/는}}\n", "josa-language ");
    expect_problem("{{v | list | josa:은/는}}\n", "xx.md:6:1 particles are Korean and this letter "
                                                  "is not: write {{v | list}}");
    expect_problem_in("xx", "---\nsubject: \"{{v | josa:은/는}}\"\n---\nx\n", "xx.md:2:11");
}

static void decomposed_text_is_found(void **state)
{
    (void)state;
    expect_problem_in("ko", FRONT "text\n\xe1\x84\x80\xe1\x85\xa1\n", "ko.md:7:1");
    expect_problem_in("ko", FRONT "text\n\xe1\x84\x80\xe1\x85\xa1\n", "unicode-nfd");
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    expect_problem_in("xx", "no front\n", "xx.md:1:1 a letter begins with");
    expect_problem_in("xx", "---\nsubject: a\n", "never closed");
    expect_problem_in("xx", "---\nsubjekt: a\n---\nx\n", "did you mean \"subject\"?");
    expect_problem_in("xx", "---\nsubject: a {{v}}\n---\nx\n", "yaml-quote");
    expect_problem_in("xx", "---\nsubject: \"{{#a}}\"\n---\nx\n", "xx.md:2:11");
    expect_problem_in("xx", FRONT "a\x07z\n", "xx.md:6:2 a control character");
    expect_problem_in("xx", FRONT "a\xee\x80\x80z\n", "xx.md:6:2");
    expect_problem_in("xx", FRONT "a\xffz\n", "xx.md:6:2 this is not UTF-8");
    expect_problem_in("xx", FRONT "{{{v}}}\n", "no raw output");
    expect_problem_in("xx", FRONT "{{v | nofilter}}\n", "there is no filter");
}

static void windows_line_ends_make_no_difference(void **state)
{
    (void)state;
    struct buf problems = {0}, out = {0};
    struct letter *l =
        load("xx", "\xef\xbb\xbf---\r\nsubject: a\r\n---\r\nOne\r\n{{#s}}\r\nTwo\r\n{{/s}}\r\n",
             &problems);
    assert_non_null(l);
    run(l, LETTER_HTML, ESCAPE_HTML, "{\"s\":1}", &out);
    assert_string_equal(buf_text(&out), "<p>One\nTwo</p>\n");
    letter_free(l);
    buf_free(&out);
    buf_free(&problems);
}

static void the_first_error_ends_a_load_nobody_watches(void **state)
{
    (void)state;
    write_file("xx.md", FRONT "*one*\n\n*two*\n");
    char *path = file_join(directory, "xx.md");
    struct error err = {0};
    struct problems watched = {.first = &err};
    struct letter_options options = {
        .path = path, .locale = "xx", .partials = directory, .problems = &watched};
    struct letter *l;
    assert_int_equal(letter_load(&options, &l), ERR_CONFIG);
    assert_null(l);
    assert_int_equal(watched.errors, 1);
    assert_non_null(strstr(err.text, "xx.md:6:1: letters have no italics"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_never_become_markup),
        cmocka_unit_test(values_in_links_are_percent_encoded),
        cmocka_unit_test(links_are_written_out_in_plain_text),
        cmocka_unit_test(headings_lose_their_ids_and_keep_them_for_checks),
        cmocka_unit_test(a_section_around_blocks_repeats_or_drops_them),
        cmocka_unit_test(a_section_around_a_list_repeats_its_items),
        cmocka_unit_test(items_beside_a_section_belong_to_the_same_list),
        cmocka_unit_test(a_section_inside_a_paragraph_stays_there),
        cmocka_unit_test(a_list_may_follow_a_line_of_text),
        cmocka_unit_test(sections_nest),
        cmocka_unit_test(quotes_and_rules_and_nested_lists_are_there),
        cmocka_unit_test(partials_bring_their_blocks_and_their_lines),
        cmocka_unit_test(forbidden_markdown_is_told_where_it_stands),
        cmocka_unit_test(a_note_that_is_not_closed_swallows_nothing),
        cmocka_unit_test(braces_left_over_are_mistyped_tags),
        cmocka_unit_test(every_heading_has_an_id),
        cmocka_unit_test(links_go_to_allowed_hosts_only),
        cmocka_unit_test(addresses_in_the_text_obey_like_links),
        cmocka_unit_test(words_to_be_written_are_found),
        cmocka_unit_test(particles_behind_values_are_found),
        cmocka_unit_test(particles_are_korean),
        cmocka_unit_test(decomposed_text_is_found),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(windows_line_ends_make_no_difference),
        cmocka_unit_test(the_first_error_ends_a_load_nobody_watches),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
