#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
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

/* {"state":"failed","batch":"b"} as "state failed, batch b"; what is no object, as it is. */
static void put_selector(struct buf *out, const char *text)
{
    static const char *const names[] = {"id",    "state", "channel",        "campaign",
                                        "batch", "cause", "finished_before"};
    struct json_t *selector = NULL;
    struct error ignored;
    if (json_parse(text, strlen(text), "selector", 1, 8, &selector, &ignored) != 0) {
        buf_puts(out, text);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = json_get_text(selector, names[i], NULL);
        bool is_time = text_equal(names[i], "finished_before");
        char when[64];
        if (value != NULL)
            buf_printf(out, "%s%s %s", out->len > 0 ? ", " : "",
                       is_time ? "finished before" : names[i],
                       is_time ? output_time(value, when, sizeof(when)) : value);
    }
    if (json_get_bool(selector, "go_on", false))
        buf_puts(out, ", whatever fails");
    if (json_get_int(selector, "action", 0) > 0)
        buf_printf(out, "begun as number %lld", (long long)json_get_int(selector, "action", 0));
    if (out->len == 0)
        buf_puts(out, text);
    json_free(selector);
}

static void add_row(void *context, const struct json_t *row)
{
    struct table *t = context;
    struct buf which = {0};
    char when[64];
    table_cellf(t, "%lld", (long long)json_get_int(row, "action", 0));
    table_cell(t, output_time(json_get_text(row, "at", NULL), when, sizeof(when)));
    table_cell(t, json_get_text(row, "who", NULL));
    table_cell(t, json_get_text(row, "verb", NULL));
    add_count(t, row);
    put_selector(&which, json_get_text(row, "selector", ""));
    table_cell(t, buf_text(&which));
    buf_free(&which);
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
    .example = "  dispatcher actions\n",
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
