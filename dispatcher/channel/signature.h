/*
 * Standard Webhooks 1.0.0, symmetric scheme v1: HMAC-SHA256 over `id "." timestamp "." body`,
 * written as "v1," and padded base64. The receiver recognises a message by its id and an attempt by
 * its timestamp.
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

struct signature_input {
    const char *id;
    int64_t timestamp_s; /* of this attempt */
    const char *body;    /* exactly the bytes that are sent */
    size_t body_len;
};

/* Appends one signature, behind a space if `out` holds one already (the old and the new key while
 * one is replaced). */
void signature_put(struct buf *out, const struct buf *key, const struct signature_input *in);

#endif
