#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "cli/output.h"
#include "desk/duties.h"
#include "desk/report.h"
#include "model/json.h"

/* ---- the people ---- */

static void take_group(void *context, const struct json_t *row)
{
    struct report *r = context;
    r->groups = xreallocarray(r->groups, r->count + 1, sizeof(*r->groups));
    struct report_group *g = &r->groups[r->count];
    *g = (struct report_group){
        .language_fallback = json_get_bool(row, "language_fallback", false),
        .channel_fallback = json_get_bool(row, "channel_fallback", false),
        .count = json_get_int(row, "count", 0),
    };
    if (!channel_kind_parse(json_get_text(row, "channel", ""), &g->channel) ||
        !delivery_state_parse(json_get_text(row, "state", ""), &g->state))
        return;
    g->batch = xstrdup(json_get_text(row, "batch", ""));
    g->cohort = xstrdup(json_get_text(row, "cohort", ""));
    g->locale = xstrdup(json_get_text(row, "locale", ""));
    g->cause = xstrdup(json_get_text(row, "cause", ""));
    r->people += g->count;
    r->count++;
}

static int compare_groups(const void *left, const void *right)
{
    const struct report_group *a = left, *b = right;
    int by = strcmp(a->cohort, b->cohort);
    if (by == 0)
        by = strcmp(a->locale, b->locale);
    if (by == 0)
        by = (int)a->channel - (int)b->channel;
    if (by == 0)
        by = (int)a->state - (int)b->state;
    return by != 0 ? by : strcmp(a->cause, b->cause);
}

static int ask(struct session *s, const char *verb, const char *name, struct buf *rows,
               struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, verb);
    request_put_text(&request, "campaign", name);
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), rows, out, err);
    buf_free(&request);
    return rc;
}

static int ask_people(struct session *s, struct report *r, struct error *err)
{
    struct buf rows = {0};
    int rc = ask(s, "report", r->name, &rows, &r->sum, err);
    if (rc == 0)
        output_each_line(&rows, take_group, r);
    if (r->count > 0)
        qsort(r->groups, r->count, sizeof(*r->groups), compare_groups);
    buf_free(&rows);
    return rc;
}

/* ---- what it still owes ---- */

static void take_duty(void *context, const char *rule, const char *what, int64_t due_ms)
{
    struct report *r = context;
    r->duties = xreallocarray(r->duties, r->duty_count + 1, sizeof(*r->duties));
    r->duties[r->duty_count++] = (struct report_duty){xstrdup(rule), xstrdup(what), due_ms};
}

/* A file that is not there any more owes nothing that could be told. */
static void find_duties(const struct invocation *inv, struct session *s, const char *file,
                        struct report *r)
{
    if (file == NULL || access(file, R_OK) != 0)
        return;
    duties_find(inv, s, r->campaign, file, take_duty, r, &r->duties_unknown);
    r->duties_known = r->duties_unknown.len == 0;
}

/* ---- the whole ---- */

static bool is_open(enum delivery_state state)
{
    return state == DELIVERY_WAITING || state == DELIVERY_IN_FLIGHT || state == DELIVERY_DEFERRED ||
           state == DELIVERY_HELD;
}

static void judge(struct report *r)
{
    int64_t planned = json_get_int(r->campaign, "people", 0);
    r->expected = planned > 0 ? planned : json_get_int(r->sum, "lines", 0);
    for (size_t i = 0; i < r->count; i++)
        r->open += is_open(r->groups[i].state) ? r->groups[i].count : 0;
    bool looked = r->duties_known || (r->campaign == NULL && r->duties_unknown.len == 0);
    r->final = r->open == 0 && looked && r->duty_count == 0 && r->people == r->expected &&
               !json_get_bool(r->sum, "loading", false);
}

int report_gather(const struct invocation *inv, struct session *s, const char *name,
                  const char *file, struct report *out, struct error *err)
{
    struct error ignored;
    *out = (struct report){.name = name};
    int rc = ask_people(s, out, err);
    if (rc == 0 && ask(s, "campaign", name, NULL, &out->campaign, &ignored) != 0)
        out->campaign = NULL;
    if (rc == 0)
        rc = ask(s, "calls", name, NULL, &out->calls, err);
    if (file == NULL)
        file = json_get_text(out->campaign, "file", NULL);
    if (rc == 0) {
        find_duties(inv, s, file, out);
        judge(out);
    }
    return rc;
}

void report_free(struct report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->groups[i].batch);
        free(r->groups[i].cohort);
        free(r->groups[i].locale);
        free(r->groups[i].cause);
    }
    for (size_t i = 0; i < r->duty_count; i++) {
        free(r->duties[i].rule);
        free(r->duties[i].what);
    }
    free(r->groups);
    free(r->duties);
    buf_free(&r->duties_unknown);
    json_free(r->campaign);
    json_free(r->sum);
    json_free(r->calls);
    *r = (struct report){0};
}

/* ---- sums ---- */

static const char *name_of(const struct report_group *g, enum report_by by)
{
    switch (by) {
    case BY_COHORT:
        return g->cohort;
    case BY_LANGUAGE:
        return g->locale;
    case BY_CHANNEL:
        return channel_kind_name(g->channel);
    case BY_NOTHING:
        break;
    }
    return "";
}

/* What there is no line left for is counted in the last one, so that the sum is right. */
static struct report_line *find_line(struct report_line *lines, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(lines[i].name, name) == 0)
            return &lines[i];
    }
    if (*count == REPORT_LINES_MAX) {
        lines[*count - 1].name = "...";
        return &lines[*count - 1];
    }
    lines[*count] = (struct report_line){.name = name};
    return &lines[(*count)++];
}

size_t report_lines(const struct report *r, enum report_by by, struct report_line *out)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct report_group *g = &r->groups[i];
        struct report_line *line = find_line(out, &count, name_of(g, by));
        line->counts[g->state] += g->count;
        line->total += g->count;
    }
    return count;
}

static const struct {
    const char *name;
    enum delivery_state state; /* DELIVERY_WAITING: all that are open */
} columns[REPORT_COLUMNS] = {
    {"delivered", DELIVERY_DELIVERED}, {"open", DELIVERY_WAITING},
    {"uncertain", DELIVERY_UNCERTAIN}, {"failed", DELIVERY_FAILED},
    {"expired", DELIVERY_EXPIRED},     {"suppressed", DELIVERY_SUPPRESSED},
    {"cancelled", DELIVERY_CANCELLED},
};

int64_t report_column(const struct report_line *line, size_t column)
{
    if (columns[column].state != DELIVERY_WAITING)
        return line->counts[columns[column].state];
    int64_t sum = 0;
    for (int state = 0; state < DELIVERY_STATES; state++)
        sum += is_open((enum delivery_state)state) ? line->counts[state] : 0;
    return sum;
}

const char *report_column_name(size_t column)
{
    return columns[column].name;
}

int64_t report_count_fallbacks(const struct report *r, bool of_language)
{
    int64_t sum = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct report_group *g = &r->groups[i];
        sum += (of_language ? g->language_fallback : g->channel_fallback) ? g->count : 0;
    }
    return sum;
}

bool report_reached(const struct report_group *g)
{
    return g->state == DELIVERY_DELIVERED && strcmp(g->cause, "outbox") != 0;
}

int64_t report_count_outbox(const struct report *r)
{
    int64_t sum = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct report_group *g = &r->groups[i];
        if (g->state == DELIVERY_DELIVERED && !report_reached(g))
            sum += g->count;
    }
    return sum;
}
