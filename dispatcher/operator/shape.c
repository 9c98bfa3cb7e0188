#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/groups.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "engine/shape.h"
#include "model/json.h"
#include "operator/steps.h"

#define TOP   20
#define TOTAL SHAPE_BUCKETS /* the cell behind the ages */

struct shape {
    struct groups groups; /* by "channel destination" */
    int64_t ages[SHAPE_BUCKETS + 1];
};

static void take_row(void *context, const struct json_t *row)
{
    struct shape *s = context;
    struct buf key = {0};
    const struct json_t *ages = json_get(row, "ages");
    buf_printf(&key, "%s %s", json_get_text(row, "channel", ""),
               json_get_text(row, "destination", ""));
    struct group *g = groups_find(&s->groups, buf_text(&key));
    for (size_t i = 0; i < SHAPE_BUCKETS; i++) {
        double n = 0;
        (void)json_get_number(json_at(ages, i), &n);
        g->cells[i] += (int64_t)n;
        g->cells[TOTAL] += (int64_t)n;
        s->ages[i] += (int64_t)n;
        s->ages[TOTAL] += (int64_t)n;
    }
    buf_free(&key);
}

/* ---- for people ---- */

static void print_row(struct table *t, const char *name, const int64_t *cells)
{
    table_cell(t, name);
    table_count(t, cells[TOTAL]);
    for (int i = 0; i < SHAPE_BUCKETS; i++)
        table_count(t, cells[i]);
}

static void print_table(const struct invocation *inv, const struct shape *s, int64_t limit)
{
    const char *const heads[] = {say_word(inv, "DESTINATION"),
                                 say_word(inv, "TOTAL"),
                                 "5",
                                 "10",
                                 "20",
                                 "40",
                                 "80",
                                 "160",
                                 "320",
                                 "640",
                                 "1280",
                                 "1280+"};
    struct table t;
    _Static_assert(COUNT_OF(heads) == SHAPE_BUCKETS + 2, "a head for each column");
    if (s->groups.count == 0) {
        say(inv, stderr, "Nothing matches.\n");
        return;
    }
    table_begin(&t, heads, COUNT_OF(heads));
    print_row(&t, say_word(inv, "TOTAL"), s->ages);
    for (size_t i = 0; i < s->groups.count && (int64_t)i < limit; i++)
        print_row(&t, strchr(s->groups.at[i].key, ' ') + 1, s->groups.at[i].cells);
    table_end(&t);
    if ((int64_t)s->groups.count > limit)
        say(inv, stderr, "%zu destinations are not shown; see --limit.\n",
            s->groups.count - (size_t)limit);
}

/* ---- for programs ---- */

static void print_object(const char *channel, size_t channel_len, const char *destination,
                         const int64_t *cells)
{
    struct buf out = {0}, name = {0};
    buf_put(&name, channel, channel_len);
    buf_puts(&out, "{\"v\":1,\"channel\":");
    buf_put_json(&out, channel_len > 0 ? name.data : NULL);
    buf_puts(&out, ",\"destination\":");
    buf_put_json(&out, destination);
    buf_printf(&out, ",\"total\":%lld,\"ages\":{", (long long)cells[TOTAL]);
    for (int i = 0; i < SHAPE_BUCKETS - 1; i++)
        buf_printf(&out, "\"%d\":%lld,", SHAPE_FIRST_M << i, (long long)cells[i]);
    buf_printf(&out, "\"older\":%lld}}\n", (long long)cells[SHAPE_BUCKETS - 1]);
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&name);
    buf_free(&out);
}

static void print_json(const struct shape *s, int64_t limit)
{
    print_object("", 0, NULL, s->ages);
    for (size_t i = 0; i < s->groups.count && (int64_t)i < limit; i++) {
        const char *key = s->groups.at[i].key, *space = strchr(key, ' ');
        print_object(key, (size_t)(space - key), space + 1, s->groups.at[i].cells);
    }
}

static int run(const struct invocation *inv, struct error *err)
{
    struct shape shape = {0};
    struct session s;
    int64_t limit = 0;
    int rc = option_int(inv, "limit", 1, 1000000000, invocation_json(inv) ? 1000000000 : TOP,
                        &limit, err);
    if (rc != 0)
        return rc;
    rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = steps_ask(&s, inv, "shape", take_row, &shape, err);
    groups_sort(&shape.groups, TOTAL);
    if (rc == 0 && invocation_json(inv))
        print_json(&shape, limit);
    else if (rc == 0)
        print_table(inv, &shape, limit);
    groups_free(&shape.groups);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"limit", 0, "N", "the N largest destinations (default: 20, with --json all)"},
};

const struct command command_shape = {
    .name = "shape",
    .arguments = "[ID]",
    .summary = "what has not left, by age and destination",
    .details =
        "  dispatcher shape --state deferred\n"
        "  dispatcher shape --channel email --limit 5\n\n"
        "One row for each mail domain, SMS transport or endpoint: how many were accepted less than "
        "5, 10, 20 ... 1280 minutes\n"
        "ago and 1280+ for all older ones. A domain whose row grows to the right does not take "
        "our mail; one that grows\n"
        "to the left only has much to take. Without --state: what waits or is deferred.\n\n"
        "JSON, one object per row, the first (channel and destination null) is the sum: v, "
        "channel, destination, total,\n"
        "ages: {5, 10, 20, 40, 80, 160, 320, 640, 1280, older}.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1,
    .run = run,
};
