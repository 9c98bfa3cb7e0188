#include "channel/gateway_report.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/text.h"
#include "channel/report_fields.h"
#include "channel/report_proof.h"
#include "model/json.h"

#define JSON_DEPTH 16

/* A request, opened. */
struct report {
    const struct gateway_report *description;
    const char *transport;
    const struct report_request *request;
    struct report_fields fields; /* of the form, then of the query */
    struct json_t *root;         /* NULL: no JSON body */
    bool crowded;                /* it has more members than are read */
};

/* ---- opening a request */

static bool speaks_json(const struct report *r)
{
    const char *type = report_request_header(r->request, "Content-Type");
    enum gateway_report_source source = r->description->source;
    if (r->request->body_len == 0 || source == GATEWAY_REPORT_QUERY ||
        source == GATEWAY_REPORT_FORM)
        return false;
    if (source == GATEWAY_REPORT_JSON || (type != NULL && strcasestr(type, "json") != NULL))
        return true;
    return type == NULL && (*r->request->body == '{' || *r->request->body == '[');
}

static int parse_json(struct report *r, struct error *err)
{
    struct error why;
    if (json_parse(r->request->body, r->request->body_len, "body", 1, JSON_DEPTH, &r->root, &why) ==
        0)
        return 0;
    /* Where, but not what: the text near a mistake may hold a number. */
    return error_set(err, ERR_INPUT, "the body is not JSON of at most %d levels", JSON_DEPTH);
}

static void add_member(void *context, const char *name, const struct json_t *value)
{
    struct report *r = context;
    struct buf plain = {0};
    if (!r->crowded && json_put_plain(&plain, value))
        r->crowded = !report_fields_add(&r->fields, name, buf_text(&plain));
    buf_free(&plain);
}

static int open_request(struct report *r, struct error *err)
{
    const char *query = strchr(r->request->url, '?');
    bool json = speaks_json(r);
    int rc = 0;
    if (r->request->body_len > GATEWAY_REPORT_BODY_MAX)
        return error_set(err, ERR_INPUT, "the body is longer than %zu bytes",
                         GATEWAY_REPORT_BODY_MAX);
    if (json)
        rc = parse_json(r, err);
    else if (r->description->source != GATEWAY_REPORT_QUERY)
        rc = report_fields_read(&r->fields, r->request->body, r->request->body_len, err);
    if (rc == 0 && query != NULL)
        rc = report_fields_read(&r->fields, query + 1, strlen(query + 1), err);
    if (rc == 0 && json)
        json_walk(r->root, add_member, r);
    if (r->crowded)
        rc = error_set(err, ERR_INPUT, "it has more than %d fields", REPORT_FIELDS_MAX);
    return rc;
}

/* ---- one report of it */

/* Appends the value; false if there is none. */
static bool put_value(const struct report *r, const struct json_t *item, const char *name,
                      struct buf *out)
{
    if (name == NULL)
        return false;
    if (*name == '/')
        return json_put_plain(out, json_find(item, name)) ||
               json_put_plain(out, json_find(r->root, name));
    if (json_put_plain(out, json_get(item, name)))
        return true;
    const char *value = report_fields_find(&r->fields, name);
    if (value != NULL)
        buf_puts(out, value);
    return value != NULL;
}

static bool is_one_of(const struct report *r, const struct json_t *item, const char *from,
                      char *const *values, size_t count)
{
    struct buf value = {0};
    bool found = false;
    if (put_value(r, item, from, &value)) {
        for (size_t i = 0; i < count && !found; i++)
            found = strcmp(buf_text(&value), values[i]) == 0;
    }
    buf_free(&value);
    return found;
}

static bool is_wanted(const struct report *r, const struct json_t *item)
{
    char *const value = r->description->filter_value;
    return r->description->filter_from == NULL ||
           is_one_of(r, item, r->description->filter_from, &value, 1);
}

/* False: it does not say which message it means, or in no words we have ever used. */
static bool read_name(const struct report *r, const struct json_t *item, struct receipt *out)
{
    struct buf name = {0};
    bool found = put_value(r, item, r->description->from, &name) && name.len > 0 &&
                 utf8_valid(name.data, name.len) && strlen(name.data) == name.len;
    int64_t ignored = 0;
    if (r->description->by_key)
        found = found && id_valid(name.data, receipt_key_read(name.data, &ignored));
    else
        found = found && name.len < DISPOSITION_MESSAGE_ID_SIZE;
    if (found && r->description->by_key)
        out->notice_id = xstrdup(name.data);
    else if (found)
        out->message_id = xstrdup(name.data);
    buf_free(&name);
    return found;
}

static enum receipt_kind kind_of(const struct gateway_report *d, const char *word)
{
    for (size_t i = 0; i < d->state_count; i++) {
        if (strcmp(d->states[i].word, word) == 0)
            return d->states[i].kind;
    }
    return d->otherwise != RECEIPT_NONE ? d->otherwise : RECEIPT_UNKNOWN;
}

