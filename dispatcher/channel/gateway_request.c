#include "channel/gateway_request.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "channel/gateway_auth.h"
#include "channel/gateway_body.h"
#include "model/token.h"

static int put_body(struct http_request *out, const struct gateway_values *v, struct error *err)
{
    static const char *const types[] = {
        [GATEWAY_BODY_NONE] = NULL,
        [GATEWAY_BODY_FORM] = "application/x-www-form-urlencoded",
        [GATEWAY_BODY_JSON] = "application/json",
        [GATEWAY_BODY_TEXT] = "text/plain; charset=UTF-8",
    };
    const struct gateway *g = v->gateway;
    int rc = 0;
    if (g->body_kind == GATEWAY_BODY_FORM)
        rc = gateway_put_fields(&out->body, &g->form, "", v, err);
    else if (g->body_kind == GATEWAY_BODY_JSON)
        rc = gateway_put_json(&out->body, &g->json, v, err);
    else if (g->body_kind == GATEWAY_BODY_TEXT)
        rc = gateway_template_put(&out->body, g->body_text, PLACE_PLAIN, v, err);
    if (rc == 0 && g->body_kind == GATEWAY_BODY_JSON &&
        !utf8_valid(buf_text(&out->body), out->body.len))
        return error_set(err, ERR_CONFIG, "a variable of gateway %s is not UTF-8", g->name);
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
        rc = gateway_put_fields(&out->url, &g->query, before, v, err);
    if (rc == 0)
        rc = gateway_add_headers(out, &g->headers, v, err);
    if (rc == 0)
        rc = put_body(out, v, err);
    return rc != 0 ? rc : gateway_authenticate(out, v, err);
}

void gateway_callback_put(const struct settings *s, const struct transport *t, struct buf *out)
{
    const char *public_url = s->api_public_url;
    if (public_url == NULL && s->api_listen == NULL)
        return;
    if (public_url == NULL)
        buf_printf(out, "http://%s", s->api_listen);
    else
        buf_put(out, public_url, strlen(public_url) - (text_ends_with(public_url, "/") ? 1 : 0));
    buf_printf(out, "/reports/%s/", t->name);
    token_put(out, s->token_key, TOKEN_CALLBACK, 0, t->name);
}
