#include "render/library.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "render/fixtures.h"
#include "render/library_backend.h"
#include "render/small_library.h"

/* With `text` in the place of a file the check says `expected`; the file is put back. */
static void expect_problem(const char *file, const char *text, const char *expected)
{
    struct buf problems = {0};
    write_file(file, text);
    struct library *l = load(&problems);
    if (strstr(buf_text(&problems), expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, buf_text(&problems));
    library_free(l);
    restore(file);
    buf_free(&problems);
}

/* The same with one piece of a file replaced. */
static void expect_problem_of(const char *file, const char *from, const char *to,
                              const char *expected)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, file) != 0)
            continue;
        struct buf text = {0};
        const char *at = strstr(files[i].text, from);
        assert_non_null(at);
        buf_put(&text, files[i].text, (size_t)(at - files[i].text));
        buf_puts(&text, to);
        buf_puts(&text, at + strlen(from));
        expect_problem(file, buf_text(&text), expected);
        buf_free(&text);
    }
}

/* ---- loading ---- */

static void a_good_library_has_no_problems(void **state)
{
    (void)state;
    struct buf problems = {0};
    struct library *l = load(&problems);
    assert_string_equal(buf_text(&problems), "");
    assert_int_equal(library_template_count(l), 1);
    assert_int_equal(library_find_template(l, "news"), 0);
    assert_int_equal(library_find_template(l, "old"), -1);
    assert_string_equal(library_closest_template(l, "nwes"), "news");
    assert_string_equal(library_match_locale(l, 0, "KO-kr"), "ko");
    assert_null(library_match_locale(l, 0, "fr"));
    assert_string_equal(library_template_locales(l, 0)[0], "de");
    assert_null(library_template_locales(l, 0)[2]);
    assert_true(library_has_part(l, 0, "ko", CHANNEL_SMS));
    assert_false(library_has_part(l, 0, "fr", CHANNEL_SMS));
    library_free(l);
    buf_free(&problems);
}

static void declared_variables_can_be_walked(void **state)
{
    (void)state;
    struct buf problems = {0};
    struct library *l = load(&problems);
    struct library_variable v = {0};
    assert_true(library_template_variable(l, 0, 0, &v));
    assert_string_equal(v.name, "what");
    assert_string_equal(v.type, "localized");
    assert_true(v.required);
    assert_true(v.localized);
    assert_true(library_template_variable(l, 0, 1, &v));
    assert_string_equal(v.type, "terms");
    assert_false(v.localized);
    assert_false(library_template_variable(l, 0, 1000, &v));
    library_free(l);
    buf_free(&problems);
}

static void descriptions_are_strict(void **state)
{
    (void)state;
    expect_problem_of("t/news/template.yaml", "channels", "chanels", "did you mean \"channels\"?");
    expect_problem_of("t/news/template.yaml", "channels", "chanels",
                      "the key \"channels\" is missing");
    expect_problem_of("t/news/template.yaml", "schema: 1", "schema: 2", "schema must be 1");
    expect_problem_of("t/news/template.yaml", "version: 3", "version: x", "yaml-type");
    expect_problem_of("t/news/template.yaml", "[email, sms", "[mail, sms",
                      "a channel is email, sms or webhook");
    expect_problem_of("t/news/template.yaml", "integer", "integr", "did you mean \"integer\"?");
    expect_problem_of("t/news/template.yaml", "required: true}", "requred: true}",
                      "did you mean \"required\"?");
    expect_problem_of("t/news/template.yaml", "count:", "org.x:", "var-reserved");
    expect_problem_of("t/news/template.yaml", "count:", "what.x:", "var-group");
    expect_problem_of("t/news/template.yaml", "[]", "[\"https://x.org\"]", "write the host alone");
    expect_problem_of("t/news/template.yaml", "source: de", "kind: [confirmed]",
                      "kind must be a kind of notice");
    expect_problem_of("t/news/template.yaml", "source: de", "category: {}",
                      "category must be one word");
    expect_problem_of("t/news/template.yaml", "source: de", "legal: kr-pipa-34-1",
                      "legal must be a list of rule sets");
    expect_problem_of("t/news/template.yaml", "source: de", "legal: [[kr-pipa-34-1]]",
                      "write the id of a rule set");
}

