#include "operator/command_list.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "model/json.h"

#define POLL_MS 250

struct tail {
    const struct invocation *inv;
    int64_t after;    /* -1: from now on */
    int64_t since_ms; /* -1: not asked for; once */
    bool more;
    bool gone; /* the daemon, which was told */
};

/* ---- for people ---- */

/* "14:03:12.345" of local time; the day is that of today, or the reader's own business. */
static void put_time(struct buf *out, const char *rfc3339)
{
    char when[64];
    int64_t at_ms = 0;
    if (!clock_parse_rfc3339(rfc3339, &at_ms))
        return;
    output_time(rfc3339, when, sizeof(when)); /* "2026-11-24 09:00:01 +09:00" */
    buf_printf(out, "%.8s.%03d", strlen(when) > 19 ? when + 11 : when, (int)(at_ms % 1000));
}

static void put_word(struct buf *out, const char *word)
{
    if (word == NULL || word[0] == '\0')
        return;
    buf_putc(out, ' ');
    text_put_visible(out, word, strlen(word));
}

static void put_attempt(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    struct buf reply = {0};
    const char *text = json_get_text(row, "reply", "");
    text_put_visible(&reply, text, strcspn(text, "\r\n"));
    say_put(inv, out, " %s, %s over %s in %lld ms: %s",
            say_word(inv, json_get_text(row, "state", "")), json_get_text(row, "cause", ""),
            json_get_text(row, "transport", ""), (long long)json_get_int(row, "duration_ms", 0),
            buf_text(&reply));
    buf_free(&reply);
}

/* What happened, then to whom, then how it went. */
static void put_line(const struct invocation *inv, const struct json_t *row, struct buf *out)
{
    const char *event = json_get_text(row, "event", "");
    put_time(out, json_get_text(row, "at", ""));
    buf_printf(out, "  %-9s", event);
    if (json_get(row, "outcome") == NULL && json_get(row, "text") != NULL) {
        put_word(out, json_get_text(row, "who", NULL));
        put_word(out, json_get_text(row, "text", NULL));
        return;
    }
    put_word(out, json_get_text(row, "id", NULL));
    put_word(out, json_get_text(row, "channel", NULL));
    put_word(out, json_get_text(row, "template", NULL));
    put_word(out, json_get_text(row, "locale", NULL));
    if (json_get(row, "outcome") != NULL) {
        put_attempt(inv, row, out);
        return;
    }
    put_word(out, say_word(inv, json_get_text(row, "state", "")));
    put_word(out, json_get_text(row, "cause", NULL));
}

static void print_row(void *context, const struct json_t *row)
{
    const struct tail *t = context;
    struct buf line = {0};
    put_line(t->inv, row, &line);
    printf("%s\n", buf_text(&line));
    buf_free(&line);
}

/* ---- the stream ---- */

static void tell_missed(const struct tail *t, int64_t missed)
{
    if (missed == 0)
        return;
    if (invocation_json(t->inv))
        printf("{\"v\":1,\"event\":\"missed\",\"count\":%lld}\n", (long long)missed);
    else
        say(t->inv, stderr, "%lld events went by before they could be read.\n", (long long)missed);
}

static int read_some(struct tail *t, struct session *s, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    request_begin(&request, "events");
    request_put_selector(&request, t->inv, argument_at(t->inv, 0));
    if (t->since_ms >= 0)
        buf_printf(&request, ",\"since_ms\":%lld", (long long)t->since_ms);
    buf_printf(&request, ",\"after\":%lld}", (long long)t->after);
    int rc = session_ask(s, request.data, &rows, &end, err);
    if (rc == 0) {
        tell_missed(t, json_get_int(end, "missed", 0));
        if (invocation_json(t->inv))
            fwrite(buf_text(&rows), 1, rows.len, stdout);
        else
            output_each_line(&rows, print_row, t);
        fflush(stdout);
        t->after = json_get_int(end, "last", 0);
        t->more = json_get_bool(end, "more", false);
        t->since_ms = -1;
    }
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

static void tell_daemon(struct tail *t, bool gone)
{
    if (t->gone == gone)
        return;
    t->gone = gone;
    say(t->inv, stderr, "%s\n",
        gone ? say_word(t->inv, "The daemon is gone; nothing is sent. Waiting for the next one "
                                "(dispatcher run).")
             : say_word(t->inv, "A daemon is running again."));
}

/* The next daemon counts its events anew: all it remembers came after what was read. */
static int read_on(struct tail *t, struct session *s, bool first, struct error *err)
{
    int rc = t->gone ? session_reach_again(s, err) : 0;
    if (rc == 0 && t->gone)
        t->after = 0;
    if (rc == 0)
        tell_daemon(t, false);
    if (rc == 0)
        rc = read_some(t, s, err);
    if (rc != ERR_DOWN || first || option_given(t->inv, "no-follow"))
        return rc;
    tell_daemon(t, true);
    t->more = false;
    return 0;
}

static void wait_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = POLL_MS * 1000000L};
    nanosleep(&moment, NULL);
}

/* "10m" ago, or the number of an event. */
static int read_since(struct tail *t, struct error *err)
{
    const char *since = option_value(t->inv, "since");
    int64_t number = 0, span_ms = 0;
    if (since == NULL)
        return 0;
    if (text_parse_int(since, &number) && number >= 0) {
        t->after = number;
        return 0;
    }
    if (!quantity_parse_duration(since, &span_ms))
        return error_set(err, ERR_USAGE,
                         "--since \"%.40s\" is neither a time like 10m nor the number of an event",
                         since);
    t->since_ms = clock_wall_ms() - span_ms;
    return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct tail t = {.inv = inv, .after = -1, .since_ms = -1};
    struct session s;
    int rc = read_since(&t, err);
    if (rc != 0)
        return rc;
    rc = session_open(inv, LEDGER_READ, &s, err);
    for (bool first = true; rc == 0; first = false) {
        rc = read_on(&t, &s, first, err);
        if (rc == 0 && !t.more && option_given(inv, "no-follow"))
            break;
        if (rc == 0 && !t.more)
            wait_a_moment();
    }
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"since", 0, "AGO", "begin so long ago (10m), or behind the event of this number"},
    {"no-follow", 0, NULL, "end with what is known now"},
};

const struct command command_tail = {
    .name = "tail",
    .arguments = "[ID]",
    .summary = "what happens, as it happens",
    .details =
        "  dispatcher tail --cause mailbox_full\n"
        "  dispatcher tail --since 5m --no-follow --json\n\n"
        "Accepted notices, every attempt with its reply, what ended without one, batches, "
        "transports and destinations that rest\n"
        "or go on, and what operators do. ^C ends it; a daemon that ends is said, and the next one "
        "waited for.\n"
        "The daemon remembers the last 4096; who reads too slowly is told how many went by.\n"
        "Addresses are masked. With a selector, only what is known to belong to it.\n\n"
        "JSON, one object per event: v, event (accepted, attempt, state, action, missed, or a word "
        "of the log such as\n"
        "batch.halted), number, at, and as far as they apply: id, batch, campaign, channel, "
        "template, locale, transport,\n"
        "address, outcome, state, cause, code, duration_ms, reply (of an attempt), who, text, "
        "count (of missed).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1,
    .run = run,
};
