#include "desk/watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/pace.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "desk/command_list.h"
#include "desk/tick.h"
#include "desk/watch_campaign.h"
#include "model/json.h"

#define TERMINAL_TICK_MS 500
#define PLAIN_TICK_MS    1000
#define RATE_WINDOW_MS   5000
#define END_LOOKS        5 /* for the time of the end, which is written just behind the last delivery */
#define DAY_MS           ((int64_t)24 * 60 * 60 * 1000)

struct watch {
    const struct invocation *inv;
    const char *batch; /* or a campaign */
    bool campaign;
    struct session session;
    bool seen;     /* the batch was found at least once: what goes wrong now may pass */
    bool terminal; /* standard output is one */
    struct bar bar;
    bool daemon, told_daemon;
    int end_looks;
    char *told_stop; /* the last sentence about a stop; "" while it goes */
    char *told_wait; /* what it waited for when that was said last */
    struct pace pace;
    struct buf last_line; /* plain: printed again only if it says something new */
    int64_t last_line_ms;
};

/* ---- saying ---- */

static void tell(struct watch *w, const char *sentence)
{
    if (invocation_json(w->inv))
        return; /* the objects carry it */
    bar_wipe(&w->bar);
    say(w->inv, stderr, "%s\n", sentence);
}

static void draw(struct watch *w, const struct tick *t)
{
    struct buf line = {0};
    tick_put_line(t, bar_width(stdout), &line);
    bar_draw(&w->bar, buf_text(&line));
    buf_free(&line);
}

/* A line when something changed, else every ten seconds: a log that is quiet and yet alive. The
 * pace alone is no news. */
static void print_plain(struct watch *w, const struct tick *t, int64_t mono_ms)
{
    struct buf line = {0}, news = {0};
    struct tick still = *t;
    still.rate = -1;
    still.eta_ms = -1;
    tick_put_line(&still, 0, &news);
    tick_put_line(t, 0, &line);
    bool same = strcmp(buf_text(&news), buf_text(&w->last_line)) == 0;
    if (progress_is_asked() || !same || mono_ms - w->last_line_ms >= progress_plain_ms()) {
        printf("%s\n", buf_text(&line));
        w->last_line_ms = mono_ms;
    }
    buf_free(&w->last_line);
    w->last_line = news;
    buf_free(&line);
}

static void show(struct watch *w, const struct tick *t, int64_t mono_ms)
{
    struct buf json = {0};
    if (invocation_json(w->inv)) {
        tick_put_json(t, &json);
        fwrite(json.data, 1, json.len, stdout);
        buf_free(&json);
    } else if (w->terminal) {
        draw(w, t);
    } else {
        print_plain(w, t, mono_ms);
    }
    fflush(stdout);
}

static void tell_daemon(struct watch *w, bool daemon)
{
    bool news = !w->told_daemon || w->daemon != daemon;
    if (news && !daemon && w->told_daemon)
        tell(w, say_word(w->inv, "The daemon is gone; nothing is sent. Waiting for the next one "
                                 "(dispatcher run)."));
    else if (news && !daemon)
        tell(w, say_word(w->inv, "No daemon is running; nothing is sent. Waiting for one "
                                 "(dispatcher run)."));
    else if (news && w->told_daemon)
        tell(w, say_word(w->inv, "A daemon is running again."));
    w->daemon = daemon;
    w->told_daemon = true;
}

static void tell_stop(struct watch *w, const struct tick *t)
{
    struct buf sentence = {0};
    tick_put_stop(t, &sentence);
    if (w->told_stop != NULL && strcmp(w->told_stop, buf_text(&sentence)) == 0) {
        buf_free(&sentence);
        return;
    }
    if (sentence.len > 0) {
        tell(w, sentence.data);
    } else if (w->told_stop != NULL && w->told_stop[0] != '\0') {
        say_put(w->inv, &sentence, "%s goes on.", w->batch);
        tell(w, sentence.data);
        buf_reset(&sentence);
    }
    free(w->told_stop);
    w->told_stop = buf_steal(&sentence);
}

/* Said again when it is another reason: at a rate the time changes with every look. */
static void tell_wait(struct watch *w, const struct tick *t)
{
    struct buf sentence = {0};
    tick_put_wait(t, &sentence);
    const char *reason = sentence.len > 0 ? tick_wait_reason(t) : "";
    if (sentence.len > 0 && !text_equal(w->told_wait, reason))
        tell(w, sentence.data);
    if (sentence.len > 0) {
        free(w->told_wait);
        w->told_wait = xstrdup(reason);
    }
    buf_free(&sentence);
}

/* ---- asking ---- */

/* Without a daemon the ledger is read; whether one has come is asked each time. */
static int connect_again(struct watch *w, struct error *err)
{
    if (w->session.client != NULL && client_has_daemon(w->session.client))
        return 0;
    client_close(w->session.client);
    w->session.client = NULL;
    return client_open(w->session.settings, LEDGER_READ, &w->session.client, err);
}

