#include "operator/command_list.h"

#include <stdio.h>

#include "model/delivery.h"
#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"

#define PAGE 500

static void add_row(void *context, const struct json_t *row)
{
    struct table *t = context;
    char when[64];
    table_cell(t, json_get_text(row, "id", NULL));
    table_cell(t, json_get_text(row, "channel", NULL));
    table_cell(t, json_get_text(row, "state", NULL));
    table_cellf(t, "%lld", (long long)json_get_int(row, "attempts", 0));
    table_cell(t, json_get_text(row, "locale", NULL));
    table_cell(t, json_get_text(row, "template", NULL));
    table_cell(t, json_get_text(row, "cause", NULL));
    table_cell(t, output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)));
}

/* Page after page, so that neither the daemon nor we ever hold a long answer: JSON is printed at
 * once, only a table has to be gathered. */
static int gather(struct session *s, const struct invocation *inv, int64_t limit, struct buf *rows,
                  bool *out_more, struct error *err)
{
    int64_t after = 0;
    int rc = 0;
    *out_more = true;
    while (rc == 0 && *out_more && limit > 0) {
        struct buf request = {0}, end = {0};
        struct json_t *facts = NULL;
        request_begin(&request, "queue");
        request_put_selector(&request, inv, argument_at(inv, 0));
        buf_printf(&request, ",\"after\":%lld,\"limit\":%lld}", (long long)after,
                   (long long)(limit < PAGE ? limit : PAGE));
        rc = client_ask(s->client, request.data, rows, &end, err);
        if (rc == 0)
            rc = json_parse(end.data, end.len, "answer", 1, 8, &facts, err);
        if (rc == 0 && invocation_json(inv)) {
            fwrite(buf_text(rows), 1, rows->len, stdout);
            buf_reset(rows);
        }
        limit -= json_get_int(facts, "count", 0);
        after = json_get_int(facts, "last", 0);
        *out_more = json_get_bool(facts, "more", false);
        json_free(facts);
        buf_free(&request);
        buf_free(&end);
    }
    return rc;
}

static void print_rows(const struct buf *rows)
{
    static const char *const heads[] = {"ID",     "CHANNEL",  "STATE", "TRIES",
                                        "LOCALE", "TEMPLATE", "CAUSE", "NEXT TRY"};
    struct table t;
    table_begin(&t, heads, COUNT_OF(heads));
    output_each_line(rows, add_row, &t);
    if (t.rows == 0)
        fprintf(stderr, "Nothing matches.\n");
    else
        table_end(&t);
}

static void add_summary_row(void *context, const struct json_t *row)
{
    struct table *t = context;
    int64_t total = 0;
    table_cell(t, json_get_text(row, "channel", NULL));
    for (int state = 0; state < DELIVERY_STATES; state++) {
        int64_t n = json_get_int(row, delivery_state_name((enum delivery_state)state), 0);
        total += n;
        table_cellf(t, "%lld", (long long)n);
    }
    table_cellf(t, "%lld", (long long)total);
}

static void print_summary(const struct buf *rows)
{
    const char *heads[DELIVERY_STATES + 2] = {"CHANNEL"};
    struct table t;
    for (int state = 0; state < DELIVERY_STATES; state++)
        heads[state + 1] = delivery_state_name((enum delivery_state)state);
    heads[DELIVERY_STATES + 1] = "TOTAL";
    table_begin(&t, heads, COUNT_OF(heads));
    output_each_line(rows, add_summary_row, &t);
    table_end(&t);
}

/* The counters are kept for everything; a part of it must not look like the whole. */
static int refuse_selectors(const struct invocation *inv, struct error *err)
{
    static const char *const names[] = {"state", "channel", "campaign", "cause", "limit"};
    if (argument_at(inv, 0) != NULL)
        return error_set(err, ERR_USAGE, "--summary counts the whole ledger; leave out the id");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (option_given(inv, names[i]))
            return error_set(err, ERR_USAGE, "--summary counts the whole ledger; leave out --%s",
                             names[i]);
    }
    return 0;
}

static int run_summary(const struct invocation *inv, struct session *s, struct error *err)
{
    struct buf rows = {0}, end = {0};
    int rc = refuse_selectors(inv, err);
    if (rc != 0)
        return rc;
    rc = client_ask(s->client, "{\"v\":1,\"verb\":\"summary\"}", &rows, &end, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_summary(&rows);
    buf_free(&rows);
    buf_free(&end);
    return rc;
}

static int run_list(const struct invocation *inv, struct session *s, struct error *err)
{
    struct buf rows = {0};
    int64_t limit = 0;
    bool more = false;
    int rc = option_int(inv, "limit", 1, 1000000000, invocation_json(inv) ? 1000000000 : 100,
                        &limit, err);
    if (rc == 0)
        rc = gather(s, inv, limit, &rows, &more, err);
    if (rc == 0 && !invocation_json(inv))
        print_rows(&rows);
    if (rc == 0 && more && !invocation_json(inv))
        fprintf(stderr, "There are more; see --limit, or --summary for the counts.\n");
    buf_free(&rows);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    int rc = session_open(inv, LEDGER_READ, &s, err);
    if (rc == 0)
        rc = option_given(inv, "summary") ? run_summary(inv, &s, err) : run_list(inv, &s, err);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"limit", 0, "N", "how many rows (default: 100, with --json all)"},
    {"summary", 0, NULL, "counts by channel and state instead of rows"},
};

const struct command command_queue = {
    .name = "queue",
    .arguments = "[ID]",
    .summary = "list deliveries and their states",
    .details = "One row per delivery: one notice on one channel.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1,
    .run = run,
};
