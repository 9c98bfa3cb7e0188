#include "people/handover_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "campaign/fact_sheet_read.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "people/facts_job.h"
#include "people/facts_words.h"

/* ---- the sheet ---- */

/* Warnings are for `check`. */
static void tell_error(void *context, const struct problem *p)
{
    (void)context;
    if (p->level == PROBLEM_ERROR)
        fprintf(stderr, "%s: error: %s [%s]\n", p->position, p->text, p->rule);
}

/* The words, too: what is left to write, or leads elsewhere, would be sent as it stands. */
static int read_sheet(const struct setup *s, int letter, const char *path, struct fact_sheet **out,
                      struct error *err)
{
    struct problems problems = {.tell = tell_error};
    const struct lint_text_options words = {
        .library = s->library, .template_index = letter, .problems = &problems};
    int rc = fact_sheet_read(path, &problems, out);
    facts_words_check(path, &words);
    if (rc == 0 && problems.errors == 0)
        return 0;
    return error_set(err, ERR_INPUT, "%s cannot be used; nothing was queued", path);
}

static int check_cohort(const struct fact_sheet *s, const char *cohort, struct error *err)
{
    const char *names[64];
    size_t count = 0;
    if (cohort == NULL || fact_sheet_cohort(s, cohort) != NULL)
        return 0;
    for (; count < s->cohort_count && count < COUNT_OF(names); count++)
        names[count] = s->cohorts[count].name;
    const char *meant = text_closest(cohort, names, count);
    return error_set(err, ERR_INPUT, "%s knows no cohort \"%s\"%s%s%s", s->file, cohort,
                     meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                     meant != NULL ? "\"?" : "");
}

static char *facts_text(const struct setup *s, int letter, const struct fact_sheet *sheet,
                        const char *cohort)
{
    struct buf out = {0};
    struct json_t *data = facts_job_data(s->library, letter, sheet, cohort);
    json_put(&out, data);
    json_free(data);
    return buf_steal(&out);
}

/* Does this letter say something else to a group than to everybody? */
static bool differs_by_cohort(const struct setup *s, int letter, const struct fact_sheet *sheet)
{
    char *all = facts_text(s, letter, sheet, NULL);
    bool differs = false;
    for (size_t i = 0; !differs && i < sheet->cohort_count; i++) {
        char *own = facts_text(s, letter, sheet, sheet->cohorts[i].name);
        differs = strcmp(own, all) != 0;
        free(own);
    }
    free(all);
    return differs;
}

/* "a, b or c" */
static void put_names(const struct fact_sheet *s, struct buf *out)
{
    for (size_t i = 0; i < s->cohort_count; i++)
        text_put_choice(out, s->cohorts[i].name, i, s->cohort_count);
}

static int require_cohort(const struct setup *s, int letter, const struct handover_facts *f,
                          struct error *err)
{
    struct buf names = {0};
    if (f->cohort != NULL || !differs_by_cohort(s, letter, f->sheet))
        return 0;
    put_names(f->sheet, &names);
    int rc =
        error_set(err, ERR_INPUT, "the groups in %s are told different things: say --cohort %s",
                  f->sheet->file, buf_text(&names));
    buf_free(&names);
    return rc;
}

int handover_facts_check_count(const struct handover_facts *f, const char *table, int64_t count,
                               struct error *err)
{
    const struct fact_cohort *c =
        f->sheet != NULL && f->cohort != NULL ? fact_sheet_cohort(f->sheet, f->cohort) : NULL;
    int64_t people = c != NULL ? fact_cohort_people(c) : -1;
    if (people < 0 || people == count)
        return 0;
    return error_set(err, ERR_INPUT,
                     "%s has %lld %s, but the cohort %s has %lld by %s:%d; nothing was queued. If "
                     "these are meant, and no others of it: --partial",
                     table, (long long)count, count == 1 ? "recipient" : "recipients", f->cohort,
                     (long long)people, f->sheet->file, c->place.line);
}

void handover_facts_put_uncounted(const struct handover_facts *f, struct buf *out)
{
    size_t named = 0, counted = 0;
    for (size_t i = 0; f->sheet != NULL && f->cohort == NULL && i < f->sheet->cohort_count; i++)
        counted += fact_cohort_people(&f->sheet->cohorts[i]) >= 0 ? 1 : 0;
    for (size_t i = 0; counted > 0 && i < f->sheet->cohort_count; i++) {
        if (fact_cohort_people(&f->sheet->cohorts[i]) >= 0)
            text_put_choice(out, f->sheet->cohorts[i].name, named++, counted);
    }
}

