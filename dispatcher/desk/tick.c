#include "desk/tick.h"

#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/waits.h"
#include "model/json.h"

/* ---- reading ---- */

static bool is_handed_over(const struct tick *t)
{
    return (text_equal(t->state, "running") || text_equal(t->state, "purged")) && t->open == 0;
}

void tick_read(struct tick *out, const char *batch, struct json_t *facts, bool daemon)
{
    *out =
        (struct tick){.batch = batch, .facts = facts, .daemon = daemon, .rate = -1, .eta_ms = -1};
    out->campaign = json_get_bool(facts, "campaign", false);
    out->state = json_get_text(facts, "state", "");
    out->stop = json_get_text(facts, "stop", "goes");
    out->stop_reason = json_get_text(facts, "stop_reason", "");
    out->lines = json_get_int(facts, "lines", 0);
    out->taken = json_get_int(facts, "lines_taken", 0);
    out->deliveries = json_get_int(facts, "deliveries", 0);
    out->open = json_get_int(facts, "open", 0);
    out->awaiting = json_get_int(facts, "awaiting", 0);
    out->refused = json_get_int(facts, "refused", 0);
    for (int state = 0; state < DELIVERY_STATES; state++)
        out->counts[state] =
            json_get_int(facts, delivery_state_name((enum delivery_state)state), 0);
    out->handed_over = is_handed_over(out);
    out->finished = out->handed_over && out->awaiting == 0;
    out->over = out->finished;
}

void tick_clear(struct tick *t)
{
    json_free(t->facts);
    *t = (struct tick){0};
}

int64_t tick_done(const struct tick *t)
{
    return t->deliveries - t->open - t->awaiting;
}

int64_t tick_all(const struct tick *t)
{
    return t->deliveries + t->lines - t->taken;
}

bool tick_has_trouble(const struct tick *t)
{
    return t->counts[DELIVERY_FAILED] + t->counts[DELIVERY_EXPIRED] +
                   t->counts[DELIVERY_UNCERTAIN] + t->counts[DELIVERY_HELD] >
               0 ||
           json_get_bool(t->facts, "trial", false);
}

/* ---- the line ---- */

/* What a reader asks first stands first: on a narrow terminal the rest is cut. */
static void put_counts(struct buf *out, const struct tick *t, const char *gap)
{
    static const enum delivery_state order[] = {
        DELIVERY_DELIVERED, DELIVERY_FAILED,    DELIVERY_UNCERTAIN, DELIVERY_HELD,
        DELIVERY_DEFERRED,  DELIVERY_WAITING,   DELIVERY_IN_FLIGHT, DELIVERY_SUPPRESSED,
        DELIVERY_EXPIRED,   DELIVERY_CANCELLED,
    };
    char number[OUTPUT_NUMBER_SIZE];
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (t->counts[order[i]] > 0)
            buf_printf(out, "%s%s %s", out->len > 0 ? gap : "",
                       say_word(t->inv, delivery_state_name(order[i])),
                       output_number(t->counts[order[i]], number));
    }
}

bool tick_waits_for_portion(const struct tick *t)
{
    return !t->finished && text_equal(t->stop, "goes") &&
           (json_get_int(t->facts, "first_out", 0) > 0 ||
            json_get_text(t->facts, "next_wave_at", NULL) != NULL);
}

/* Nobody else can let it go on. */
static bool waits_for_look(const struct tick *t)
{
    return tick_waits_for_portion(t) && json_get_int(t->facts, "first_out", 0) > 0 &&
           json_get_bool(t->facts, "looks", false);
}

static void put_tail(struct buf *out, const struct tick *t, const char *gap)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (waits_for_look(t))
        say_put(t->inv, out, "WAITS FOR A LOOK (dispatcher campaign go-on %s)", t->batch);
    if (!t->finished && !text_equal(t->stop, "goes"))
        buf_puts(out,
                 say_word(t->inv, text_equal(t->stop, "halted") ? SAID("HALTED") : SAID("PAUSED")));
    if (t->taken < t->lines) {
        buf_puts(out, out->len > 0 ? gap : "");
        say_put(t->inv, out, "taken in %s", output_number(t->taken, number));
    }
    put_counts(out, t, gap);
    if (t->awaiting > 0) {
        buf_puts(out, gap);
        say_put(t->inv, out, "to be confirmed %s", output_number(t->awaiting, number));
    }
}

