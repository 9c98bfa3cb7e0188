/* What a chain of notices still owes: opened by rule sets (obligations_opened), closed by a later
 * notice of the right kind to the same people, or by time. */
#include "law/obligations.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "law/exemption.h"
#include "law/node.h"
#include "law/sets.h"
#include "model/fact_value.h"
#include "model/json.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* One obligation of a set, at one campaign of the chain. */
struct opening {
    const struct ruleset *set;
    const struct yaml_node *node;
    const struct law_case *c;
};

/* ---- is it opened? ---- */

static int64_t next_update_ms(const struct law_case *c)
{
    int64_t ms = 0;
    const struct json_t *facts = c->sheet != NULL ? c->sheet->facts : NULL;
    const char *text =
        facts != NULL ? fact_value_text(fact_value_at(facts, "next_update.at")) : NULL;
    return text != NULL && clock_parse_rfc3339(text, &ms) ? ms : 0;
}

static bool is_sent(const struct opening *o)
{
    (void)o;
    return true;
}

static bool is_incomplete(const struct opening *o)
{
    return o->c->sheet != NULL && o->c->sheet->incomplete_count > 0;
}

static bool lacks_contacts(const struct opening *o)
{
    bool stands = o->c->sheet != NULL && o->c->sheet->has_public_notice;
    return o->c->sending != NULL && o->c->sending->without_contact > 0 && !stands;
}

static bool has_public_notice(const struct opening *o)
{
    return o->c->sheet != NULL && o->c->sheet->has_public_notice;
}

static bool has_exemption_c(const struct opening *o)
{
    const struct exemption *e =
        exemption_find(o->c->campaign, o->set->id, yaml_text(o->node, "id"));
    return e != NULL && text_starts_with(e->reason, "c:") && !has_public_notice(o);
}

static bool promises_update(const struct opening *o)
{
    return next_update_ms(o->c) != 0;
}

static const struct {
    const char *name;
    bool (*holds)(const struct opening *o);
} openings[] = {
    {"sent", is_sent},
    {"incomplete", is_incomplete},
    {"without_contact", lacks_contacts},
    {"public_notice", has_public_notice},
    {"exemption_c", has_exemption_c},
    {"next_update", promises_update},
};

static bool is_opened(const struct opening *o)
{
    const char *when = yaml_text(o->node, "if");
    if (!node_admits(yaml_get(o->node, "kind"), notice_kind_name(o->c->kind)))
        return false;
    for (size_t i = 0; i < COUNT_OF(openings); i++)
        if (text_equal(openings[i].name, when))
            return openings[i].holds(o);
    return false;
}

/* ---- is it closed? ---- */

static int64_t due_ms(const struct opening *o)
{
    const char *when = yaml_text(o->node, "when");
    if (text_equal(when, "next_update"))
        return next_update_ms(o->c);
    if (text_equal(when, "public_notice_until") && o->c->sheet != NULL)
        return (o->c->sheet->notice_until_day + 1) * DAY_MS -
               o->set->utc_offset_min * INT64_C(60000);
    return 0;
}

static bool is_of_closing_kind(const struct opening *o, const struct law_case *later)
{
    const struct yaml_node *kinds = yaml_get(o->node, "must_follow");
    return kinds != NULL && node_has(kinds, notice_kind_name(later->kind));
}

/* One of the notices that close it went to this cohort. */
static bool is_told(const struct opening *o, const struct law_case *last, const char *cohort)
{
    for (const struct law_case *later = o->c + 1; later <= last; later++)
        if (is_of_closing_kind(o, later) && later->campaign != NULL &&
            campaign_cohort(later->campaign, cohort) != NULL)
            return true;
    return false;
}

/* Into how many cohorts this one was divided later, and how many of them were told. */
static size_t count_parts(const struct opening *o, const struct law_case *last, const char *cohort,
                          size_t *out_told)
{
    size_t parts = 0;
    *out_told = 0;
    for (const struct law_case *later = o->c + 1; later <= last && parts == 0; later++) {
        for (size_t i = 0; later->sheet != NULL && i < later->sheet->cohort_count; i++) {
            const struct fact_cohort *part = &later->sheet->cohorts[i];
            if (!text_equal(part->from, cohort))
                continue;
            parts++;
            *out_told += is_told(o, last, part->name) ? 1 : 0;
        }
    }
    return parts;
}

