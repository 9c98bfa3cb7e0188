#include "letters/test_send_letter.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "campaign/fact_sheet_read.h"
#include "letters/check_personal.h"
#include "letters/check_report.h"
#include "letters/preview_source.h"
#include "model/json.h"
#include "model/reference.h"
#include "people/facts_job.h"

/* ---- which letter ---- */

static void tell_on_stderr(void *context, const struct problem *p)
{
    const struct test_letter *l = context;
    if (p->level == PROBLEM_ERROR)
        check_report_line(l->inv, stderr, p);
}

static bool is_file(const char *what)
{
    return text_ends_with(what, ".yaml") || text_ends_with(what, ".yml");
}

static int read_campaign(struct test_letter *l, const char *path, struct error *err)
{
    struct problems problems = {.tell = tell_on_stderr, .context = l};
    if (campaign_read(path, &problems, &l->campaign) != 0)
        return error_set(err, ERR_INPUT, "%s cannot be used; see above", path);
    const char *facts = l->campaign->facts;
    if (facts != NULL && fact_sheet_read(facts, &problems, &l->sheet) != 0)
        return error_set(err, ERR_INPUT, "%s cannot be used; see above", facts);
    l->name = l->campaign->template_name;
    return 0;
}

static int find_template(struct test_letter *l, struct error *err)
{
    const struct library *library = l->setup->library;
    l->template_index = library_find_template(library, l->name);
    if (l->template_index >= 0)
        return 0;
    struct error why;
    if (library_refuse_letter(library, l->name, &why) != 0)
        return error_set(err, ERR_INPUT, "%s", why.text);
    const char *meant = library_closest_template(library, l->name);
    return error_set(err, ERR_NOT_FOUND, "there is no letter \"%s\"%s%s%s", l->name,
                     meant != NULL ? "; did you mean \"" : "; `dispatcher new` begins one",
                     meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
}

/* ---- who reads ---- */

/* The cohort of --cohort; else the first that has people. */
static int choose_cohort(struct test_letter *l, struct error *err)
{
    const struct campaign_cohort *found = NULL;
    const struct campaign *c = l->campaign;
    const char *wanted = option_value(l->inv, "cohort");
    struct buf names = {0};
    found = wanted != NULL ? campaign_cohort(c, wanted) : NULL;
    for (size_t i = 0; i < c->cohort_count; i++) {
        if (wanted == NULL && found == NULL && c->cohorts[i].audience != NULL)
            found = &c->cohorts[i];
        text_put_choice(&names, c->cohorts[i].name, i, c->cohort_count);
    }
    int rc = 0;
    if (wanted != NULL && found == NULL)
        rc = error_set(err, ERR_INPUT, "%s has no cohort \"%s\"; it has %s", c->file, wanted,
                       names.len > 0 ? names.data : "none");
    if (found != NULL && l->sheet != NULL && fact_sheet_cohort(l->sheet, found->name) != NULL)
        l->cohort = found->name;
    if (found != NULL)
        l->audience = found->audience;
    buf_free(&names);
    return rc;
}

/* What all notices of the campaign share, and a table does not say. */
static void fill_in(struct test_letter *l)
{
    const struct campaign *c = l->campaign;
    struct job *job = l->row;
    char sample[REFERENCE_SIZE];
    bool numbered = text_equal(c->reference, REFERENCE_AUTO) && reference_make(0, 1, sample);
    if (job->category == NULL)
        job->category = xstrdup(c->category);
    if (job->reference == NULL && c->reference != NULL)
        job->reference = xstrdup(numbered ? sample : c->reference);
    if (job->campaign == NULL)
        job->campaign = xstrdup(c->id);
}

static int read_person(struct test_letter *l, struct error *err)
{
    struct preview_wish wish = {.facts = l->campaign->facts, .cohort = l->cohort};
    char *origin = NULL;
    int rc = option_int(l->inv, "row", 2, 1000000000, 0, &wish.row, err);
    if (rc == 0 && l->audience == NULL)
        rc = error_set(err, ERR_INPUT, "%s has no file with people yet: leave --row out",
                       l->campaign->file);
    if (rc != 0)
        return rc;
    wish.audience = l->audience;
    rc = preview_source_load(&wish, l->setup, l->template_index, &l->row, &origin, err);
    if (rc == 0)
        fill_in(l);
    free(origin);
    return rc;
}

static int read_sample(struct test_letter *l, struct error *err)
{
    struct preview_wish wish;
    char *origin = NULL;
    int rc = preview_wish_read(l->inv, &wish, err);
    if (rc == 0)
        rc = preview_source_load(&wish, l->setup, l->template_index, &l->row, &origin, err);
    free(origin);
    return rc;
}

static int refuse_options(const struct test_letter *l, struct error *err)
{
    static const char *const names[] = {"fixture", "facts", "audience"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (option_given(l->inv, names[i]))
            return error_set(err, ERR_USAGE,
                             "a campaign says itself what --%s would: leave it out, or name the "
                             "letter %s instead of the campaign",
                             names[i], l->name);
    }
    return 0;
}

static int find_reader(struct test_letter *l, struct error *err)
{
    if (l->campaign == NULL)
        return read_sample(l, err);
    int rc = refuse_options(l, err);
    if (rc == 0)
        rc = choose_cohort(l, err);
    if (rc == 0 && option_given(l->inv, "row"))
        rc = read_person(l, err);
    return rc;
}

/* ---- in each language ---- */

/* A reader as there are many, with the facts of the cohort and of one of its people. */
static int make_reader(const struct test_letter *l, const char *wanted, struct job **out,
                       struct error *err)
{
    const struct campaign *c = l->campaign;
    assert(c != NULL); /* whoever has none reads a fixture */
    const struct facts_job_options options = {.library = l->setup->library,
                                              .template_index = l->template_index,
                                              .sheet = l->sheet,
                                              .cohort = l->cohort,
                                              .locale = wanted,
                                              .category = c->category,
                                              .campaign = c->id,
                                              .reference = c->reference};
    int rc = facts_job_make(&options, out, err);
    if (rc != 0)
        return rc;
    struct json_t *own =
        personal_sample(l->setup->library, l->template_index, l->audience, (*out)->data);
    if (own == NULL)
        return 0;
    json_free((*out)->data);
    (*out)->data = own;
    return 0;
}

static int add_tag(struct test_letter *l, const char *wanted, struct error *err)
{
    const char *tag = library_match_locale(l->setup->library, l->template_index, wanted);
    struct job *job = NULL;
    if (tag == NULL)
        return error_set(err, ERR_NOT_FOUND, "%s is not written in \"%s\"", l->name, wanted);
    for (size_t i = 0; i < l->tag_count; i++) {
        if (l->tags[i] == tag)
            return 0;
    }
    int rc = 0;
    if (l->row != NULL)
        job = job_copy(l->row);
    else
        rc = make_reader(l, wanted, &job, err);
    if (rc != 0)
        return rc;
    free(job->locale);
    job->locale = xstrdup(wanted);
    l->tags = xreallocarray(l->tags, l->tag_count + 1, sizeof(*l->tags));
    l->jobs = xreallocarray(l->jobs, l->tag_count + 1, sizeof(*l->jobs));
    l->tags[l->tag_count] = tag;
    l->jobs[l->tag_count++] = job;
    return 0;
}

static int add_asked(struct test_letter *l, const char *list, struct error *err)
{
    char *copy = xstrdup(list), *rest = copy, *one;
    int rc = 0;
    while (rc == 0 && (one = strsep(&rest, ", ")) != NULL)
        rc = one[0] != '\0' ? add_tag(l, one, err) : 0;
    free(copy);
    return rc;
}

static int add_all(struct test_letter *l, struct error *err)
{
    const char *const *tags = library_template_locales(l->setup->library, l->template_index);
    int rc = 0;
    if (l->campaign == NULL) {
        for (size_t i = 0; rc == 0 && tags[i] != NULL; i++)
            rc = add_tag(l, tags[i], err);
        return rc;
    }
    for (size_t i = 0; rc == 0 && i < l->campaign->language_count; i++)
        rc = add_tag(l, l->campaign->languages[i], err);
    return rc;
}

/* A person reads one letter, that in their language. */
static int choose_tags(struct test_letter *l, struct error *err)
{
    bool person = option_given(l->inv, "row") && l->row != NULL && l->row->locale != NULL;
    if (option_given(l->inv, "locale"))
        return add_asked(l, option_value(l->inv, "locale"), err);
    return person ? add_tag(l, l->row->locale, err) : add_all(l, err);
}

int test_letter_open(const struct invocation *inv, const struct setup *setup, const char *what,
                     struct test_letter *out, struct error *err)
{
    *out = (struct test_letter){.inv = inv, .setup = setup, .name = what};
    int rc = is_file(what) ? read_campaign(out, what, err) : 0;
    if (rc == 0)
        rc = find_template(out, err);
    if (rc == 0)
        rc = find_reader(out, err);
    return rc == 0 ? choose_tags(out, err) : rc;
}

void test_letter_close(struct test_letter *l)
{
    for (size_t i = 0; i < l->tag_count; i++)
        job_free(l->jobs[i]);
    free(l->jobs);
    free(l->tags);
    job_free(l->row);
    fact_sheet_free(l->sheet);
    campaign_free(l->campaign);
    *l = (struct test_letter){0};
}
