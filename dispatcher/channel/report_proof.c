#include "channel/report_proof.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "model/json.h"

/* The clocks of two houses. */
#define JWT_LEEWAY_S 60

struct evidence {
    const struct gateway_report *description;
    const struct report_request *request;
    const struct report_fields *fields;
    const char *key;
    size_t key_len;
};

static bool same_text(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && digest_equal(a, b, strlen(a));
}

/* Hex in either case, of a digest of `len` bytes. */
static bool same_hex(const char *text, const unsigned char *digest, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    unsigned difference = strlen(text) != 2 * len;
    for (size_t i = 0; difference == 0 && i < len; i++) {
        const char pair[2] = {hex[digest[i] >> 4], hex[digest[i] & 15]};
        for (size_t j = 0; j < 2; j++) {
            char c = text[2 * i + j];
            char lower = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
            difference |= (unsigned)(unsigned char)lower ^ (unsigned char)pair[j];
        }
    }
    return difference == 0;
}

static bool same_base64(const char *text, const unsigned char *digest, size_t len)
{
    struct buf bytes = {0};
    bool same = base64_decode(text, strlen(text), &bytes) && bytes.len == len &&
                digest_equal(bytes.data, digest, len);
    buf_free(&bytes);
    return same;
}

static int deny(const char *what, struct error *err)
{
    return error_set(err, ERR_DENIED, "%s", what);
}

/* NULL, and said so, if it is missing. */
static const char *require_header(const struct evidence *e, const char *name, struct error *err)
{
    const char *value = report_request_header(e->request, name);
    if (value == NULL)
        error_set(err, ERR_DENIED, "the header %s is missing", name);
    return value;
}

/* ---- shared header, HMAC of the body */

static int verify_shared_header(const struct evidence *e, struct error *err)
{
    const char *value = require_header(e, e->description->verify_name, err);
    if (value == NULL)
        return ERR_DENIED;
    return same_text(value, e->key) ? 0 : deny("the shared secret is another one", err);
}

static int verify_hmac(const struct evidence *e, struct error *err)
{
    unsigned char mac[DIGEST_SIZE];
    const char *value = require_header(e, e->description->verify_name, err);
    if (value == NULL)
        return ERR_DENIED;
    digest_hmac_sha256(e->key, e->key_len, e->request->body, e->request->body_len, mac);
    if (text_starts_with(value, "sha256="))
        value += strlen("sha256=");
    bool ok = same_hex(value, mac, sizeof(mac)) || same_base64(value, mac, sizeof(mac));
    return ok ? 0 : deny("the signature does not fit the body", err);
}

/* ---- Twilio */

static void put_form(struct buf *out, const struct report_request *r)
{
    struct report_fields form = {0};
    /* A field that cannot be read has failed before. */
    if (report_fields_read(&form, r->body, r->body_len, NULL) == 0) {
        report_fields_sort(&form);
        for (size_t i = 0; i < form.count; i++) {
            buf_puts(out, form.items[i].name);
            buf_puts(out, form.items[i].value);
        }
    }
    report_fields_free(&form);
}

/* A body that is no form is covered by its hash in the URL, and the URL by the signature. */
static bool body_hash_fits(const struct evidence *e, const char *hash)
{
    unsigned char sum[DIGEST_SIZE];
    digest_sha256(e->request->body, e->request->body_len, sum);
    return same_hex(hash, sum, sizeof(sum));
}

static int verify_twilio(const struct evidence *e, struct error *err)
{
    unsigned char mac[DIGEST_SHA1_SIZE];
    const char *value = require_header(e, "X-Twilio-Signature", err);
    const char *hash = report_fields_find(e->fields, "bodySHA256");
    struct buf text = {0};
    if (value == NULL)
        return ERR_DENIED;
    buf_puts(&text, e->request->url);
    if (hash == NULL)
        put_form(&text, e->request);
    digest_hmac_sha1(e->key, e->key_len, text.data, text.len, mac);
    buf_free(&text);
    if (hash != NULL && !body_hash_fits(e, hash))
        return deny("bodySHA256 does not fit the body", err);
    return same_base64(value, mac, sizeof(mac))
               ? 0
               : deny("the signature does not fit the address and the form; is api.public_url the "
                      "address Twilio calls?",
                      err);
}

/* ---- MessageBird: a JSON Web Token, RFC 7515 compact */

static int read_jwt_part(const char *text, size_t len, struct json_t **out, struct error *err)
{
    struct buf bytes = {0};
    int rc = base64url_decode(text, len, &bytes)
                 ? json_parse(buf_text(&bytes), bytes.len, "token", 1, 4, out, err)
                 : ERR_INPUT;
    buf_free(&bytes);
    return rc == 0 ? 0 : deny("the token is not a JSON Web Token", err);
}

/* The algorithm is ours to say, not the token's: "none" is one, too. */
static int check_jwt_header(const char *token, size_t len, struct error *err)
{
    struct json_t *header = NULL;
    int rc = read_jwt_part(token, len, &header, err);
    if (rc == 0 && strcmp(json_get_text(header, "alg", ""), "HS256") != 0)
        rc = deny("the token is not signed with HS256", err);
    json_free(header);
    return rc;
}

