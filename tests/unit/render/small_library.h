/*
 * A small library in a temporary directory, for the tests of whatever reads one: a template in two
 * languages, their locales, a layout. A test may overwrite a file and put it back with restore().
 */
#ifndef TESTS_RENDER_SMALL_LIBRARY_H
#define TESTS_RENDER_SMALL_LIBRARY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/file.h"
#include "model/job.h"
#include "model/settings.h"
#include "render/library.h"

static char directory[] = "/tmp/test_render_XXXXXX";

UNUSED static char *path_of(const char *name)
{
    return file_join(directory, name);
}

UNUSED static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    free(path);
}

UNUSED static void remove_file(const char *name)
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

UNUSED static int make_library(void **state)
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

UNUSED static int remove_library(void **state)
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

UNUSED static void restore(const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0)
            write_file(name, files[i].text);
}

UNUSED static void collect(void *context, const struct problem *p)
{
    buf_printf(context, "%s %s %s %s\n", p->level == PROBLEM_ERROR ? "E" : "W", p->rule,
               p->position, p->text);
}

static char name_key[] = "name", name_value[] = "Muster & Co", ko_tag[] = "ko",
            ko_value[] = "예시은행";

UNUSED static struct library *load(struct buf *problems)
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

#define DATA                                                                                       \
    "{\"what\":{\"de\":\"Stand "                                                                   \
    "<1>\",\"ko\":\"은행\"},\"items\":[\"email\",\"phone\"],\"count\":2970000,"                  \
    "\"when\":{\"start\":\"2025-09-01\"}}"

UNUSED static struct job *job_with(const char *to, const char *data, const char *more)
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

/* Without a listener, as those load who send. */
UNUSED static int load_for_sending(struct library **out, struct error *err)
{
    static struct organisation_field fields[] = {{NULL, name_key, name_value}};
    static const struct organisation organisation = {.fields = fields, .field_count = 1};
    char *templates = path_of("t"), *locales = path_of("l");
    const struct library_options o = {.templates = templates,
                                      .locales = locales,
                                      .organisation = &organisation,
                                      .leave_out = true};
    int rc = library_load(&o, out, err);
    free(templates);
    free(locales);
    return rc;
}

#endif
