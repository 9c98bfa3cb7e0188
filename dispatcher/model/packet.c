#include "model/packet.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/wire.h"

#define FRAME_HEAD 4

/* ---- frames ---- */

size_t frame_begin(struct buf *out)
{
    size_t start = out->len;
    buf_put(out, "\0\0\0\0", FRAME_HEAD);
    return start;
}

void frame_end(struct buf *out, size_t start)
{
    size_t len = out->len - start - FRAME_HEAD;
    for (size_t i = 0; i < FRAME_HEAD; i++)
        out->data[start + i] = (char)(len >> (8 * (FRAME_HEAD - 1 - i)) & 0xff);
}

int frame_peek(const struct buf *in, size_t offset, const char **payload, size_t *len,
               struct error *err)
{
    size_t have = in->len - offset, wanted = 0;
    if (have < FRAME_HEAD)
        return 0;
    for (size_t i = 0; i < FRAME_HEAD; i++)
        wanted = wanted << 8 | (unsigned char)in->data[offset + i];
    if (wanted > FRAME_MAX)
        return error_set(err, ERR_INTERNAL, "a frame of %zu bytes is beyond any sense", wanted);
    if (have < FRAME_HEAD + wanted)
        return 0;
    *payload = in->data + offset + FRAME_HEAD;
    *len = wanted;
    return 1;
}

/* ---- packets ---- */

/*
 *  packet   number, transport, count of batches, each: number, batch.json
 *           count of items, each: delivery, attempt, accepted, address, template, locale,
 *                                 batch, line, job or line
 */
#define BATCH_LEAST (8 + 4)
#define ITEM_LEAST  (5 * 8 + 3 * 5 + 4)

static void put_item(const struct packet_item *item, struct buf *out)
{
    wire_put_int(out, item->delivery);
    wire_put_int(out, item->attempt);
    wire_put_int(out, item->accepted_ms);
    wire_put_text(out, item->address);
    wire_put_text(out, item->template_name);
    wire_put_text(out, item->locale);
    wire_put_int(out, item->batch);
    wire_put_int(out, item->line);
    wire_put_bytes(out, item->job_text, strlen(item->job_text));
}

void packet_put_frame(const struct packet *p, struct buf *out)
{
    size_t start = frame_begin(out);
    wire_put_int(out, p->number);
    wire_put_text(out, p->transport);
    wire_put_count(out, p->batch_count);
    for (size_t i = 0; i < p->batch_count; i++) {
        wire_put_int(out, p->batches[i].batch);
        wire_put_bytes(out, p->batches[i].text, strlen(p->batches[i].text));
    }
    wire_put_count(out, p->count);
    for (size_t i = 0; i < p->count; i++)
        put_item(&p->items[i], out);
    frame_end(out, start);
}

static void decode_batch(struct wire *w, struct packet_batch *out)
{
    size_t len;
    out->batch = wire_int(w);
    const char *text = wire_bytes(w, &len);
    struct error why;
    if (!w->broken && batch_parse(text, len, "batch.json", false, &out->parsed, &why) != 0)
        out->problem = xstrdup(why.text);
    if (out->parsed != NULL)
        out->parsed->number = out->batch;
}

static const struct packet_batch *find_batch(const struct packet *p, int64_t batch)
{
    for (size_t i = 0; i < p->batch_count; i++) {
        if (p->batches[i].batch == batch)
            return &p->batches[i];
    }
    return NULL;
}

static int decode_line(const struct packet *p, const struct packet_item *item, const char *text,
                       size_t len, struct job **out, struct error *err)
{
    const struct packet_batch *batch = find_batch(p, item->batch);
    if (batch == NULL || batch->parsed == NULL)
        return error_set(err, ERR_INPUT, "%s",
                         batch != NULL ? batch->problem : "its batch is not in the packet");
    return batch_read_line(batch->parsed, text, len, "notices.jsonl", item->line, out, NULL, err);
}

/* A job was checked at intake, but perhaps by an older program with other rules. */
static void decode_item(struct wire *w, const struct packet *p, struct packet_item *out)
{
    struct error why;
    size_t len;
    out->delivery = wire_int(w);
    out->attempt = (int)wire_int_within(w, 0, INT_MAX);
    out->accepted_ms = wire_int(w);
    out->address = wire_dup_text(w);
    out->template_name = wire_dup_text(w);
    out->locale = wire_dup_text(w);
    out->batch = wire_int(w);
    out->line = wire_int(w);
    const char *text = wire_bytes(w, &len);
    if (w->broken)
        return;
    int rc = out->batch == 0 ? job_parse(text, len, "job", 1, &out->job, &why)
                             : decode_line(p, out, text, len, &out->job, &why);
    if (rc != 0)
        out->problem = xstrdup(why.text);
}