static bool hash_fits(const struct json_t *claims, const char *name, const char *bytes, size_t len)
{
    unsigned char sum[DIGEST_SIZE];
    const char *hash = json_get_text(claims, name, NULL);
    digest_sha256(bytes, len, sum);
    return hash != NULL && same_hex(hash, sum, sizeof(sum));
}

static int check_claims(const struct evidence *e, const struct json_t *claims, struct error *err)
{
    const struct report_request *r = e->request;
    int64_t now_s = r->now_ms / 1000;
    if (now_s > json_get_int(claims, "exp", 0) + JWT_LEEWAY_S ||
        now_s < json_get_int(claims, "nbf", 0) - JWT_LEEWAY_S)
        return deny("the token is over, or not valid yet; is the clock right?", err);
    if (!hash_fits(claims, "url_hash", r->url, strlen(r->url)))
        return deny("the token was made for another address; is api.public_url the one the gateway "
                    "calls?",
                    err);
    if (r->body_len > 0 && !hash_fits(claims, "payload_hash", r->body, r->body_len))
        return deny("the token was made for another body", err);
    return 0;
}

static int verify_jwt(const struct evidence *e, struct error *err)
{
    const char *token = require_header(e, "MessageBird-Signature-JWT", err);
    unsigned char mac[DIGEST_SIZE];
    struct json_t *claims = NULL;
    struct buf signature = {0};
    if (token == NULL)
        return ERR_DENIED;
    size_t head = strcspn(token, "."),
           rest = token[head] == '.' ? strcspn(token + head + 1, ".") : 0;
    size_t covered = head + 1 + rest;
    if (rest == 0 || token[covered] != '.')
        return deny("the token is not a JSON Web Token", err);
    digest_hmac_sha256(e->key, e->key_len, token, covered, mac);
    const char *end = token + covered + 1;
    bool signed_by_key = base64url_decode(end, strlen(end), &signature) &&
                         signature.len == sizeof(mac) &&
                         digest_equal(signature.data, mac, sizeof(mac));
    buf_free(&signature);
    int rc = check_jwt_header(token, head, err);
    if (rc == 0 && !signed_by_key)
        rc = deny("the token is signed with another key", err);
    if (rc == 0)
        rc = read_jwt_part(token + head + 1, rest, &claims, err);
    if (rc == 0)
        rc = check_claims(e, claims, err);
    json_free(claims);
    return rc;
}

/* ---- Vonage */

static void put_harmless(struct buf *out, const char *value)
{
    for (; *value != '\0'; value++)
        buf_putc(out, (char)(*value == '&' || *value == '=' ? '_' : *value));
}

static void put_sorted(struct buf *out, const struct report_fields *fields)
{
    struct report_fields sorted = {0};
    for (size_t i = 0; i < fields->count; i++) {
        if (!report_fields_add(&sorted, fields->items[i].name, fields->items[i].value))
            break;
    }
    report_fields_sort(&sorted);
    for (size_t i = 0; i < sorted.count; i++) {
        if (strcmp(sorted.items[i].name, "sig") == 0)
            continue;
        buf_printf(out, "&%s=", sorted.items[i].name);
        put_harmless(out, sorted.items[i].value);
    }
    report_fields_free(&sorted);
}

static int verify_vonage(const struct evidence *e, struct error *err)
{
    unsigned char mac[DIGEST_SIZE];
    struct buf text = {0};
    const char *sig = report_fields_find(e->fields, "sig");
    if (sig == NULL)
        return deny("the field sig is missing", err);
    put_sorted(&text, e->fields);
    digest_hmac_sha256(e->key, e->key_len, buf_text(&text), text.len, mac);
    buf_free(&text);
    return same_hex(sig, mac, sizeof(mac)) ? 0 : deny("sig does not fit the fields", err);
}

/* ---- */

int report_verify(const struct gateway_report *description, const struct report_request *request,
                  const struct report_fields *fields, struct error *err)
{
    const char *key = description->verify_key != NULL ? description->verify_key : "";
    const struct evidence e = {description, request, fields, key, strlen(key)};
    if (description->verify != GATEWAY_VERIFY_NONE && e.key_len == 0)
        return deny("the description has no key to verify reports with", err);
    switch (description->verify) {
    case GATEWAY_VERIFY_NONE:
        return 0;
    case GATEWAY_VERIFY_SHARED_HEADER:
        return verify_shared_header(&e, err);
    case GATEWAY_VERIFY_TWILIO:
        return verify_twilio(&e, err);
    case GATEWAY_VERIFY_HMAC_SHA256:
        return verify_hmac(&e, err);
    case GATEWAY_VERIFY_MESSAGEBIRD_JWT:
        return verify_jwt(&e, err);
    case GATEWAY_VERIFY_VONAGE_SIG:
        return verify_vonage(&e, err);
    }
    return deny("unknown kind of verification", err);
}
