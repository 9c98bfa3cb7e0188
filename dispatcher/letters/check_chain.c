#include "letters/check_chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "campaign/facts_diff.h"
#include "campaign/neighbours.h"
#include "letters/check_case.h"
#include "letters/check_sending.h"
#include "model/fact_value.h"
#include "model/json.h"

#define CHAIN_MAX 64
#define DAY_MS    (INT64_C(24) * 60 * 60 * 1000)

/* ---- who must be told what ---- */

static void put_concerned(const struct facts_diff *d, struct buf *out)
{
    for (size_t i = 0; i < d->concerned_count; i++) {
        const struct facts_concerned *c = &d->concerned[i];
        buf_puts(out, i > 0 ? ", " : "");
        buf_printf(out, "%s%s", c->cohort != NULL ? "cohort " : "everybody",
                   c->cohort != NULL ? c->cohort : "");
        if (c->people >= 0)
            buf_printf(out, " (%" PRId64 ")", c->people);
    }
}

static void put_legal_changes(const struct facts_diff *d, struct buf *out)
{
    size_t told = 0;
    for (size_t i = 0; i < d->change_count && told < 3; i++) {
        const struct fact_change *c = &d->changes[i];
        if (!c->legal)
            continue;
        buf_printf(out, "%s%s%s%s", told++ > 0 ? "; " : "", c->cohort != NULL ? c->cohort : "",
                   c->cohort != NULL ? ": " : "", c->text);
    }
}

/* Progress is about numbers and measures; whoever says more must say so. */
static void check_progress(const struct campaign_check *k)
{
    struct facts_diff d;
    struct buf changes = {0}, people = {0};
    if (k->campaign->kind != NOTICE_PROGRESS || k->sheet == NULL || k->earlier_sheet == NULL)
        return;
    facts_diff_make(k->earlier_sheet, k->sheet, &d);
    if (facts_diff_is_legal(&d)) {
        put_legal_changes(&d, &changes);
        put_concerned(&d, &people);
        problems_add_error(&k->scene->problems, &k->campaign->kind_place, "campaign-supplement",
                           "this cannot be a progress report, because it brings a new legal fact "
                           "(%s): send a supplement to %s",
                           buf_text(&changes), people.len > 0 ? buf_text(&people) : "everybody");
    }
    buf_free(&changes);
    buf_free(&people);
    facts_diff_free(&d);
}

/* ---- which notices count ---- */

/* By the books where they are at hand: a file that lies there tells nobody anything. */
static int64_t sent_ms(const struct campaign_check *k, const struct campaign *c)
{
    const struct check_scene *s = k->scene;
    return s->sent_ms != NULL ? s->sent_ms(s->open_context, c->id) : c->send_at_ms;
}

static bool is_sent(const struct campaign_check *k, const struct campaign *c)
{
    return k->scene->sent_ms == NULL || sent_ms(k, c) != 0;
}

/* One without a time in its file leaves when somebody sends it. */
static bool has_left(const struct campaign_check *k)
{
    const struct campaign *c = k->campaign;
    const struct check_scene *s = k->scene;
    return (c->send_at_ms != 0 && c->send_at_ms <= s->now_ms) ||
           (s->has_left != NULL && s->has_left(s->report.inv, c->id));
}

/* ---- one after the other ---- */

static void check_order(const struct campaign_check *k)
{
    const struct campaign *c = k->campaign;
    if (c->send_at_ms == 0)
        return;
    if (k->earlier != NULL && k->earlier->send_at_ms > c->send_at_ms)
        problems_add_error(&k->scene->problems, &c->send_at_place, "campaign-order",
                           "this leaves before the notice it supersedes (%s)", k->earlier->file);
    if (k->sheet != NULL && k->sheet->aware_at.at_ms > c->send_at_ms)
        problems_add_error(&k->scene->problems, &c->send_at_place, "campaign-order",
                           "this leaves before the organisation was aware of what it says "
                           "(times.aware_at in %s)",
                           k->sheet->file);
    if (k->sheet != NULL && k->sheet->valid_from_ms > c->send_at_ms)
        problems_add_warning(&k->scene->problems, &c->send_at_place, "campaign-order",
                             "this leaves before its facts were known (valid_from in %s): are both "
                             "times right? What is over leaves as soon as it is sent",
                             k->sheet->file);
}