void tick_put_line(const struct tick *t, size_t width, struct buf *out)
{
    const char *gap = width > 0 ? "  " : ", ";
    struct buf tail = {0};
    bool moves = text_equal(t->stop, "goes") && !t->handed_over && !tick_waits_for_portion(t);
    if (text_equal(t->state, "new")) {
        buf_printf(out, "%s%s%s", t->batch, width > 0 ? gap : ": ",
                   say_word(t->inv, "waits to be taken in"));
        return;
    }
    put_tail(&tail, t, gap);
    const struct progress_facts facts = {
        .label = t->batch,
        .done = tick_done(t),
        .total = tick_all(t),
        .per_second = moves ? t->rate : -1,
        .eta_ms = moves ? t->eta_ms : -1,
        .tail = buf_text(&tail),
    };
    progress_put_line(out, &facts, width);
    buf_free(&tail);
}

/* ---- for programs ---- */

static void put_number(struct buf *out, const char *key, double value)
{
    if (value < 0)
        buf_printf(out, ",\"%s\":null", key);
    else
        buf_printf(out, ",\"%s\":%.1f", key, value);
}

static void put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

void tick_put_json(const struct tick *t, struct buf *out)
{
    buf_printf(out, "{\"v\":1,\"type\":\"%s\"", t->over ? "summary" : "status");
    put_text(out, "batch", t->batch);
    put_text(out, "state", t->state);
    put_text(out, "stop", t->stop);
    put_text(out, "stop_reason", t->stop_reason);
    buf_printf(out, ",\"daemon\":%s,\"lines\":%lld,\"lines_taken\":%lld,\"deliveries\":%lld",
               t->daemon ? "true" : "false", (long long)t->lines, (long long)t->taken,
               (long long)t->deliveries);
    buf_printf(out, ",\"open\":%lld,\"done\":%lld", (long long)t->open, (long long)tick_done(t));
    put_number(out, "rate_per_s", t->rate);
    put_number(out, "eta_s", t->eta_ms < 0 ? -1 : (double)t->eta_ms / 1000);
    for (int state = 0; state < DELIVERY_STATES; state++)
        buf_printf(out, ",\"%s\":%lld", delivery_state_name((enum delivery_state)state),
                   (long long)t->counts[state]);
    buf_printf(out, ",\"refused\":%lld,\"awaiting\":%lld", (long long)t->refused,
               (long long)t->awaiting);
    put_text(out, "next_channel_at", json_get_text(t->facts, "next_channel_at", NULL));
    put_text(out, "last_channel_at", json_get_text(t->facts, "last_channel_at", NULL));
    put_text(out, "waits_for", json_get_text(t->facts, "waits_for", NULL));
    put_text(out, "rests_because", json_get_text(t->facts, "rests_because", NULL));
    put_text(out, "next_attempt_at", json_get_text(t->facts, "next_attempt_at", NULL));
    put_text(out, "at", json_get_text(t->facts, "at", NULL));
    buf_puts(out, "}\n");
}

/* ---- words ---- */

/* False: it has no end yet. */
static bool took(const struct tick *t, int64_t *out_ms)
{
    int64_t from_ms, to_ms;
    const char *from = json_get_text(t->facts, "accepted_at", NULL);
    const char *to = json_get_text(t->facts, "finished_at", NULL);
    if (from == NULL || to == NULL || !clock_parse_rfc3339(from, &from_ms) ||
        !clock_parse_rfc3339(to, &to_ms))
        return false;
    *out_ms = to_ms - from_ms;
    return true;
}

/* What became of a line follows from the states; where it became more deliveries, so many. */
static void put_amount(const struct tick *t, struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (t->lines == 1)
        say_put(t->inv, out, "1 line");
    else
        say_put(t->inv, out, "%s lines", output_number(t->lines, number));
    if (t->deliveries == t->lines)
        return;
    buf_puts(out, ", ");
    if (t->deliveries == 1)
        say_put(t->inv, out, "1 delivery");
    else
        say_put(t->inv, out, "%s deliveries", output_number(t->deliveries, number));
}

/* "10 lines = 1 held + 9 delivered" */
static void put_sum(const struct tick *t, struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE];
    const char *sign = " = ";
    put_amount(t, out);
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if (t->counts[state] == 0)
            continue;
        buf_printf(out, "%s%s %s", sign, output_number(t->counts[state], number),
                   say_word(t->inv, delivery_state_name((enum delivery_state)state)));
        sign = " + ";
    }
}