static void a_letter_says_which_notice_it_is(void **state)
{
    (void)state;
    struct buf problems = {0};
    write_file("t/news/template.yaml",
               "schema: 1\nversion: 3\nkind: confirmed\ncategory: breach_notice\n"
               "legal: [kr-pipa-34-1, eu-gdpr-34]\nchannels: [email]\nvariables:\n"
               "  what: {type: localized, required: true}\n"
               "  items: {type: terms, required: true}\n"
               "  count: {type: integer, required: true}\n"
               "  when.start: {type: date}\n");
    struct library *l = load(&problems);
    assert_string_equal(buf_text(&problems), "");
    assert_string_equal(l->templates[0]->kind, "confirmed");
    assert_string_equal(l->templates[0]->category, "breach_notice");
    assert_int_equal(l->templates[0]->legal_count, 2);
    assert_string_equal(l->templates[0]->legal[1], "eu-gdpr-34");
    library_free(l);
    restore("t/news/template.yaml");
    l = load(&problems);
    assert_null(l->templates[0]->kind);
    assert_null(l->templates[0]->category);
    assert_int_equal(l->templates[0]->legal_count, 0);
    library_free(l);
    buf_free(&problems);
}

static void names_are_checked_in_every_language(void **state)
{
    (void)state;
    expect_problem_of("t/news/de.md", "{{what}}:", "{{wath}}:", "E var-unknown");
    expect_problem_of("t/news/de.md", "{{what}}:", "{{wath}}:", "did you mean {{what}}?");
    expect_problem_of("t/news/de.md", "{{what}}:", "{{when.start | date}}:", "E var-optional");
    expect_problem_of("t/news/de.md", "{{items | list}}", "{{items}}", "E var-type");
    expect_problem_of("t/news/de.md", "{{what}}:", "{{when}}:", "E var-type");
    expect_problem_of("t/news/de.md", "{{what}}:", "{{org.short}}:", "E var-unknown");
    expect_problem_of("t/news/de.md",
                      "{{what}}:", "{{words.refrence}}:", "did you mean {{words.reference}}?");
    expect_problem_of("t/news/de.md", "{{what}}:", "{{subject}}:", "E var-unknown");
    expect_problem_of("t/news/template.yaml", "links", "  extra: {type: text}\nlinks",
                      "W var-unused");
    expect_problem_of("t/_layouts/letter.html", "{{subject}}", "{{sujet}}", "E var-unknown");
}

static void languages_must_say_the_same(void **state)
{
    (void)state;
    expect_problem_of("t/news/ko.md", "{#what}", "{#other}", "section-missing");
    expect_problem_of("t/news/ko.md", "{{count | number}}", "x",
                      "{{count}} is used in de.md but not in ko.md");
    expect_problem_of("t/news/ko.md", "preheader: 미리보기\n", "", "part-missing");
    expect_problem_of("t/news/ko.md", "sms: \"문자 {{count | number}}\"\n", "", "the channel sms");
    remove_file("t/news/ko.md");
    struct buf problems = {0};
    library_free(load(&problems));
    assert_non_null(strstr(buf_text(&problems), "ko.md is missing"));
    buf_free(&problems);
    restore("t/news/ko.md");
}

static size_t count_in(const struct buf *problems, const char *what)
{
    size_t count = 0;
    for (const char *p = buf_text(problems); (p = strstr(p, what)) != NULL; p++)
        count++;
    return count;
}

/* `file` with this text makes one problem, from loading to samples, and the rule is this. */
static void expect_one_problem(const char *file, const char *text, const char *rule)
{
    struct buf problems = {0};
    write_file(file, text);
    write_file("t/news/fixtures/a.json",
               "{\"to\":{\"email\":\"a@example.org\"},\"data\":" DATA "}");
    struct library *l = load(&problems);
    fixtures_check(l, collect, &problems);
    if (count_in(&problems, "\n") != 1 || count_in(&problems, rule) != 1)
        fail_msg("not one %s: %s", rule, buf_text(&problems));
    library_free(l);
    restore(file);
    remove_file("t/news/fixtures/a.json");
    buf_free(&problems);
}

static void one_mistake_is_told_once(void **state)
{
    (void)state;
    expect_one_problem("t/_layouts/letter.html", "{{{content}}}{{sujet}}\n", "E var-unknown");
    expect_one_problem("t/news/de.md",
                       "---\nsubject: \"{{wath}}\"\npreheader: p\nsms: \"{{count}}\"\n---\n"
                       "{{items | list}} {{when.start | default:x}}\n\n## Was {#what}\n",
                       "E var-unknown");
    expect_one_problem("t/_partials/end.de.md", "{{! note\n", "E tag");
    expect_one_problem("l/de.yaml", "de:\n  nam: Deutsch\n", "E yaml-syntax");
}

