#include "channel/signature.h"

#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/settings.h"

#define SECRET_PREFIX "whsec_"
#define KEY_PREFIX    "whsk_"
#define PUBLIC_PREFIX "whpk_"
#define KEY_SIZE      (ED25519_SEED_SIZE + ED25519_PUBLIC_SIZE)
#define S_PER_DAY     (24 * 60 * 60)

int signature_decode_secret(const char *secret, struct buf *out, struct error *err)
{
    size_t before = out->len;
    const char *text =
        text_starts_with(secret, SECRET_PREFIX) ? secret + strlen(SECRET_PREFIX) : secret;
    bool readable = base64_decode(text, strlen(text), out);
    size_t size = out->len - before;
    if (readable && size >= SIGNATURE_KEY_MIN && size <= SIGNATURE_KEY_MAX)
        return 0;
    buf_truncate(out, before);
    if (!readable)
        return error_set(err, ERR_CONFIG,
                         "the secret is not base64 behind \"" SECRET_PREFIX
                         "\"; make a new one: dispatcher endpoint secret new");
    return error_set(err, ERR_CONFIG, "the secret holds %zu bytes; it must hold %d to %d", size,
                     SIGNATURE_KEY_MIN, SIGNATURE_KEY_MAX);
}

/* ---- ed25519 */

int signature_open_key(const char *signing_key, struct ed25519 **out, struct error *err)
{
    struct buf bytes = {0};
    unsigned char derived[ED25519_PUBLIC_SIZE];
    int rc = 0;
    *out = NULL;
    const char *text = signing_key + strlen(KEY_PREFIX);
    if (!text_starts_with(signing_key, KEY_PREFIX) || !base64_decode(text, strlen(text), &bytes) ||
        bytes.len != KEY_SIZE) {
        rc = error_set(err, ERR_CONFIG,
                       "the signing key is not \"" KEY_PREFIX "\" and base64 of %d bytes; make a "
                       "new one: dispatcher endpoint secret new --ed25519",
                       KEY_SIZE);
        goto out;
    }
    *out = ed25519_open((const unsigned char *)bytes.data);
    ed25519_public(*out, derived);
    if (memcmp(derived, bytes.data + ED25519_SEED_SIZE, sizeof(derived)) != 0) {
        ed25519_close(*out);
        *out = NULL;
        rc = error_set(err, ERR_CONFIG,
                       "the two halves of the signing key do not belong together; copy it again");
    }
out:
    buf_free(&bytes);
    return rc;
}

void signature_put_key(struct buf *out, const unsigned char *seed)
{
    unsigned char both[KEY_SIZE];
    struct ed25519 *key = ed25519_open(seed);
    memcpy(both, seed, ED25519_SEED_SIZE);
    ed25519_public(key, both + ED25519_SEED_SIZE);
    buf_puts(out, KEY_PREFIX);
    base64_put(out, both, sizeof(both));
    ed25519_close(key);
}

void signature_put_public(struct buf *out, const struct ed25519 *key)
{
    unsigned char bytes[ED25519_PUBLIC_SIZE];
    ed25519_public(key, bytes);
    buf_puts(out, PUBLIC_PREFIX);
    base64_put(out, bytes, sizeof(bytes));
}

/* ---- all keys of an endpoint */

int signature_open_keys(const struct endpoint *e, struct signature_keys *out, struct error *err)
{
    int rc = signature_decode_secret(e->secret, &out->key, err);
    if (rc == 0 && e->old_secret != NULL)
        rc = signature_decode_secret(e->old_secret, &out->old_key, err);
    if (rc == 0 && e->signing_key != NULL)
        rc = signature_open_key(e->signing_key, &out->signing, err);
    out->old_until_day = e->old_secret_until_day;
    return rc;
}

void signature_free_keys(struct signature_keys *keys)
{
    buf_free(&keys->key);
    buf_free(&keys->old_key);
    ed25519_close(keys->signing);
    *keys = (struct signature_keys){0};
}

static void put_base(struct buf *out, const struct signature_input *in)
{
    buf_reserve(out, strlen(in->id) + in->body_len + 24);
    buf_printf(out, "%s.%" PRId64 ".", in->id, in->timestamp_s);
    buf_put(out, in->body, in->body_len);
}

static void put_hmac(struct buf *out, const struct buf *key, const struct buf *base)
{
    unsigned char mac[DIGEST_SIZE];
    digest_hmac_sha256(buf_text(key), key->len, base->data, base->len, mac);
    buf_puts(out, "v1,");
    base64_put(out, mac, sizeof(mac));
}

static void put_ed25519(struct buf *out, const struct ed25519 *key, const struct buf *base)
{
    unsigned char signature[ED25519_SIGNATURE_SIZE];
    ed25519_sign(key, base->data, base->len, signature);
    buf_puts(out, "v1a,");
    base64_put(out, signature, sizeof(signature));
}

static bool is_old_key_valid(const struct signature_keys *keys, int64_t now_s)
{
    return keys->old_key.len > 0 &&
           (keys->old_until_day == 0 || now_s / S_PER_DAY <= keys->old_until_day);
}

void signature_put(struct buf *out, const struct signature_keys *keys,
                   const struct signature_input *in)
{
    struct buf base = {0};
    put_base(&base, in);
    put_hmac(out, &keys->key, &base);
    if (is_old_key_valid(keys, in->timestamp_s)) {
        buf_putc(out, ' ');
        put_hmac(out, &keys->old_key, &base);
    }
    if (keys->signing != NULL) {
        buf_putc(out, ' ');
        put_ed25519(out, keys->signing, &base);
    }
    buf_free(&base);
}
