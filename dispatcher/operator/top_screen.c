#include "operator/top_screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "engine/pulse.h"
#include "model/delivery.h"
#include "model/json.h"

#define SPARKS     30 /* two seconds each */
#define NAME_WIDTH 14

/* One row of transports. */
struct cells {
    const char *name, *channel;
    double sent, deferred, failed;
    int64_t open, p50_ms, p95_ms;
    const struct json_t *last_60s;
    const char *note; /* why it does not send; "" */
};

static double number_of(const struct json_t *object, const char *key)
{
    double n = 0;
    (void)json_get_number(json_get(object, key), &n);
    return n;
}

static void end_line(struct buf *out, size_t start, size_t width)
{
    while (out->len > start && out->data[out->len - 1] == ' ')
        buf_truncate(out, out->len - 1);
    progress_cut(out, start, width);
    buf_putc(out, '\n');
}

/* ---- the head ---- */

/* What keeps all of it from going on; cut like every line. */
static void put_lack(const struct invocation *inv, const struct json_t *f, size_t width,
                     struct buf *out)
{
    size_t start = out->len;
    const char *full = json_get_text(f, "disk_reason", NULL);
    if (!json_get_bool(f, "ledger_available", true)) {
        say_put(inv, out, "Nothing is sent: %s", json_get_text(f, "ledger_reason", ""));
        end_line(out, start, width);
    }
    start = out->len;
    if (full != NULL) {
        struct buf why = {0};
        say_put_error(&why, full);
        say_put(inv, out, "Nothing is taken in: %s", buf_text(&why));
        buf_free(&why);
        end_line(out, start, width);
    }
}

static void put_letters(const struct invocation *inv, const struct json_t *f, size_t width,
                        struct buf *out)
{
    const struct json_t *letters = json_get(f, "letters_with_mistakes");
    for (size_t i = 0; i < json_count(letters); i++) {
        const struct json_t *l = json_at(letters, i);
        size_t start = out->len;
        struct buf why = {0};
        say_put_error(&why, json_get_text(l, "reason", ""));
        say_put(inv, out, "The letter %s has a mistake: %s", json_get_text(l, "name", ""),
                buf_text(&why));
        buf_free(&why);
        end_line(out, start, width);
    }
}

static void put_head(const struct invocation *inv, const struct json_t *f, size_t width,
                     struct buf *out)
{
    char up[OUTPUT_NUMBER_SIZE];
    size_t start = out->len;
    say_put(inv, out, "dispatcher %s, up %s, %lld of %lld workers busy, %.1f GB free",
            json_get_text(f, "version", ""), output_span(json_get_int(f, "uptime_ms", 0), up),
            (long long)json_get_int(f, "busy", 0), (long long)json_get_int(f, "workers", 0),
            (double)json_get_int(f, "free_bytes", 0) / 1e9);
    end_line(out, start, width);
    put_lack(inv, f, width, out);
    put_letters(inv, f, width, out);
}

static void put_counts(const struct invocation *inv, const struct json_t *f, size_t width,
                       struct buf *out)
{
    static const enum delivery_state shown[] = {
        DELIVERY_WAITING,   DELIVERY_IN_FLIGHT, DELIVERY_DEFERRED,  DELIVERY_HELD,
        DELIVERY_DELIVERED, DELIVERY_FAILED,    DELIVERY_UNCERTAIN, DELIVERY_SUPPRESSED,
        DELIVERY_EXPIRED,   DELIVERY_CANCELLED};
    const struct json_t *counts = json_get(f, "counts");
    char number[OUTPUT_NUMBER_SIZE];
    size_t start = out->len;
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        const char *name = delivery_state_name(shown[i]);
        int64_t count = json_get_int(counts, name, 0);
        if (count > 0 || i < 3)
            buf_printf(out, "%s %s   ", say_word(inv, name), output_number(count, number));
    }
    end_line(out, start, width);
}

/* ---- transports ---- */

