#include "letters/check_audience.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"
#include "campaign/cohorts.h"
#include "cli/output.h"
#include "cli/say.h"
#include "letters/check_case.h"
#include "letters/check_names.h"
#include "letters/check_reach.h"
#include "letters/check_sms.h"
#include "letters/check_sms_cost.h"

/* ---- the files ---- */

static struct cohort_file file_of(const struct campaign_check *k, const struct campaign_cohort *c)
{
    const struct fact_cohort *facts =
        k->sheet != NULL ? fact_sheet_cohort(k->sheet, c->name) : NULL;
    return (struct cohort_file){
        .name = c->name,
        .path = c->audience,
        .expected = facts != NULL ? fact_cohort_people(facts) : -1,
        .expected_at = facts != NULL ? facts->place : c->place,
    };
}

static void put_people(const struct campaign_check *k, int64_t people, struct buf *out)
{
    const struct invocation *inv = k->scene->report.inv;
    char number[OUTPUT_NUMBER_SIZE];
    size_t cohorts = k->campaign->cohort_count;
    output_number(people, number);
    if (people == 1 && cohorts == 1)
        say_put(inv, out, "1 person in 1 cohort");
    else if (people == 1)
        say_put(inv, out, "1 person in %zu cohorts", cohorts);
    else if (cohorts == 1)
        say_put(inv, out, "%s people in 1 cohort", number);
    else
        say_put(inv, out, "%s people in %zu cohorts", number, cohorts);
}

static void print_people(const struct campaign_check *k, const struct cohort_count *counts)
{
    const struct invocation *inv = k->scene->report.inv;
    struct buf whom = {0};
    int64_t people = 0;
    if (invocation_json(inv) || k->scene->report.brief)
        return;
    for (size_t i = 0; i < k->campaign->cohort_count; i++)
        people += counts[i].people;
    put_people(k, people, &whom);
    if (k->campaign->population != NULL)
        say(inv, stdout, "%s: %s: everybody is in one cohort only, and nobody is left out\n",
            k->campaign->file, buf_text(&whom));
    else
        say(inv, stdout, "%s: %s: everybody is in one cohort only\n", k->campaign->file,
            buf_text(&whom));
    buf_free(&whom);
}

/* ---- languages ---- */

/* RFC 4647 lookup among the languages of the campaign: en-GB finds en. */
static bool is_served(const struct campaign *c, const char *tag)
{
    for (size_t i = 0; i < c->language_count; i++) {
        size_t len = strlen(c->languages[i]);
        if (strncasecmp(c->languages[i], tag, len) == 0 && (tag[len] == '\0' || tag[len] == '-'))
            return true;
    }
    return false;
}

static void check_languages(const struct campaign_check *k, const struct campaign_cohort *c,
                            const struct cohort_count *count)
{
    struct place at = {c->audience, 0, 0};
    bool breach = strcmp(k->campaign->category, "breach_notice") == 0;
    for (size_t i = 0; i < count->locale_count; i++) {
        const struct cohort_locale *l = &count->locales[i];
        if (is_served(k->campaign, l->tag))
            continue;
        if (l->tag[0] == '\0')
            problems_add_warning(&k->scene->problems, &at, "audience-locale",
                                 l->people == 1 ? "%lld person of cohort %s without a language"
                                                : "%lld people of cohort %s without a language",
                                 (long long)l->people, c->name);
        else
            problems_add(
                &k->scene->problems, breach ? PROBLEM_ERROR : PROBLEM_WARNING, &at,
                "audience-locale",
                l->people == 1
                    ? "%lld person of cohort %s reads %s, in which the campaign has no letter"
                    : "%lld people of cohort %s read %s, in which the campaign has no letter",
                (long long)l->people, c->name, l->tag);
    }
}

/* ---- the whole ---- */

static int prove(const struct campaign_check *k, struct cohort_count *counts, struct error *err)
{
    const struct campaign *c = k->campaign;
    struct cohort_file files[COHORTS_MAX];
    size_t errors = k->scene->report.errors;
    bool any = false;
    for (size_t i = 0; i < c->cohort_count; i++) {
        files[i] = file_of(k, &c->cohorts[i]);
        any = any || files[i].path != NULL;
    }
    if (!any)
        return 0;
    int rc = cohorts_prove(files, c->cohort_count, c->population, &k->scene->problems, counts, err);
    if (rc == 0 && k->scene->report.errors == errors)
        print_people(k, counts);
    return rc;
}

int check_audience(const struct campaign_check *k, struct error *err)
{
    const struct campaign *c = k->campaign;
    if (c->cohort_count == 0)
        return 0;
    if (c->cohort_count > COHORTS_MAX) {
        problems_add_error(&k->scene->problems, &c->cohorts[0].place, "campaign-cohort",
                           "there are more than %d cohorts", COHORTS_MAX);
        return 0;
    }
    struct cohort_count *counts = xcalloc(c->cohort_count, sizeof(*counts));
    struct sms_cost cost = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && k->template_index >= 0 && i < c->cohort_count; i++)
        if (c->cohorts[i].audience != NULL)
            rc = check_reach_columns(k, &c->cohorts[i], err);
    if (rc == 0)
        rc = prove(k, counts, err);
    for (size_t i = 0; rc == 0 && i < c->cohort_count; i++) {
        if (c->cohorts[i].audience == NULL || counts[i].unreadable)
            continue;
        check_languages(k, &c->cohorts[i], &counts[i]);
        rc = check_names(k, &c->cohorts[i], err);
        if (rc == 0 && k->template_index >= 0)
            rc = check_reach(k, &c->cohorts[i], err);
        if (rc == 0 && c->channels[CHANNEL_SMS] && k->letters != NULL)
            rc = check_sms_audience(k, &c->cohorts[i], &cost, err);
    }
    check_sms_cost_tell(&cost, k);
    if (k->scene->sms_cost != NULL)
        *k->scene->sms_cost = cost;
    free(counts);
    return rc;
}
