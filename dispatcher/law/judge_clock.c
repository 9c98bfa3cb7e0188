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

/* "2026-11-18T00:00Z" */
static const char *show_minute(int64_t ms, char *out)
{
    clock_format_rfc3339(ms, out);
    memcpy(out + strlen("2026-11-18T00:00"), "Z", sizeof "Z");
    return out;
}

/* The notice before this one in the chain was the one the clock runs for. */
static bool is_met(const struct look *look)
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

static bool is_excused(const struct look *look)
{
    const struct campaign *campaign = look->c->campaign;
    const struct yaml_node *excuses = yaml_get(look->rule->value, "excuses");
    return excuses != NULL && campaign != NULL && campaign->delay_reason != NULL &&
           node_has(excuses, campaign->delay_reason);
}

static void report_late(const struct look *look, const struct place *at, const char *since,
                        int64_t elapsed, int64_t limit)
{
    const struct yaml_node *excuses = yaml_get(look->rule->value, "excuses");
    struct buf hint = {0};
    if (is_excused(look)) {
        finding_add_as(look, PROBLEM_WARNING, at,
                       "%lld h since %s, %lld h past the limit of %lld h; delayed for %s, so it "
                       "must leave as soon as that is over",
                       (long long)elapsed, since, (long long)(elapsed - limit), (long long)limit,
                       look->c->campaign->delay_reason);
        return;
    }
    if (excuses != NULL) {
        buf_puts(&hint, "; allowed only for delay_reason: ");
        node_put_list(&hint, excuses, "or");
    }
    finding_add_late(look, limit_level(look), at,
                     "%lld h since %s, %lld h past the limit of %lld h; this does not keep it "
                     "from being sent%s",
                     (long long)elapsed, since, (long long)(elapsed - limit), (long long)limit,
                     buf_text(&hint));
    buf_free(&hint);
}

void judge_clock(const struct look *look)
{
    char since[CLOCK_TEXT_SIZE];
    const struct fact_sheet *sheet = look->c->sheet;
    if (sheet == NULL || is_met(look))
        return;
    const char *from = yaml_text(look->rule->value, "from");
    const struct known_time *start = time_of(sheet, from);
    int64_t limit = node_number(look->rule->value, "hours", 0);
    struct place at = finding_place(look);
    if (start->at_ms == 0) {
        at = (struct place){sheet->file, 0, 0};
        finding_add_as(look, PROBLEM_WARNING, &at,
                       "times.%s is not in the fact sheet, so the %lld hours cannot be counted",
                       from, (long long)limit);
        return;
    }
    int64_t elapsed_ms = sets_moment_ms(look->c) - start->at_ms, hours = elapsed_ms / HOUR_MS;
    show_minute(start->at_ms, since);
    if (elapsed_ms > limit * HOUR_MS)
        report_late(look, &at, since, hours, limit);
    else if (elapsed_ms >= node_number(look->rule->value, "warn_at", 0) * HOUR_MS)
        finding_add(look, &at, "%lld h since %s; %lld h left", (long long)hours, since,
                    (long long)(limit - hours));
}