static void put_sparks(const struct json_t *last, struct buf *out)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double sums[SPARKS] = {0}, most = 0;
    for (size_t i = 0; i < PULSE_SECONDS; i++) {
        double n = 0;
        (void)json_get_number(json_at(last, i), &n);
        sums[i * SPARKS / PULSE_SECONDS] += n;
    }
    for (size_t i = 0; i < SPARKS; i++)
        most = sums[i] > most ? sums[i] : most;
    for (size_t i = 0; i < SPARKS; i++) {
        size_t level = most > 0 ? (size_t)(sums[i] * 8 / most + 0.5) : 0;
        buf_puts(out, blocks[sums[i] > 0 && level == 0 ? 1 : level]);
    }
}

static void put_padded(struct buf *out, const char *text, size_t width)
{
    size_t start = out->len;
    text_put_visible(out, text, strlen(text));
    progress_cut(out, start, width + 1);
    for (size_t have = unicode_width(out->data + start, out->len - start); have < width; have++)
        buf_putc(out, ' ');
}

/* How much a terminal of this width shows. */
static bool shows_channel(size_t width)
{
    return width >= 70;
}

static bool shows_times(size_t width)
{
    return width >= 60;
}

static bool shows_sparks(size_t width)
{
    return width >= 106;
}

static void put_ms(struct buf *out, int64_t ms)
{
    char text[24] = "-";
    if (ms >= 10000)
        snprintf(text, sizeof(text), "%" PRId64 "s", ms / 1000);
    else if (ms >= 0)
        snprintf(text, sizeof(text), "%" PRId64 "ms", ms);
    buf_printf(out, " %7s", text);
}

static void put_row(const struct cells *c, size_t width, struct buf *out)
{
    size_t start = out->len;
    put_padded(out, c->name, NAME_WIDTH);
    if (shows_channel(width))
        buf_printf(out, " %-7s", c->channel);
    buf_printf(out, " %8.1f %8.1f %8.1f %9lld", c->sent, c->deferred, c->failed,
               (long long)c->open);
    if (shows_times(width)) {
        put_ms(out, c->p50_ms);
        put_ms(out, c->p95_ms);
    }
    buf_puts(out, "  ");
    if (c->note[0] != '\0')
        text_put_visible(out, c->note, strlen(c->note));
    else if (shows_sparks(width))
        put_sparks(c->last_60s, out);
    end_line(out, start, width);
}

/* Above numbers, so at their right. */
static void put_heading(const char *word, size_t width, struct buf *out)
{
    for (size_t have = unicode_width(word, strlen(word)); have <= width; have++)
        buf_putc(out, ' ');
    buf_puts(out, word);
}

static void put_heads(const struct invocation *inv, size_t width, struct buf *out)
{
    size_t start = out->len;
    put_padded(out, say_word(inv, "TRANSPORT"), NAME_WIDTH);
    if (shows_channel(width)) {
        buf_putc(out, ' ');
        put_padded(out, say_word(inv, "CHANNEL"), 7);
    }
    put_heading(say_word(inv, "SENT/s"), 8, out);
    put_heading(say_word(inv, "DEFER/s"), 8, out);
    put_heading(say_word(inv, "FAIL/s"), 8, out);
    put_heading(say_word(inv, "IN-FLIGHT"), 9, out);
    if (shows_times(width))
        buf_printf(out, " %7s %7s", "P50", "P95");
    if (shows_sparks(width))
        buf_printf(out, "  %s", say_word(inv, "LAST 60 s"));
    end_line(out, start, width);
}

static const struct json_t *find_pulse(const struct json_t *f, const char *name)
{
    const struct json_t *all = json_get(f, "pulses");
    for (size_t i = 0; i < json_count(all); i++) {
        if (text_equal(json_get_text(json_at(all, i), "transport", ""), name))
            return json_at(all, i);
    }
    return NULL;
}