static int number_of(const char *text)
{
    int64_t number;
    bool fits = text_parse_int(text, &number) && number >= INT_MIN && number <= INT_MAX;
    return fits ? (int)number : 0;
}

/* Their word and their detail: "undelivered 30003", "16 NACK/Retries Exceeded". */
static void read_state(const struct report *r, const struct json_t *item, struct receipt *out)
{
    struct buf word = {0}, detail = {0}, text = {0}, visible = {0};
    bool said = put_value(r, item, r->description->status_from, &word);
    bool explained = put_value(r, item, r->description->detail_from, &detail);
    out->kind = said ? kind_of(r->description, buf_text(&word)) : RECEIPT_UNKNOWN;
    out->code = explained ? number_of(buf_text(&detail)) : 0;
    buf_puts(&text, said ? buf_text(&word) : "");
    if (explained && strcmp(buf_text(&detail), buf_text(&word)) != 0)
        buf_printf(&text, "%s%s", text.len > 0 ? " " : "", buf_text(&detail));
    text_put_visible(&visible, buf_text(&text), text.len);
    size_t len = visible.len < sizeof(out->text) ? visible.len : sizeof(out->text) - 1;
    while (len < visible.len && len > 0 && ((unsigned char)visible.data[len] & 0xc0) == 0x80)
        len--; /* no half a character */
    snprintf(out->text, sizeof(out->text), "%.*s", (int)len, buf_text(&visible));
    buf_free(&word);
    buf_free(&detail);
    buf_free(&text);
    buf_free(&visible);
}

static const char *cause_of(const struct receipt *receipt)
{
    static const char *const causes[RECEIPT_KINDS] = {
        [RECEIPT_NONE] = "",
        [RECEIPT_NOTE] = "",
        [RECEIPT_ACCEPTED] = "accepted",
        [RECEIPT_BUFFERED] = "buffered",
        [RECEIPT_UNKNOWN] = "unknown",
        [RECEIPT_CONFIRMED] = "confirmed",
        [RECEIPT_FAILED] = "undelivered",
        [RECEIPT_EXPIRED] = "expired",
        [RECEIPT_REJECTED] = "rejected",
    };
    if (receipt->opted_out)
        return "opted_out";
    return receipt->lasting ? "bad_recipient" : causes[receipt->kind];
}

static void read_one(const struct report *r, const struct json_t *item,
                     struct gateway_receipts *out)
{
    const struct gateway_report *d = r->description;
    struct receipt receipt = {
        .channel = CHANNEL_SMS, .proven = true, .at_ms = r->request->now_ms, .source = "gateway"};
    if (!is_wanted(r, item)) {
        out->ignored++;
        return;
    }
    if (!read_name(r, item, &receipt)) {
        out->nameless++;
        return;
    }
    receipt.transport = xstrdup(r->transport);
    read_state(r, item, &receipt);
    receipt.opted_out = is_one_of(r, item, d->optout_from, d->optout_values, d->optout_count);
    receipt.lasting = receipt.kind != RECEIPT_CONFIRMED &&
                      is_one_of(r, item, d->lasting_from, d->lasting_values, d->lasting_count);
    snprintf(receipt.cause, sizeof(receipt.cause), "%s", cause_of(&receipt));
    out->items = xreallocarray(out->items, out->count + 1, sizeof(*out->items));
    out->items[out->count++] = receipt;
}

/* ---- */

static int read_all(const struct report *r, struct gateway_receipts *out, struct error *err)
{
    if (r->description->each == NULL) {
        read_one(r, r->root, out);
        return 0;
    }
    const struct json_t *list = json_find(r->root, r->description->each);
    size_t count = json_count(list);
    if (count > GATEWAY_REPORTS_MAX)
        return error_set(err, ERR_INPUT, "it holds %zu reports, more than %d", count,
                         GATEWAY_REPORTS_MAX);
    if (!json_is_list(list) && is_wanted(r, r->root))
        return error_set(err, ERR_INPUT, "there is no list of reports at \"%s\"",
                         r->description->each);
    for (size_t i = 0; i < count; i++)
        read_one(r, json_at(list, i), out);
    return 0;
}

int gateway_report_read(const struct gateway_report *description, const char *transport,
                        const struct report_request *request, struct gateway_receipts *out,
                        struct error *err)
{
    struct report r = {.description = description, .transport = transport, .request = request};
    int rc = open_request(&r, err);
    if (rc == 0)
        rc = report_verify(description, request, &r.fields, err);
    if (rc == 0)
        rc = read_all(&r, out, err);
    if (rc == 0 && out->count == 0 && out->nameless > 0)
        rc = error_set(err, ERR_INPUT, "it does not say which message it means (no usable `%s`)",
                       description->from);
    report_fields_free(&r.fields);
    json_free(r.root);
    return rc;
}

void gateway_receipts_free(struct gateway_receipts *r)
{
    for (size_t i = 0; i < r->count; i++)
        receipt_clear(&r->items[i]);
    free(r->items);
    *r = (struct gateway_receipts){0};
}
