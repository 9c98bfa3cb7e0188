#include "channel/gateway_template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/unicode.h"
#include "channel/sms_sender.h"
#include "model/address.h"
#include "model/gateway_template.h"
#include "model/receipt.h"

/* ---- filters: bytes in, bytes out */

static void put_utf16be(struct buf *out, const struct buf *in)
{
    uint16_t *units = NULL;
    size_t count = unicode_to_utf16(buf_text(in), in->len, &units);
    for (size_t i = 0; i < count; i++) {
        buf_putc(out, (char)(units[i] >> 8));
        buf_putc(out, (char)(units[i] & 0xff));
    }
    free(units);
}

static void put_hex(struct buf *out, const struct buf *in)
{
    for (size_t i = 0; i < in->len; i++)
        buf_printf(out, "%02X", (unsigned char)in->data[i]);
}

static int put_number(struct buf *out, const struct buf *in, struct error *err)
{
    const char *text = buf_text(in);
    size_t sign = text[0] == '-' ? 1 : 0, digits = strspn(text + sign, "0123456789");
    bool zeros = text[sign] == '0' && digits > 1; /* JSON knows no 007 */
    if (digits == 0 || sign + digits != in->len || zeros)
        return error_set(err, ERR_NOT_FOUND, "the gateway wants a number where the value is \"%s\"",
                         text);
    buf_put(out, text, in->len);
    return 0;
}

static int put_mapped(struct buf *out, const struct buf *in, const char *word,
                      const struct gateway *g, struct error *err)
{
    const char *name = gateway_filter_map(word);
    const struct gateway_map *map = gateway_find_map(g, name);
    if (map == NULL)
        return error_set(err, ERR_CONFIG, "gateway %s has no map \"%s\"", g->name, name);
    const char *to = gateway_map_find(map, buf_text(in));
    if (to == NULL)
        return error_set(err, ERR_NOT_FOUND, "map %s of gateway %s has no entry for \"%s\"", name,
                         g->name, buf_text(in));
    buf_puts(out, to);
    return 0;
}

/* `word` is the filter as it is written. */
static int put_filtered(struct buf *out, const struct buf *in, const char *word,
                        const struct gateway *g, struct error *err)
{
    enum gateway_filter filter;
    if (!gateway_filter_parse(word, &filter))
        return error_set(err, ERR_CONFIG, "there is no filter \"%s\"", word);
    switch (filter) {
    case GATEWAY_FILTER_UTF16BE:
        put_utf16be(out, in);
        return 0;
    case GATEWAY_FILTER_HEX:
        put_hex(out, in);
        return 0;
    case GATEWAY_FILTER_URL:
        gateway_put_percent_encoded(out, buf_text(in), in->len);
        return 0;
    case GATEWAY_FILTER_NUMBER:
        return put_number(out, in, err);
    case GATEWAY_FILTER_MAP:
        return put_mapped(out, in, word, g, err);
    }
    return 0;
}

static int apply_filter(struct buf *value, const char *word, const struct gateway *g,
                        struct error *err)
{
    struct buf filtered = {0};
    int rc = put_filtered(&filtered, value, word, g, err);
    buf_free(value);
    *value = filtered;
    return rc;
}

/* ---- names */

static const char *digits_of(const char *number)
{
    return *number == '+' ? number + 1 : number;
}

static void put_optional(struct buf *out, const char *text)
{
    buf_puts(out, text != NULL ? text : "");
}

static const char *purpose_of(const struct gateway_values *v)
{
    return v->purpose != NULL ? v->purpose : "info";
}

static const char *korean_type(const struct gateway_values *v)
{
    return v->length->lms ? "LMS" : "SMS";
}

static void put_ttl(struct buf *out, int64_t ttl_s, int64_t unit_s)
{
    if (ttl_s > 0)
        buf_printf(out, "%lld", (long long)((ttl_s + unit_s - 1) / unit_s));
}

/* "2026-11-24T00:00:01Z": signatures are over whole seconds. */
static void put_iso8601(struct buf *out, int64_t now_ms)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format_rfc3339(now_ms, text);
    buf_put(out, text, strcspn(text, "."));
    buf_putc(out, 'Z');
}

/* What is only known of a request that is built. */
static void put_signing_value(struct buf *out, enum gateway_name name,
                              const struct gateway_signing *s)
{
    if (s == NULL)
        return;
    if (name == GATEWAY_NAME_REQ_METHOD)
        buf_puts(out, s->method);
    else if (name == GATEWAY_NAME_REQ_PATH_QUERY)
        buf_puts(out, s->path_query);
    else if (name == GATEWAY_NAME_REQ_BODY)
        buf_put(out, buf_text(s->body), s->body->len);
    else
        put_optional(out, s->signature);
}

