#include "render/library.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "model/json.h"
#include "model/settings.h"
#include "render/context.h"
#include "render/format.h"
#include "render/library_backend.h"
#include "render/library_look.h"
#include "render/lint_template.h"
#include "render/lint_yaml.h"
#include "render/template_names.h"

/* While files are being changed. */
#define LOAD_TRIES 5

/* ---- what is there, but wrong ---- */

/* `reason` NULL: it is told as a problem. */
static void add_refused(struct library *l, const char *name, const char *reason)
{
    l->refused = xreallocarray(l->refused, l->refused_count + 1, sizeof *l->refused);
    l->refused[l->refused_count++] =
        (struct refused){.name = xstrdup(name), .reason = reason != NULL ? xstrdup(reason) : NULL};
}

static const struct refused *find_refused(const struct library *l, const char *name)
{
    for (size_t i = 0; i < l->refused_count; i++)
        if (strcmp(l->refused[i].name, name) == 0)
            return &l->refused[i];
    return NULL;
}

/* So that one mistake is told once, and not again by everything that misses the file. */
static bool was_refused(const struct library *l, const char *name)
{
    return find_refused(l, name) != NULL;
}

bool library_has_faulty(const struct library *l, const char *name)
{
    return was_refused(l, name);
}

bool library_fault_at(const struct library *l, size_t index, struct library_fault *out)
{
    for (size_t i = 0; i < l->refused_count; i++) {
        const struct refused *r = &l->refused[i];
        if (r->reason == NULL || index-- > 0)
            continue;
        *out =
            (struct library_fault){.name = r->name, .reason = r->reason, .kept = r->owner != NULL};
        return true;
    }
    return false;
}

/* ---- drafts ---- */

static void add_draft(struct library *l, const char *name)
{
    l->drafts = xreallocarray(l->drafts, l->draft_count + 1, sizeof *l->drafts);
    l->drafts[l->draft_count++] = xstrdup(name);
}

static int refuse_draft(const struct library *l, const char *name, struct error *err)
{
    bool draft = false;
    for (size_t i = 0; !draft && i < l->draft_count; i++)
        draft = strcmp(l->drafts[i], name) == 0;
    return !draft ? 0
                  : error_set(err, ERR_INPUT,
                              "the letter \"%s\" is a draft: remove draft: true when check finds "
                              "nothing",
                              name);
}

int library_refuse_letter(const struct library *l, const char *name, struct error *err)
{
    const struct refused *r = find_refused(l, name);
    if (r == NULL || r->reason == NULL || r->owner != NULL)
        return refuse_draft(l, name, err);
    return error_set(err, ERR_CONFIG,
                     "the letter \"%s\" has a mistake and is left out until it is mended: %s", name,
                     r->reason);
}

/* ---- locales ---- */

/* de for de-AT: it stands before it in the list, which is sorted. */
static const struct locale *base_of(const struct library *l, const char *name)
{
    int at = locale_lookup(name, l->locale_tags, l->locale_count);
    return at >= 0 ? l->locales[at] : NULL;
}

static void load_locale(struct library *l, const struct library_options *o, const char *name,
                        struct problems *problems)
{
    struct buf file = {0};
    struct error err = {0};
    struct locale *locale;
    buf_printf(&file, "%s.yaml", name);
    char *path = file_join(o->locales, buf_text(&file));
    struct place at = {path, 1, 1};
    int rc = locale_load(path, base_of(l, name), &locale, &err);
    if (rc < 0) {
        lint_yaml_failure(&err, problems);
    } else if (strcmp(locale_tag(locale), name) != 0) {
        problems_add_error(problems, &at, "locale-name",
                           "this file must begin with %s:, or be called %s.yaml", name,
                           locale_tag(locale));
        locale_free(locale);
    } else {
        l->locales[l->locale_count] = locale;
        l->locale_tags[l->locale_count] = locale_tag(locale);
        l->contexts[l->locale_count++] = context_of_locale(locale, o->organisation);
    }
    if (library_locale_index(l, name) < 0)
        add_refused(l, name, NULL);
    free(path);
    buf_free(&file);
}