static int check_own(const struct setup *s, const char *path, const struct buf *text,
                     const struct batch *b, struct error *err)
{
    struct problems problems = {.tell = tell_error};
    const char *name = b->shared->template_name;
    const struct lint_text_options words = {
        .library = s->library,
        .template_index = name != NULL ? library_find_template(s->library, name) : -1,
        .problems = &problems,
    };
    facts_words_check_data(path, text, &words);
    return problems.errors == 0
               ? 0
               : error_set(err, ERR_INPUT, "%s cannot be used; nothing was queued", path);
}

/* ---- into the batch ---- */

struct comparison {
    const struct json_t *facts;
    const char *twin; /* a fact that batch.json has too */
};

static bool is_batchs_own(void *context, const char *key, const struct json_t *value)
{
    struct comparison *c = context;
    (void)value;
    if (json_get(c->facts, key) == NULL)
        return true;
    c->twin = key;
    return false;
}

/* Two answers to one question: then nobody can say what `check` has proved. */
static int check_twins(const struct handover_facts *f, const struct json_t *facts, const char *path,
                       const struct buf *text, const struct batch *b, struct error *err)
{
    struct comparison c = {.facts = facts};
    struct buf pointer = {0};
    if (b->shared->data != NULL)
        fact_value_each(b->shared->data, is_batchs_own, &c);
    if (c.twin == NULL)
        return 0;
    buf_printf(&pointer, "/data/%s", c.twin);
    struct json_position p = json_position(buf_text(text), text->len, buf_text(&pointer), true);
    struct place at = fact_sheet_place(f->sheet, f->cohort, c.twin);
    buf_free(&pointer);
    return error_set(err, ERR_INPUT,
                     "%s:%d:%d: \"%s\" is in the fact sheet too (%s:%d): remove it here", path,
                     p.line, p.column, c.twin, at.file, at.line);
}

static int find_letter(const struct setup *s, const struct batch *b, const char *path, int *out,
                       struct error *err)
{
    const char *name = b->shared->template_name;
    if (name == NULL)
        return error_set(err, ERR_INPUT,
                         "%s:1:1: with --facts it must say which letter it is (\"template\")",
                         path);
    *out = library_find_template(s->library, name);
    if (*out >= 0)
        return 0;
    struct error draft;
    if (library_refuse_letter(s->library, name, &draft) != 0)
        return error_set(err, ERR_INPUT, "%s: %s", path, draft.text);
    const char *meant = library_closest_template(s->library, name);
    return error_set(err, ERR_INPUT, "%s: there is no letter \"%s\"%s%s%s", path, name,
                     meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                     meant != NULL ? "\"?" : "");
}

int handover_facts_take(const struct handover_facts_source *from, const struct setup *s,
                        const char *path, const struct buf *text, struct batch *b,
                        struct handover_facts *out, struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    int letter = -1;
    *out = (struct handover_facts){.cohort = from->cohort};
    if (from->sheet == NULL && from->cohort != NULL && !from->campaigns)
        return error_set(err, ERR_USAGE, "--cohort goes with --facts");
    int rc = check_own(s, path, text, b, err);
    if (from->sheet == NULL || rc != 0)
        return rc;
    rc = find_letter(s, b, path, &letter, err);
    if (rc == 0)
        rc = read_sheet(s, letter, from->sheet, &out->sheet, err);
    if (rc == 0 && from->campaigns && out->sheet->cohort_count == 0)
        out->cohort = NULL;
    if (rc == 0)
        rc = check_cohort(out->sheet, out->cohort, err);
    if (rc == 0)
        rc = require_cohort(s, letter, out, err);
    if (rc != 0)
        return rc;
    digest_hex(out->sheet->sha256, hex);
    struct json_t *facts = facts_job_data(s->library, letter, out->sheet, out->cohort);
    rc = check_twins(out, facts, path, text, b, err);
    if (rc == 0)
        batch_lay_facts(b, facts,
                        &(struct batch_origin){.incident = out->sheet->incident,
                                               .version = out->sheet->version,
                                               .cohort = out->cohort,
                                               .sha256 = hex});
    json_free(facts);
    return rc;
}

void handover_facts_free(struct handover_facts *f)
{
    fact_sheet_free(f->sheet);
    f->sheet = NULL;
}