static void put_message_value(struct buf *out, enum gateway_name name,
                              const struct gateway_values *v)
{
    switch (name) {
    case GATEWAY_NAME_TEXT:
        buf_put(out, v->text, v->text_len);
        break;
    case GATEWAY_NAME_SUBJECT:
        put_optional(out, v->subject);
        break;
    case GATEWAY_NAME_ID:
        buf_puts(out, v->id);
        break;
    case GATEWAY_NAME_ID_ATTEMPT:
        receipt_key_put(out, v->id, v->attempt);
        break;
    case GATEWAY_NAME_CAMPAIGN:
        put_optional(out, v->campaign);
        break;
    case GATEWAY_NAME_CALLBACK:
        put_optional(out, v->callback);
        break;
    case GATEWAY_NAME_PURPOSE:
        buf_puts(out, purpose_of(v));
        break;
    case GATEWAY_NAME_TTL:
        put_ttl(out, v->ttl_s, 1);
        break;
    case GATEWAY_NAME_TTL_MINUTES:
        put_ttl(out, v->ttl_s, 60);
        break;
    case GATEWAY_NAME_ENC:
        buf_puts(out, sms_encoding_name(v->length->encoding));
        break;
    case GATEWAY_NAME_SEGMENTS:
        buf_printf(out, "%zu", v->length->segments);
        break;
    case GATEWAY_NAME_KR_TYPE:
        buf_puts(out, korean_type(v));
        break;
    case GATEWAY_NAME_KR_TYPE_PURPOSE:
        buf_printf(out, "%s/%s", korean_type(v), purpose_of(v));
        break;
    case GATEWAY_NAME_TO_E164:
        buf_puts(out, v->to);
        break;
    case GATEWAY_NAME_TO_DIGITS:
        buf_puts(out, digits_of(v->to));
        break;
    case GATEWAY_NAME_TO_NATIONAL:
        address_put_national(v->to, out);
        break;
    case GATEWAY_NAME_TO_CC:
        buf_put(out, digits_of(v->to), address_country_code_length(v->to));
        break;
    case GATEWAY_NAME_FROM:
        buf_puts(out, v->from);
        break;
    case GATEWAY_NAME_FROM_DIGITS:
        buf_puts(out, digits_of(v->from));
        break;
    case GATEWAY_NAME_FROM_KIND:
        buf_puts(out, sms_sender_is_number(v->from) ? "number" : "alpha");
        break;
    case GATEWAY_NAME_NOW_MS:
        buf_printf(out, "%lld", (long long)v->now_ms);
        break;
    case GATEWAY_NAME_NOW_ISO8601:
        put_iso8601(out, v->now_ms);
        break;
    case GATEWAY_NAME_NONCE:
        buf_printf(out, "%016llx%016llx", (unsigned long long)v->nonce[0],
                   (unsigned long long)v->nonce[1]);
        break;
    case GATEWAY_NAME_REQ_METHOD:
    case GATEWAY_NAME_REQ_PATH_QUERY:
    case GATEWAY_NAME_REQ_BODY:
    case GATEWAY_NAME_SIGNATURE:
        put_signing_value(out, name, v->signing);
        break;
    }
}

int gateway_value_put(struct buf *out, const char *word, const struct gateway_values *v,
                      struct error *err)
{
    enum gateway_name name;
    if (gateway_name_parse(word, &name)) {
        put_message_value(out, name, v);
        return 0;
    }
    const struct gateway_variable *variable = gateway_find_variable(v->gateway, word);
    if (variable == NULL)
        return error_set(err, ERR_CONFIG, "there is no value {{%s}} for the request of gateway %s",
                         word, v->gateway->name);
    buf_puts(out, variable->value);
    return 0;
}

/* ---- places */

void gateway_put_percent_encoded(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL) && c != '\0')
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static void put_json_inside(struct buf *out, const char *text)
{
    struct buf quoted = {0};
    buf_put_json(&quoted, text);
    buf_put(out, quoted.data + 1, quoted.len - 2);
    buf_free(&quoted);
}

static void put_at_place(struct buf *out, enum template_place place, const char *bytes, size_t len,
                         bool ours)
{
    bool encode = place == PLACE_VALUE || (place == PLACE_URL && !ours);
    if (encode)
        gateway_put_percent_encoded(out, bytes, len);
    else if (place == PLACE_JSON)
        put_json_inside(out, bytes);
    else
        buf_put(out, bytes, len);
}

/* ---- one tag */

/* Is what comes out of it the operator's own: a variable, or the entry of a map? */
static bool is_ours(const struct gateway_tag *tag)
{
    enum gateway_name name;
    enum gateway_filter filter;
    if (tag->filter_count == 0)
        return !gateway_name_parse(tag->name, &name);
    return gateway_filter_parse(tag->filters[tag->filter_count - 1], &filter) &&
           filter == GATEWAY_FILTER_MAP;
}

static int put_tag(struct buf *out, const struct gateway_tag *tag, enum template_place place,
                   const struct gateway_values *v, struct error *err)
{
    struct buf value = {0};
    int rc = gateway_value_put(&value, tag->name, v, err);
    for (size_t i = 0; rc == 0 && i < tag->filter_count; i++)
        rc = apply_filter(&value, tag->filters[i], v->gateway, err);
    if (rc == 0)
        put_at_place(out, place, buf_text(&value), value.len, is_ours(tag));
    buf_free(&value);
    return rc;
}

static void put_literal(struct buf *out, enum template_place place, const char *text, size_t len)
{
    struct buf copy = {0};
    buf_put(&copy, text, len);
    put_at_place(out, place, buf_text(&copy), len, true);
    buf_free(&copy);
}

int gateway_template_put(struct buf *out, const char *template, enum template_place place,
                         const struct gateway_values *v, struct error *err)
{
    struct gateway_tag tag;
    const char *at = template;
    int found;
    while ((found = gateway_tag_next(at, &tag)) == 1) {
        put_literal(out, place, at, (size_t)(tag.start - at));
        int rc = put_tag(out, &tag, place, v, err);
        at = tag.end;
        gateway_tag_free(&tag);
        if (rc != 0)
            return rc;
    }
    if (found < 0)
        return error_set(err, ERR_CONFIG, "gateway %s: {{ without }} in \"%s\"", v->gateway->name,
                         template);
    put_literal(out, place, at, strlen(at));
    return 0;
}