static void load_locales(struct library *l, const struct library_options *o,
                         struct problems *problems)
{
    struct name_list names;
    name_list_read(o->locales, ".yaml", problems, &names);
    l->locales = xcalloc(names.count + 1, sizeof(struct locale *));
    l->contexts = xcalloc(names.count + 1, sizeof(struct json_t *));
    l->locale_tags = xcalloc(names.count + 1, sizeof *l->locale_tags);
    for (size_t i = 0; i < names.count && !problems_stop_load(problems); i++)
        load_locale(l, o, names.names[i], problems);
    name_list_free(&names);
}

int library_locale_index(const struct library *l, const char *tag)
{
    for (size_t i = 0; i < l->locale_count; i++)
        if (strcmp(l->locale_tags[i], tag) == 0)
            return (int)i;
    return -1;
}

int library_reader_locale(const struct library *l, const char *letter, const struct job *job)
{
    const char *const own[] = {letter};
    int at = job->locale != NULL ? locale_lookup(job->locale, l->locale_tags, l->locale_count) : -1;
    bool same_language = at >= 0 && locale_lookup(l->locale_tags[at], own, 1) == 0;
    return same_language ? at : library_locale_index(l, letter);
}

/* ---- layouts ---- */

static void load_layouts(struct library *l, const struct library_options *o,
                         struct problems *problems)
{
    struct layout_options options = {.templates = o->templates,
                                     .contexts = l->contexts,
                                     .context_count = l->locale_count,
                                     .org_known = o->organisation != NULL,
                                     .apart = o->leave_out,
                                     .problems = problems};
    layout_list_load(&options, &l->layouts);
}

static void choose_layout(const struct library *l, struct template *t, struct problems *problems)
{
    t->frame = layout_find(&l->layouts, t->layout != NULL ? t->layout : LAYOUT_DEFAULT);
    if (t->frame != NULL && t->frame->fault.code != 0)
        problems_add_failure(problems, &t->frame->fault, "layout");
    if (t->frame != NULL)
        return;
    struct place at = {t->file, t->layout_line, t->layout_column};
    const char *closest = layout_closest(&l->layouts, t->layout);
    problems_add_error(problems, &at, "layout-missing",
                       "there is no layout \"%s\" in _layouts%s%s%s", t->layout,
                       closest != NULL ? "; did you mean \"" : "", closest != NULL ? closest : "",
                       closest != NULL ? "\"?" : "");
}

/* ---- templates ---- */

/* Caller frees. */
static struct names_language *names_languages(const struct library *l)
{
    struct names_language *languages = xcalloc(l->locale_count + 1, sizeof(*languages));
    for (size_t i = 0; i < l->locale_count; i++)
        languages[i] = (struct names_language){l->locale_tags[i], l->contexts[i]};
    return languages;
}

static void check_parts(const struct template *t, const struct letter *letter,
                        struct problems *problems)
{
    static const struct {
        enum channel_kind channel;
        enum letter_part part;
        const char *name;
    } needed[] = {
        {CHANNEL_EMAIL, LETTER_SUBJECT, "subject"},
        {CHANNEL_EMAIL, LETTER_HTML, "body"},
        {CHANNEL_SMS, LETTER_SMS, "sms"},
    };
    struct place at = {letter->file, 1, 1};
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (t->channels[needed[i].channel] && letter->parts[needed[i].part] == NULL)
            problems_add_error(problems, &at, "part-missing",
                               "template.yaml has the channel %s, but this letter has no %s",
                               channel_kind_name(needed[i].channel), needed[i].name);
}

static void check_languages(const struct library *l, const struct template *t,
                            struct problems *problems)
{
    struct place at = {t->file, 1, 1};
    for (size_t i = 0; i < t->letter_count; i++)
        if (library_locale_index(l, t->tags[i]) < 0 && !was_refused(l, t->tags[i]))
            problems_add_error(problems, &at, "locale-missing",
                               "%s.md is there, but not %s.yaml among the locales", t->tags[i],
                               t->tags[i]);
    /* a regional locale (de-AT) may leave the letter to its language */
    for (size_t i = 0; i < l->locale_count; i++)
        if (strchr(l->locale_tags[i], '-') == NULL && template_letter(t, l->locale_tags[i]) == NULL)
            problems_add_error(problems, &at, "locale-missing",
                               "%s.md is missing: every language of the locales needs its letter",
                               l->locale_tags[i]);
}