static void rules_choose_templates_that_are_there(void **state)
{
    (void)state;
    char good[] = "news", bad[] = "nwes", strange[] = "zzzzzzzz", file[] = "rules.yaml";
    struct rule chosen[] = {{.template_name = good, .line = 2},
                            {.template_name = NULL, .line = 3},
                            {.template_name = bad, .line = 7},
                            {.template_name = strange, .line = 9}};
    const struct rules rules = {.file = file, .rules = chosen, .count = COUNT_OF(chosen)};
    struct buf problems = {0};
    struct error err = {0};
    struct library *l = load(NULL);
    assert_int_equal(library_check_rules(l, &rules, collect, &problems, &err), 0);
    assert_string_equal(
        buf_text(&problems),
        "E rule-template rules.yaml:7:1 this rule chooses the template \"nwes\", which is not "
        "there; did you mean \"news\"?\n"
        "E rule-template rules.yaml:9:1 this rule chooses the template \"zzzzzzzz\", which is not "
        "there\n");
    assert_int_equal(library_check_rules(l, &rules, NULL, NULL, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "rules.yaml:7:1: this rule"));
    library_free(l);
    buf_free(&problems);
    write_file("t/news/de.md", "{{");
    struct buf told = {0};
    l = load(&told);
    chosen[2].template_name = chosen[3].template_name = NULL;
    assert_int_equal(library_check_rules(l, &rules, collect, &problems, &err), 0);
    assert_string_equal(buf_text(&problems), "");
    restore("t/news/de.md");
    library_free(l);
    buf_free(&told);
}

static void the_first_error_ends_an_unwatched_load(void **state)
{
    (void)state;
    char *templates = path_of("t"), *nowhere = path_of("nowhere");
    struct error err = {0};
    struct library_options o = {.templates = templates, .locales = nowhere};
    struct library *l;
    assert_int_equal(library_load(&o, &l, &err), ERR_CONFIG);
    assert_null(l);
    assert_non_null(strstr(err.text, "nowhere: this directory cannot be read"));
    free(templates);
    free(nowhere);
}

/* ---- letters with mistakes ---- */

/* A second letter, the same but for its name. */
static void lay_twin(void)
{
    char *folder = path_of("t/twin");
    assert_int_equal(mkdir(folder, 0700), 0);
    free(folder);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strncmp(files[i].name, "t/news/", strlen("t/news/")) != 0)
            continue;
        struct buf name = {0};
        buf_printf(&name, "t/twin/%s", files[i].name + strlen("t/news/"));
        write_file(buf_text(&name), files[i].text);
        buf_free(&name);
    }
}

static void remove_twin(void)
{
    char *folder = path_of("t/twin");
    remove_file("t/twin/template.yaml");
    remove_file("t/twin/de.md");
    remove_file("t/twin/ko.md");
    assert_int_equal(rmdir(folder), 0);
    free(folder);
}