int packet_decode(const char *payload, size_t len, struct packet **out, struct error *err)
{
    struct wire w = wire_begin(payload, len);
    struct packet *p = xcalloc(1, sizeof(*p));
    *out = NULL;
    p->number = wire_int(&w);
    p->transport = wire_dup_text(&w);
    p->batch_count = wire_count(&w, BATCH_LEAST);
    p->batches = xcalloc(p->batch_count + 1, sizeof(*p->batches));
    for (size_t i = 0; i < p->batch_count; i++)
        decode_batch(&w, &p->batches[i]);
    p->count = wire_count(&w, ITEM_LEAST);
    p->items = xcalloc(p->count + 1, sizeof(*p->items));
    for (size_t i = 0; i < p->count; i++)
        decode_item(&w, p, &p->items[i]);
    if (wire_ended(&w)) {
        *out = p;
        return 0;
    }
    packet_free(p);
    return error_set(err, ERR_INPUT, "a packet of %zu bytes is damaged", len);
}

static void free_item(struct packet_item *item)
{
    free(item->address);
    free(item->template_name);
    free(item->locale);
    free(item->job_text);
    free(item->problem);
    job_free(item->job);
}

void packet_free(struct packet *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++)
        free_item(&p->items[i]);
    for (size_t i = 0; i < p->batch_count; i++) {
        free(p->batches[i].text);
        free(p->batches[i].problem);
        batch_free(p->batches[i].parsed);
    }
    free(p->batches);
    free(p->items);
    free(p->transport);
    free(p);
}

/* ---- reports ---- */

static void put_disposition(const struct disposition *d, struct buf *out)
{
    wire_put_byte(out, (unsigned)d->outcome);
    wire_put_int(out, d->code);
    wire_put_int(out, d->retry_after_s);
    wire_put_text(out, d->cause);
    wire_put_text(out, d->enhanced);
    wire_put_text(out, d->reply);
    wire_put_text(out, d->message_id);
    wire_put_int(out, d->parts);
}

void report_put_frame(const struct report *r, struct buf *out)
{
    size_t start = frame_begin(out);
    wire_put_byte(out, (unsigned)r->stage);
    wire_put_int(out, r->packet);
    wire_put_int(out, r->delivery);
    wire_put_int(out, r->attempt);
    if (r->stage == REPORT_DONE) {
        wire_put_int(out, r->duration_ms);
        wire_put_text(out, r->sha256);
        wire_put_text(out, r->locale);
        put_disposition(&r->disposition, out);
    }
    if (r->stage == REPORT_RESTS) {
        wire_put_text(out, r->place);
        wire_put_int(out, r->until_ms);
        wire_put_text(out, r->disposition.reply);
    }
    frame_end(out, start);
}

/* A text that ends in the ledger or on a terminal. */
static void read_visible(struct wire *w, char *out, size_t size)
{
    wire_copy_text(w, out, size);
    w->broken = w->broken || !utf8_valid(out, strlen(out));
}

static void decode_disposition(struct wire *w, struct disposition *d)
{
    unsigned outcome = wire_byte(w);
    w->broken = w->broken || outcome >= OUTCOMES;
    d->outcome = w->broken ? OUTCOME_UNCERTAIN : (enum outcome)outcome;
    d->code = (int)wire_int_within(w, INT_MIN, INT_MAX);
    d->retry_after_s = wire_int(w);
    read_visible(w, d->cause, sizeof(d->cause));
    read_visible(w, d->enhanced, sizeof(d->enhanced));
    read_visible(w, d->reply, sizeof(d->reply));
    read_visible(w, d->message_id, sizeof(d->message_id));
    d->parts = (int)wire_int_within(w, 0, 255);
}

static bool is_digest(const char *hex)
{
    return *hex == '\0' ||
           (strlen(hex) == DIGEST_HEX_SIZE - 1 && strspn(hex, "0123456789abcdef") == strlen(hex));
}

int report_decode(const char *payload, size_t len, struct report *out, struct error *err)
{
    struct wire w = wire_begin(payload, len);
    *out = (struct report){0};
    unsigned stage = wire_byte(&w);
    w.broken = w.broken || stage > REPORT_RESTS;
    out->stage = w.broken ? REPORT_WORKING : (enum report_stage)stage;
    out->packet = wire_int(&w);
    out->delivery = wire_int(&w);
    out->attempt = (int)wire_int_within(&w, 0, INT_MAX);
    if (out->stage == REPORT_DONE) {
        out->duration_ms = wire_int(&w);
        read_visible(&w, out->sha256, sizeof(out->sha256));
        read_visible(&w, out->locale, sizeof(out->locale));
        decode_disposition(&w, &out->disposition);
    }
    if (out->stage == REPORT_RESTS) {
        read_visible(&w, out->place, sizeof(out->place));
        out->until_ms = wire_int(&w);
        read_visible(&w, out->disposition.reply, sizeof(out->disposition.reply));
    }
    if (wire_ended(&w) && is_digest(out->sha256))
        return 0;
    return error_set(err, ERR_INTERNAL, "a report of %zu bytes is damaged", len);
}
