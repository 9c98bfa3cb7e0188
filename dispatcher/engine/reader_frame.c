#include "engine/reader_frame.h"

#include <limits.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "model/packet.h"
#include "model/wire.h"

/*
 *  BEGUN             line
 *  ROW               line, offset, length, recipient, template, locale, zone, fallback, rest,
 *                    count of deliveries, each: channel, state, transport, address, cause, due,
 *                    patience, confirm
 *  BAD               line, offset, length, recipient ("": not known), why
 *  END
 *  VERDICT, WAITS, FAILED   text
 */
#define DELIVERY_LEAST (3 + 3 * 5 + 2 * 8)

static void put_place(const struct planned_line *line, struct buf *out)
{
    wire_put_int(out, line->line);
    wire_put_int(out, line->offset);
    wire_put_int(out, line->length);
    wire_put_text(out, line->recipient != NULL ? line->recipient : "");
}

static void put_delivery(const struct planned_delivery *d, struct buf *out)
{
    wire_put_byte(out, (unsigned)d->channel);
    wire_put_byte(out, (unsigned)d->state);
    wire_put_text(out, d->transport);
    wire_put_text(out, d->address);
    wire_put_text(out, d->cause);
    wire_put_int(out, d->due_ms);
    wire_put_int(out, d->patience_ms);
    wire_put_byte(out, d->confirm ? 1 : 0);
}

static void put_row(const struct planned_line *line, struct buf *out)
{
    put_place(line, out);
    wire_put_text(out, line->template_name);
    wire_put_text(out, line->locale);
    wire_put_text(out, line->zone);
    wire_put_byte(out, line->fallback ? 1 : 0);
    wire_put_int(out, line->rest);
    wire_put_count(out, line->count);
    for (size_t i = 0; i < line->count; i++)
        put_delivery(&line->deliveries[i], out);
}

void reader_put_message(const struct reader_message *m, struct buf *out)
{
    size_t start = frame_begin(out);
    wire_put_byte(out, (unsigned)m->word);
    switch (m->word) {
    case READER_BEGUN:
        wire_put_int(out, m->line.line);
        break;
    case READER_ROW:
        put_row(&m->line, out);
        break;
    case READER_BAD:
        put_place(&m->line, out);
        wire_put_text(out, m->text);
        break;
    case READER_VERDICT:
    case READER_WAITS:
    case READER_FAILED:
        wire_put_text(out, m->text);
        break;
    case READER_END:
        break;
    }
    frame_end(out, start);
}

/* ---- the scheduler's side ---- */

static const char *read_visible(struct wire *w)
{
    const char *text = wire_text(w);
    w->broken = w->broken || !utf8_valid(text, strlen(text));
    return text;
}

/* The part of an id behind the batch's: unlike a whole id it may begin with a hyphen. */
static bool is_recipient(const char *text)
{
    size_t len = strlen(text), hyphens = strspn(text, "-");
    return len > 0 && len < ID_MAX && (hyphens == len || id_valid(text + hyphens, len - hyphens));
}

static void read_place(struct wire *w, struct planned_line *out)
{
    out->line = wire_int_within(w, 1, INT64_MAX - 1);
    out->offset = wire_int_within(w, 0, INT64_MAX / 2);
    out->length = wire_int_within(w, 0, INT64_MAX / 4);
    out->recipient = wire_text(w);
    out->recipient = *out->recipient != '\0' ? out->recipient : NULL;
    w->broken = w->broken || (out->recipient != NULL && !is_recipient(out->recipient));
}

static void read_delivery(struct wire *w, const struct settings *settings,
                          struct planned_delivery *out)
{
    unsigned channel = wire_byte(w), state = wire_byte(w);
    const struct transport *t = settings_find_transport(settings, wire_text(w));
    *out = (struct planned_delivery){.address = read_visible(w)};
    out->cause = read_visible(w);
    out->due_ms = wire_int(w);
    out->patience_ms = wire_int_within(w, 0, INT64_MAX / 4);
    out->confirm = wire_byte(w) != 0;
    if (channel >= CHANNEL_KINDS || t == NULL || t->channel != (enum channel_kind)channel ||
        (state != DELIVERY_WAITING && state != DELIVERY_HELD) || *out->address == '\0') {
        w->broken = true;
        return;
    }
    out->channel = (enum channel_kind)channel;
    out->state = (enum delivery_state)state;
    out->transport = t->name;
}

static void read_row(struct wire *w, const struct settings *settings, struct reader_message *out)
{
    struct planned_line *line = &out->line;
    read_place(w, line);
    w->broken = w->broken || line->recipient == NULL;
    line->template_name = read_visible(w);
    line->locale = read_visible(w);
    line->zone = read_visible(w);
    line->zone = *line->zone != '\0' ? line->zone : NULL;
    line->fallback = wire_byte(w) != 0;
    line->rest = (int)wire_int_within(w, 0, JOB_CHANNELS_MAX);
    line->count = wire_count(w, DELIVERY_LEAST);
    w->broken = w->broken || line->count < 1 || line->count > JOB_CHANNELS_MAX;
    for (size_t i = 0; !w->broken && i < line->count; i++)
        read_delivery(w, settings, &out->deliveries[i]);
    line->deliveries = out->deliveries;
}

int reader_decode(const char *payload, size_t len, const struct settings *settings,
                  struct reader_message *out, struct error *err)
{
    struct wire w = wire_begin(payload, len);
    *out = (struct reader_message){.text = ""};
    unsigned word = wire_byte(&w);
    w.broken = w.broken || word > READER_FAILED;
    out->word = w.broken ? READER_FAILED : (enum reader_word)word;
    switch (out->word) {
    case READER_BEGUN:
        out->line.line = wire_int_within(&w, 1, INT64_MAX - 1);
        break;
    case READER_ROW:
        read_row(&w, settings, out);
        break;
    case READER_BAD:
        read_place(&w, &out->line);
        out->text = read_visible(&w);
        break;
    case READER_VERDICT:
    case READER_WAITS:
    case READER_FAILED:
        out->text = read_visible(&w);
        break;
    case READER_END:
        break;
    }
    if (wire_ended(&w))
        return 0;
    return error_set(err, ERR_INTERNAL, "a message of %zu bytes from the reader is damaged", len);
}
