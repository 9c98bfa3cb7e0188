#include "operator/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"

/* In one word, what a person wants to know first. */
static const char *state_word(const struct json_t *row)
{
    const char *state = json_get_text(row, "state", ""), *stop = json_get_text(row, "stop", "");
    if (text_equal(state, "purged"))
        return "purged";
    if (json_get_int(row, "open", 0) == 0 && text_equal(state, "running"))
        return "finished";
    if (!text_equal(stop, "goes"))
        return stop;
    return text_equal(state, "loading") ? "taking in" : "sending";
}

/* Of what is in the books and what is still to come. */
static void add_percent(struct table *t, const struct json_t *row)
{
    int64_t coming = json_get_int(row, "lines", 0) - json_get_int(row, "lines_taken", 0);
    int64_t all = json_get_int(row, "deliveries", 0) + coming;
    int64_t done = json_get_int(row, "deliveries", 0) - json_get_int(row, "open", 0);
    if (all <= 0)
        table_cell(t, "-");
    else
        table_cellf(t, "%d%%", (int)(100 * done / all));
}

static void add_row(void *context, const struct json_t *row)
{
    struct table *t = context;
    char age[OUTPUT_NUMBER_SIZE];
    table_cell(t, json_get_text(row, "batch", NULL));
    table_cell(t, json_get_text(row, "campaign", NULL));
    table_cell(t, state_word(row));
    table_count(t, json_get_int(row, "lines", 0));
    add_percent(t, row);
    table_count(t, json_get_int(row, "delivered", 0));
    table_count(t, json_get_int(row, "failed", 0));
    table_count(t, json_get_int(row, "uncertain", 0));
    table_count(t, json_get_int(row, "open", 0));
    table_cell(t, output_age(json_get_text(row, "accepted_at", NULL), age));
    table_cell(t, json_get_text(row, "stop_reason", NULL));
}

static int gather(struct session *s, const struct invocation *inv, struct buf *rows,
                  struct error *err)
{
    int64_t after = 0;
    bool more = true;
    int rc = 0;
    while (rc == 0 && more) {
        struct buf request = {0};
        struct json_t *end = NULL;
        request_begin(&request, "batches");
        buf_printf(&request, ",\"after\":%lld,\"unfinished\":%s}", (long long)after,
                   option_given(inv, "open") ? "true" : "false");
        rc = session_ask(s, request.data, rows, &end, err);
        after = json_get_int(end, "last", 0);
        more = json_get_bool(end, "more", false);
        json_free(end);
        buf_free(&request);
    }
    return rc;
}

static void print_rows(const struct buf *rows)
{
    static const char *const heads[] = {"BATCH", "CAMPAIGN",  "STATE",          "LINES",
                                        "DONE",  "DELIVERED", "FAILED",         "UNCERTAIN",
                                        "OPEN",  "AGE",       "STOPPED BECAUSE"};
    struct table t;
    if (rows->len == 0) {
        fprintf(stderr, "There is no batch.\n");
        return;
    }
    table_begin(&t, heads, COUNT_OF(heads));
    output_each_line(rows, add_row, &t);
    table_end(&t);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0};
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = gather(&s, inv, &rows, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_rows(&rows);
    session_close(&s);
    buf_free(&rows);
    return rc;
}

static const struct option_row options[] = {
    {"open", 0, NULL, "only those that are taken in or have something left to send"},
};

const struct command command_batches = {
    .name = "batches",
    .arguments = "",
    .summary = "list batches: lines, progress, and why one is stopped",
    .details =
        "  dispatcher batches --open\n\n"
        "STATE is taking in, sending, halted (too many failures), paused (by a person), finished "
        "or purged (its\n"
        "texts are gone after retention, the rows stay). DONE counts what moves no more.\n\n"
        "JSON, one object per batch: v, batch, campaign, state (loading, running, purged), stop "
        "(goes, halted,\n"
        "paused), stop_reason, go_on, lines, lines_taken, deliveries, open, a number for each "
        "state,\n"
        "accepted_at, expires_at, finished_at, at.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
