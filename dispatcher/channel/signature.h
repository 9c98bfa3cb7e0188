/*
 * Standard Webhooks 1.0.0: signatures over `id "." timestamp "." body`. The receiver recognises a
 * message by its id and an attempt by its timestamp.
 *
 *     v1,BASE64    HMAC-SHA256 with a secret both know (whsec_...)
 *     v1a,BASE64   Ed25519 with a key only the sender has (whsk_...); receivers get whpk_...
 */
#ifndef CHANNEL_SIGNATURE_H
#define CHANNEL_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define SIGNATURE_KEY_MIN 24
#define SIGNATURE_KEY_MAX 64

/*
 * The key in a secret: base64 of 24 to 64 random bytes, with or without "whsec_" and padding;
 * appended to `out`. ERR_CONFIG with what is wrong; the sentence never shows the secret.
 */
MUST_CHECK int signature_decode_secret(const char *secret, struct buf *out, struct error *err);

struct ed25519;
/* The key in "whsk_" and base64 of 64 bytes, seed and public key; the caller closes it with
 * ed25519_close(). ERR_CONFIG, also if the two halves do not belong together. */
MUST_CHECK int signature_open_key(const char *signing_key, struct ed25519 **out, struct error *err);
/* "whsk_..." made of a seed of ED25519_SEED_SIZE bytes, and the "whpk_..." of a key for
 * receivers. */
void signature_put_key(struct buf *out, const unsigned char *seed);
void signature_put_public(struct buf *out, const struct ed25519 *key);

struct signature_input {
    const char *id;
    int64_t timestamp_s; /* of this attempt */
    const char *body;    /* exactly the bytes that are sent */
    size_t body_len;
};

/* What one endpoint is signed for with. Zero-initialise. */
struct signature_keys {
    struct buf key;
    struct buf old_key;      /* empty: none */
    int64_t old_until_day;   /* its last day (UTC) in days from 1970; 0: no end */
    struct ed25519 *signing; /* NULL: none */
};

struct endpoint;
MUST_CHECK int signature_open_keys(const struct endpoint *e, struct signature_keys *out,
                                   struct error *err);
void signature_free_keys(struct signature_keys *keys);

/*
 * Appends the value of webhook-signature, the signatures separated by one space: by the new key, by
 * the old one while its last day at the time of the attempt is not over, and by the signing key.
 */
void signature_put(struct buf *out, const struct signature_keys *keys,
                   const struct signature_input *in);

#endif