/* ---- is there something newer? ---- */

static bool some_campaign_uses(const struct campaign_check *k, const struct neighbours *n,
                               const struct fact_sheet *s)
{
    for (size_t i = 0; i < n->campaign_count; i++)
        if (is_sent(k, n->campaigns[i]) && neighbours_same_file(n->campaigns[i]->facts, s->file))
            return true;
    return false;
}

/* A notice that is not sent yet must not say what is known to be outdated; one that is sent must be
 * followed by another. */
static void check_newest(const struct campaign_check *k, const struct neighbours *n)
{
    const struct fact_sheet *newest = n->sheet_count > 0 ? n->sheets[n->sheet_count - 1] : NULL;
    struct facts_diff d;
    struct buf people = {0};
    if (k->sheet == NULL || newest == NULL || newest->version <= k->sheet->version)
        return;
    bool sent = has_left(k);
    if (sent && some_campaign_uses(k, n, newest))
        return;
    facts_diff_make(k->sheet, newest, &d);
    put_concerned(&d, &people);
    enum problem_level level = sent ? PROBLEM_WARNING : PROBLEM_ERROR;
    if (people.len > 0)
        problems_add(&k->scene->problems, level, &k->campaign->facts_place, "campaign-outdated",
                     "this is version %d of the facts, but %s is version %d; a legal fact changed "
                     "for %s",
                     k->sheet->version, newest->file, newest->version, buf_text(&people));
    else
        problems_add(&k->scene->problems, level, &k->campaign->facts_place, "campaign-outdated",
                     "this is version %d of the facts, but %s is version %d; no legal fact changed",
                     k->sheet->version, newest->file, newest->version);
    buf_free(&people);
    facts_diff_free(&d);
}

/* ---- what was promised ---- */

static bool is_followed(const struct campaign_check *k, const struct neighbours *n)
{
    for (size_t i = 0; i < n->campaign_count; i++)
        if (is_sent(k, n->campaigns[i]) &&
            neighbours_same_file(n->campaigns[i]->supersedes, k->campaign->file))
            return true;
    return false;
}

static int64_t promised_ms(const struct campaign_check *k)
{
    int64_t ms;
    const char *text =
        k->sheet != NULL ? fact_value_text(fact_value_at(k->sheet->facts, "next_update.at")) : NULL;
    return text != NULL && clock_parse_rfc3339(text, &ms) ? ms : 0;
}

/* News of the same incident left later, though to others. */
static bool is_kept(const struct campaign_check *k, const struct neighbours *n)
{
    for (size_t i = 0; k->sheet != NULL && i < n->sheet_count; i++)
        if (n->sheets[i]->version > k->sheet->version && some_campaign_uses(k, n, n->sheets[i]))
            return true;
    return false;
}

static void check_promise(const struct campaign_check *k, const struct neighbours *n)
{
    int64_t due_ms = promised_ms(k), days = (k->scene->now_ms - due_ms) / DAY_MS;
    /* Of breach notices the rules of chains say it. */
    bool by_law = k->scene->law != NULL && strcmp(k->campaign->category, "breach_notice") == 0;
    if (by_law || due_ms == 0 || due_ms > k->scene->now_ms || is_followed(k, n) || is_kept(k, n))
        return;
    struct place at = fact_sheet_place(k->sheet, NULL, "next_update.at");
    problems_add_warning(&k->scene->problems, &at, "campaign-promise",
                         "the news promised here was due %" PRId64
                         " %s ago, and no campaign follows %s",
                         days, days == 1 ? "day" : "days", k->campaign->file);
}

