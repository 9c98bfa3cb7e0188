#include "operator/tick.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/unicode.h"
#include "model/json.h"
#include "operator/output.h"

#define BAR_FULL  "\xe2\x96\x88" /* U+2588 */
#define BAR_EMPTY "\xe2\x96\x91" /* U+2591 */

/* ---- reading ---- */

static bool is_finished(const struct tick *t)
{
    return (text_equal(t->state, "running") || text_equal(t->state, "purged")) && t->open == 0;
}

void tick_read(struct tick *out, const char *batch, struct json_t *facts, bool daemon)
{
    *out =
        (struct tick){.batch = batch, .facts = facts, .daemon = daemon, .rate = -1, .eta_ms = -1};
    out->state = json_get_text(facts, "state", "");
    out->stop = json_get_text(facts, "stop", "goes");
    out->stop_reason = json_get_text(facts, "stop_reason", "");
    out->lines = json_get_int(facts, "lines", 0);
    out->taken = json_get_int(facts, "lines_taken", 0);
    out->deliveries = json_get_int(facts, "deliveries", 0);
    out->open = json_get_int(facts, "open", 0);
    for (int state = 0; state < DELIVERY_STATES; state++)
        out->counts[state] =
            json_get_int(facts, delivery_state_name((enum delivery_state)state), 0);
    out->finished = is_finished(out);
}

void tick_clear(struct tick *t)
{
    json_free(t->facts);
    *t = (struct tick){0};
}

int64_t tick_done(const struct tick *t)
{
    return t->deliveries - t->open;
}

int64_t tick_all(const struct tick *t)
{
    return t->deliveries + t->lines - t->taken;
}

bool tick_has_trouble(const struct tick *t)
{
    return t->counts[DELIVERY_FAILED] + t->counts[DELIVERY_EXPIRED] +
               t->counts[DELIVERY_UNCERTAIN] + t->counts[DELIVERY_HELD] >
           0;
}

/* ---- the line ---- */

/* A line that grows by whole pieces, and takes none that would not fit. */
struct line {
    struct buf *out;
    size_t start, width, columns;
    bool full;
};

static void add(struct line *line, const struct buf *piece)
{
    size_t width = unicode_width(buf_text(piece), piece->len);
    size_t gap = line->out->len > line->start ? 2 : 0;
    line->full = line->full || (line->columns > 0 && line->width + gap + width > line->columns);
    if (line->full || width == 0)
        return;
    buf_put(line->out, "  ", gap);
    buf_put(line->out, piece->data, piece->len);
    line->width += gap + width;
}

static void addf(struct line *line, const char *format, ...) PRINTF(2, 3);
static void addf(struct line *line, const char *format, ...)
{
    char text[256];
    struct buf piece = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    text_put_visible(&piece, text, strlen(text));
    add(line, &piece);
    buf_free(&piece);
}

static void add_bar(struct line *line, const struct tick *t, const struct tick_look *look)
{
    struct buf bar = {0};
    int64_t all = tick_all(t);
    size_t full = all > 0 ? (size_t)(tick_done(t) * (int64_t)look->bar / all) : 0;
    for (size_t i = 0; i < look->bar; i++)
        buf_puts(&bar, i < full ? (look->ascii ? "#" : BAR_FULL) : (look->ascii ? "-" : BAR_EMPTY));
    add(line, &bar);
    buf_free(&bar);
}

static void add_pace(struct line *line, const struct tick *t)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (!text_equal(t->stop, "goes")) {
        addf(line, "%s", text_equal(t->stop, "halted") ? "HALTED" : "PAUSED");
        return;
    }
    if (t->finished || t->rate < 0)
        return;
    if (t->rate < 10)
        addf(line, "%.1f/s", t->rate);
    else
        addf(line, "%s/s", output_number((int64_t)(t->rate + 0.5), number));
    if (t->eta_ms >= 0)
        addf(line, "ETA %s", output_span(t->eta_ms, number));
}

