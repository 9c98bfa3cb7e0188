#include "desk/command_list.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/limit.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/waits.h"
#include "model/json.h"

struct listing {
    const struct invocation *inv;
    struct table table;
    bool daemon;
};

/* Nothing of it is in flight, and nothing is due. */
static bool is_waiting(const struct json_t *row)
{
    return json_get_int(row, "in_flight", 0) == 0 && waits_any(row);
}

/* In a word, what a person wants to know first. */
static const char *state_word(const struct listing *list, const struct json_t *row)
{
    const char *state = json_get_text(row, "state", ""), *stop = json_get_text(row, "stop", "");
    if (text_equal(state, "purged"))
        return "purged";
    if (text_equal(state, "new"))
        return SAID("in new/");
    bool handed_over = json_get_int(row, "open", 0) == 0 && text_equal(state, "running");
    bool awaits = json_get_int(row, "awaiting", 0) > 0;
    bool held = handed_over && !awaits && json_get_int(row, "held", 0) > 0;
    if (handed_over && !awaits && !held)
        return SAID("finished");
    if (!text_equal(stop, "goes"))
        return stop;
    if (held)
        return SAID("to release");
    if (!list->daemon)
        return text_equal(state, "loading") ? SAID("half taken in") : SAID("not finished");
    if (text_equal(state, "loading"))
        return SAID("taking in");
    if (handed_over)
        return SAID("to confirm");
    return is_waiting(row) ? SAID("waiting") : SAID("sending");
}

static struct buf *separated(struct buf *out)
{
    if (out->len > 0)
        buf_puts(out, "; ");
    return out;
}

/* What a finished batch leaves to somebody. */
static void put_left(const struct listing *list, const struct json_t *row, struct buf *out)
{
    int64_t failed = json_get_int(row, "failed", 0), uncertain = json_get_int(row, "uncertain", 0);
    char number[OUTPUT_NUMBER_SIZE];
    if (failed > 0)
        say_put(list->inv, out, "%s failed", output_number(failed, number));
    if (uncertain > 0) {
        buf_puts(out, out->len > 0 ? ", " : "");
        say_put(list->inv, out, "%s uncertain", output_number(uncertain, number));
    }
    if (out->len > 0)
        buf_printf(out, ": dispatcher failures --batch %s", json_get_text(row, "batch", ""));
}

static void put_why(const struct listing *list, const struct json_t *row, struct buf *out)
{
    const char *word = state_word(list, row), *reason = json_get_text(row, "stop_reason", "");
    if (text_equal(word, "finished"))
        put_left(list, row, out);
    if (text_equal(word, "purged") || text_equal(word, "finished"))
        return;
    kept_put(list->inv, reason, out);
    if (!list->daemon)
        say_put(list->inv, separated(out), "no daemon runs");
    else if (text_equal(word, "in new/"))
        say_put(list->inv, out,
                "not taken in yet; if it waits for a letter, dispatcher status says so");
    bool stopped = !text_equal(json_get_text(row, "stop", ""), "goes");
    int64_t awaiting = json_get_int(row, "awaiting", 0);
    if (text_equal(word, "to release"))
        say_put(list->inv, separated(out), "%lld held: dispatcher release --batch %s",
                (long long)json_get_int(row, "held", 0), json_get_text(row, "batch", ""));
    if (stopped && awaiting > 0)
        say_put(list->inv, separated(out), "%lld wait for a confirmation", (long long)awaiting);
    if (out->len == 0 && is_waiting(row))
        waits_put_short(list->inv, row, out);
}

/* Lines of which nothing is in the books yet. */
static int64_t count_coming(const struct json_t *row)
{
    return json_get_int(row, "lines", 0) - json_get_int(row, "lines_taken", 0);
}

static void add_percent(struct table *t, const struct json_t *row)
{
    int64_t all = json_get_int(row, "deliveries", 0) + count_coming(row);
    int64_t awaiting = json_get_int(row, "awaiting", 0), held = json_get_int(row, "held", 0);
    int64_t done = json_get_int(row, "deliveries", 0) - json_get_int(row, "open", 0) -
                   (awaiting > held ? awaiting : held); /* what is held may await word, too */
    if (all <= 0)
        table_cell(t, "-");
    else
        table_cellf(t, "%d%%", (int)(100 * done / all));
}

/* So that the columns add up: the states that have none, where there are any. */
static void add_others(struct listing *list, const struct json_t *row)
{
    static const char *const others[] = {"suppressed", "expired", "held", "cancelled"};
    struct buf words = {0};
    char number[OUTPUT_NUMBER_SIZE];
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        int64_t count = json_get_int(row, others[i], 0);
        if (count > 0)
            buf_printf(&words, "%s%s %s", words.len > 0 ? ", " : "", output_number(count, number),
                       say_word(list->inv, others[i]));
    }
    table_cell(&list->table, buf_text(&words));
    buf_free(&words);
}

