#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/limit.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

struct listing {
    const struct invocation *inv;
    struct table table;
};

/* What is begun and not ended goes on, or was interrupted. */
static void add_count(struct listing *l, const struct json_t *row)
{
    int64_t count = json_get_int(row, "count", 0), pending = json_get_int(row, "pending", -1);
    struct buf cell = {0};
    if (pending < 0)
        buf_printf(&cell, "%lld", (long long)count);
    else
        say_put(l->inv, &cell, "%lld + %lld, not ended", (long long)count, (long long)pending);
    table_cell(&l->table, buf_text(&cell));
    buf_free(&cell);
}

/* {"state":"failed","batch":"b"} as "state failed, batch b"; what is no object, as it is. */
static void put_selector(const struct invocation *inv, struct buf *out, const char *text)
{
    static const char *const names[] = {"id",      "state",     "channel",         "campaign",
                                        "batch",   "template",  "locale",          "cause",
                                        "domain",  "role",      "transport",       "level",
                                        "corrupt", "reference", "finished_before", "actions"};
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
                       say_word(inv, is_time ? "finished before" : names[i]),
                       is_time ? output_time(value, when, sizeof(when)) : value);
    }
    if (json_get_bool(selector, "go_on", false))
        say_put(inv, out, ", whatever fails");
    if (json_get_bool(selector, "changed_letter", false))
        say_put(inv, out, ", with the letter as it was changed");
    if (json_get_int(selector, "action", 0) > 0)
        say_put(inv, out, "begun as number %lld", (long long)json_get_int(selector, "action", 0));
    if (out->len == 0)
        buf_puts(out, text);
    json_free(selector);
}

static void add_row(void *context, const struct json_t *row)
{
    struct listing *l = context;
    struct table *t = &l->table;
    struct buf which = {0};
    char when[64];
    table_cellf(t, "%lld", (long long)json_get_int(row, "action", 0));
    table_cell(t, output_time(json_get_text(row, "at", NULL), when, sizeof(when)));
    table_cell(t, json_get_text(row, "who", NULL));
    table_cell(t, json_get_text(row, "verb", NULL));
    add_count(l, row);
    put_selector(l->inv, &which, json_get_text(row, "selector", ""));
    table_cell(t, buf_text(&which));
    buf_free(&which);
    table_cell(t, json_get_text(row, "reason", NULL));
}

static void print_rows(const struct invocation *inv, const struct buf *rows)
{
    const char *const heads[] = {say_word(inv, "NO"),         say_word(inv, "WHEN"),
                                 say_word(inv, "WHO"),        say_word(inv, "WHAT"),
                                 say_word(inv, "DELIVERIES"), say_word(inv, "WHICH"),
                                 say_word(inv, "WHY")};
    struct listing l = {.inv = inv};
    table_begin(&l.table, heads, COUNT_OF(heads));
    output_each_line(rows, add_row, &l);
    table_end(&l.table);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0}, end = {0};
    int64_t limit, gone = 0;
    int rc = limit_read(inv, &limit, err);
    if (rc != 0)
        return rc;
    rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, "{\"v\":1,\"verb\":\"actions\"}", &rows, &end, err);
    if (rc == 0)
        gone = limit_newest(&rows, limit);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_rows(inv, &rows);
    if (rc == 0 && !invocation_json(inv))
        limit_tell_older(inv, gone);
    session_close(&s);
    buf_free(&rows);
    buf_free(&end);
    return rc;
}

static const struct option_row options[] = {LIMIT_NEWEST};

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
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