static void check_letter_names(const struct letter *letter, const struct names_options *names,
                               struct place *used)
{
    for (int part = 0; part < LETTER_PARTS; part++)
        if (letter->parts[part] != NULL && part != LETTER_TEXT) /* it has the tags of LETTER_HTML */
            names_check_program(letter->parts[part], names, used);
}

static void check_template(const struct library *l, struct template *t,
                           const struct library_options *o, struct problems *problems)
{
    int errors = problems->errors;
    bool complete = true;
    struct names_language *languages = names_languages(l);
    struct place **used = xcalloc(t->letter_count + 1, sizeof *used);
    for (size_t i = 0; i <= t->letter_count; i++)
        used[i] = xcalloc(t->variables.count + 1, sizeof **used);
    choose_layout(l, t, problems);
    check_languages(l, t, problems);
    for (size_t i = 0; i < t->letter_count; i++) {
        int locale = library_locale_index(l, t->tags[i]);
        struct names_options names = {.tag = t->tags[i],
                                      .variables = &t->variables,
                                      .languages = languages,
                                      .language_count = l->locale_count,
                                      .locale_context = locale >= 0 ? l->contexts[locale] : NULL,
                                      .org_known = o->organisation != NULL,
                                      .problems = problems};
        check_parts(t, t->letters[i], problems);
        complete = complete && locale >= 0;
        if (locale < 0)
            continue;
        check_letter_names(t->letters[i], &names, used[i]);
        if (t->webhook != NULL)
            names_check_program(t->webhook, &names, used[t->letter_count]);
    }
    t->sound = complete && !t->faulty && problems->errors == errors;
    if (t->sound) /* a mistyped name is not one that a language lacks */
        names_check_parity(t, used, problems);
    for (size_t i = 0; i <= t->letter_count; i++)
        free(used[i]);
    free(used);
    free(languages);
}

static void read_template(struct library *l, const struct library_options *o, const char *name,
                          const char *directory, struct problems *problems)
{
    const struct lint_locales locales = {l->locales, l->locale_count};
    struct template_options options = {.directory = directory,
                                       .name = name,
                                       .partials = l->partials,
                                       .locales = &locales,
                                       .problems = problems};
    struct template *t = template_load(&options);
    if (t != NULL) {
        l->templates[l->template_count++] = t;
        check_template(l, t, o, problems);
        if (problems->tell != NULL)
            lint_template(t, &locales, problems);
    } else if (!o->leave_out) {
        add_refused(l, name, NULL);
    }
}

/* Its first mistake is its own affair: the others are read as if it were not there. */
static void read_apart(struct library *l, const struct library_options *o, const char *name,
                       const char *directory)
{
    struct error why = {0};
    struct problems own = {.first = &why};
    size_t before = l->template_count;
    read_template(l, o, name, directory, &own);
    if (own.errors == 0)
        return;
    if (l->template_count > before)
        template_free(l->templates[--l->template_count]);
    add_refused(l, name, why.text);
}

static void tell_nobody(void *context, const struct problem *problem)
{
    (void)context;
    (void)problem;
}

/* A draft stands in nobody's way: with mistakes it is as if it were not there yet. */
static void load_draft(struct library *l, const struct library_options *o, const char *name,
                       const char *directory)
{
    struct problems quiet = {.tell = tell_nobody};
    size_t before = l->template_count;
    if (!o->drafts)
        return;
    read_template(l, o, name, directory, &quiet);
    if (l->template_count > before && !l->templates[before]->sound)
        template_free(l->templates[--l->template_count]);
}

static void load_template(struct library *l, const struct library_options *o, const char *name,
                          struct problems *problems)
{
    char *directory = file_join(o->templates, name);
    bool draft = template_is_draft(directory);
    if (draft)
        add_draft(l, name);
    if (draft && problems->tell == NULL)
        load_draft(l, o, name, directory);
    else if (o->leave_out)
        read_apart(l, o, name, directory);
    else
        read_template(l, o, name, directory, problems);
    free(directory);
}

static void load_templates(struct library *l, const struct library_options *o,
                           struct problems *problems)
{
    struct name_list names;
    name_list_read(o->templates, "", problems, &names);
    l->templates = xcalloc(names.count + 1, sizeof(struct template *));
    for (size_t i = 0; i < names.count && !problems_stop_load(problems); i++)
        load_template(l, o, names.names[i], problems);
    const struct lint_locales locales = {l->locales, l->locale_count};
    if (problems->tell != NULL)
        lint_partials(l->partials, &locales, problems);
    name_list_free(&names);
}

