/* Hashes, signatures and their spellings, from OpenSSL. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define DIGEST_SIZE     32
#define DIGEST_HEX_SIZE 65

void digest_sha256(const void *bytes, size_t len, unsigned char out[DIGEST_SIZE]);
/* The same of bytes that come piece by piece; the sum may be asked for in between. */
struct digest;
struct digest *digest_begin(void);
void digest_put(struct digest *d, const void *bytes, size_t len);
void digest_sum(const struct digest *d, unsigned char out[DIGEST_SIZE]);
/* The sum of one whole text, with one `d` for many: to find the algorithm takes as long as to sum a
 * letter. Pieces put before are forgotten, and none may be put behind it. */
void digest_one(struct digest *d, const void *bytes, size_t len, unsigned char out[DIGEST_SIZE]);
/* NULL is fine. */
void digest_end(struct digest *d);
/* `out` holds DIGEST_HEX_SIZE bytes; returns it. */
const char *digest_hex(const unsigned char digest[DIGEST_SIZE], char *out);
void digest_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                        unsigned char out[DIGEST_SIZE]);

/* Only for signatures of others that ask for it. */
#define DIGEST_SHA1_SIZE 20
void digest_hmac_sha1(const void *key, size_t key_len, const void *bytes, size_t len,
                      unsigned char out[DIGEST_SHA1_SIZE]);
/* Compares two secrets of the same length in a time that does not tell where they differ. */
bool digest_equal(const void *a, const void *b, size_t len);

/* A key of Ed25519 (RFC 8032), made from its seed. */
#define ED25519_SEED_SIZE      32
#define ED25519_PUBLIC_SIZE    32
#define ED25519_SIGNATURE_SIZE 64
struct ed25519;
struct ed25519 *ed25519_open(const unsigned char seed[ED25519_SEED_SIZE]);
void ed25519_public(const struct ed25519 *key, unsigned char out[ED25519_PUBLIC_SIZE]);
void ed25519_sign(const struct ed25519 *key, const void *bytes, size_t len,
                  unsigned char out[ED25519_SIGNATURE_SIZE]);
/* NULL is fine. */
void ed25519_close(struct ed25519 *key);

/* RFC 4648 standard alphabet, padded. */
void base64_put(struct buf *out, const void *bytes, size_t len);
/* Accepts missing padding; false on any other character or length. Appends to `out`. */
bool base64_decode(const char *text, size_t len, struct buf *out);
/* The same of the URL-safe alphabet without padding, as in a JSON Web Token. */
bool base64url_decode(const char *text, size_t len, struct buf *out);

#endif