static void expect_left_out(const char *file, const char *text, const char *reason)
{
    struct error err = {0};
    struct library_fault fault;
    struct library *l;
    write_file(file, text);
    assert_int_equal(load_for_sending(&l, &err), 0);
    assert_int_equal(library_find_template(l, "news"), -1);
    assert_true(library_find_template(l, "twin") >= 0);
    assert_true(library_fault_at(l, 0, &fault));
    assert_string_equal(fault.name, "news");
    if (strstr(fault.reason, reason) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", reason, fault.reason);
    assert_false(library_fault_at(l, 1, &fault));
    assert_int_equal(library_refuse_letter(l, "news", &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, reason));
    assert_int_equal(library_refuse_letter(l, "twin", &err), 0);
    assert_int_equal(library_refuse_letter(l, "nobody", &err), 0);
    library_free(l);
    restore(file);
}

static void a_letter_with_a_mistake_leaves_the_others_alone(void **state)
{
    (void)state;
    lay_twin();
    expect_left_out("t/news/de.md", "{{", "t/news/de.md:1:1: ");
    expect_left_out("t/news/ko.md", "---\npreheader: p\n---\nx\n", "t/news/ko.md:1:1: ");
    expect_left_out("t/news/template.yaml", "schema: [1\n", "t/news/template.yaml:");
    remove_twin();
}

static void a_rule_may_choose_a_letter_that_was_left_out(void **state)
{
    (void)state;
    char name[] = "news", file[] = "rules.yaml";
    struct rule chosen[] = {{.template_name = name, .line = 2}};
    const struct rules rules = {.file = file, .rules = chosen, .count = COUNT_OF(chosen)};
    struct error err = {0};
    struct library *l;
    lay_twin();
    write_file("t/news/de.md", "{{");
    assert_int_equal(load_for_sending(&l, &err), 0);
    assert_int_equal(library_check_rules(l, &rules, NULL, NULL, &err), 0);
    library_free(l);
    restore("t/news/de.md");
    remove_twin();
}

static void letters_in_a_broken_layout_are_left_out(void **state)
{
    (void)state;
    struct error err = {0};
    struct library_fault fault;
    struct library *l;
    lay_twin();
    write_file("t/_layouts/odd.html", "{{");
    write_file("t/twin/template.yaml",
               "schema: 1\nversion: 1\nchannels: [email]\nlayout: odd\nvariables:\n"
               "  what: {type: localized}\n  items: {type: terms}\n  count: {type: integer}\n"
               "  when.start: {type: date}\n");
    assert_int_equal(load_for_sending(&l, &err), 0);
    assert_true(library_find_template(l, "news") >= 0);
    assert_int_equal(library_find_template(l, "twin"), -1);
    assert_true(library_fault_at(l, 0, &fault));
    assert_non_null(strstr(fault.reason, "t/_layouts/odd.html:1:1: "));
    library_free(l);
    remove_file("t/_layouts/odd.html");
    remove_twin();
}

static void one_letter_at_least_must_be_right(void **state)
{
    (void)state;
    struct error err = {0};
    struct library *l;
    write_file("t/news/de.md", "{{");
    assert_int_equal(load_for_sending(&l, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "t/news/de.md:1:1: "));
    restore("t/news/de.md");
}

/* ---- checking jobs ---- */

static void expect_job(const struct library *l, const char *to, const char *data, const char *path,
                       const char *text)
{
    struct job *job = job_with(to, data, "");
    struct error err = {0};
    char *found = NULL;
    int rc = library_check_job(l, 0, "ko", job, &found, &err);
    assert_int_equal(rc, text == NULL ? 0 : ERR_INPUT);
    if (text != NULL && strstr(err.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    if (path != NULL)
        assert_string_equal(found, path);
    free(found);
    job_free(job);
}

static void jobs_are_checked_by_declared_types(void **state)
{
    (void)state;
    struct library *l = load(NULL);
#define WITH(what, items, count, more)                                                             \
    "{\"what\":" what ",\"items\":" items ",\"count\":" count more "}"
#define GOOD_WHAT "{\"ko\":\"은행\"}"
    expect_job(l, "", DATA, NULL, NULL);
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\"]", "1", ""), NULL, NULL);
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\"]", "1", ",\"when\":null"), NULL, "/data/when");
    expect_job(l, "", WITH("{\"de\":\"x\"}", "[\"email\"]", "1", ""), "/data/what",
               "no text in \"ko\"");
    expect_job(l, "", WITH("\"x\"", "[\"email\"]", "1", ""), "/data/what", "no text in \"ko\"");
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\",\"fone\"]", "1", ""), "/data/items/1",
               "did you mean \"phone\"?");
    expect_job(l, "", WITH(GOOD_WHAT, "[]", "1", ""), "/data/items", "missing or empty");
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\"]", "\"1\"", ""), "/data/count", "whole number");
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\"]", "1", ",\"cuont\":2"), "/data/cuont",
               "did you mean \"count\"?");
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\"]", "1", ",\"when\":{\"strat\":1}"),
               "/data/when/strat", "when.start");
    expect_job(l, "", WITH(GOOD_WHAT, "[\"email\"]", "1", ",\"when\":{\"start\":\"2025-02-30\"}"),
               "/data/when/start", "a date like");
    expect_job(l, "",
               WITH(GOOD_WHAT, "[\"email\"]", "1", ",\"when\":{\"start\":\"2025-02-01T10:00:00\"}"),
               "/data/when/start", "a date like");
    expect_job(l, "", "{}", "/data", "missing");
    expect_job(l, ",\"timezone\":\"Mars/Base\"", DATA, "/to/timezone", "no time zone");
    library_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_library_has_no_problems),
        cmocka_unit_test(declared_variables_can_be_walked),
        cmocka_unit_test(descriptions_are_strict),
        cmocka_unit_test(a_letter_says_which_notice_it_is),
        cmocka_unit_test(names_are_checked_in_every_language),
        cmocka_unit_test(languages_must_say_the_same),
        cmocka_unit_test(one_mistake_is_told_once),
        cmocka_unit_test(rules_choose_templates_that_are_there),
        cmocka_unit_test(the_first_error_ends_an_unwatched_load),
        cmocka_unit_test(a_letter_with_a_mistake_leaves_the_others_alone),
        cmocka_unit_test(a_rule_may_choose_a_letter_that_was_left_out),
        cmocka_unit_test(letters_in_a_broken_layout_are_left_out),
        cmocka_unit_test(one_letter_at_least_must_be_right),
        cmocka_unit_test(jobs_are_checked_by_declared_types),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
