#include "model/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "model/json.h"

#define FRAME_HEAD 4

static const char *const stage_names[] = {
    [REPORT_WORKING] = "working",
    [REPORT_STARTED] = "started",
    [REPORT_DONE] = "done",
    [REPORT_FINISHED] = "finished",
};

static size_t begin_frame(struct buf *out)
{
    size_t start = out->len;
    buf_put(out, "\0\0\0\0", FRAME_HEAD);
    return start;
}

static void end_frame(struct buf *out, size_t start)
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

static void put_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, text);
}

static void put_item(const struct packet_item *item, struct buf *out)
{
    buf_printf(out, "{\"delivery\":%lld,\"attempt\":%d,\"accepted_ms\":%lld",
               (long long)item->delivery, item->attempt, (long long)item->accepted_ms);
    put_member(out, "address", item->address);
    put_member(out, "template", item->template_name);
    put_member(out, "locale", item->locale);
    /* Already JSON, checked at intake: pasted in as it is, copied once. */
    buf_puts(out, ",\"job\":");
    buf_puts(out, item->job_text);
    buf_putc(out, '}');
}

void packet_put_frame(const struct packet *p, struct buf *out)
{
    size_t start = begin_frame(out);
    buf_printf(out, "{\"packet\":%lld", (long long)p->number);
    put_member(out, "transport", p->transport);
    buf_puts(out, ",\"items\":[");
    for (size_t i = 0; i < p->count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        put_item(&p->items[i], out);
    }
    buf_puts(out, "]}");
    end_frame(out, start);
}

/* A job was checked at intake, but perhaps by an older program with other rules. */
static void decode_item(const json_t *from, struct packet_item *out)
{
    out->delivery = json_get_int(from, "delivery", 0);
    out->attempt = (int)json_get_int(from, "attempt", 1);
    out->accepted_ms = json_get_int(from, "accepted_ms", 0);
    out->address = xstrdup(json_get_text(from, "address", ""));
    out->template_name = xstrdup(json_get_text(from, "template", ""));
    out->locale = xstrdup(json_get_text(from, "locale", ""));
    struct error why;
    if (job_from_value(json_object_get(from, "job"), &out->job, &why) != 0)
        out->problem = xstrdup(why.text);
}

int packet_decode(const char *payload, size_t len, struct packet **out, struct error *err)
{
    json_t *root = NULL;
    *out = NULL;
    int rc = json_parse(payload, len, "packet", 1, JOB_DEPTH_MAX + 4, &root, err);
    if (rc != 0)
        return rc;
    struct packet *p = xcalloc(1, sizeof(*p));
    const json_t *items = json_object_get(root, "items");
    size_t count = json_count(items);
    p->number = json_get_int(root, "packet", 0);
    p->transport = xstrdup(json_get_text(root, "transport", ""));
    p->items = xcalloc(count, sizeof(*p->items));
    for (; p->count < count; p->count++)
        decode_item(json_array_get(items, p->count), &p->items[p->count]);
    json_decref(root);
    *out = p;
    return 0;
}

void packet_free(struct packet *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++) {
        struct packet_item *item = &p->items[i];
        free(item->address);
        free(item->template_name);
        free(item->locale);
        free(item->job_text);
        free(item->problem);
        job_free(item->job);
    }
    free(p->items);
    free(p->transport);
    free(p);
}

static void put_disposition(const struct disposition *d, struct buf *out)
{
    put_member(out, "outcome", outcome_name(d->outcome));
    put_member(out, "cause", d->cause);
    put_member(out, "enhanced", d->enhanced);
    put_member(out, "reply", d->reply);
    buf_printf(out, ",\"code\":%d,\"retry_after_s\":%lld", d->code, (long long)d->retry_after_s);
}

void report_put_frame(const struct report *r, struct buf *out)
{
    size_t start = begin_frame(out);
    buf_printf(out, "{\"packet\":%lld,\"delivery\":%lld,\"attempt\":%d,\"duration_ms\":%lld",
               (long long)r->packet, (long long)r->delivery, r->attempt, (long long)r->duration_ms);
    put_member(out, "stage", stage_names[r->stage]);
    if (r->stage == REPORT_DONE) {
        put_member(out, "sha256", r->sha256);
        put_member(out, "locale", r->locale);
        put_disposition(&r->disposition, out);
    }
    buf_putc(out, '}');
    end_frame(out, start);
}

static void copy_text(char *out, size_t size, const json_t *from, const char *key)
{
    snprintf(out, size, "%s", json_get_text(from, key, ""));
}

static int decode_stage(const json_t *from, enum report_stage *out, struct error *err)
{
    const char *name = json_get_text(from, "stage", "");
    for (size_t i = 0; i < COUNT_OF(stage_names); i++) {
        if (strcmp(stage_names[i], name) == 0) {
            *out = (enum report_stage)i;
            return 0;
        }
    }
    return error_set(err, ERR_INTERNAL, "a worker reports the unknown stage \"%.40s\"", name);
}

static int decode_disposition(const json_t *from, struct disposition *d, struct error *err)
{
    const char *name = json_get_text(from, "outcome", "");
    if (!outcome_parse(name, &d->outcome))
        return error_set(err, ERR_INTERNAL, "a worker reports the unknown outcome \"%.40s\"", name);
    d->code = (int)json_get_int(from, "code", 0);
    d->retry_after_s = json_get_int(from, "retry_after_s", 0);
    copy_text(d->cause, sizeof(d->cause), from, "cause");
    copy_text(d->enhanced, sizeof(d->enhanced), from, "enhanced");
    copy_text(d->reply, sizeof(d->reply), from, "reply");
    return 0;
}

int report_decode(const char *payload, size_t len, struct report *out, struct error *err)
{
    json_t *root = NULL;
    *out = (struct report){0};
    int rc = json_parse(payload, len, "report", 1, 4, &root, err);
    if (rc != 0)
        return rc;
    rc = decode_stage(root, &out->stage, err);
    out->packet = json_get_int(root, "packet", 0);
    out->delivery = json_get_int(root, "delivery", 0);
    out->attempt = (int)json_get_int(root, "attempt", 0);
    out->duration_ms = json_get_int(root, "duration_ms", 0);
    copy_text(out->sha256, sizeof(out->sha256), root, "sha256");
    copy_text(out->locale, sizeof(out->locale), root, "locale");
    if (rc == 0 && out->stage == REPORT_DONE)
        rc = decode_disposition(root, &out->disposition, err);
    json_decref(root);
    return rc;
}