/* ---- the library ---- */

/* What is sent is what was summed: a file that is written meanwhile is read again by the next
 * load. */
static bool check_sources(const struct library *l, const struct library_options *options,
                          struct problems *problems)
{
    struct sources behind;
    struct place at = {options->templates, 1, 1};
    sources_read(options, &behind);
    bool same = sources_equal(&l->sources, &behind);
    if (!same)
        problems_add_error(problems, &at, "changed",
                           "a file was changed while all were read: load them again");
    sources_free(&behind);
    return same;
}

static void check_zone(const struct library *l, struct problems *problems)
{
    struct place at = {"timezone", 0, 0};
    if (l->default_zone != NULL && !formatter_zone_exists(l->default_zone))
        problems_add_error(problems, &at, "zone",
                           "there is no time zone \"%s\": write one like Europe/Berlin",
                           l->default_zone);
}

static void check_any(const struct library *l, struct problems *problems)
{
    struct library_fault first;
    if (l->template_count > 0 || !library_fault_at(l, 0, &first))
        return;
    struct error why;
    error_set(&why, ERR_CONFIG, "%s", first.reason);
    problems_add_failure(problems, &why, "letters");
}

static void load_all(struct library *l, const struct library_options *options,
                     struct problems *problems)
{
    sources_read(options, &l->sources);
    l->partials = file_join(options->templates, "_partials");
    l->default_zone = xstrdup(options->default_zone);
    check_zone(l, problems);
    load_locales(l, options, problems);
    if (!problems_stop_load(problems))
        load_layouts(l, options, problems);
    if (!problems_stop_load(problems))
        load_templates(l, options, problems);
    if (!problems_stop_load(problems))
        check_any(l, problems);
}

/* Somebody who saves a file at this moment keeps nobody from starting: `*out_changed` true, once
 * more. */
static int load_once(const struct library_options *options, bool *out_changed, struct library **out,
                     struct error *err)
{
    struct problems problems = {
        .tell = options->problem, .context = options->problem_context, .first = err};
    struct library *l = xcalloc(1, sizeof *l);
    l->references = 1;
    *out = NULL;
    load_all(l, options, &problems);
    *out_changed = !problems_stop_load(&problems) && !check_sources(l, options, &problems);
    if (problems_stop_load(&problems)) {
        library_free(l);
        return ERR_CONFIG;
    }
    sources_sum_letters(l);
    *out = l;
    return 0;
}

int library_load(const struct library_options *options, struct library **out, struct error *err)
{
    bool changed = false;
    int rc = load_once(options, &changed, out, err);
    for (int tries = 1; rc != 0 && changed && tries < LOAD_TRIES; tries++)
        rc = load_once(options, &changed, out, err);
    return rc;
}

/* A letter of another library is that one's to free. */
static void free_templates(struct library *l)
{
    for (size_t i = 0; i < l->template_count; i++) {
        const struct refused *r = find_refused(l, l->templates[i]->name);
        if (r == NULL || r->owner == NULL)
            template_free(l->templates[i]);
    }
    for (size_t i = 0; i < l->refused_count; i++) {
        library_free(l->refused[i].owner);
        free(l->refused[i].name);
        free(l->refused[i].reason);
    }
    free(l->refused);
    free(l->templates);
    free(l->letter_sums);
}

void library_free(struct library *l)
{
    if (l == NULL || --l->references > 0)
        return;
    free_templates(l);
    for (size_t i = 0; i < l->locale_count; i++) {
        json_free(l->contexts[i]);
        locale_free(l->locales[i]);
    }
    layout_list_free(&l->layouts);
    sources_free(&l->sources);
    for (size_t i = 0; i < l->draft_count; i++)
        free(l->drafts[i]);
    free(l->drafts);
    free(l->locales);
    free(l->contexts);
    free(l->locale_tags);
    free(l->partials);
    free(l->default_zone);
    free(l);
}

size_t library_template_count(const struct library *l)
{
    return l->template_count;
}

const char *library_template_directory(const struct library *l, size_t index)
{
    return l->templates[index]->directory;
}

