#include "letters/check_campaign.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"
#include "campaign/campaign_read.h"
#include "campaign/fact_sheet_read.h"
#include "letters/check_audience.h"
#include "letters/check_case.h"
#include "letters/check_chain.h"
#include "letters/check_korean_sms.h"
#include "letters/check_personal.h"
#include "letters/check_sending.h"
#include "letters/check_series.h"
#include "letters/check_settings.h"
#include "letters/facts_files.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "model/reference.h"
#include "people/facts_job.h"
#include "people/facts_terms.h"
#include "people/facts_words.h"
#include "render/calendar.h"
#include "render/library_look.h"

/* ---- is everything there? ---- */

static bool find_template(struct campaign_check *k)
{
    const struct library *l = k->scene->library;
    const char *name = k->campaign->template_name;
    struct error draft;
    k->template_index = library_find_template(l, name);
    bool written = k->campaign->template_place.file != NULL; /* not made up for one letter */
    if (written && library_refuse_letter(l, name, &draft) != 0)
        problems_add_error(&k->scene->problems, &k->campaign->template_place, "campaign-template",
                           "%s", draft.text);
    if (k->template_index >= 0)
        return true;
    if (library_has_faulty(l, name))
        return false; /* it is there; what is wrong with it was told */
    const char *meant = library_closest_template(l, name);
    problems_add_error(&k->scene->problems, &k->campaign->template_place, "campaign-template",
                       "there is no letter \"%s\"%s%s%s", name,
                       meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                       meant != NULL ? "\"?" : "");
    return false;
}

static void check_notice(const struct campaign_check *k)
{
    struct library_notice n;
    library_template_notice(k->scene->library, k->template_index, &n);
    if (n.kind != NULL && strcmp(n.kind, notice_kind_name(k->campaign->kind)) != 0)
        problems_add_warning(&k->scene->problems, &k->campaign->kind_place, "campaign-kind",
                             "the campaign is of kind %s, but %s is written as %s",
                             notice_kind_name(k->campaign->kind), n.name, n.kind);
    if (n.category != NULL && strcmp(n.category, k->campaign->category) != 0)
        problems_add_warning(&k->scene->problems, &k->campaign->template_place, "campaign-kind",
                             "the campaign is a %s, but %s is written as a %s",
                             k->campaign->category, n.name, n.category);
}

/* The parts every channel needs, in every language. */
static void check_parts(const struct campaign_check *k, const char *language, const char *tag)
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (k->campaign->channels[kind] &&
            !library_has_part(k->scene->library, k->template_index, tag, (enum channel_kind)kind))
            problems_add_error(&k->scene->problems, &k->campaign->channels_place, "part-missing",
                               "%s has nothing for the channel %s in %s",
                               k->campaign->template_name,
                               channel_kind_name((enum channel_kind)kind), language);
    }
}

/* The tag of the letter; NULL: told. */
static const char *find_letter(const struct campaign_check *k, const char *language)
{
    const char *tag = library_match_locale(k->scene->library, k->template_index, language);
    if (tag == NULL)
        problems_add_error(&k->scene->problems, &k->campaign->languages_place, "locale-missing",
                           "%s is not written in %s", k->campaign->template_name, language);
    return tag;
}

static bool cohorts_are_known(const struct campaign_check *k)
{
    bool known = true;
    for (size_t i = 0;
         k->sheet != NULL && k->sheet->cohort_count > 0 && i < k->campaign->cohort_count; i++) {
        const struct campaign_cohort *c = &k->campaign->cohorts[i];
        if (fact_sheet_cohort(k->sheet, c->name) != NULL)
            continue;
        known = false;
        problems_add_error(&k->scene->problems, &c->place, "campaign-cohort",
                           "%s knows no cohort \"%s\"", k->sheet->file, c->name);
    }
    return known;
}

/* ---- letters ---- */