/* ---- what stays open ---- */

struct open_context {
    const struct campaign_check *check;
    const struct neighbours *neighbours;
};

static void tell_open(void *context, const struct obligation *o)
{
    const struct open_context *c = context;
    const struct campaign_check *k = c->check;
    bool late = o->due_ms != 0 && o->due_ms < k->scene->now_ms;
    struct place at = {k->campaign->file, 0, 0};
    enum problem_level level = late ? PROBLEM_WARNING : PROBLEM_HINT;
    struct buf rule = {0};
    char text[CLOCK_TEXT_SIZE];
    if (o->due_ms != 0 && o->due_ms == promised_ms(k) && is_kept(k, c->neighbours))
        return;
    buf_printf(&rule, "legal-%s:%s", o->ruleset, o->rule);
    if (k->scene->open != NULL)
        k->scene->open(k->scene->open_context, buf_text(&rule), o->what, o->due_ms);
    if (o->due_ms != 0)
        problems_add(&k->scene->problems, level, &at, buf_text(&rule),
                     "still open after this: %s; due %s", o->what,
                     clock_format_rfc3339(o->due_ms, text));
    else
        problems_add(&k->scene->problems, level, &at, buf_text(&rule), "still open after this: %s",
                     o->what);
    buf_free(&rule);
}

/* A campaign that was checked by its own name: only what it opened and closed counts here. */
static struct law_case link_of(const struct campaign_check *k, const struct campaign *c,
                               const struct fact_sheet *sheet)
{
    return (struct law_case){
        .kind = c->kind,
        .certainty = sheet != NULL ? sheet->certainty : CERTAINTY_CONFIRMED,
        .category = c->category,
        .file = c->file,
        .channels = c->channels,
        .send_at_ms = sent_ms(k, c),
        .now_ms = k->scene->now_ms,
        .sheet = sheet,
        .campaign = c,
    };
}

static const struct fact_sheet *sheet_of(const struct neighbours *n, const struct campaign *c)
{
    for (size_t i = 0; i < n->sheet_count; i++)
        if (neighbours_same_file(c->facts, n->sheets[i]->file))
            return n->sheets[i];
    return NULL;
}

/* Did this notice of the same incident leave before? */
static bool is_before(const struct campaign_check *k, const struct campaign *c)
{
    int64_t own_ms = sent_ms(k, k->campaign), ms = sent_ms(k, c);
    return !neighbours_same_file(c->file, k->campaign->file) && ms != 0 &&
           (own_ms == 0 || ms <= own_ms);
}

static int compare_links(const void *left, const void *right)
{
    const struct law_case *a = left, *b = right;
    return (a->send_at_ms > b->send_at_ms) - (a->send_at_ms < b->send_at_ms);
}

/* All notices of the incident up to this one (unless it told nobody: NULL), the oldest first: what
 * one cohort was told in one campaign and another in the next closes together what the first
 * campaign opened. */
static size_t gather_links(const struct campaign_check *k, const struct neighbours *n,
                           const struct law_case *own, struct law_case *out)
{
    size_t count = 0;
    bool earlier = false;
    for (size_t i = 0; i < n->campaign_count && count < CHAIN_MAX - 2; i++) {
        const struct campaign *c = n->campaigns[i];
        const struct fact_sheet *sheet = sheet_of(n, c);
        if (sheet == NULL || !is_before(k, c))
            continue;
        out[count++] = link_of(k, c, sheet);
        earlier =
            earlier || (k->earlier != NULL && neighbours_same_file(c->file, k->earlier->file));
    }
    if (k->earlier != NULL && !earlier)
        out[count++] = link_of(k, k->earlier, k->earlier_sheet);
    qsort(out, count, sizeof(*out), compare_links);
    if (own != NULL)
        out[count++] = *own;
    return count;
}

