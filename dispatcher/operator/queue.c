#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/delivery.h"
#include "model/json.h"
#include "operator/selected.h"

#define PAGE 500

/* What is gathered for a reader. */
struct listing {
    const struct invocation *inv;
    struct table table;
};

static void add_row(void *context, const struct json_t *row)
{
    struct listing *l = context;
    struct table *t = &l->table;
    char when[64];
    table_cell(t, json_get_text(row, "id", NULL));
    table_cell(t, json_get_text(row, "channel", NULL));
    table_cell(t, say_word(l->inv, json_get_text(row, "state", "-")));
    table_cellf(t, "%lld", (long long)json_get_int(row, "attempts", 0));
    table_cell(t, json_get_text(row, "locale", NULL));
    table_cell(t, json_get_text(row, "template", NULL));
    table_cell(t, json_get_text(row, "cause", NULL));
    table_cell(t, json_get_text(row, "waits_for", NULL));
    table_cell(t, output_time(json_get_text(row, "next_attempt_at", NULL), when, sizeof(when)));
}

/* One list, asked for page after page, so that neither the daemon nor we ever hold a long answer:
 * JSON is printed at once, only a table has to be gathered. */
struct list {
    struct session *session;
    const struct invocation *inv;
    const struct selected *selected;
    int64_t limit; /* rows that are still wanted */
    struct buf rows;
    bool more;
};

/* False in *out_any: there is no `index`-th selector. */
static int ask_page(struct list *l, size_t index, int64_t *after, bool *out_any, struct error *err)
{
    struct buf request = {0};
    struct json_t *facts = NULL;
    int rc = 0;
    request_begin(&request, "queue");
    *out_any = selected_put(l->selected, l->inv, index, &request);
    buf_printf(&request, ",\"after\":%lld,\"limit\":%lld}", (long long)*after,
               (long long)(l->limit < PAGE ? l->limit : PAGE));
    if (*out_any)
        rc = session_ask(l->session, request.data, &l->rows, &facts, err);
    if (rc == 0 && invocation_json(l->inv)) {
        fwrite(buf_text(&l->rows), 1, l->rows.len, stdout);
        buf_reset(&l->rows);
    }
    l->limit -= json_get_int(facts, "count", 0);
    *after = json_get_int(facts, "last", 0);
    l->more = json_get_bool(facts, "more", false);
    json_free(facts);
    buf_free(&request);
    return rc;
}

static int gather(struct list *l, struct error *err)
{
    bool any = true;
    int rc = 0;
    for (size_t i = 0; rc == 0 && any && l->limit > 0; i++) {
        int64_t after = 0;
        do
            rc = ask_page(l, i, &after, &any, err);
        while (rc == 0 && l->more && l->limit > 0);
        l->more = l->more || (l->limit <= 0 && i + 1 < l->selected->count);
    }
    return rc;
}

static void print_rows(const struct invocation *inv, const struct buf *rows)
{
    const char *heads[] = {
        say_word(inv, "ID"),    say_word(inv, "CHANNEL"),   say_word(inv, "STATE"),
        say_word(inv, "TRIES"), say_word(inv, "LOCALE"),    say_word(inv, "TEMPLATE"),
        say_word(inv, "CAUSE"), say_word(inv, "WAITS FOR"), say_word(inv, "NEXT TRY")};
    struct listing l = {.inv = inv};
    table_begin(&l.table, heads, COUNT_OF(heads));
    output_each_line(rows, add_row, &l);
    if (l.table.rows == 0)
        say(inv, stderr, "Nothing matches.\n");
    else
        table_end(&l.table);
}

struct summary {
    const struct invocation *inv;
    struct table table;
    int64_t total, uncertain;
    const char *first; /* the oldest of all; borrowed */
    char first_text[CLOCK_TEXT_SIZE];
};

/* RFC 3339 in UTC sorts as text. */
static void note_oldest(struct summary *s, const char *when)
{
    if (when == NULL || (s->first != NULL && strcmp(when, s->first) >= 0))
        return;
    snprintf(s->first_text, sizeof(s->first_text), "%s", when);
    s->first = s->first_text;
}

static void add_summary_row(void *context, const struct json_t *row)
{
    struct summary *s = context;
    char age[OUTPUT_NUMBER_SIZE];
    for (int state = 0; state < DELIVERY_STATES; state++) {
        const char *name = delivery_state_name((enum delivery_state)state);
        const char *when = json_get_text(json_get(row, "oldest"), name, NULL);
        int64_t count = json_get_int(row, name, 0);
        if (count == 0)
            continue;
        table_cell(&s->table, json_get_text(row, "channel", NULL));
        table_cell(&s->table, say_word(s->inv, name));
        table_count(&s->table, count);
        table_cell(&s->table, output_age(when, age));
        note_oldest(s, when);
        s->total += count;
        s->uncertain += state == DELIVERY_UNCERTAIN ? count : 0;
    }
}

/* What waits for a decision of a person says which ones there are. */
static void hint_uncertain(const struct invocation *inv, bool any)
{
    if (any)
        say(inv, stderr,
            "Uncertain: may have arrived, and a repeat may cost money or tell somebody twice. "
            "They stay until you\ndecide. Look at the gateway or mail server, then send again "
            "what did not arrive: dispatcher retry ID\n");
}