/* What intake refused is not to be tried again, and what is past its expiry neither. */
static void put_hints(const struct tick *t, struct buf *out)
{
    static const enum delivery_state troubles[] = {DELIVERY_FAILED, DELIVERY_UNCERTAIN};
    const char *which = t->campaign ? "campaign" : "batch";
    char number[OUTPUT_NUMBER_SIZE];
    if (t->counts[DELIVERY_HELD] > 0)
        say_put(t->inv, out,
                "held: look with `dispatcher queue --%s %s --state held`, let go with `dispatcher "
                "release --%s %s`\n",
                which, t->batch, which, t->batch);
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        const char *name = delivery_state_name(troubles[i]);
        int64_t count = t->counts[troubles[i]] - (troubles[i] == DELIVERY_FAILED ? t->refused : 0);
        if (count > 0)
            say_put(t->inv, out,
                    "%s: look with `dispatcher queue --%s %s --state %s`, again with "
                    "`dispatcher retry --%s %s --state %s`\n",
                    say_word(t->inv, name), which, t->batch, name, which, t->batch, name);
    }
    if (t->refused > 0)
        say_put(t->inv, out,
                "%s refused when the batch was taken in: look with `dispatcher queue --%s %s "
                "--state failed`; what is corrected can be handed over as a new batch\n",
                output_number(t->refused, number), which, t->batch);
    if (t->counts[DELIVERY_EXPIRED] > 0)
        say_put(t->inv, out,
                "expired: look with `dispatcher queue --%s %s --state expired`; what still "
                "matters is to be handed over as a new batch\n",
                which, t->batch);
}

void tick_put_end(const struct tick *t, struct buf *out, struct buf *out_hint)
{
    char span[OUTPUT_NUMBER_SIZE];
    int64_t took_ms;
    struct buf sum = {0};
    put_sum(t, &sum);
    if (t->finished && t->counts[DELIVERY_HELD] > 0)
        say_put(t->inv, out, "%s is not finished, some are held: %s", t->batch, buf_text(&sum));
    else if (!t->finished)
        say_put(t->inv, out, "%s is handed over: %s", t->batch, buf_text(&sum));
    else if (took(t, &took_ms))
        say_put(t->inv, out, "%s is finished: %s, in %s", t->batch, buf_text(&sum),
                output_span(took_ms, span));
    else
        say_put(t->inv, out, "%s is finished: %s", t->batch, buf_text(&sum));
    if (t->awaiting > 0)
        buf_puts(out, "; ");
    waits_put_awaiting(t->inv, t->facts, out);
    put_hints(t, out_hint);
    buf_free(&sum);
}

/* `why` may be "". */
static void put_stop(const struct tick *t, const char *why, struct buf *out)
{
    const char *resume = t->campaign ? "campaign resume" : "resume";
    if (text_equal(t->stop, "halted") && why[0] != '\0')
        say_put(t->inv, out,
                "%s is HALTED: %s. Go on: dispatcher %s %s (with --go-on failures never halt it "
                "again)",
                t->batch, why, resume, t->batch);
    else if (text_equal(t->stop, "halted"))
        say_put(t->inv, out,
                "%s is HALTED. Go on: dispatcher %s %s (with --go-on failures never halt it again)",
                t->batch, resume, t->batch);
    else if (why[0] != '\0')
        say_put(t->inv, out, "%s is PAUSED: %s. Go on: dispatcher %s %s", t->batch, why, resume,
                t->batch);
    else
        say_put(t->inv, out, "%s is PAUSED. Go on: dispatcher %s %s", t->batch, resume, t->batch);
}

void tick_put_stop(const struct tick *t, struct buf *out)
{
    struct buf why = {0};
    if (t->finished || text_equal(t->stop, "goes"))
        return;
    text_put_visible(&why, t->stop_reason, strlen(t->stop_reason));
    put_stop(t, buf_text(&why), out);
    buf_free(&why);
}

static void put_portion(const struct tick *t, struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE], when[64];
    int64_t first = json_get_int(t->facts, "first_out", 0);
    output_number(first, number);
    if (first > 0 && json_get_bool(t->facts, "looks", false))
        say_put(t->inv, out,
                "%s: the first %s are out; all others wait until somebody has looked: dispatcher "
                "campaign go-on %s",
                t->batch, number, t->batch);
    else if (first > 0)
        say_put(t->inv, out,
                "%s: the first %s are out; all others follow if few enough of them fail", t->batch,
                number);
    else
        say_put(t->inv, out, "%s: this wave is out; the next one begins %s", t->batch,
                output_time(json_get_text(t->facts, "next_wave_at", NULL), when, sizeof(when)));
}

const char *tick_wait_reason(const struct tick *t)
{
    if (json_get_int(t->facts, "first_out", 0) > 0)
        return "canary";
    return json_get_text(t->facts, "next_wave_at", json_get_text(t->facts, "waits_for", ""));
}

void tick_put_wait(const struct tick *t, struct buf *out)
{
    if (t->finished || !text_equal(t->stop, "goes") || t->counts[DELIVERY_IN_FLIGHT] > 0)
        return;
    if (tick_waits_for_portion(t)) {
        put_portion(t, out);
        return;
    }
    if (!waits_any(t->facts))
        return;
    buf_printf(out, "%s: ", t->batch);
    waits_put(t->inv, t->facts, out);
}
