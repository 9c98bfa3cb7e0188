#include "letters/preview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/say.h"
#include "letters/check_report.h"
#include "letters/command_list.h"
#include "letters/preview_html.h"
#include "letters/preview_parts.h"
#include "letters/preview_source.h"
#include "letters/preview_terminal.h"
#include "render/proof.h"

int64_t preview_accepted_ms(const struct preview *p)
{
    return p->job->created_at_ms != 0 ? p->job->created_at_ms : clock_wall_ms();
}

const struct buf *preview_part(const struct message *m, enum proof_part part)
{
    switch (part) {
    case PROOF_SUBJECT:
        return &m->subject;
    case PROOF_PREHEADER:
        return &m->preheader;
    case PROOF_BODY:
        return &m->text;
    case PROOF_SMS:
        return &m->sms;
    case PROOF_TITLE:
        return &m->title;
    case PROOF_WEBHOOK:
        break;
    }
    return &m->webhook;
}

const struct job *preview_job(const struct preview *p, const char *tag)
{
    for (size_t i = 0; i < p->tag_count; i++) {
        if (strcmp(p->tags[i], tag) == 0)
            return p->jobs[i];
    }
    return p->job;
}

/* ---- proofs ---- */

int preview_prove(const struct preview *p, const struct proof_options *options, struct proof **out,
                  struct error *err)
{
    struct proof *proofs = xcalloc(p->tag_count, sizeof(*proofs));
    int rc = 0;
    *out = proofs;
    for (size_t i = 0; rc == 0 && i < p->tag_count; i++) {
        struct error why;
        rc = proof_make(p->renderer, p->template_index, p->tags[i], p->jobs[i],
                        preview_accepted_ms(p), options, &proofs[i], &why);
        if (rc != 0)
            error_set(err, rc, "in %s: %s", p->tags[i], why.text);
    }
    return rc;
}

void preview_proofs_free(const struct preview *p, struct proof *proofs)
{
    for (size_t i = 0; proofs != NULL && i < p->tag_count; i++)
        proof_free(&proofs[i]);
    free(proofs);
}

static size_t find_id(const char *const *ids, size_t count, const char *id)
{
    size_t at = 0;
    while (at < count && strcmp(ids[at], id) != 0)
        at++;
    return at;
}

size_t preview_section_ids(const struct proof *proofs, size_t count, const char ***out)
{
    const char **ids = NULL;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = 0; /* behind the section before it */
        for (size_t k = 0; k < proofs[i].section_count; k++) {
            const char *id = proofs[i].sections[k].id;
            size_t at = find_id(ids, known, id);
            if (at == known) {
                ids = xreallocarray(ids, known + 1, sizeof(*ids));
                memmove(ids + place + 1, ids + place, (known - place) * sizeof(*ids));
                ids[place] = id;
                known++;
                at = place;
            }
            place = at + 1;
        }
    }
    *out = ids;
    return known;
}

/* ---- languages ---- */

/* Who reads "de-AT" sees the dates of Austria in the German letter; who reads "de" those of the
 * region the sample lives in. */
static struct job *reader_of(const struct preview *p, const char *tag, const char *wanted)
{
    struct job *job = job_copy(p->job);
    if (strcmp(tag, wanted) != 0) {
        free(job->locale);
        job->locale = xstrdup(wanted);
    }
    return job;
}

static int add_tag(struct preview *p, const char *wanted, struct error *err)
{
    const char *tag = library_match_locale(p->setup->library, p->template_index, wanted);
    if (tag == NULL)
        return error_set(err, ERR_NOT_FOUND, "this letter is not written in \"%s\"", wanted);
    for (size_t i = 0; i < p->tag_count; i++) {
        if (p->tags[i] == tag)
            return 0;
    }
    p->tags = xreallocarray(p->tags, p->tag_count + 1, sizeof(*p->tags));
    p->jobs = xreallocarray(p->jobs, p->tag_count + 1, sizeof(*p->jobs));
    p->jobs[p->tag_count] = reader_of(p, tag, wanted);
    p->tags[p->tag_count++] = tag;
    return 0;
}

/* Without the blanks around it; changes `text`. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
    return text;
}

/* A person of an audience reads one letter; NULL: the letter is not written in their language. */
static const char *own_language(const struct preview *p)
{
    const char *locale =
        p->job->locale != NULL ? p->job->locale : p->setup->settings->rules.fallback_locale;
    bool written = locale != NULL &&
                   library_match_locale(p->setup->library, p->template_index, locale) != NULL;
    return option_given(p->inv, "audience") && written ? locale : NULL;
}

static int choose_tags(struct preview *p, struct error *err)
{
    const char *given = option_value(p->inv, "locale");
    const char *wanted = given != NULL ? given : own_language(p);
    char *list = wanted != NULL ? xstrdup(wanted) : NULL, *rest = list, *one;
    const char *const *all = library_template_locales(p->setup->library, p->template_index);
    int rc = 0;
    for (size_t i = 0; wanted == NULL && rc == 0 && all[i] != NULL; i++)
        rc = add_tag(p, all[i], err);
    while (rc == 0 && (one = strsep(&rest, ",")) != NULL)
        rc = add_tag(p, trim(one), err);
    free(list);
    return rc;
}

/* ---- the command ---- */

/* Not setup_load(): a letter that is still being written has mistakes, and is looked at all the
 * same. */
static int load_setup(struct preview *p, struct error *err)
{
    struct config_options options = *invocation_config(p->inv);
    p->setup = xcalloc(1, sizeof(*p->setup));
    p->setup->references = 1;
    options.without_secrets = true;
    int rc = config_load(&options, &p->setup->settings, err);
    if (rc != 0)
        return rc;
    const struct settings *s = p->setup->settings;
    const struct library_options of = {.templates = s->templates,
                                       .locales = s->locales,
                                       .default_zone = s->timezone,
                                       .organisation = &s->organisation,
                                       .problem = preview_findings_take,
                                       .problem_context = &p->findings};
    return library_load(&of, &p->setup->library, err);
}

