#include "channel/gateway_template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/unicode.h"

#define NAME_MAX_LENGTH 64

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

static const struct {
    const char *name;
    void (*put)(struct buf *out, const struct buf *in);
} filters[] = {
    {"utf16be", put_utf16be},
    {"hex", put_hex},
};

static int apply_filter(struct buf *value, const char *name, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        if (strcmp(filters[i].name, name) != 0)
            continue;
        struct buf filtered = {0};
        filters[i].put(&filtered, value);
        buf_free(value);
        *value = filtered;
        return 0;
    }
    return error_set(err, ERR_CONFIG, "there is no filter \"%s\"; there are utf16be and hex", name);
}

/* ---- names */

static const char *digits_of(const char *number)
{
    return *number == '+' ? number + 1 : number;
}

/* The value of a name of the message. */
static bool put_message_value(struct buf *out, const char *name, const struct gateway_values *v)
{
    const struct {
        const char *name;
        const char *value;
    } values[] = {
        {"to.e164", v->to},
        {"to.digits", digits_of(v->to)},
        {"from", v->from},
        {"from.digits", digits_of(v->from)},
        {"id", v->id},
        {"enc", sms_encoding_name(v->length->encoding)},
        {"kr.type", v->length->lms ? "LMS" : "SMS"},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (strcmp(values[i].name, name) == 0) {
            buf_puts(out, values[i].value);
            return true;
        }
    }
    if (strcmp(name, "text") == 0)
        buf_put(out, v->text, v->text_len);
    else if (strcmp(name, "segments") == 0)
        buf_printf(out, "%zu", v->length->segments);
    else
        return false;
    return true;
}

static bool put_variable(struct buf *out, const char *name, const struct gateway *g)
{
    for (size_t i = 0; i < g->variable_count; i++) {
        if (strcmp(g->variables[i].name, name) == 0) {
            buf_puts(out, g->variables[i].value != NULL ? g->variables[i].value : "");
            return true;
        }
    }
    return false;
}

/* ---- places */

/* RFC 3986: everything but unreserved characters. Good for a form too: %20 is a space there as well
 * as +. */
static void put_percent_encoded(struct buf *out, const char *bytes, size_t len)
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

/* The next word of a tag, trimmed, ended by `|` or the end; false if it is too long. */
static bool take_word(const char **at, const char *end, char out[NAME_MAX_LENGTH])
{
    const char *bar = memchr(*at, '|', (size_t)(end - *at));
    const char *stop = bar != NULL ? bar : end, *from = *at;
    *at = bar != NULL ? bar + 1 : end;
    while (from < stop && *from == ' ')
        from++;
    while (stop > from && stop[-1] == ' ')
        stop--;
    if (stop - from >= NAME_MAX_LENGTH)
        return false;
    memcpy(out, from, (size_t)(stop - from));
    out[stop - from] = '\0';
    return true;
}

static int put_tag(struct buf *out, const char *tag, const char *end, enum template_place place,
                   const struct gateway_values *v, struct error *err)
{
    char word[NAME_MAX_LENGTH];
    struct buf value = {0};
    int rc = 0;
    bool known = take_word(&tag, end, word);
    bool variable = known && !put_message_value(&value, word, v);
    if (!known || (variable && !put_variable(&value, word, v->gateway)))
        rc = error_set(err, ERR_CONFIG, "there is no value {{%s}} for the request of gateway %s",
                       known ? word : "...", v->gateway->name);
    while (rc == 0 && tag < end)
        rc = apply_filter(&value, take_word(&tag, end, word) ? word : "...", err);
    if (rc == 0 && (place == PLACE_VALUE || (place == PLACE_URL && !variable)))
        put_percent_encoded(out, buf_text(&value), value.len);
    else if (rc == 0)
        buf_put(out, buf_text(&value), value.len);
    buf_free(&value);
    return rc;
}

int gateway_template_put(struct buf *out, const char *template, enum template_place place,
                         const struct gateway_values *v, struct error *err)
{
    const char *at = template, *open;
    while ((open = strstr(at, "{{")) != NULL) {
        const char *close = strstr(open, "}}");
        if (close == NULL)
            return error_set(err, ERR_CONFIG, "gateway %s: {{ without }} in \"%s\"",
                             v->gateway->name, template);
        buf_put(out, at, (size_t)(open - at));
        int rc = put_tag(out, open + 2, close, place, v, err);
        if (rc != 0)
            return rc;
        at = close + 2;
    }
    buf_puts(out, at);
    return 0;
}

/* ---- the request */

static bool applies(const struct gateway_field *f, const struct gateway_values *v)
{
    return f->when_encoding == NULL ||
           strcmp(f->when_encoding, sms_encoding_name(v->length->encoding)) == 0;
}

static int put_fields(struct buf *out, const struct gateway_field *fields, size_t count,
                      const char *before, const struct gateway_values *v, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!applies(&fields[i], v))
            continue;
        buf_puts(out, before);
        put_percent_encoded(out, fields[i].name, strlen(fields[i].name));
        buf_putc(out, '=');
        rc = gateway_template_put(out, fields[i].value, PLACE_VALUE, v, err);
        before = "&";
    }
    return rc;
}

static int put_headers(struct http_request *out, const struct gateway_values *v, struct error *err)
{
    const struct gateway *g = v->gateway;
    struct buf value = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < g->header_count; i++) {
        if (!applies(&g->headers[i], v))
            continue;
        buf_reset(&value);
        rc = gateway_template_put(&value, g->headers[i].value, PLACE_PLAIN, v, err);
        if (rc == 0 && memchr(buf_text(&value), '\0', value.len) != NULL)
            rc =
                error_set(err, ERR_INPUT, "the value of header %s holds a NUL", g->headers[i].name);
        if (rc == 0)
            rc = http_request_add_header(out, g->headers[i].name, buf_text(&value), err);
    }
    buf_free(&value);
    return rc;
}

static int put_body(struct http_request *out, const struct gateway_values *v, struct error *err)
{
    static const char *const types[] = {
        [GATEWAY_BODY_NONE] = NULL,
        [GATEWAY_BODY_FORM] = "application/x-www-form-urlencoded",
        [GATEWAY_BODY_TEXT] = "text/plain; charset=UTF-8",
    };
    const struct gateway *g = v->gateway;
    int rc = 0;
    if (g->body_kind == GATEWAY_BODY_FORM)
        rc = put_fields(&out->body, g->form, g->form_count, "", v, err);
    else if (g->body_kind == GATEWAY_BODY_TEXT)
        rc = gateway_template_put(&out->body, g->body_text, PLACE_PLAIN, v, err);
    if (rc == 0 && types[g->body_kind] != NULL && !http_request_has_header(out, "Content-Type"))
        rc = http_request_add_header(out, "Content-Type", types[g->body_kind], err);
    return rc;
}

int gateway_build_request(const struct gateway_values *v, struct http_request *out,
                          struct error *err)
{
    const struct gateway *g = v->gateway;
    out->method = g->method != NULL && strcmp(g->method, "POST") == 0 ? "POST" : "GET";
    out->timeout_ms = g->timeout_ms;
    int rc = gateway_template_put(&out->url, g->url, PLACE_URL, v, err);
    const char *before = strchr(buf_text(&out->url), '?') != NULL ? "&" : "?";
    if (rc == 0)
        rc = put_fields(&out->url, g->query, g->query_count, before, v, err);
    if (rc == 0)
        rc = put_headers(out, v, err);
    return rc != 0 ? rc : put_body(out, v, err);
}