/* What the sheet says to a cohort, and its audience of a reader who has everything. */
static struct json_t *data_of(const struct campaign_check *k, const char *cohort)
{
    struct json_t *of_sheet = fact_sheet_data(k->sheet, cohort);
    const struct campaign_cohort *c = cohort != NULL ? campaign_cohort(k->campaign, cohort) : NULL;
    struct json_t *whole =
        c != NULL ? personal_sample(k->scene->library, k->template_index, c->audience, of_sheet)
                  : NULL;
    if (whole == NULL)
        return of_sheet;
    json_free(of_sheet);
    return whole;
}

/* Every fact the letter cannot do without; the first mistake of the job comes on top. */
static bool facts_are_there(const struct campaign_check *k, const char *cohort)
{
    struct json_t *data = data_of(k, cohort);
    const struct fact_cohort *c = cohort != NULL ? fact_sheet_cohort(k->sheet, cohort) : NULL;
    struct place at = c != NULL ? c->place : (struct place){k->sheet->file, 0, 0};
    struct library_variable v;
    bool all = true;
    for (size_t i = 0; library_template_variable(k->scene->library, k->template_index, i, &v);
         i++) {
        if (!v.required || fact_value_at(data, v.name) != NULL)
            continue;
        all = false;
        if (cohort != NULL)
            problems_add_error(&k->scene->problems, &at, "facts-missing",
                               "%s for cohort %s needs the fact \"%s\", which is not there",
                               k->campaign->template_name, cohort, v.name);
        else
            problems_add_error(&k->scene->problems, &at, "facts-missing",
                               "%s needs the fact \"%s\", which is not there",
                               k->campaign->template_name, v.name);
    }
    json_free(data);
    return all;
}

/* "/data/incident/start" as a fact is called. */
static void put_fact_name(const char *pointer, struct buf *out)
{
    if (text_starts_with(pointer, "/data/"))
        buf_puts(out, pointer + strlen("/data/"));
    for (size_t i = 0; i < out->len; i++)
        if (out->data[i] == '/')
            out->data[i] = '.';
}

static bool job_is_right(const struct campaign_check *k, const struct law_text *text,
                         const struct job *job)
{
    struct error err = {0};
    struct buf name = {0};
    char *pointer = NULL;
    int rc =
        library_check_job(k->scene->library, k->template_index, text->locale, job, &pointer, &err);
    if (rc != 0 &&
        !facts_terms_told(k->scene->library, job->data, pointer != NULL ? pointer : "")) {
        put_fact_name(pointer != NULL ? pointer : "", &name);
        struct place at = k->sheet != NULL
                              ? fact_sheet_place(k->sheet, text->cohort, buf_text(&name))
                              : k->campaign->template_place;
        problems_add_error(&k->scene->problems, &at, "facts-type", "%s in %s: %s",
                           k->campaign->template_name, text->locale, err.text);
    }
    buf_free(&name);
    free(pointer);
    return rc == 0;
}

/* The sample reader's own facts. */
static void take_personal(const struct campaign_check *k, const char *cohort, struct job *job)
{
    const struct campaign_cohort *c = cohort != NULL ? campaign_cohort(k->campaign, cohort) : NULL;
    struct json_t *data =
        c != NULL ? personal_sample(k->scene->library, k->template_index, c->audience, job->data)
                  : NULL;
    if (data == NULL)
        return;
    json_free(job->data);
    job->data = data;
}

static void add_letter(const struct campaign_check *k, const char *cohort, const char *tag)
{
    const struct fact_cohort *c =
        cohort != NULL && k->sheet != NULL ? fact_sheet_cohort(k->sheet, cohort) : NULL;
    struct law_text text = {.cohort = cohort, .locale = tag};
    const struct facts_job_options options = {
        .library = k->scene->library,
        .template_index = k->template_index,
        .sheet = k->sheet,
        .cohort = cohort,
        .locale = tag,
        .category = k->campaign->category,
        .campaign = k->campaign->id,
        .reference = k->campaign->reference,
    };
    struct job *job = NULL;
    struct error err = {0};
    if (k->sheet != NULL) {
        text.jurisdictions =
            (const char *const *)(c != NULL ? c->jurisdictions : k->sheet->jurisdictions);
        text.jurisdiction_count = c != NULL ? c->jurisdiction_count : k->sheet->jurisdiction_count;
    }
    if (facts_job_make(&options, &job, &err) != 0)
        problems_add_error(&k->scene->problems, &k->campaign->facts_place, "facts-type", "%s",
                           err.text);
    else
        take_personal(k, cohort, job);
    if (job != NULL && job_is_right(k, &text, job))
        check_case_add(k->scene, k->letters, k->template_index, &text, job,
                       &k->campaign->template_place);
    else
        job_free(job);
}