static int ask_batch(struct watch *w, struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "progress");
    request_put_text(&request, "batch", w->batch);
    buf_putc(&request, '}');
    int rc = session_ask(&w->session, request.data, NULL, out, err);
    buf_free(&request);
    return rc;
}

/* What is no campaign may be a batch; what is neither is told as a batch that is not there. */
static int ask(struct watch *w, struct json_t **out, struct error *err)
{
    if (w->seen && !w->campaign)
        return ask_batch(w, out, err);
    int rc = watch_campaign_ask(&w->session, w->batch, out, err);
    w->campaign = w->campaign || rc == 0;
    return rc != ERR_NOT_FOUND || w->campaign ? rc : ask_batch(w, out, err);
}

static int look(struct watch *w, struct tick *out, struct error *err)
{
    struct json_t *facts = NULL;
    int rc = connect_again(w, err);
    if (rc == 0)
        rc = ask(w, &facts, err);
    if (rc == 0) {
        tick_read(out, w->batch, facts, client_has_daemon(w->session.client));
        out->inv = w->inv;
        w->seen = true;
    } else {
        client_close(w->session.client);
        w->session.client = NULL;
    }
    return rc;
}

/* A daemon that is being restarted, a ledger that is being opened: the next look will tell. */
static bool may_pass(const struct watch *w, int rc)
{
    return rc == ERR_DOWN || (w->seen && (rc == ERR_AGAIN || rc == ERR_IO));
}

static void measure(struct watch *w, struct tick *t, int64_t mono_ms)
{
    pace_add(&w->pace, mono_ms, tick_done(t));
    t->rate = pace_rate(&w->pace, RATE_WINDOW_MS);
    t->eta_ms = text_equal(t->stop, "goes") && !tick_waits_for_portion(t)
                    ? pace_eta_ms(&w->pace, tick_all(t) - tick_done(t))
                    : -1;
}

/* How many a retry of what trial mode held back would begin; 0 if that cannot be told. */
static int64_t count_trial(struct watch *w)
{
    struct json_t *before = NULL;
    struct error ignored;
    int64_t count = 0;
    bool more = true;
    while (more) {
        struct buf request = {0};
        struct json_t *facts = NULL;
        request_begin(&request, "retry");
        buf_puts(&request, ",\"dry_run\":true,\"selector\":{\"state\":\"suppressed\",\"cause\":"
                           "\"trial_mode\"");
        request_put_text(&request, w->campaign ? "campaign" : "batch", w->batch);
        buf_printf(&request, "},\"after\":%lld,\"until\":%lld}",
                   (long long)json_get_int(before, "after", 0),
                   (long long)json_get_int(before, "until", 0));
        more = session_ask(&w->session, request.data, NULL, &facts, &ignored) == 0 &&
               json_get_bool(facts, "more", false);
        count += json_get_int(facts, "count", 0);
        json_free(before);
        before = facts;
        buf_free(&request);
    }
    json_free(before);
    return count;
}

static void hint_trial(struct watch *w, const struct tick *t)
{
    char number[OUTPUT_NUMBER_SIZE];
    const char *which = w->campaign ? "campaign" : "batch";
    int64_t count = t->counts[DELIVERY_SUPPRESSED] > 0 ? count_trial(w) : 0;
    if (count == 1)
        say(w->inv, stderr,
            "1 was held back by trial mode; after dispatcher live on: dispatcher retry --%s %s "
            "--state suppressed --cause trial_mode\n",
            which, w->batch);
    else if (count > 1)
        say(w->inv, stderr,
            "%s were held back by trial mode; after dispatcher live on: dispatcher retry --%s %s "
            "--state suppressed --cause trial_mode\n",
            output_number(count, number), which, w->batch);
}

static void print_end(struct watch *w, const struct tick *t)
{
    struct buf end = {0}, hint = {0};
    if (invocation_json(w->inv))
        return;
    bar_wipe(&w->bar);
    tick_put_end(t, &end, &hint);
    printf("%s\n", buf_text(&end));
    fflush(stdout);
    say(w->inv, stderr, "%s", buf_text(&hint));
    hint_trial(w, t);
    buf_free(&end);
    buf_free(&hint);
}

/* 0, 1 when somebody was not told, 75 while it is not over. */
static int verdict(const struct tick *t)
{
    if (!t->over)
        return EX_TEMPFAIL;
    return tick_has_trouble(t) ? 1 : 0;
}

/* Everything is told, but not yet when that was. */
static bool lacks_end(struct watch *w, const struct tick *t)
{
    return t->finished && t->counts[DELIVERY_HELD] + t->counts[DELIVERY_CANCELLED] == 0 &&
           json_get_text(t->facts, "finished_at", NULL) == NULL && w->end_looks++ < END_LOOKS;
}

