#include "channel/gateway_template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"
#include "model/gateway_template.h"

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

static void put_filtered(struct buf *out, const struct buf *in, enum gateway_filter filter)
{
    switch (filter) {
    case GATEWAY_FILTER_UTF16BE:
        put_utf16be(out, in);
        break;
    case GATEWAY_FILTER_HEX:
        put_hex(out, in);
        break;
    }
}

static int apply_filter(struct buf *value, const char *word, struct error *err)
{
    struct buf filtered = {0};
    enum gateway_filter filter;
    if (!gateway_filter_parse(word, &filter))
        return error_set(err, ERR_CONFIG, "there is no filter \"%s\"", word);
    put_filtered(&filtered, value, filter);
    buf_free(value);
    *value = filtered;
    return 0;
}

/* ---- names */

static const char *digits_of(const char *number)
{
    return *number == '+' ? number + 1 : number;
}

static void put_message_value(struct buf *out, enum gateway_name name,
                              const struct gateway_values *v)
{
    switch (name) {
    case GATEWAY_NAME_TEXT:
        buf_put(out, v->text, v->text_len);
        break;
    case GATEWAY_NAME_TO_E164:
        buf_puts(out, v->to);
        break;
    case GATEWAY_NAME_TO_DIGITS:
        buf_puts(out, digits_of(v->to));
        break;
    case GATEWAY_NAME_FROM:
        buf_puts(out, v->from);
        break;
    case GATEWAY_NAME_FROM_DIGITS:
        buf_puts(out, digits_of(v->from));
        break;
    case GATEWAY_NAME_ID:
        buf_puts(out, v->id);
        break;
    case GATEWAY_NAME_ENC:
        buf_puts(out, sms_encoding_name(v->length->encoding));
        break;
    case GATEWAY_NAME_SEGMENTS:
        buf_printf(out, "%zu", v->length->segments);
        break;
    case GATEWAY_NAME_KR_TYPE:
        buf_puts(out, v->length->lms ? "LMS" : "SMS");
        break;
    }
}

/* The value of a name; *out_variable: the operator's, not the message's. */
static int put_value(struct buf *out, const char *word, const struct gateway_values *v,
                     bool *out_variable, struct error *err)
{
    enum gateway_name name;
    *out_variable = !gateway_name_parse(word, &name);
    if (!*out_variable) {
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

/* ---- one tag */

static int put_tag(struct buf *out, const struct gateway_tag *tag, enum template_place place,
                   const struct gateway_values *v, struct error *err)
{
    struct buf value = {0};
    bool variable = false;
    int rc = put_value(&value, tag->name, v, &variable, err);
    for (size_t i = 0; rc == 0 && i < tag->filter_count; i++)
        rc = apply_filter(&value, tag->filters[i], err);
    if (rc == 0 && (place == PLACE_VALUE || (place == PLACE_URL && !variable)))
        gateway_put_percent_encoded(out, buf_text(&value), value.len);
    else if (rc == 0)
        buf_put(out, buf_text(&value), value.len);
    buf_free(&value);
    return rc;
}

int gateway_template_put(struct buf *out, const char *template, enum template_place place,
                         const struct gateway_values *v, struct error *err)
{
    struct gateway_tag tag;
    const char *at = template;
    int found;
    while ((found = gateway_tag_next(at, &tag)) == 1) {
        buf_put(out, at, (size_t)(tag.start - at));
        int rc = put_tag(out, &tag, place, v, err);
        at = tag.end;
        gateway_tag_free(&tag);
        if (rc != 0)
            return rc;
    }
    if (found < 0)
        return error_set(err, ERR_CONFIG, "gateway %s: {{ without }} in \"%s\"", v->gateway->name,
                         template);
    buf_puts(out, at);
    return 0;
}
