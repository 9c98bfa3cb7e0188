#include "render/library.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "model/settings.h"
#include "render/fixtures.h"
#include "render/renderer.h"

/* ---- a small library in a temporary directory ---- */

static char directory[] = "/tmp/test_library_XXXXXX";

static char *path_of(const char *name)
{
    return file_join(directory, name);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    free(path);
}

static void remove_file(const char *name)
{
    char *path = path_of(name);
    unlink(path);
    free(path);
}

static const char *const folders[] = {"t",      "t/_layouts",      "t/_partials",
                                      "t/news", "t/news/fixtures", "l"};

static const struct {
    const char *name, *text;
} files[] = {
    {"t/_layouts/letter.html",
     "<html "
     "lang=\"{{lang}}\" "
     "dir=\"{{dir}}\"><title>{{subject}}</title><i>{{preheader}}</i>{{{content}}}{{org.name}}"
     "{{#reference}} {{words.reference}} {{reference}}{{/reference}}</html>\n"},
    {"t/_partials/end.de.md", "{{closing}}\n"},
    {"t/_partials/end.ko.md", "{{closing}}\n"},
    {"t/news/template.yaml",
     "schema: 1\nversion: 3\nsource: de\nchannels: [email, sms, webhook]\nvariables:\n"
     "  what: {type: localized, required: true}\n"
     "  items: {type: terms, required: true}\n"
     "  count: {type: integer, required: true}\n"
     "  when.start: {type: date}\n"
     "links_allowed: []\n"},
    {"t/news/de.md", "---\nsubject: \"Neues: {{what}}\"\npreheader: Vorschau\nsms: \"SMS {{count | "
                     "number}}\"\n---\n"
                     "{{salutation}}\n\n## Was {#what}\n\n{{what}}: {{items | "
                     "list}}\n\n{{#when.start}}\nAb {{when.start | date}}\n"
                     "{{/when.start}}\n\n{{> end}}\n"},
    {"t/news/ko.md",
     "---\nsubject: \"소식: {{what}}\"\npreheader: 미리보기\nsms: \"문자 {{count | "
     "number}}\"\n---\n"
     "{{salutation}}\n\n## 무엇 {#what}\n\n{{what | josa:은/는}} {{what | josa:이/가}} {{items | "
     "list}}\n\n{{#when.start}}\n"
     "{{when.start | date}}부터\n{{/when.start}}\n\n{{> end}}\n"},
    {"l/de.yaml", "de:\n  name: Deutsch\n  zone: Europe/Berlin\n  salutation: {named: \"Guten Tag "
                  "{{name}},\", anonymous: "
                  "\"Guten Tag,\"}\n  closing: Gruß\n  org: {hours: immer}\n  words: {reference: "
                  "Nummer}\n  terms: {email: "
                  "E-Mail-Adresse, phone: Telefonnummer}\n"},
    {"l/ko.yaml", "ko:\n  name: 한국어\n  zone: Asia/Seoul\n  salutation: {named: \"{{name}} "
                  "고객님께\", anonymous: "
                  "\"고객님께\"}\n  closing: 감사합니다.\n  words: {reference: 접수 번호}\n  "
                  "terms: {email: 이메일, phone: "
                  "전화번호}\n"},
};

static int make_library(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *path = path_of(folders[i]);
        int rc = mkdir(path, 0700);
        free(path);
        if (rc != 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        write_file(files[i].name, files[i].text);
    return 0;
}

static int remove_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        remove_file(files[i].name);
    remove_file("t/news/webhook.json");
    for (size_t i = sizeof folders / sizeof *folders; i > 0; i--) {
        char *path = path_of(folders[i - 1]);
        rmdir(path);
        free(path);
    }
    return rmdir(directory);
}

static void restore(const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0)
            write_file(name, files[i].text);
}

static void collect(void *context, const struct problem *p)
{
    buf_printf(context, "%s %s %s %s\n", p->is_error ? "E" : "W", p->rule, p->position, p->text);
}

static char name_key[] = "name", name_value[] = "Muster & Co", ko_tag[] = "ko",
            ko_value[] = "예시은행";

