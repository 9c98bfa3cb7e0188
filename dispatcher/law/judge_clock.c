#include "law/judge_clock.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "law/node.h"
#include "law/sets.h"

#define HOUR_MS INT64_C(3600000)

static const struct known_time *time_of(const struct fact_sheet *s, const char *name)
{
    const struct {
        const char *name;
        const struct known_time *time;
    } times[] = {
        {"aware_at", &s->aware_at},
        {"trigger_at", &s->trigger_at},
        {"discovered_at", &s->discovered_at},
    };
    for (size_t i = 0; i < COUNT_OF(times); i++)
        if (strcmp(times[i].name, name) == 0)
            return times[i].time;
    return NULL;
}

const struct known_time *judge_clock_start(const struct look *look)
{
    return time_of(look->c->sheet, yaml_text(look->rule->value, "from"));
}

/* "2026-11-18T00:00Z" */
static const char *show_minute(int64_t ms, char *out)
{
    clock_format_rfc3339(ms, out);
    memcpy(out + strlen("2026-11-18T00:00"), "Z", sizeof "Z");
    return out;
}

bool judge_clock_is_met(const struct look *look)
{
    const struct law_case *c = look->c;
    const struct yaml_node *kinds = yaml_get(look->rule->value, "met_by");
    return c->earlier != NULL && kinds != NULL &&
           node_has(kinds, notice_kind_name(c->earlier->kind));
}

static enum problem_level limit_level(const struct look *look)
{
    const char *level = yaml_text(look->rule->value, "limit_level");
    return level != NULL && strcmp(level, "error") == 0 ? PROBLEM_ERROR : look->rule->level;
}

bool judge_clock_is_excused(const struct look *look)
{
    const struct campaign *campaign = look->c->campaign;
    const struct yaml_node *excuses = yaml_get(look->rule->value, "excuses");
    return excuses != NULL && campaign != NULL && campaign->delay_reason != NULL &&
           node_has(excuses, campaign->delay_reason);
}

static void report_late(const struct look *look, const struct place *at, const char *since,
                        int64_t elapsed, int64_t limit)
{
    char passed[FINDING_SPAN_SIZE], over[FINDING_SPAN_SIZE], allowed[FINDING_SPAN_SIZE];
    const struct yaml_node *excuses = yaml_get(look->rule->value, "excuses");
    struct buf reasons = {0};
    finding_span(elapsed, passed);
    finding_span(elapsed - limit, over);
    finding_span(limit, allowed);
    node_put_list(&reasons, excuses, "or");
    if (judge_clock_is_excused(look))
        finding_add_as(look, PROBLEM_WARNING, at,
                       "%s since %s, %s past the limit of %s; delayed for %s, so it must leave as "
                       "soon as that is over",
                       passed, since, over, allowed, look->c->campaign->delay_reason);
    else if (excuses != NULL)
        finding_add_late(look, limit_level(look), at,
                         "%s since %s, %s past the limit of %s; this does not keep it from being "
                         "sent; allowed only for delay_reason: %s",
                         passed, since, over, allowed, buf_text(&reasons));
    else
        finding_add_late(look, limit_level(look), at,
                         "%s since %s, %s past the limit of %s; this does not keep it from being "
                         "sent",
                         passed, since, over, allowed);
    buf_free(&reasons);
}

static void judge_elapsed(const struct look *look, const struct known_time *start)
{
    char since[CLOCK_TEXT_SIZE], passed[FINDING_SPAN_SIZE], left[FINDING_SPAN_SIZE];
    struct place at = finding_place(look);
    int64_t limit = node_number(look->rule->value, "hours", 0);
    int64_t warn_at = node_number(look->rule->value, "warn_at", 0);
    int64_t elapsed_ms = sets_moment_ms(look->c) - start->at_ms, hours = elapsed_ms / HOUR_MS;
    show_minute(start->at_ms, since);
    if (elapsed_ms > limit * HOUR_MS)
        report_late(look, &at, since, hours, limit);
    else if (elapsed_ms >= warn_at * HOUR_MS)
        finding_add(look, &at, "%s since %s; %s left", finding_span(hours, passed), since,
                    finding_span(limit - hours, left));
}

void judge_clock(const struct look *look)
{
    const struct fact_sheet *sheet = look->c->sheet;
    char allowed[FINDING_SPAN_SIZE];
    if (sheet == NULL || judge_clock_is_met(look))
        return;
    const char *from = yaml_text(look->rule->value, "from");
    const struct known_time *start = judge_clock_start(look);
    struct place at = {sheet->file, 0, 0};
    if (start->at_ms == 0)
        finding_add_as(look, PROBLEM_WARNING, &at,
                       "times.%s is not in the fact sheet, so the %s cannot be counted", from,
                       finding_span(node_number(look->rule->value, "hours", 0), allowed));
    else
        judge_elapsed(look, start);
}
