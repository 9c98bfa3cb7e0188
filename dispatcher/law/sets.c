#include "law/sets.h"

#include "base/text.h"
#include "law/node.h"
#include "model/fact_value.h"
#include "model/json.h"

#define DAY_MS    (INT64_C(24) * 60 * 60 * 1000)
#define MINUTE_MS (INT64_C(60) * 1000)

const struct ruleset *sets_find(const struct law *l, const char *id)
{
    for (size_t i = 0; i < l->count; i++)
        if (text_equal(l->sets[i].id, id))
            return &l->sets[i];
    return NULL;
}

int64_t sets_moment_ms(const struct law_case *c)
{
    return c->send_at_ms != 0 ? c->send_at_ms : c->now_ms;
}

int64_t sets_day(const struct ruleset *s, const struct law_case *c)
{
    int64_t ms = sets_moment_ms(c) + s->utc_offset_min * MINUTE_MS;
    return ms / DAY_MS - (ms % DAY_MS < 0 ? 1 : 0);
}

/* ---- dates ---- */

static bool is_within_dates(const struct ruleset *s, const struct law_case *c)
{
    int64_t day = sets_day(s, c);
    return s->from_day <= day && day <= s->until_day;
}

/* The set that took this one's place by then, NULL if none did. */
static const struct ruleset *successor(const struct law *l, const struct ruleset *s,
                                       const struct law_case *c)
{
    for (size_t i = 0; i < l->count; i++)
        if (text_equal(l->sets[i].supersedes, s->id) && is_within_dates(&l->sets[i], c))
            return &l->sets[i];
    return NULL;
}

static bool is_in_force(const struct law *l, const struct ruleset *s, const struct law_case *c)
{
    return is_within_dates(s, c) && successor(l, s, c) == NULL;
}

/* Which set of the line of `id` is in force; a set supersedes only older ones, so this ends. */
static const struct ruleset *resolve(const struct law *l, const char *id, const struct law_case *c)
{
    const struct ruleset *s = sets_find(l, id);
    while (s != NULL && sets_day(s, c) < s->from_day)
        s = s->supersedes != NULL ? sets_find(l, s->supersedes) : NULL;
    while (s != NULL && successor(l, s, c) != NULL)
        s = successor(l, s, c);
    return s;
}

/* ---- what is judged ---- */

static bool fits(const struct ruleset *s, const struct law_case *c)
{
    const struct yaml_node *when = s->applies_when;
    return node_admits(yaml_get(when, "category"), c->category) &&
           node_admits(yaml_get(when, "kind"), notice_kind_name(c->kind)) &&
           node_admits(yaml_get(when, "certainty"), certainty_name(c->certainty));
}

/* A letter by itself says by law.kr, law.eu which legal blocks its reader gets; one that says
 * nothing of them is for everybody. */
static bool asks_for_block(const struct ruleset *s, const struct law_text *t)
{
    const struct json_t *blocks = fact_value_at(t->facts, "law");
    bool asks = blocks == NULL;
    for (size_t i = 0; i < node_count(s->jurisdictions) && !asks; i++) {
        struct buf key = {0};
        for (const char *c = node_text(s->jurisdictions, i); *c != '\0'; c++)
            buf_putc(&key, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
        asks = json_get_bool(blocks, buf_text(&key), false);
        buf_free(&key);
    }
    return asks;
}

bool sets_concern(const struct ruleset *s, const struct law_text *t)
{
    if (node_has(s->jurisdictions, "*"))
        return true;
    if (t->jurisdiction_count == 0)
        return asks_for_block(s, t);
    bool concerns = false;
    for (size_t i = 0; i < t->jurisdiction_count && !concerns; i++)
        concerns = node_has(s->jurisdictions, t->jurisdictions[i]);
    return concerns;
}

static bool has_any(const struct ruleset *s, char *const *jurisdictions, size_t count)
{
    bool found = node_has(s->jurisdictions, "*") && count > 0;
    for (size_t i = 0; i < count && !found; i++)
        found = node_has(s->jurisdictions, jurisdictions[i]);
    return found;
}

/* A link of a chain comes without its letters: then the sheet says where its readers live. */
static bool has_readers_by_sheet(const struct ruleset *s, const struct law_case *c)
{
    const struct campaign *campaign = c->campaign;
    bool found = false, known = false;
    for (size_t i = 0; campaign != NULL && i < campaign->cohort_count && !found; i++) {
        const struct fact_cohort *cohort = fact_sheet_cohort(c->sheet, campaign->cohorts[i].name);
        known = known || cohort != NULL;
        found = cohort != NULL && has_any(s, cohort->jurisdictions, cohort->jurisdiction_count);
    }
    return known ? found : has_any(s, c->sheet->jurisdictions, c->sheet->jurisdiction_count);
}

static bool has_readers(const struct ruleset *s, const struct law_case *c, bool asked_for)
{
    bool found = false;
    if (c->text_count == 0)
        return asked_for || (c->sheet != NULL && has_readers_by_sheet(s, c));
    for (size_t i = 0; i < c->text_count && !found; i++)
        found = sets_concern(s, &c->texts[i]) && (asked_for || c->texts[i].jurisdiction_count > 0);
    return found;
}

bool sets_apply(const struct law *l, const struct ruleset *s, const struct law_case *c)
{
    if (c->rulesets == NULL)
        return is_in_force(l, s, c) && fits(s, c) && has_readers(s, c, false);
    bool asked_for = false;
    for (size_t i = 0; i < c->ruleset_count && !asked_for; i++) {
        const struct ruleset *meant = resolve(l, c->rulesets[i], c);
        asked_for = meant != NULL && meant == s;
    }
    return asked_for && has_readers(s, c, true);
}

bool sets_rule_applies(const struct ruleset *s, const struct law_rule *rule,
                       const struct law_case *c)
{
    int64_t day = sets_day(s, c);
    return rule->from_day <= day && day <= rule->until_day &&
           node_admits(yaml_get(rule->node, "kind"), notice_kind_name(c->kind)) &&
           node_admits(yaml_get(rule->node, "category"), c->category);
}