static void add_row(void *context, const struct json_t *row)
{
    struct listing *list = context;
    struct table *t = &list->table;
    struct buf why = {0};
    char age[OUTPUT_NUMBER_SIZE];
    put_why(list, row, &why);
    table_cell(t, json_get_text(row, "batch", NULL));
    table_cell(t, json_get_text(row, "campaign", NULL));
    table_cell(t, say_word(list->inv, state_word(list, row)));
    if (text_equal(json_get_text(row, "state", ""), "new"))
        table_cell(t, NULL); /* nobody has counted them yet */
    else
        table_count(t, json_get_int(row, "lines", 0));
    add_percent(t, row);
    table_count(t, json_get_int(row, "delivered", 0));
    table_count(t, json_get_int(row, "failed", 0));
    table_count(t, json_get_int(row, "uncertain", 0));
    add_others(list, row);
    table_count(t, json_get_int(row, "open", 0) + count_coming(row));
    table_cell(t, output_age(json_get_text(row, "accepted_at", NULL), age));
    table_cell(t, buf_text(&why));
    buf_free(&why);
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

static void print_rows(const struct invocation *inv, const struct buf *rows, bool daemon)
{
    static const char *const english[] = {SAID("BATCH"),  SAID("CAMPAIGN"),  SAID("STATE"),
                                          SAID("LINES"),  SAID("DONE"),      SAID("DELIVERED"),
                                          SAID("FAILED"), SAID("UNCERTAIN"), SAID("OTHER"),
                                          SAID("OPEN"),   SAID("AGE"),       SAID("WHY")};
    const char *heads[COUNT_OF(english)];
    struct listing list = {.inv = inv, .daemon = daemon};
    for (size_t i = 0; i < COUNT_OF(english); i++)
        heads[i] = say_word(inv, english[i]);
    if (rows->len == 0) {
        say(inv, stderr, "There is no batch.\n");
        return;
    }
    table_begin(&list.table, heads, COUNT_OF(heads));
    output_each_line(rows, add_row, &list);
    table_end(&list.table);
}

/* The rows are read beside it. One that does not answer runs, too. */
static bool daemon_runs(const struct session *s)
{
    struct client *client = NULL;
    struct error why = {0};
    int rc = client_open(s->settings, LEDGER_READ, &client, &why);
    bool runs = rc == ERR_DOWN || rc == ERR_DENIED || (rc == 0 && client_has_daemon(client));
    client_close(client);
    return runs;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0};
    int64_t limit, gone = 0;
    int rc = limit_read(inv, &limit, err);
    if (rc != 0)
        return rc;
    rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = gather(&s, inv, &rows, err);
    if (rc == 0)
        gone = limit_newest(&rows, limit);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_rows(inv, &rows, daemon_runs(&s));
    if (rc == 0 && !invocation_json(inv))
        limit_tell_older(inv, gone);
    session_close(&s);
    buf_free(&rows);
    return rc;
}

static const struct option_row options[] = {
    {"open", 0, NULL, "only those that are taken in or have something left to send or to confirm"},
    LIMIT_NEWEST,
};

const struct command command_batches = {
    .name = "batches",
    .arguments = "",
    .summary = "list batches: lines, progress, and why one is stopped",
    .details =
        "  dispatcher batches --open\n\n"
        "STATE is in new/ (handed over, not taken in yet), taking in, sending, waiting (nothing of "
        "it is due: WHY\n"
        "says until when, in your time zone), to confirm (all has left, and the next channel "
        "follows where no\n"
        "confirmation comes in time: WHY says how many wait, and until when), to release (all "
        "others are over, some are\n"
        "held: WHY says how to let them go), halted (too many failures), paused\n"
        "(by a person), finished (WHY says what failed or is uncertain) or purged (its texts are "
        "gone\n"
        "after retention, the rows stay); without a daemon\n"
        "half taken in or not finished. DONE counts what moves no more. DELIVERED, FAILED, "
        "UNCERTAIN, OTHER and\n"
        "OPEN add up to LINES; a line on several channels counts once for each.\n\n"
        "JSON, one object per batch: v, batch, campaign, state (new, loading, running, purged), "
        "stop (goes, halted,\n"
        "paused), stop_reason, go_on, lines, lines_taken, deliveries, open, a number for each "
        "state, refused (of\n"
        "the failed: at intake), accepted_at, expires_at, finished_at, at, waits_for (window, "
        "rate,\n"
        "destination_rest, letter, transport_rest, transport_paused, warmup, not_before, retry, "
        "confirmation: all has left; "
        "null:\n"
        "something is due), rests_because (what happened at its transport) and next_attempt_at; "
        "awaiting (so\n"
        "many have left or are held, and the next channel follows where no word comes), "
        "next_channel_at and\n"
        "last_channel_at (when it begins for the first and the last of them).",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