static void print_summary(const struct invocation *inv, const struct buf *rows)
{
    const char *heads[] = {say_word(inv, "CHANNEL"), say_word(inv, "STATE"),
                           say_word(inv, "DELIVERIES"), say_word(inv, "OLDEST")};
    struct summary s = {.inv = inv};
    char age[OUTPUT_NUMBER_SIZE];
    table_begin(&s.table, heads, COUNT_OF(heads));
    output_each_line(rows, add_summary_row, &s);
    table_cell(&s.table, say_word(inv, "TOTAL"));
    table_cell(&s.table, "");
    table_count(&s.table, s.total);
    table_cell(&s.table, output_age(s.first, age));
    table_end(&s.table);
    hint_uncertain(inv, s.uncertain > 0);
}

/* The counters are kept for everything and for each batch; a part of that must not look like the
 * whole. */
static int refuse_selectors(const struct invocation *inv, struct error *err)
{
    static const char *const names[] = {"id",       "state",      "channel",   "campaign",
                                        "template", "locale",     "domain",    "cause",
                                        "limit",    "older-than", "everything"};
    if (argument_at(inv, 0) != NULL)
        return error_set(err, ERR_USAGE, "--summary counts the whole ledger; leave out the id");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (option_given(inv, names[i]))
            return error_set(err, ERR_USAGE,
                             "--summary counts the whole ledger, or with --batch one batch; leave "
                             "out --%s",
                             names[i]);
    }
    return 0;
}

static int run_summary(const struct invocation *inv, struct session *s, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    int rc = refuse_selectors(inv, err);
    if (rc != 0)
        return rc;
    request_begin(&request, "summary");
    request_put_text(&request, "batch", option_value(inv, "batch"));
    buf_putc(&request, '}');
    rc = session_ask(s, request.data, &rows, &end, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_summary(inv, &rows);
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static int run_list(const struct invocation *inv, struct session *session,
                    const struct selected *selected, struct error *err)
{
    struct list l = {.session = session, .inv = inv, .selected = selected};
    int rc = option_int(inv, "limit", 1, 1000000000, invocation_json(inv) ? 1000000000 : 100,
                        &l.limit, err);
    if (rc == 0)
        rc = gather(&l, err);
    if (rc == 0 && !invocation_json(inv))
        print_rows(inv, &l.rows);
    if (rc == 0 && l.more && !invocation_json(inv))
        say(inv, stderr, "There are more; see --limit, or --summary for the counts.\n");
    if (rc == 0 && !invocation_json(inv) && text_equal(option_value(inv, "state"), "uncertain"))
        hint_uncertain(inv, l.rows.len > 0);
    buf_free(&l.rows);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s = {0};
    struct selected selected;
    int rc = selected_read(inv, &selected, err);
    if (rc == 0)
        rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = option_given(inv, "summary") ? run_summary(inv, &s, err)
                                          : run_list(inv, &s, &selected, err);
    session_close(&s);
    selected_clear(&selected);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"limit", 0, "N", "how many rows (default: 100, with --json all)"},
    {"summary", 0, NULL, "counts by channel and state instead of rows"},
};

const struct command command_queue = {
    .name = "queue",
    .arguments = "[ID... | -]",
    .summary = "list deliveries and their states",
    .example = "  dispatcher queue --state failed\n"
               "  dispatcher queue --summary\n",
    .details =
        "One row per delivery: one notice on one channel. Recipient c17 of batch b is b_c17.\n"
        "  dispatcher queue --state failed --batch recall-2026\n"
        "  dispatcher queue --locale ko --domain naver.com --older-than 2h\n"
        "  dispatcher queue --cause mailbox_full --json | dispatcher retry -\n"
        "  dispatcher queue --summary --batch recall-2026\n\n"
        "WAITS FOR: transport_paused (by an operator), transport_rest (its transport rests after "
        "faults), transport_rate, warmup, "
        "rate (of its mail\n"
        "domain), destination_rest (its domain or endpoint), window, letter, not_before, retry, "
        "stopped "
        "(its batch),\n"
        "endpoint_disabled, operator (a person decides), daemon (none runs). What rests is asked "
        "of the daemon.\n\n"
        "Every option narrows the list down. - reads ids from standard input: a line each, or the "
        "JSON lines of this\n"
        "command.\n\n"
        "--summary counts by channel and state; OLDEST is the age of what has been in that state "
        "the longest\n"
        "(kept for everything, not for a single batch). `uncertain` may have arrived: nothing "
        "moves it but you, or a report that comes later.\n\n"
        "JSON, one object per delivery: v, id, delivery, batch and line (of a batch), channel, "
        "state, cause,\n"
        "attempts, crashes, template, locale, campaign, transport, address, reply, reported, "
        "accepted_at, changed_at,\n"
        "waits_for, rests_because, next_attempt_at. With --summary one per channel: v, channel, a "
        "number for each state, and "
        "`oldest` with\n"
        "the time of acceptance by state.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 10000,
    .run = run,
};