static struct library *load(struct buf *problems)
{
    static struct organisation_field fields[] = {{NULL, name_key, name_value},
                                                 {ko_tag, name_key, ko_value}};
    static const struct organisation organisation = {.fields = fields, .field_count = 2};
    char *templates = path_of("t"), *locales = path_of("l");
    struct error err = {0};
    struct library_options o = {.templates = templates,
                                .locales = locales,
                                .organisation = &organisation,
                                .problem = problems != NULL ? collect : NULL,
                                .problem_context = problems};
    struct library *l;
    if (library_load(&o, &l, &err) < 0)
        fail_msg("%s", err.text);
    free(templates);
    free(locales);
    return l;
}

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

#define DATA                                                                                       \
    "{\"what\":{\"de\":\"Stand "                                                                   \
    "<1>\",\"ko\":\"은행\"},\"items\":[\"email\",\"phone\"],\"count\":2970000,"                  \
    "\"when\":{\"start\":\"2025-09-01\"}}"

static struct job *job_with(const char *to, const char *data, const char *more)
{
    struct buf text = {0};
    struct error err = {0};
    struct job *job;
    buf_printf(&text,
               "{\"version\":1,\"id\":\"j1\",\"template\":\"news\",\"to\":{\"email\":\"a@example."
               "org\"%s},\"data\":%s%s}",
               to, data, more);
    if (job_parse_fixture(buf_text(&text), text.len, "job.json", &job, &err) < 0)
        fail_msg("%s", err.text);
    buf_free(&text);
    return job;
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

static void samples_are_rendered_by_a_check(void **state)
{
    (void)state;
    static const char *const jobs[][2] = {
        {"{\"to\":{\"email\":\"a@example.org\"},\n\"data\":{\"what\":{\"ko\":\"x\"},"
         "\"items\":[\"email\"],\"count\":1}}",
         "E fixture"},
        {"{\"to\":{\"email\":\"a@example.org\"},\n\"data\":{\"what\":{\"ko\":\"x\"},"
         "\"items\":[\"email\"],\"count\":1}}",
         "a.json:2:16 /data/what has no text in \"de\""},
        {"{\"to\":{\"email\":\"a@example.org\"},\"data\":{\"what\":{\"ko\":\"x\\ny\",\"de\":\"x\"},"
         "\"items\":[\"email\"],\"count\":1}}",
         "email in ko: "},
        {"{", "a.json:1:"},
    };
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct buf problems = {0};
        write_file("t/news/fixtures/a.json", jobs[i][0]);
        struct library *l = load(&problems);
        fixtures_check(l, collect, &problems);
        library_free(l);
        if (strstr(buf_text(&problems), jobs[i][1]) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", jobs[i][1], buf_text(&problems));
        buf_free(&problems);
    }
    remove_file("t/news/fixtures/a.json");
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

/* ---- rendering ---- */

static void render(const char *locale, const struct job *job, enum channel_kind kind,
                   struct message *out)
{
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    assert_int_equal(renderer_open(l, &r, &err), 0);
    if (renderer_render(r, 0, locale, job, 1763942401000, kind, out, &err) < 0)
        fail_msg("%s", err.text);
    renderer_close(r);
    library_free(l);
}

static void an_email_has_all_its_parts(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with(",\"name\":\"김민준\"", DATA, ",\"reference\":\"R-1\"");
    render("ko", job, CHANNEL_EMAIL, &m);
    assert_string_equal(m.locale, "ko");
    assert_string_equal(buf_text(&m.subject), "소식: 은행");
    assert_string_equal(buf_text(&m.preheader), "미리보기");
    assert_string_equal(buf_text(&m.text),
                        "김민준 고객님께\n\n무엇\n----\n\n은행은 은행이 이메일 및 "
                        "전화번호\n\n2025년 9월 1일부터\n\n감사합니다.\n");
    assert_string_equal(
        buf_text(&m.html),
        "<html lang=\"ko\" dir=\"ltr\"><title>소식: 은행</title><i>미리보기</i><p>김민준 "
        "고객님께</p>\n<h2>무엇</h2>\n"
        "<p>은행은 은행이 이메일 및 전화번호</p>\n<p>2025년 9월 "
        "1일부터</p>\n<p>감사합니다.</p>\n예시은행 접수 번호 "
        "R-1</html>\n");
    render("de", job, CHANNEL_EMAIL, &m);
    assert_string_equal(buf_text(&m.subject), "Neues: Stand <1>");
    assert_non_null(strstr(buf_text(&m.html), "<title>Neues: Stand &lt;1&gt;</title>"));
    assert_non_null(strstr(buf_text(&m.html), "E-Mail-Adresse und Telefonnummer"));
    assert_non_null(strstr(buf_text(&m.html), "Muster &amp; Co"));
    message_free(&m);
    job_free(job);
}

static void a_text_message_has_its_line_only(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with("", DATA, "");
    render("de", job, CHANNEL_SMS, &m);
    assert_string_equal(buf_text(&m.sms), "SMS 2.970.000");
    assert_int_equal(m.html.len, 0);
    message_free(&m);
    job_free(job);
}

static void the_standard_webhook_says_what_the_job_said(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with(",\"recipient_id\":\"c17\"",
                               "{\"what\":{\"de\":\"a\"},\"items\":[\"email\"],\"count\":1}", "");
    render("de", job, CHANNEL_WEBHOOK, &m);
    assert_string_equal(buf_text(&m.webhook), "{\"type\":\"news\",\"timestamp\":\"2025-11-24T00:00:"
                                              "01.000Z\",\"data\":{\"what\":{\"de\":\"a\"},"
                                              "\"items\":[\"email\"],\"count\":1,\"id\":\"j1\","
                                              "\"locale\":\"de\",\"recipient_id\":\"c17\"}}");
    message_free(&m);
    job_free(job);
}

static void an_own_webhook_is_checked_and_minified(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with("", DATA, "");
    write_file("t/news/webhook.json",
               "{ \"type\": \"news.out\",\n \"n\": {{count}}, \"t\": \"{{what}}\" }\n");
    render("de", job, CHANNEL_WEBHOOK, &m);
    assert_string_equal(buf_text(&m.webhook),
                        "{\"type\":\"news.out\",\"n\":2970000,\"t\":\"Stand <1>\"}");
    write_file("t/news/webhook.json", "{ \"n\": {{count}}, }\n");
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    assert_int_equal(renderer_open(l, &r, &err), 0);
    assert_int_equal(renderer_render(r, 0, "de", job, 0, CHANNEL_WEBHOOK, &m, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "webhook.json:1"));
    renderer_close(r);
    library_free(l);
    remove_file("t/news/webhook.json");
    message_free(&m);
    job_free(job);
}

static void a_line_break_in_a_subject_is_refused(void **state)
{
    (void)state;
    struct message m = {0};
    struct error err = {0};
    struct renderer *r;
    struct job *job = job_with(
        "", "{\"what\":{\"de\":\"a\\r\\nBcc: x@example.org\"},\"items\":[\"email\"],\"count\":1}",
        "");
    struct library *l = load(NULL);
    assert_int_equal(renderer_open(l, &r, &err), 0);
    assert_int_equal(renderer_render(r, 0, "de", job, 0, CHANNEL_EMAIL, &m, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "de.md:2:"));
    assert_int_equal(renderer_render(r, 0, "fr", job, 0, CHANNEL_EMAIL, &m, &err), ERR_INPUT);
    renderer_close(r);
    library_free(l);
    message_free(&m);
    job_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_library_has_no_problems),
        cmocka_unit_test(descriptions_are_strict),
        cmocka_unit_test(names_are_checked_in_every_language),
        cmocka_unit_test(languages_must_say_the_same),
        cmocka_unit_test(the_first_error_ends_an_unwatched_load),
        cmocka_unit_test(samples_are_rendered_by_a_check),
        cmocka_unit_test(jobs_are_checked_by_declared_types),
        cmocka_unit_test(an_email_has_all_its_parts),
        cmocka_unit_test(a_text_message_has_its_line_only),
        cmocka_unit_test(the_standard_webhook_says_what_the_job_said),
        cmocka_unit_test(an_own_webhook_is_checked_and_minified),
        cmocka_unit_test(a_line_break_in_a_subject_is_refused),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