/* Everybody who had the first notice had one of those that close it. */
static bool are_all_told(const struct opening *o, const struct law_case *last)
{
    const struct campaign *c = o->c->campaign;
    for (size_t i = 0; c != NULL && i < c->cohort_count; i++) {
        const char *name = c->cohorts[i].name;
        size_t told, parts;
        if (is_told(o, last, name))
            continue;
        parts = count_parts(o, last, name, &told);
        if (parts == 0 || told < parts)
            return false;
    }
    return true;
}

static bool is_closed(const struct opening *o, const struct law_case *last)
{
    bool followed = false;
    for (const struct law_case *later = o->c + 1; later <= last; later++)
        followed = followed || is_of_closing_kind(o, later);
    return followed && (!node_flag(o->node, "same_cohorts") || are_all_told(o, last));
}

/* The notice with which it was closed, NULL if it is open. */
static const struct law_case *closing(const struct opening *o, const struct law_case *last)
{
    for (const struct law_case *later = o->c + 1; later <= last; later++)
        if (is_closed(o, later))
            return later;
    return NULL;
}

/* With nothing to follow it is closed by the day. */
static bool is_over(const struct opening *o, int64_t now_ms)
{
    return yaml_get(o->node, "must_follow") == NULL && due_ms(o) <= now_ms;
}

/* ---- telling ---- */

static unsigned kinds_of(const struct yaml_node *list)
{
    unsigned bits = 0;
    for (size_t i = 0; i < node_count(list); i++) {
        enum notice_kind kind;
        if (notice_kind_parse(node_text(list, i), &kind))
            bits |= 1U << kind;
    }
    return bits;
}

static void tell_duty(const struct opening *o, const struct law_case *last, law_duty_fn *tell,
                      void *context)
{
    if (!is_opened(o))
        return;
    const struct law_case *closed_by = closing(o, last);
    bool over = closed_by == NULL && is_over(o, last->now_ms);
    const struct law_duty duty = {
        .kind = LAW_DUTY_FOLLOW,
        .ruleset = o->set->id,
        .rule = yaml_text(o->node, "id"),
        .about = yaml_text(o->node, "about"),
        .source = yaml_text(o->node, "source"),
        .rules_file = o->set->path,
        .rules_as_of = o->set->as_of,
        .due_ms = due_ms(o),
        .closed_by_kinds = kinds_of(yaml_get(o->node, "must_follow")),
        .opened_by = o->c,
        .met_by = closed_by,
        .met_ms = closed_by != NULL ? sets_moment_ms(closed_by)
                  : over            ? due_ms(o)
                                    : 0,
        .exemption = exemption_find(o->c->campaign, o->set->id, yaml_text(o->node, "id")),
    };
    tell(context, &duty);
}

void obligations_walk(const struct law *l, const struct law_case *chain, size_t count, size_t link,
                      law_duty_fn *tell, void *context)
{
    for (size_t k = 0; k < l->count; k++) {
        const struct ruleset *set = &l->sets[k];
        const struct yaml_node *list = set->obligations;
        if (list == NULL || !sets_apply(l, set, &chain[link]))
            continue;
        for (size_t n = 0; n < list->count; n++) {
            const struct opening o = {set, list->items[n], &chain[link]};
            tell_duty(&o, &chain[count - 1], tell, context);
        }
    }
}

struct listener {
    obligation_fn *tell;
    void *context;
};

static void tell_open(void *context, const struct law_duty *d)
{
    const struct listener *l = context;
    const struct obligation open = {
        .ruleset = d->ruleset,
        .rule = d->rule,
        .what = d->about,
        .closed_by_kinds = d->closed_by_kinds,
        .due_ms = d->due_ms,
        .opened_by = d->opened_by,
    };
    if (d->met_ms == 0)
        l->tell(l->context, &open);
}

void law_open_obligations(const struct law *l, const struct law_case *chain, size_t count,
                          obligation_fn *tell, void *context)
{
    struct listener listener = {tell, context};
    for (size_t i = 0; i < count; i++)
        obligations_walk(l, chain, count, i, tell_open, &listener);
}
