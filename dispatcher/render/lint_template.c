#include "render/lint_template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "model/json.h"
#include "render/code.h"
#include "render/filter.h"
#include "render/lint_letter.h"
#include "render/lint_parity.h"
#include "render/lint_translations.h"

#define SAMPLE_SIZE_MAX ((size_t)1 << 20)
#define SAMPLE_DEPTH    32

/* The same text in all its languages: a letter, or a passage. */
struct family {
    struct units *units;
    struct lint_language *languages;
    char **tags;
    size_t count;
};

static const struct locale *locale_of(const struct lint_locales *locales, const char *tag)
{
    const char **tags = xcalloc(locales->count + 1, sizeof(*tags));
    for (size_t i = 0; i < locales->count; i++)
        tags[i] = locale_tag(locales->items[i]);
    int at = locale_lookup(tag, tags, locales->count);
    free(tags);
    return at >= 0 ? locales->items[at] : NULL;
}

static void add_language(struct family *f, const char *path, const char *tag,
                         const struct locale *locale, struct problems *problems)
{
    struct buf text = {0};
    if (locale != NULL && letter_read_source(path, problems, &text) == 0) {
        f->tags[f->count] = xstrdup(tag);
        units_split(buf_text(&text), text.len, path, &f->units[f->count]);
        f->languages[f->count] =
            (struct lint_language){f->tags[f->count], &f->units[f->count], locale};
        f->count++;
    }
    buf_free(&text);
}

static void start_family(struct family *f, size_t most)
{
    *f = (struct family){0};
    f->units = xcalloc(most + 1, sizeof(*f->units));
    f->languages = xcalloc(most + 1, sizeof(*f->languages));
    f->tags = xcalloc(most + 1, sizeof(*f->tags));
}

static void free_family(struct family *f)
{
    for (size_t i = 0; i < f->count; i++) {
        units_free(&f->units[i]);
        free(f->tags[i]);
    }
    free(f->units);
    free(f->languages);
    free(f->tags);
}

static size_t source_of(const struct family *f, const char *source)
{
    for (size_t i = 0; source != NULL && i < f->count; i++)
        if (strcmp(f->tags[i], source) == 0)
            return i;
    return 0;
}

/* ---- a template ---- */

static bool names_a_date(const struct letter *letter)
{
    for (int part = 0; part < LETTER_PARTS; part++)
        for (size_t i = 0; letter->parts[part] != NULL && i < letter->parts[part]->count; i++) {
            const struct expression *e = letter->parts[part]->code[i].expression;
            for (size_t c = 0; e != NULL && c < e->call_count; c++)
                if (strcmp(e->calls[c].filter->name, "date") == 0)
                    return true;
        }
    return false;
}

/* Passages count: what a letter takes in from them stands in its code. */
static void check_dates(const struct template *t, struct problems *problems)
{
    for (size_t i = 0; i < t->letter_count && text_equal(t->category, "breach_notice"); i++) {
        struct place at = {t->letters[i]->file, 1, 1};
        if (!names_a_date(t->letters[i]))
            problems_add_warning(problems, &at, "tone-date",
                                 "no date stands in this letter: say when it happened, for "
                                 "example {{incident.start | date}}");
    }
}

/* What its samples say: a list of their data; NULL if none can be read. Free with json_free(). */
static struct json_t *read_samples(const struct template *t)
{
    struct problems quiet = {0};
    struct name_list names = {0};
    struct json_t *samples = NULL;
    struct buf all = {0};
    char *folder = file_join(t->directory, "fixtures");
    name_list_read(folder, ".json", &quiet, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct buf name = {0}, text = {0};
        struct json_t *root = NULL;
        buf_printf(&name, "%s.json", names.names[i]);
        char *path = file_join(folder, buf_text(&name));
        if (file_read_path(path, SAMPLE_SIZE_MAX, &text, NULL) == 0 &&
            json_parse(buf_text(&text), text.len, path, 1, SAMPLE_DEPTH, &root, NULL) == 0 &&
            json_get(root, "data") != NULL) {
            buf_puts(&all, all.len > 0 ? "," : "[");
            json_put(&all, json_get(root, "data"));
        }
        json_free(root);
        free(path);
        buf_free(&text);
        buf_free(&name);
    }
    buf_puts(&all, "]");
    if (json_parse(buf_text(&all), all.len, folder, 1, SAMPLE_DEPTH, &samples, NULL) != 0)
        samples = NULL;
    buf_free(&all);
    name_list_free(&names);
    free(folder);
    return samples;
}

