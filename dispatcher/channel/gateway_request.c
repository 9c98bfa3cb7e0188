#include "channel/gateway_request.h"

#include <stdbool.h>
#include <string.h>

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
        gateway_put_percent_encoded(out, fields[i].name, strlen(fields[i].name));
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
