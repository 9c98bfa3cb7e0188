#include "desk/send_count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/text.h"
#include "engine/intake.h"
#include "people/campaign_batch.h"
#include "people/findings.h"

struct counting {
    const struct send_world *w;
    struct send_counts *out;
};

/* ---- a row ---- */

static const char *address_on(const struct job *job, enum channel_kind kind)
{
    const char *address = kind == CHANNEL_EMAIL ? job->to.email
                          : kind == CHANNEL_SMS ? job->to.phone
                                                : job->to.webhook;
    return address != NULL ? address : "";
}

static void count_locale(struct send_counts *c, const char *tag)
{
    size_t i = 0;
    while (i < c->locale_count && strcmp(c->locales[i].tag, tag) != 0)
        i++;
    if (i == c->locale_count) {
        c->locales = xreallocarray(c->locales, c->locale_count + 1, sizeof(*c->locales));
        c->locales[c->locale_count++] = (struct send_locale){0};
        snprintf(c->locales[i].tag, sizeof(c->locales[i].tag), "%s", tag);
    }
    c->locales[i].people++;
}

static void count_row(void *context, int64_t row UNUSED, const struct intake_plan *plan)
{
    struct counting *k = context;
    struct send_counts *c = k->out;
    const struct route *route = &plan->route;
    for (size_t i = 0; i < route->channel_count; i++) {
        bool begins = i == 0 || route->method == JOB_ALL;
        int64_t *where = begins ? c->first : c->later;
        where[route->channels[i]]++;
        if (begins && route->channels[i] == CHANNEL_EMAIL)
            send_domains_add(&c->domains, address_on(plan->job, CHANNEL_EMAIL));
    }
    count_locale(c, plan->locale);
    c->people++;
    if (route->channel_count > 0 &&
        settings_allows(k->w->setup->settings, address_on(plan->job, route->channels[0])))
        c->allowed++;
}

static bool names(const char *text, const char *word)
{
    return text != NULL && strstr(text, word) != NULL;
}

static void count_finding(void *context, const struct finding *f)
{
    struct counting *k = context;
    if (text_starts_with(f->problem, "the same "))
        k->out->twins++;
    else if (names(f->column, "locale") || names(f->problem, "locale"))
        k->out->no_language++;
    else if (names(f->column, "mail") || names(f->column, "phone") || names(f->problem, "address"))
        k->out->no_address++;
    else
        k->out->others++;
}

/* ---- a cohort ---- */

void send_fill_options(const struct send_world *w, const struct send_cohort *cohort,
                       struct buf *text, struct handover_options *out)
{
    const struct campaign *c = w->dossier->campaign;
    campaign_batch_put(c, cohort->cohort, w->send_at_ms, w->dossier->letter_sha256, text);
    *out = (struct handover_options){
        .inv = w->inv,
        .setup = w->setup,
        .spool = w->spool,
        .client = w->client,
        .batch = c->file,
        .text = text,
        .of_campaign = true,
        .sheet = c->facts,
        .cohort = cohort->cohort->name,
        .csv = cohort->cohort->audience,
        .problems = cohort->problems,
        .shared_addresses = option_given(w->inv, "shared-addresses"),
        .skip_wrong = option_given(w->inv, "skip-problems"),
    };
}

static int count_cohort(struct counting *k, struct send_cohort *cohort, struct error *err)
{
    struct handover *h = NULL;
    struct handover_options options;
    struct batch_result result = {0};
    struct buf text = {0};
    int64_t before = k->out->people;
    send_fill_options(k->w, cohort, &text, &options);
    options.dry = true;
    options.on_row = count_row;
    options.on_finding = count_finding;
    options.context = k;
    int rc = handover_open(&options, &h, err);
    if (rc == 0)
        rc = handover_read(h, err);
    if (rc == 0 || rc == EX_DATAERR) {
        handover_put_result(h, &result);
        cohort->wrong = result.wrong;
        cohort->people = k->out->people - before;
        k->out->rows += result.count;
        k->out->wrong += result.wrong;
        rc = 0;
    }
    handover_close(h);
    buf_free(&text);
    return rc;
}

/* One file for each table, so that row numbers mean something. */
static char *name_problems(const struct campaign *c, const struct campaign_cohort *cohort)
{
    struct buf out = {0};
    if (c->cohort_count == 1)
        return xstrdup(PROBLEMS_FILE);
    buf_printf(&out, "problems-%s.csv", cohort->name);
    return buf_steal(&out);
}

static int list_cohorts(const struct campaign *c, struct send_counts *out, struct error *err)
{
    out->cohorts = xcalloc(c->cohort_count + 1, sizeof(*out->cohorts));
    for (size_t i = 0; i < c->cohort_count; i++) {
        if (c->cohorts[i].audience == NULL)
            return error_set(err, ERR_INPUT,
                             "%s:%d:%d: the cohort %s has no file with its people yet; name it, or "
                             "take the cohort out",
                             c->file, c->cohorts[i].place.line, c->cohorts[i].place.column,
                             c->cohorts[i].name);
        out->cohorts[out->cohort_count++] = (struct send_cohort){
            .cohort = &c->cohorts[i], .problems = name_problems(c, &c->cohorts[i])};
    }
    if (out->cohort_count == 0)
        return error_set(err, ERR_INPUT, "%s names no people (cohorts): there is nobody to send to",
                         c->file);
    return 0;
}

static int by_people(const void *a, const void *b)
{
    const struct send_locale *x = a, *y = b;
    return x->people < y->people ? 1 : x->people > y->people ? -1 : strcmp(x->tag, y->tag);
}

int send_count(const struct send_world *w, struct send_counts *out, struct error *err)
{
    struct counting k = {.w = w, .out = out};
    *out = (struct send_counts){0};
    int rc = list_cohorts(w->dossier->campaign, out, err);
    for (size_t i = 0; rc == 0 && i < out->cohort_count; i++)
        rc = count_cohort(&k, &out->cohorts[i], err);
    if (out->locale_count > 1)
        qsort(out->locales, out->locale_count, sizeof(*out->locales), by_people);
    return rc;
}

void send_counts_free(struct send_counts *c)
{
    for (size_t i = 0; i < c->cohort_count; i++)
        free(c->cohorts[i].problems);
    free(c->cohorts);
    free(c->locales);
    send_domains_free(&c->domains);
    *c = (struct send_counts){0};
}