static void read_letters(const struct template *t, const struct lint_locales *locales,
                         struct family *out)
{
    struct problems quiet = {0}; /* told when the letter was loaded */
    struct name_list tags;
    name_list_read(t->directory, ".md", &quiet, &tags);
    start_family(out, tags.count);
    for (size_t i = 0; i < tags.count; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s.md", tags.names[i]);
        char *path = file_join(t->directory, buf_text(&name));
        add_language(out, path, tags.names[i], locale_of(locales, tags.names[i]), &quiet);
        free(path);
        buf_free(&name);
    }
    name_list_free(&tags);
}

void lint_template(const struct template *t, const struct lint_locales *locales,
                   struct problems *problems)
{
    struct family f;
    struct translations translations;
    char *path = file_join(t->directory, TRANSLATIONS_FILE);
    bool known = translations_load(path, problems, &translations) == 0;
    struct json_t *samples = read_samples(t);
    read_letters(t, locales, &f);
    for (size_t i = 0; i < f.count; i++) {
        const struct lint_letter l = {.units = &f.units[i],
                                      .locale = f.languages[i].locale,
                                      .kind = t->kind,
                                      .category = t->category,
                                      .variables = &t->variables,
                                      .samples = samples,
                                      .problems = problems};
        lint_letter(&l);
    }
    lint_languages(f.languages, f.count, source_of(&f, t->source), known ? &translations : NULL,
                   problems);
    check_dates(t, problems);
    json_free(samples);
    translations_free(&translations);
    free_family(&f);
    free(path);
}

/* ---- passages ---- */

/* "contact.de" and "contact.ko" are one; sorted, they stand together. */
static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? (size_t)(dot - name) : strlen(name);
}

static void read_passage(struct family *f, const char *directory, const char *name,
                         const struct lint_locales *locales, struct problems *problems)
{
    struct buf file = {0};
    const char *dot = strrchr(name, '.');
    buf_printf(&file, "%s.md", name);
    char *path = file_join(directory, buf_text(&file));
    if (dot != NULL)
        add_language(f, path, dot + 1, locale_of(locales, dot + 1), problems);
    free(path);
    buf_free(&file);
}

static void lint_passage(const struct family *f, struct problems *problems)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct lint_letter l = {.units = &f->units[i],
                                      .locale = f->languages[i].locale,
                                      .partial = true,
                                      .problems = problems};
        lint_letter(&l);
    }
    lint_languages(f->languages, f->count, 0, NULL, problems);
}

void lint_partials(const char *directory, const struct lint_locales *locales,
                   struct problems *problems)
{
    struct problems quiet = {0}; /* a checkout without passages is none to complain about */
    struct name_list names;
    name_list_read(directory, ".md", &quiet, &names);
    for (size_t i = 0, next; i < names.count; i = next) {
        struct family f;
        size_t stem = stem_length(names.names[i]);
        start_family(&f, names.count - i);
        for (next = i; next < names.count && stem_length(names.names[next]) == stem &&
                       strncmp(names.names[next], names.names[i], stem) == 0;
             next++)
            read_passage(&f, directory, names.names[next], locales, problems);
        lint_passage(&f, problems);
        free_family(&f);
    }
    name_list_free(&names);
}