static void add_letters(const struct campaign_check *k, const char *cohort)
{
    if (k->sheet != NULL && !facts_are_there(k, cohort))
        return;
    for (size_t i = 0; i < k->campaign->language_count; i++) {
        const char *tag =
            library_match_locale(k->scene->library, k->template_index, k->campaign->languages[i]);
        if (tag != NULL && check_case_proof(k->letters, cohort, tag) == NULL)
            add_letter(k, cohort, tag);
    }
}

static void check_letters(struct campaign_check *k)
{
    const struct campaign *c = k->campaign;
    k->letters = check_case_begin(k->scene, (c->cohort_count + 1) * c->language_count);
    k->letters->law.sheet = k->sheet;
    for (size_t i = 0; i < c->language_count; i++) {
        const char *tag = find_letter(k, c->languages[i]);
        if (tag != NULL)
            check_parts(k, c->languages[i], tag);
    }
    for (size_t i = 0; i < c->cohort_count; i++)
        add_letters(k, c->cohorts[i].name);
    if (c->cohort_count == 0)
        add_letters(k, NULL);
}

static bool quotes_reference(const struct proof *p)
{
    for (size_t i = 0; i < p->use_count; i++) {
        if (strcmp(p->uses[i].name, "reference") == 0)
            return true;
    }
    return false;
}

/* Nothing would ever leave. */
static void check_condition(const struct campaign_check *k)
{
    const struct campaign_condition *c = &k->campaign->condition;
    if (c->endpoint != NULL && settings_find_endpoint(k->scene->settings, c->endpoint) == NULL)
        problems_add_error(&k->scene->problems, &c->place, "campaign-condition",
                           "the configuration has no endpoint \"%s\" that could be asked: add it "
                           "under endpoints, with url and secret",
                           c->endpoint);
}

/* A number nobody is told helps nobody who calls. */
static void check_reference(const struct campaign_check *k)
{
    const struct campaign *c = k->campaign;
    if (!text_equal(c->reference, REFERENCE_AUTO))
        return;
    for (size_t i = 0; i < c->language_count; i++) {
        const char *cohort = c->cohort_count > 0 ? c->cohorts[0].name : NULL;
        const char *tag =
            library_match_locale(k->scene->library, k->template_index, c->languages[i]);
        const struct proof *p = tag != NULL ? check_case_proof(k->letters, cohort, tag) : NULL;
        if (p != NULL && !quotes_reference(p))
            problems_add_warning(&k->scene->problems, &c->template_place, "campaign-reference",
                                 "reference: auto gives each person a number, but %s in %s quotes "
                                 "none: put {{reference}} where the letter says how to reach you",
                                 c->template_name, tag);
    }
}

/* A zone nobody knows would be UTC, and the waves would begin at night. */
static void check_zone(const struct campaign_check *k)
{
    const char *zone = k->campaign->waves.zone;
    if (zone != NULL && !calendar_zone_exists(zone))
        problems_add_error(&k->scene->problems, &k->campaign->zone_place, "campaign-zone",
                           "there is no time zone \"%s\"; write it like Europe/Berlin or "
                           "Asia/Seoul",
                           zone);
}

/* ---- who must agree ---- */

static bool asks_for(const struct campaign *c, const char *role)
{
    for (size_t i = 0; i < c->approval_count; i++) {
        if (strcmp(c->approvals[i], role) == 0)
            return true;
    }
    return false;
}

static bool has_role(const struct settings *s, const char *role)
{
    for (size_t i = 0; i < s->role_count; i++) {
        if (strcmp(s->roles[i].name, role) == 0)
            return true;
    }
    return s->role_count == 0;
}

