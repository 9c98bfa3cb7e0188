#include "channel/gateway_auth.h"

#include <string.h>

#include "base/digest.h"
#include "channel/gateway_body.h"

/* ---- headers */

/* `value` may hold a NUL, which would hide what follows. */
static int add_value(struct http_request *request, const char *name, const struct buf *value,
                     struct error *err)
{
    if (memchr(buf_text(value), '\0', value->len) != NULL)
        return error_set(err, ERR_INPUT, "the value of header %s holds a NUL", name);
    return http_request_add_header(request, name, buf_text(value), err);
}

int gateway_add_header(struct http_request *request, const char *name, const char *template,
                       const struct gateway_values *v, struct error *err)
{
    struct buf value = {0};
    int rc = gateway_template_put(&value, template, PLACE_PLAIN, v, err);
    if (rc == 0)
        rc = add_value(request, name, &value, err);
    buf_free(&value);
    return rc;
}

int gateway_add_headers(struct http_request *request, const struct gateway_node *headers,
                        const struct gateway_values *v, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < headers->count; i++) {
        const struct gateway_node *value;
        rc = gateway_choose(&headers->items[i], v, &value, err);
        if (rc == 0 && value != NULL)
            rc = gateway_add_header(request, headers->items[i].key, value->text, v, err);
    }
    return rc;
}

/* ---- the kinds */

static int add_basic(struct http_request *request, const struct gateway_values *v,
                     struct error *err)
{
    const struct gateway_auth *a = &v->gateway->auth;
    struct buf pair = {0}, value = {0};
    int rc = gateway_template_put(&pair, a->user, PLACE_PLAIN, v, err);
    buf_putc(&pair, ':');
    if (rc == 0)
        rc = gateway_template_put(&pair, a->password, PLACE_PLAIN, v, err);
    buf_puts(&value, "Basic ");
    base64_put(&value, buf_text(&pair), pair.len);
    if (rc == 0)
        rc = add_value(request, "Authorization", &value, err);
    buf_free(&pair);
    buf_free(&value);
    return rc;
}

static int add_bearer(struct http_request *request, const struct gateway_values *v,
                      struct error *err)
{
    struct buf value = {0};
    buf_puts(&value, "Bearer ");
    int rc = gateway_template_put(&value, v->gateway->auth.token, PLACE_PLAIN, v, err);
    if (rc == 0)
        rc = add_value(request, "Authorization", &value, err);
    buf_free(&value);
    return rc;
}

static int add_query(struct http_request *request, const struct gateway_values *v,
                     struct error *err)
{
    const struct gateway_auth *a = &v->gateway->auth;
    buf_puts(&request->url, strchr(buf_text(&request->url), '?') != NULL ? "&" : "?");
    gateway_put_percent_encoded(&request->url, a->name, strlen(a->name));
    buf_putc(&request->url, '=');
    return gateway_template_put(&request->url, a->value, PLACE_VALUE, v, err);
}

/* "/path?query" of a URL. */
static const char *path_query_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? strpbrk(host + 3, "/?") : NULL;
    return path != NULL ? path : "/";
}

static void put_signature(struct buf *out, const struct gateway_auth *a, const struct buf *key,
                          const struct buf *data)
{
    unsigned char sum[DIGEST_SIZE];
    size_t len = DIGEST_SIZE;
    if (a->algorithm == GATEWAY_AUTH_SHA256) {
        digest_hmac_sha256(buf_text(key), key->len, buf_text(data), data->len, sum);
    } else {
        digest_hmac_sha1(buf_text(key), key->len, buf_text(data), data->len, sum);
        len = DIGEST_SHA1_SIZE;
    }
    if (a->encode == GATEWAY_AUTH_BASE64)
        base64_put(out, sum, len);
    for (size_t i = 0; a->encode == GATEWAY_AUTH_HEX && i < len; i++)
        buf_printf(out, "%02x", sum[i]);
}

static int add_hmac(struct http_request *request, const struct gateway_values *v, struct error *err)
{
    const struct gateway_auth *a = &v->gateway->auth;
    struct gateway_signing signing = {request->method, path_query_of(buf_text(&request->url)),
                                      &request->body, NULL};
    struct gateway_values known = *v;
    struct buf key = {0}, data = {0}, signature = {0};
    known.signing = &signing;
    int rc = gateway_template_put(&key, a->key, PLACE_PLAIN, &known, err);
    if (rc == 0)
        rc = gateway_template_put(&data, a->data, PLACE_PLAIN, &known, err);
    put_signature(&signature, a, &key, &data);
    signing.signature = buf_text(&signature);
    if (rc == 0)
        rc = gateway_add_headers(request, &a->headers, &known, err);
    buf_free(&key);
    buf_free(&data);
    buf_free(&signature);
    return rc;
}

static int put_owned(char **out, const char *template, const struct gateway_values *v,
                     struct error *err)
{
    struct buf value = {0};
    int rc = gateway_template_put(&value, template, PLACE_PLAIN, v, err);
    *out = buf_steal(&value);
    return rc;
}

static int add_sigv4(struct http_request *request, const struct gateway_values *v,
                     struct error *err)
{
    const struct gateway_auth *a = &v->gateway->auth;
    struct buf scope = {0};
    buf_puts(&scope, "aws:amz:");
    int rc = gateway_template_put(&scope, a->region, PLACE_PLAIN, v, err);
    buf_putc(&scope, ':');
    if (rc == 0)
        rc = gateway_template_put(&scope, a->service, PLACE_PLAIN, v, err);
    request->sigv4 = buf_steal(&scope);
    if (rc == 0)
        rc = put_owned(&request->sigv4_key, a->access_key, v, err);
    return rc != 0 ? rc : put_owned(&request->sigv4_secret, a->secret_key, v, err);
}

int gateway_authenticate(struct http_request *request, const struct gateway_values *v,
                         struct error *err)
{
    const struct gateway_auth *a = &v->gateway->auth;
    switch (a->kind) {
    case GATEWAY_AUTH_NONE:
        return 0;
    case GATEWAY_AUTH_BASIC:
        return add_basic(request, v, err);
    case GATEWAY_AUTH_BEARER:
        return add_bearer(request, v, err);
    case GATEWAY_AUTH_HEADER:
        return gateway_add_header(request, a->name, a->value, v, err);
    case GATEWAY_AUTH_QUERY:
        return add_query(request, v, err);
    case GATEWAY_AUTH_HMAC:
        return add_hmac(request, v, err);
    case GATEWAY_AUTH_SIGV4:
        return add_sigv4(request, v, err);
    }
    return 0;
}