static void print_errors(const struct preview *p)
{
    for (size_t i = 0; i < p->findings.count; i++) {
        const struct preview_finding *f = &p->findings.items[i];
        if (f->level == PROBLEM_ERROR)
            check_report_line(p->inv, stderr,
                              &(struct problem){f->level, f->position, f->text, f->rule});
    }
}

/* The letter is there, but has mistakes with which nothing can be rendered. */
static int refuse(struct preview *p, const char *directory, struct error *err)
{
    preview_findings_keep(&p->findings, directory);
    print_errors(p);
    return error_set(err, ERR_INPUT, "%s cannot be shown before this is mended", directory);
}

static int miss_template(struct preview *p, struct error *err)
{
    char *directory = file_join(p->setup->settings->templates, p->name);
    const char *meant = library_closest_template(p->setup->library, p->name);
    bool there = access(directory, F_OK) == 0;
    int rc = there ? refuse(p, directory, err)
                   : error_set(err, ERR_NOT_FOUND, "there is no template \"%s\"%s%s%s", p->name,
                               meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                               meant != NULL ? "\"?" : "");
    free(directory);
    return rc;
}

static int find_template(struct preview *p, struct error *err)
{
    const struct library *l = p->setup->library;
    p->name = argument_at(p->inv, 0);
    p->template_index = library_find_template(l, p->name);
    if (p->template_index < 0)
        return miss_template(p, err);
    preview_findings_keep(&p->findings, library_template_directory(l, (size_t)p->template_index));
    return 0;
}

static int open_all(struct preview *p, struct error *err)
{
    struct preview_wish wish;
    int rc = preview_wish_read(p->inv, &wish, err);
    if (rc == 0)
        rc = load_setup(p, err);
    if (rc == 0)
        rc = find_template(p, err);
    if (rc == 0)
        rc = renderer_open(p->setup->library, &p->renderer, err);
    if (rc == 0)
        rc = preview_source_load(&wish, p->setup, p->template_index, &p->job, &p->origin, err);
    return rc == 0 ? choose_tags(p, err) : rc;
}

/* What is still wrong with the letter must not be taken for finished. */
static void tell_errors(const struct preview *p)
{
    size_t count = preview_findings_count(&p->findings, PROBLEM_ERROR);
    if (!option_given(p->inv, "html")) /* the page has them */
        print_errors(p);
    if (count == 1)
        say(p->inv, stderr, "This letter has 1 mistake: dispatcher check\n");
    else if (count > 1)
        say(p->inv, stderr, "This letter has %zu mistakes: dispatcher check\n", count);
}

static int show_json(const struct preview *p, struct error *err)
{
    static const char *const forms[] = {"part", "side-by-side", "html"};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (option_given(p->inv, forms[i]))
            return error_set(err, ERR_USAGE, "--json has all parts; leave --%s out", forms[i]);
    }
    return preview_print_json(p, err);
}

static int show(struct preview *p, struct error *err)
{
    const char *part = option_value(p->inv, "part");
    if (invocation_json(p->inv))
        return show_json(p, err);
    if (option_given(p->inv, "html"))
        return preview_write_pages(p, option_value(p->inv, "html"), err);
    if (option_given(p->inv, "side-by-side"))
        return preview_print_columns(p, part, err);
    return preview_print_parts(p, part, err);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct preview p = {.inv = inv};
    int rc = open_all(&p, err);
    if (rc == 0)
        rc = show(&p, err);
    if (rc == 0)
        tell_errors(&p);
    for (size_t i = 0; i < p.tag_count; i++)
        job_free(p.jobs[i]);
    free(p.jobs);
    job_free(p.job);
    renderer_close(p.renderer);
    setup_release(p.setup);
    preview_findings_free(&p.findings);
    free(p.tags);
    free(p.origin);
    return rc;
}

static const struct option_row options[] = {
    {"locale", 0, "de,ko,en", "which languages (default: all; of a row of --audience its own)"},
    {"fixture", 0, "F", "a sample notice: a file, or the name of one of the letter's fixtures"},
    {"facts", 0, "FILE", "the facts of this fact sheet (facts.yaml) instead of the sample's"},
    {"cohort", 0, "NAME", "with --facts: as this group of people is told them"},
    {"audience", 0, "CSV", "a person of this table reads, with the facts in its columns"},
    {"row", 0, "N", "with --audience: the row as the spreadsheet counts (default: 2, the first)"},
    {"part", 0, "PART",
     "email (as sent), text, html, sms or webhook; default: subject, text and SMS"},
    {"side-by-side", 0, NULL, "the languages beside each other, section by section"},
    {"width", 0, "N", "with --side-by-side: columns (default: the terminal's, else 120)"},
    {"html", 0, "DIR",
     "write pages for a browser there, with what the check finds; see index.html"},
};

const struct command command_preview = {
    .name = "preview",
    .arguments = "TEMPLATE",
    .summary = "show a letter as a reader would get it, in every language",
    .example = "  dispatcher preview apology\n"
               "  dispatcher preview apology --side-by-side --locale de,ko,en\n",
    .details = "Uses the first of the letter's fixtures unless another is given. Sends nothing.\n"
               "With --facts the facts come from a fact sheet, with --audience reader and facts "
               "from a row of a table.\n\n"
               "JSON, one object per language: v, letter, locale, subject, preheader, text, html, "
               "sms, webhook (null:\n"
               "the letter has no such part).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