/* One look; *out_over: there will be none behind it. */
static int turn(struct watch *w, bool once, bool *out_over, struct error *err)
{
    struct tick t = {0};
    int64_t mono_ms = clock_mono_ms();
    int rc = look(w, &t, err);
    if (rc != 0 && !once && may_pass(w, rc)) {
        tell_daemon(w, false);
        return 0;
    }
    if (rc != 0)
        return rc;
    measure(w, &t, mono_ms);
    t.over = (t.finished && (once || !lacks_end(w, &t))) ||
             (t.handed_over && option_given(w->inv, "handed-over"));
    if (!t.over)
        tell_daemon(w, t.daemon);
    tell_stop(w, &t);
    if (!t.over)
        tell_wait(w, &t);
    show(w, &t, mono_ms);
    *out_over = once || t.over;
    if (*out_over)
        rc = verdict(&t);
    if (t.over)
        print_end(w, &t);
    else if (once && w->terminal && !invocation_json(w->inv))
        putchar('\n');
    tick_clear(&t);
    return rc;
}

static int read_timeout(const struct invocation *inv, int64_t *out_ms, struct error *err)
{
    const char *text = option_value(inv, "timeout");
    if (text == NULL || (quantity_parse_duration(text, out_ms) && *out_ms > 0 && *out_ms <= DAY_MS))
        return 0;
    return error_set(err, ERR_USAGE, "--timeout is a time like 30s or 5m, at most 24h, not \"%s\"",
                     text);
}

int watch_follow(const struct invocation *inv, const char *what, struct error *err)
{
    struct watch w = {.inv = inv, .batch = what, .bar = {.to = stdout}};
    bool over = false;
    int64_t timeout_ms = 0, begun_ms = clock_mono_ms();
    w.terminal = bar_fits(stdout) && !invocation_json(inv);
    progress_hold_questions();
    int rc = read_timeout(inv, &timeout_ms, err);
    if (rc == 0)
        rc = session_open(inv, LEDGER_READ, &w.session, err);
    while (rc == 0 && !over) {
        bool late = timeout_ms > 0 && clock_mono_ms() - begun_ms >= timeout_ms;
        rc = turn(&w, late || option_given(inv, "once"), &over, err);
        if (rc == 0 && !over)
            poll(NULL, 0, w.terminal ? TERMINAL_TICK_MS : PLAIN_TICK_MS);
    }
    if (rc < 0)
        bar_wipe(&w.bar);
    session_close(&w.session);
    buf_free(&w.last_line);
    free(w.told_stop);
    free(w.told_wait);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    return watch_follow(inv, argument_at(inv, 0), err);
}

static const struct option_row options[] = {
    {"once", 0, NULL, "one look instead of following"},
    {"timeout", 0, "TIME", "give up after this time, like 5m"},
    {"handed-over", 0, NULL,
     "end when all is handed over, though a next channel may still follow for want of a "
     "confirmation"},
};

const struct command command_watch = {
    .name = "watch",
    .arguments = "CAMPAIGN|BATCH",
    .summary = "follow a campaign or a batch until nothing of it is open any more",
    .details =
        "  $ dispatcher watch recall-2026\n"
        "  recall-2026  "
        "\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591"
        "\u2591\u2591\u2591\u2591\u2591  61%  29,402/48,190  49/s  ETA 6m22s  delivered "
        "29,351  failed 51\n\n"
        "Of a campaign all batches are one bar, and it says when the first ones (canary) wait for "
        "a look, or\n"
        "when the next wave begins.\n\n"
        "A bar on a terminal; else a line each second while something changes, and every ten "
        "seconds otherwise\n"
        "(DISPATCHER_PROGRESS_SECONDS), or when SIGUSR1 asks for one.\n"
        "The rate is that of the last five seconds, the ETA goes by the last minute. Ctrl-C only "
        "stops watching.\n"
        "It waits while no daemon runs, and says why nothing is due, or how to go on when the "
        "batch is paused or\n"
        "halted. Where rules give a channel its time (`after:`), the batch is not finished while "
        "the next channel\n"
        "may still follow: watch says how many wait for a confirmation, until when, and goes on. "
        "With --handed-over\n"
        "it ends when all has left.\n\n"
        "Exit status: 0 all delivered, or suppressed or cancelled on purpose; 1 nothing moves any "
        "more, but some\n"
        "failed, expired, are held or uncertain, or got nothing because of trial mode; 66 no such "
        "batch; 75 with --once or --timeout: not over yet.\n\n"
        "JSON, one object each second: v, type (status; the last one: summary), batch (or the "
        "campaign's name),\n"
        "state (new, loading,\n"
        "running, purged), stop, stop_reason, daemon, lines, lines_taken, deliveries, open, done, "
        "rate_per_s and\n"
        "eta_s (null while not known), a number for each state, refused, awaiting, "
        "next_channel_at,\n"
        "last_channel_at, waits_for, rests_because and next_attempt_at (as in `batches`), at.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