/* What is said of a transport that does not send as it could. */
static void put_note(const struct invocation *inv, const struct json_t *t, struct buf *out)
{
    const struct json_t *stop = json_get(t, "stop");
    const char *word = json_get_text(t, "waits_for", "");
    if (json_kind_of(stop) == JSON_KIND_OBJECT)
        say_put(inv, out, "paused: %s", json_get_text(stop, "reason", ""));
    else if (json_get_int(t, "paused_ms", 0) > 0)
        say_put(inv, out, "rests: %s", json_get_text(t, "reason", ""));
    else if (text_equal(word, "warmup"))
        say_put(inv, out, "today's limit is reached");
}

static void put_transport(const struct invocation *inv, const struct json_t *f,
                          const struct json_t *t, size_t width, struct buf *out)
{
    struct buf note = {0};
    const struct json_t *pulse = find_pulse(f, json_get_text(t, "name", ""));
    put_note(inv, t, &note);
    const struct cells c = {.name = json_get_text(t, "name", ""),
                            .channel = json_get_text(t, "channel", ""),
                            .sent = number_of(pulse, "sent_per_s"),
                            .deferred = number_of(pulse, "deferred_per_s"),
                            .failed = number_of(pulse, "failed_per_s"),
                            .open = json_get_int(t, "open", 0),
                            .p50_ms = json_get_int(pulse, "p50_ms", -1),
                            .p95_ms = json_get_int(pulse, "p95_ms", -1),
                            .last_60s = json_get(pulse, "last_60s"),
                            .note = buf_text(&note)};
    put_row(&c, width, out);
    buf_free(&note);
}

/* ---- batches ---- */

static int64_t count_left(const struct json_t *b)
{
    return json_get_int(b, "waiting", 0) + json_get_int(b, "in_flight", 0) +
           json_get_int(b, "deferred", 0) + json_get_int(b, "lines", 0) -
           json_get_int(b, "lines_taken", 0);
}

static int64_t count_all(const struct json_t *b)
{
    int64_t all = json_get_int(b, "lines", 0) - json_get_int(b, "lines_taken", 0);
    for (int state = 0; state < DELIVERY_STATES; state++)
        all += json_get_int(b, delivery_state_name((enum delivery_state)state), 0);
    return all;
}

static void put_batch(const struct invocation *inv, const struct json_t *b, size_t width,
                      struct buf *out)
{
    char left_text[OUTPUT_NUMBER_SIZE], failed_text[OUTPUT_NUMBER_SIZE];
    struct buf tail = {0}, reason = {0};
    int64_t left = count_left(b), all = count_all(b);
    double rate = number_of(b, "sent_per_s") + number_of(b, "failed_per_s");
    const char *stop = json_get_text(b, "stop", "goes");
    say_put(inv, &tail, "left %s  failed %s", output_number(left, left_text),
            output_number(json_get_int(b, "failed", 0), failed_text));
    kept_put(inv, json_get_text(b, "stop_reason", ""), &reason);
    if (!text_equal(stop, "goes"))
        say_put(inv, &tail, "  %s: %s", say_word(inv, stop), buf_text(&reason));
    buf_free(&reason);
    const struct progress_facts facts = {.label = json_get_text(b, "batch", ""),
                                         .done = all - left,
                                         .total = all,
                                         .per_second = rate,
                                         .eta_ms =
                                             rate > 0 ? (int64_t)((double)left * 1000 / rate) : -1,
                                         .tail = buf_text(&tail)};
    progress_put_line(out, &facts, width);
    buf_putc(out, '\n');
    buf_free(&tail);
}

void top_put_screen(const struct invocation *inv, const struct json_t *facts, size_t width,
                    struct buf *out)
{
    const struct json_t *transports = json_get(facts, "transports");
    const struct json_t *batches = json_get(facts, "batches");
    put_head(inv, facts, width, out);
    put_counts(inv, facts, width, out);
    buf_putc(out, '\n');
    put_heads(inv, width, out);
    for (size_t i = 0; i < json_count(transports); i++)
        put_transport(inv, facts, json_at(transports, i), width, out);
    if (json_count(batches) > 0)
        buf_putc(out, '\n');
    for (size_t i = 0; i < json_count(batches); i++)
        put_batch(inv, json_at(batches, i), width, out);
}