/* A role that nobody may have would be found at the last moment, by whoever wants to send. */
static void check_approvals(const struct campaign_check *k)
{
    const struct settings *s = k->scene->settings;
    const struct campaign *c = k->campaign;
    const struct place at = {.file = c->file};
    for (size_t i = 0; i < c->approval_count; i++) {
        if (!has_role(s, c->approvals[i]))
            problems_add_error(&k->scene->problems, &at, "campaign-approvals",
                               "it wants an approval as \"%s\", and `campaigns.roles` of the "
                               "configuration says of nobody that he may approve as that",
                               c->approvals[i]);
    }
    for (size_t i = 0; i < s->campaign_approval_count; i++) {
        if (!asks_for(c, s->campaign_approvals[i]))
            problems_add(&k->scene->problems, PROBLEM_HINT, &at, "campaign-approvals",
                         "somebody must also approve it as %s: the configuration wants that of "
                         "every campaign (`campaigns.approvals`)",
                         s->campaign_approvals[i]);
    }
}

static void judge(struct campaign_check *k)
{
    struct law_case *law = &k->letters->law;
    law->kind = k->campaign->kind;
    law->certainty = k->sheet != NULL ? k->sheet->certainty : CERTAINTY_CONFIRMED;
    law->category = k->campaign->category;
    law->file = k->campaign->file;
    law->channels = k->campaign->channels;
    law->send_at_ms = k->campaign->send_at_ms;
    law->campaign = k->campaign;
    law->earlier = k->earlier;
    law->earlier_sheet = k->earlier_sheet;
    check_sending_look(k, &k->letters->sending);
    law->sending = &k->letters->sending;
    check_case_judge(k->scene, k->letters);
}

/* ---- the whole ---- */

int check_campaign_read(struct campaign_check *k, struct error *err)
{
    if (find_template(k) && cohorts_are_known(k)) {
        check_notice(k);
        if (k->campaign->channels[CHANNEL_SMS])
            check_korean_sms(k->scene, k->template_index);
        check_letters(k);
        check_reference(k);
        check_zone(k);
        check_condition(k);
        check_approvals(k);
        check_series(k);
        judge(k);
        check_chain(k);
    }
    return check_audience(k, err);
}

/* Also of a sheet that cannot be read as one. */
static void check_words(struct check_scene *s, const struct campaign *c)
{
    const struct lint_text_options words = {
        .library = s->library,
        .template_index = library_find_template(s->library, c->template_name),
        .category = c->category,
        .problems = &s->problems,
    };
    struct yaml_node *root = NULL;
    if (c->facts != NULL)
        facts_words_check(c->facts, &words);
    if (yaml_load(c->file, &root, NULL) == 0)
        lint_unwritten(root, c->file, &s->problems);
    yaml_free(root);
}

int check_campaign(struct check_scene *s, const char *path, struct error *err)
{
    struct campaign *campaign = NULL, *earlier = NULL;
    struct fact_sheet *sheet = NULL, *older = NULL, *earlier_sheet = NULL;
    int rc = 0;
    if (campaign_read(path, &s->problems, &campaign) != 0)
        return 0;
    bool readable = campaign->facts == NULL ||
                    facts_files_read(campaign->facts, &s->problems, &sheet, &older) == 0;
    check_words(s, campaign);
    check_settings_organisation(s);
    if (campaign->supersedes != NULL)
        readable = campaign_read(campaign->supersedes, &s->problems, &earlier) == 0 && readable;
    if (earlier != NULL && earlier->facts != NULL)
        readable = fact_sheet_read(earlier->facts, &s->problems, &earlier_sheet) == 0 && readable;
    check_scene_keep(s, campaign, sheet);
    check_scene_keep(s, earlier, earlier_sheet);
    check_scene_keep(s, NULL, older);
    if (readable) {
        struct campaign_check k = {
            .scene = s,
            .campaign = campaign,
            .sheet = sheet,
            .older = older,
            .earlier = earlier,
            .earlier_sheet = earlier_sheet,
        };
        rc = check_campaign_read(&k, err);
    }
    return rc;
}