/* What a reader asks first stands first: on a narrow terminal the rest is cut. */
static void add_counts(struct line *line, const struct tick *t)
{
    static const enum delivery_state order[] = {
        DELIVERY_DELIVERED, DELIVERY_FAILED,    DELIVERY_UNCERTAIN, DELIVERY_HELD,
        DELIVERY_DEFERRED,  DELIVERY_WAITING,   DELIVERY_IN_FLIGHT, DELIVERY_SUPPRESSED,
        DELIVERY_EXPIRED,   DELIVERY_CANCELLED,
    };
    char number[OUTPUT_NUMBER_SIZE];
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (t->counts[order[i]] > 0)
            addf(line, "%s %s", delivery_state_name(order[i]),
                 output_number(t->counts[order[i]], number));
    }
}

void tick_put_line(const struct tick *t, const struct tick_look *look, struct buf *out)
{
    struct line line = {.out = out, .start = out->len, .columns = look->columns};
    char done[OUTPUT_NUMBER_SIZE], all[OUTPUT_NUMBER_SIZE];
    int64_t total = tick_all(t);
    addf(&line, "%s", t->batch);
    if (text_equal(t->state, "new")) {
        addf(&line, "waits to be taken in");
        return;
    }
    add_bar(&line, t, look);
    addf(&line, "%3d%%", total > 0 ? (int)(100 * tick_done(t) / total) : 100);
    addf(&line, "%s/%s", output_number(tick_done(t), done), output_number(total, all));
    add_pace(&line, t);
    if (t->taken < t->lines)
        addf(&line, "taken in %s", output_number(t->taken, done));
    add_counts(&line, t);
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
    buf_printf(out, "{\"v\":1,\"type\":\"%s\"", t->finished ? "summary" : "status");
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
    put_text(out, "at", json_get_text(t->facts, "at", NULL));
    buf_puts(out, "}\n");
}

/* ---- words ---- */

static void put_took(const struct tick *t, struct buf *out)
{
    char span[OUTPUT_NUMBER_SIZE];
    int64_t from_ms, to_ms;
    const char *from = json_get_text(t->facts, "accepted_at", NULL);
    const char *to = json_get_text(t->facts, "finished_at", NULL);
    if (from != NULL && to != NULL && clock_parse_rfc3339(from, &from_ms) &&
        clock_parse_rfc3339(to, &to_ms))
        buf_printf(out, ", in %s", output_span(to_ms - from_ms, span));
}

void tick_put_end(const struct tick *t, struct buf *out, struct buf *out_hint)
{
    static const enum delivery_state troubles[] = {DELIVERY_FAILED, DELIVERY_UNCERTAIN,
                                                   DELIVERY_HELD, DELIVERY_EXPIRED};
    char number[OUTPUT_NUMBER_SIZE];
    const char *sign = " = ";
    buf_printf(out, "%s is finished: %s lines", t->batch, output_number(t->lines, number));
    if (t->deliveries != t->lines)
        buf_printf(out, ", %s deliveries", output_number(t->deliveries, number));
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if (t->counts[state] == 0)
            continue;
        buf_printf(out, "%s%s %s", sign, output_number(t->counts[state], number),
                   delivery_state_name((enum delivery_state)state));
        sign = " + ";
    }
    put_took(t, out);
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        const char *name = delivery_state_name(troubles[i]);
        if (t->counts[troubles[i]] > 0)
            buf_printf(out_hint,
                       "%s: look with `dispatcher queue --batch %s --state %s`, again with "
                       "`dispatcher retry --batch %s --state %s`\n",
                       name, t->batch, name, t->batch, name);
    }
}

void tick_put_stop(const struct tick *t, struct buf *out)
{
    bool halted = text_equal(t->stop, "halted");
    if (text_equal(t->stop, "goes"))
        return;
    buf_printf(out, "%s is %s%s", t->batch, halted ? "HALTED" : "PAUSED",
               t->stop_reason[0] != '\0' ? ": " : "");
    text_put_visible(out, t->stop_reason, strlen(t->stop_reason));
    buf_printf(out, ". Go on: dispatcher resume %s%s", t->batch,
               halted ? " (with --go-on failures never halt it again)" : "");
}