int library_find_template(const struct library *l, const char *name)
{
    for (size_t i = 0; i < l->template_count; i++)
        if (strcmp(l->templates[i]->name, name) == 0)
            return (int)i;
    return -1;
}

const char *library_closest_template(const struct library *l, const char *name)
{
    const char **names = xcalloc(l->template_count + 1, sizeof *names);
    for (size_t i = 0; i < l->template_count; i++)
        names[i] = l->templates[i]->name;
    const char *closest = text_closest(name, names, l->template_count);
    free(names);
    return closest;
}

bool library_template_sound(const struct library *l, size_t index)
{
    const struct template *t = l->templates[index];
    return t->sound && t->frame->sound;
}

static void check_rule(const struct library *l, const struct rules *rules, const struct rule *rule,
                       struct problems *problems)
{
    const char *name = rule->template_name;
    struct place at = {rules->file, rule->line, 1};
    struct error draft;
    if (name != NULL && refuse_draft(l, name, &draft) != 0) {
        problems_add_error(problems, &at, "rule-template", "%s", draft.text);
        return;
    }
    if (name == NULL || library_find_template(l, name) >= 0 || was_refused(l, name))
        return;
    const char *closest = library_closest_template(l, name);
    problems_add_error(problems, &at, "rule-template",
                       "this rule chooses the template \"%s\", which is not there%s%s%s", name,
                       closest != NULL ? "; did you mean \"" : "", closest != NULL ? closest : "",
                       closest != NULL ? "\"?" : "");
}

int library_check_rules(const struct library *l, const struct rules *rules, problem_fn *problem,
                        void *problem_context, struct error *err)
{
    struct problems problems = {.tell = problem, .context = problem_context, .first = err};
    for (size_t i = 0; i < rules->count && !problems_stop_load(&problems); i++)
        check_rule(l, rules, &rules->rules[i], &problems);
    return problems_stop_load(&problems) ? ERR_CONFIG : 0;
}

const char *const *library_template_locales(const struct library *l, int template_index)
{
    return l->templates[template_index]->tags;
}

bool library_template_variable(const struct library *l, int template_index, size_t index,
                               struct library_variable *out)
{
    const struct variable_set *set = &l->templates[template_index]->variables;
    if (index >= set->count)
        return false;
    const struct variable *v = &set->items[index];
    *out = (struct library_variable){.name = v->name,
                                     .type = v->type->name,
                                     .required = v->required,
                                     .localized = v->type->localized};
    return true;
}

const char *library_match_locale(const struct library *l, int template_index, const char *wanted)
{
    const struct template *t = l->templates[template_index];
    int index = locale_lookup(wanted, t->tags, t->letter_count);
    return index >= 0 ? t->tags[index] : NULL;
}

const char *library_zone(const struct library *l, const char *locale)
{
    int at = library_locale_index(l, locale);
    return at >= 0 ? locale_zone(l->locales[at]) : NULL;
}

bool library_has_part(const struct library *l, int template_index, const char *locale,
                      enum channel_kind kind)
{
    const struct template *t = l->templates[template_index];
    const struct letter *letter = template_letter(t, locale);
    if (letter == NULL || !t->channels[kind])
        return false;
    switch (kind) {
    case CHANNEL_EMAIL:
        return letter->parts[LETTER_SUBJECT] != NULL && letter->parts[LETTER_HTML] != NULL;
    case CHANNEL_SMS:
        return letter->parts[LETTER_SMS] != NULL;
    case CHANNEL_WEBHOOK:
        return true;
    }
    return false;
}

int library_check_job(const struct library *l, int template_index, const char *locale,
                      const struct job *job, char **out_path, struct error *err)
{
    int index = library_reader_locale(l, locale, job);
    if (out_path != NULL)
        *out_path = NULL;
    if (index < 0)
        return error_set(err, ERR_INPUT, "there is no letter in \"%s\"", locale);
    if (job->to.timezone != NULL && !formatter_zone_exists(job->to.timezone)) {
        if (out_path != NULL)
            *out_path = xstrdup("/to/timezone");
        return error_set(err, ERR_INPUT,
                         "/to/timezone: there is no time zone \"%s\"; write one like Asia/Seoul",
                         job->to.timezone);
    }
    return variables_check(&l->templates[template_index]->variables, l->locales[index], job->data,
                           out_path, err);
}