static void check_open(const struct campaign_check *k, const struct neighbours *n,
                       const struct law_case *own)
{
    struct open_context open = {.check = k, .neighbours = n};
    struct law_case chain[CHAIN_MAX];
    if (k->scene->law == NULL || is_followed(k, n))
        return;
    size_t count = gather_links(k, n, own, chain);
    law_open_obligations(k->scene->law, chain, count, tell_open, &open);
}

void check_chain(const struct campaign_check *k)
{
    struct neighbours n;
    neighbours_read(k->campaign->file, k->sheet != NULL ? k->sheet->incident : NULL, &n);
    check_progress(k);
    check_order(k);
    check_newest(k, &n);
    check_promise(k, &n);
    check_open(k, &n, &k->letters->law);
    neighbours_free(&n);
}

void check_chain_owed(const struct campaign_check *k)
{
    struct neighbours n;
    struct law_sending sending;
    struct law_case own = link_of(k, k->campaign, k->sheet);
    check_sending_look(k, &sending);
    own.sending = &sending;
    neighbours_read(k->campaign->file, k->sheet != NULL ? k->sheet->incident : NULL, &n);
    check_open(k, &n, is_sent(k, k->campaign) ? &own : NULL);
    neighbours_free(&n);
}

/* ---- looking back ---- */

/* The links that were sent, before this one or after it, or this one; the oldest first. */
static size_t gather_sent(const struct campaign_check *k, const struct neighbours *n,
                          struct law_case *out)
{
    size_t count = 0;
    if (is_sent(k, k->campaign))
        out[count++] = link_of(k, k->campaign, k->sheet);
    for (size_t i = 0; i < n->campaign_count && count < CHAIN_MAX; i++) {
        const struct campaign *c = n->campaigns[i];
        const struct fact_sheet *sheet = sheet_of(n, c);
        int64_t ms = sent_ms(k, c);
        if (sheet != NULL && ms != 0 && ms <= k->scene->now_ms &&
            !neighbours_same_file(c->file, k->campaign->file))
            out[count++] = link_of(k, c, sheet);
    }
    qsort(out, count, sizeof(*out), compare_links);
    return count;
}

static void look_at_people(const struct campaign_check *k, struct law_case *link,
                           struct law_sending *out)
{
    const struct campaign_check own = {
        .scene = k->scene, .campaign = link->campaign, .sheet = link->sheet};
    check_sending_look(&own, out);
    link->sending = out;
}

static void name_earlier(struct law_case *chain, size_t count, struct law_case *link)
{
    for (size_t i = 0; i < count; i++) {
        if (!neighbours_same_file(link->campaign->supersedes, chain[i].campaign->file))
            continue;
        link->earlier = chain[i].campaign;
        link->earlier_sheet = chain[i].sheet;
    }
}

/* What told nobody has duties, and does none. */
static void walk_unsent(const struct campaign_check *k, struct law_case *chain, size_t count,
                        law_duty_fn *tell, void *context)
{
    struct law_case own = link_of(k, k->campaign, k->sheet);
    struct law_sending people;
    look_at_people(k, &own, &people);
    name_earlier(chain, count, &own);
    law_walk_duties(k->scene->law, &own, 1, tell, context);
}

void check_chain_duties(const struct campaign_check *k, law_duty_fn *tell, void *context)
{
    struct neighbours n;
    struct law_case chain[CHAIN_MAX];
    struct law_sending people[CHAIN_MAX];
    if (k->scene->law == NULL)
        return;
    neighbours_read(k->campaign->file, k->sheet != NULL ? k->sheet->incident : NULL, &n);
    size_t count = gather_sent(k, &n, chain);
    for (size_t i = 0; i < count; i++) {
        look_at_people(k, &chain[i], &people[i]);
        name_earlier(chain, count, &chain[i]);
    }
    law_walk_duties(k->scene->law, chain, count, tell, context);
    if (!is_sent(k, k->campaign))
        walk_unsent(k, chain, count, tell, context);
    neighbours_free(&n);
}
