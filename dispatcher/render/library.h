/*
 * The library: every template folder and every locale, compiled once, read by all workers. Here a
 * letter is chosen by name and language and a job is checked against it; renderer.h makes messages.
 */
#ifndef RENDER_LIBRARY_H
#define RENDER_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/job.h"

struct library;

/* A member of org.*; the same shape as in model/settings.h so that the engine just passes it on. */
struct organisation;
struct rules;

/*
 * Loads all of `templates` and `locales`. With `problem` NULL the first error ends it (ERR_CONFIG).
 * Otherwise every problem found is handed to it and the library of what could be loaded is
 * returned; the caller counts.
 * Drafts (draft: true in template.yaml) are read where every problem is wanted; a load leaves them
 * out, with `drafts` only those with mistakes.
 * With `leave_out` a letter with a mistake ends nothing: it is left out, with the first mistake as
 * the reason, and so is every letter in a layout with a mistake. What all letters share (locales,
 * zone) has to be right, and at least one letter.
 */
struct library_options {
    const char *templates;
    const char *locales;
    const char *default_zone; /* NULL: the locale's */
    const struct organisation *organisation;
    bool drafts;         /* to be looked at, not sent */
    bool leave_out;      /* what has a mistake; `problem` is NULL then */
    problem_fn *problem; /* NULL: stop at the first error */
    void *problem_context;
};

MUST_CHECK int library_load(const struct library_options *options, struct library **out,
                            struct error *err);
/*
 * Is every template that the rules choose (then.template) there? As with library_load(), `problem`
 * NULL: ERR_CONFIG for the first that is not, with the file and line of its rule; else each is
 * handed to it, and 0. A template that could not be loaded is there: its own problems were told.
 */
MUST_CHECK int library_check_rules(const struct library *l, const struct rules *rules,
                                   problem_fn *problem, void *problem_context, struct error *err);
/*
 * The letters of `old` that were left out of `l` stay in it as they were; `old` may be freed. They
 * cannot if what all letters share has changed: ERR_CONFIG with the mistake of the first of them.
 */
MUST_CHECK int library_keep(struct library *l, struct library *old, struct error *err);
/* Is there a letter in `l` that `old` had to leave out, or had as a draft? */
bool library_mends(const struct library *l, const struct library *old);
void library_free(struct library *l);

size_t library_template_count(const struct library *l);
const char *library_template_directory(const struct library *l, size_t index);
/* -1 if there is none. */
int library_find_template(const struct library *l, const char *name);
/* "did you mean": the closest name or NULL. */
const char *library_closest_template(const struct library *l, const char *name);
/* Why a letter that is there is not sent: a draft is ERR_INPUT, one that was left out ERR_CONFIG
 * with its mistake. 0: neither. */
MUST_CHECK int library_refuse_letter(const struct library *l, const char *name, struct error *err);
/* A letter that was left out; borrowed. */
struct library_fault {
    const char *name;
    const char *reason; /* "templates/news/de.md:3:1: ..." */
    bool kept;          /* its version of before is there */
};
/* Walks over them: false when `index` is behind the last. */
bool library_fault_at(const struct library *l, size_t index, struct library_fault *out);
/* The tags a template is written in, NULL-terminated, borrowed. */
const char *const *library_template_locales(const struct library *l, int template_index);
/* A variable a template declares; its names are borrowed. */
struct library_variable {
    const char *name; /* "incident.start" */
    const char *type; /* "date", as template.yaml writes it */
    bool required;
    bool localized; /* a text for each language of the template */
};
/* Walks over them: false when `index` is behind the last. */
bool library_template_variable(const struct library *l, int template_index, size_t index,
                               struct library_variable *out);
/* RFC 4647 lookup of `wanted` among them: the tag, or NULL. */
const char *library_match_locale(const struct library *l, int template_index, const char *wanted);
/* The zone people of this language live in as far as its locale file knows (IANA name); NULL
 * without such a locale. */
const char *library_zone(const struct library *l, const char *locale);
/* Does this template have what this channel needs in this language (sms: an sms line, ...)? */
bool library_has_part(const struct library *l, int template_index, const char *locale,
                      enum channel_kind kind);
/*
 * Would this job render in this language? Declared variables there and of their types, none
 * undeclared, every language text there. ERR_INPUT with a sentence naming the variable
 * ("/data/incident/start ..."); *out_path (may be NULL) is the JSON pointer into the job, for the
 * caller's file:line:column; freed with free().
 */
MUST_CHECK int library_check_job(const struct library *l, int template_index, const char *locale,
                                 const struct job *job, char **out_path, struct error *err);

#endif
