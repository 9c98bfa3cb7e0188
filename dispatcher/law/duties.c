/* Every duty of a chain of notices, done or not, for whoever looks back. */
#include "law/law.h"

#include "base/attributes.h"
#include "law/exemption.h"
#include "law/judge_case.h"
#include "law/judge_clock.h"
#include "law/node.h"
#include "law/obligations.h"
#include "law/sets.h"

#define HOUR_MS INT64_C(3600000)

/* ---- names ---- */

const char *law_duty_kind_name(enum law_duty_kind kind)
{
    static const char *const names[] = {
        [LAW_DUTY_CLOCK] = "clock",
        [LAW_DUTY_FOLLOW] = "follow",
        [LAW_DUTY_REPORT] = "report",
    };
    return names[kind];
}

const char *law_duty_state_name(enum law_duty_state state)
{
    static const char *const names[LAW_DUTY_STATES] = {
        [LAW_DUTY_MET] = "met",         [LAW_DUTY_LATE] = "late",   [LAW_DUTY_OPEN] = "open",
        [LAW_DUTY_MISSED] = "missed",   [LAW_DUTY_ENDED] = "ended", [LAW_DUTY_UNSEEN] = "unseen",
        [LAW_DUTY_UNKNOWN] = "unknown",
    };
    return names[state];
}

enum law_duty_state law_duty_state(const struct law_duty *d, int64_t now_ms)
{
    if (d->to != NULL)
        return LAW_DUTY_UNSEEN;
    if (d->kind == LAW_DUTY_CLOCK && d->from_ms == 0)
        return LAW_DUTY_UNKNOWN;
    if (d->met_ms == 0)
        return d->due_ms != 0 && d->due_ms < now_ms ? LAW_DUTY_MISSED : LAW_DUTY_OPEN;
    if (d->met_by == NULL)
        return LAW_DUTY_ENDED;
    return d->due_ms != 0 && d->met_ms > d->due_ms ? LAW_DUTY_LATE : LAW_DUTY_MET;
}

/* ---- what the rules of a link ask ---- */

struct walk {
    law_duty_fn *tell;
    void *context;
};

static struct law_duty duty_of(const struct look *look, enum law_duty_kind kind)
{
    return (struct law_duty){
        .kind = kind,
        .ruleset = look->set->id,
        .rule = look->rule->id,
        .about = look->rule->about,
        .source = look->rule->source,
        .rules_file = look->set->path,
        .rules_as_of = look->set->as_of,
        .to = yaml_text(look->rule->node, "to"),
        .opened_by = look->c,
        .exemption = exemption_find(look->c->campaign, look->set->id, look->rule->id),
    };
}

static bool is_sent(const struct law_case *c)
{
    return c->send_at_ms != 0 && c->send_at_ms <= c->now_ms;
}

/* Later notices of the same readers need no clock of their own: the first one stopped it. */
static void tell_clock(const struct walk *w, const struct look *look)
{
    if (look->c->sheet == NULL || judge_clock_is_met(look))
        return;
    const struct known_time *start = judge_clock_start(look);
    struct law_duty duty = duty_of(look, LAW_DUTY_CLOCK);
    duty.from = yaml_text(look->rule->value, "from");
    duty.from_ms = start->at_ms;
    duty.from_source = start->source;
    duty.within_hours = node_number(look->rule->value, "hours", 0);
    duty.due_ms = start->at_ms != 0 ? start->at_ms + duty.within_hours * HOUR_MS : 0;
    duty.excuse = judge_clock_is_excused(look) ? look->c->campaign->delay_reason : NULL;
    if (duty.to == NULL && is_sent(look->c)) {
        duty.met_by = look->c;
        duty.met_ms = look->c->send_at_ms;
    }
    w->tell(w->context, &duty);
}

static void tell_report(const struct walk *w, const struct look *look)
{
    struct buf reasons = {0};
    struct law_duty duty = duty_of(look, LAW_DUTY_REPORT);
    judge_conditions_put(look, &reasons);
    duty.within_hours = node_number(look->rule->node, "within_hours", 0);
    if (duty.to == NULL)
        duty.to = "the authority";
    if (reasons.len > 0)
        w->tell(w->context, &duty);
    buf_free(&reasons);
}

static void tell_rules(const struct walk *w, const struct ruleset *set, const struct law_case *c)
{
    for (size_t i = 0; i < set->rule_count; i++) {
        const struct look look = {.set = set, .rule = &set->rules[i], .c = c};
        if (!sets_rule_applies(set, look.rule, c))
            continue;
        if (look.rule->test == LAW_TEST_CLOCK)
            tell_clock(w, &look);
        else if (look.rule->test == LAW_TEST_CONDITIONS)
            tell_report(w, &look);
    }
}

void law_walk_duties(const struct law *l, const struct law_case *chain, size_t count,
                     law_duty_fn *tell, void *context)
{
    const struct walk w = {tell, context};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < l->count; k++)
            if (sets_apply(l, &l->sets[k], &chain[i]))
                tell_rules(&w, &l->sets[k], &chain[i]);
        obligations_walk(l, chain, count, i, tell, context);
    }
}
