#include "operator/command_list.h"

#include <stdio.h>

#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"

/* What is begun and not ended goes on, or was interrupted. */
static void add_count(struct table *t, const struct json_t *row)
{
    int64_t count = json_get_int(row, "count", 0), pending = json_get_int(row, "pending", -1);
    if (pending < 0)
        table_cellf(t, "%lld", (long long)count);
    else
        table_cellf(t, "%lld + %lld, not ended", (long long)count, (long long)pending);
}

static void add_row(void *context, const struct json_t *row)
{
    struct table *t = context;
    char when[64];
    table_cellf(t, "%lld", (long long)json_get_int(row, "action", 0));
    table_cell(t, output_time(json_get_text(row, "at", NULL), when, sizeof(when)));
    table_cell(t, json_get_text(row, "who", NULL));
    table_cell(t, json_get_text(row, "verb", NULL));
    add_count(t, row);
    table_cell(t, json_get_text(row, "selector", NULL));
    table_cell(t, json_get_text(row, "reason", NULL));
}

static void print_rows(const struct buf *rows)
{
    static const char *const heads[] = {"NO", "WHEN", "WHO", "WHAT", "DELIVERIES", "WHICH", "WHY"};
    struct table t;
    table_begin(&t, heads, COUNT_OF(heads));
    output_each_line(rows, add_row, &t);
    table_end(&t);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0}, end = {0};
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, "{\"v\":1,\"verb\":\"actions\"}", &rows, &end, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_rows(&rows);
    session_close(&s);
    buf_free(&rows);
    buf_free(&end);
    return rc;
}

const struct command command_actions = {
    .name = "actions",
    .arguments = "",
    .summary = "what people changed: who, when, how many, why",
    .details =
        "Every changing command leaves a row. The rows form a chain of hashes that\n"
        "`dispatcher reconcile` checks.\n\n"
        "A retry of many leaves two: `retry begun`, and `retry ended` with the number of the "
        "first and with\n"
        "what was moved after it; `retry interrupted` instead when nobody went on with it for a "
        "minute before\n"
        "the next retry, or before the daemon started again. Their counts add up. While neither "
        "stands there,\n"
        "what was moved so far is shown behind the count (JSON: pending).",
    .run = run,
};
