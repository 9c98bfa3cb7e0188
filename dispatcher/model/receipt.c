#include "model/receipt.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/attributes.h"
#include "model/json.h"

static const char *const names[RECEIPT_KINDS] = {
    [RECEIPT_NONE] = "none",         [RECEIPT_NOTE] = "note",
    [RECEIPT_ACCEPTED] = "accepted", [RECEIPT_BUFFERED] = "buffered",
    [RECEIPT_UNKNOWN] = "unknown",   [RECEIPT_CONFIRMED] = "confirmed",
    [RECEIPT_FAILED] = "failed",     [RECEIPT_EXPIRED] = "expired",
    [RECEIPT_REJECTED] = "rejected",
};

const char *receipt_kind_name(enum receipt_kind kind)
{
    return names[kind];
}

bool receipt_kind_parse(const char *name, enum receipt_kind *out)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum receipt_kind)i;
            return true;
        }
    }
    return false;
}

bool receipt_kind_is_end(enum receipt_kind kind)
{
    return kind >= RECEIPT_CONFIRMED;
}

/* No id holds it. */
#define KEY_MARK '~'

void receipt_key_put(struct buf *out, const char *id, int64_t attempt)
{
    buf_printf(out, "%s%c%lld", id, KEY_MARK, (long long)attempt);
}

size_t receipt_key_read(const char *key, int64_t *out_attempt)
{
    const char *mark = strrchr(key, KEY_MARK);
    int64_t attempt = 0;
    *out_attempt = 0;
    if (mark == NULL || !text_parse_int(mark + 1, &attempt) || attempt < 1)
        return strlen(key);
    *out_attempt = attempt;
    return (size_t)(mark - key);
}

void receipt_clear(struct receipt *r)
{
    free(r->token);
    free(r->message_id);
    free(r->notice_id);
    free(r->transport);
    free(r->address);
    *r = (struct receipt){0};
}

static void put_text(struct buf *out, const char *key, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

void receipt_put_json(const struct receipt *r, struct buf *out)
{
    receipt_put_json_as(r, r->proven ? "true" : "false", out);
}

void receipt_put_json_as(const struct receipt *r, const char *proven, struct buf *out)
{
    buf_printf(out, "{\"kind\":\"%s\",\"channel\":\"%s\"", names[r->kind],
               channel_kind_name(r->channel));
    put_text(out, "token", r->token);
    put_text(out, "message_id", r->message_id);
    put_text(out, "notice_id", r->notice_id);
    put_text(out, "transport", r->transport);
    put_text(out, "address", r->address);
    put_text(out, "enhanced", r->enhanced);
    put_text(out, "cause", r->cause);
    put_text(out, "text", r->text);
    put_text(out, "source", r->source);
    buf_printf(out, ",\"proven\":%s,\"lasting\":%s,\"opted_out\":%s,\"code\":%d,\"at_ms\":%lld}",
               proven, r->lasting ? "true" : "false", r->opted_out ? "true" : "false", r->code,
               (long long)r->at_ms);
}

/* ---- reading ---- */

static char *dup_member(const struct json_t *object, const char *key)
{
    const char *text = json_get_text(object, key, "");
    return *text != '\0' ? xstrdup(text) : NULL;
}

static int copy_member(const struct json_t *object, const char *key, char *out, size_t size,
                       struct error *err)
{
    int length = snprintf(out, size, "%s", json_get_text(object, key, ""));
    if (length < 0 || (size_t)length >= size)
        return error_set(err, ERR_INPUT, "`%s` is longer than %zu bytes", key, size - 1);
    return 0;
}

static int read_words(const struct json_t *object, struct receipt *out, struct error *err)
{
    const char *kind = json_get_text(object, "kind", "");
    const char *channel = json_get_text(object, "channel", "");
    if (!receipt_kind_parse(kind, &out->kind) || out->kind == RECEIPT_NONE)
        return error_set(err, ERR_INPUT, "`kind` \"%.40s\" is none of a receipt", kind);
    if (!channel_kind_parse(channel, &out->channel))
        return error_set(err, ERR_INPUT, "`channel` \"%.40s\" is no channel", channel);
    return 0;
}

static int read_texts(const struct json_t *object, struct receipt *out, struct error *err)
{
    int rc = copy_member(object, "enhanced", out->enhanced, sizeof(out->enhanced), err);
    if (rc == 0)
        rc = copy_member(object, "cause", out->cause, sizeof(out->cause), err);
    if (rc == 0)
        rc = copy_member(object, "text", out->text, sizeof(out->text), err);
    if (rc == 0)
        rc = copy_member(object, "source", out->source, sizeof(out->source), err);
    return rc;
}

int receipt_read_json(const struct json_t *object, struct receipt *out, struct error *err)
{
    *out = (struct receipt){
        .token = dup_member(object, "token"),
        .message_id = dup_member(object, "message_id"),
        .notice_id = dup_member(object, "notice_id"),
        .transport = dup_member(object, "transport"),
        .address = dup_member(object, "address"),
        .proven = json_get_bool(object, "proven", false),
        .lasting = json_get_bool(object, "lasting", false),
        .opted_out = json_get_bool(object, "opted_out", false),
        .at_ms = json_get_int(object, "at_ms", 0),
    };
    int64_t code = json_get_int(object, "code", 0);
    int rc = read_words(object, out, err);
    if (rc == 0)
        rc = read_texts(object, out, err);
    if (rc == 0 && (code < INT_MIN || code > INT_MAX))
        rc = error_set(err, ERR_INPUT, "`code` is out of range");
    out->code = (int)code;
    if (rc != 0)
        receipt_clear(out);
    return rc;
}
