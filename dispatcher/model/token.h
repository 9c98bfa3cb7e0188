/*
 * A token names a delivery to the world and proves that we made it: it goes out as the envelope
 * sender (VERP), as the envelope id of a mail (RFC 3461) and in the address at which a gateway
 * reports, and who brings one back was told it by us. Nobody can make one for another delivery.
 *
 *   <number in base 36>-<16 letters a-v and digits: the first 80 bits of an HMAC-SHA256>
 */
#ifndef MODEL_TOKEN_H
#define MODEL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TOKEN_KEY_SIZE 32
#define TOKEN_SIZE     32 /* of the longest, with its NUL */

/* What it is good for: a token of one purpose is none of another. */
enum token_purpose {
    TOKEN_DELIVERY, /* the number is a delivery of the ledger */
    TOKEN_CALLBACK, /* the number is 0: `subject` is a transport, where its gateway may report */
};

/* Appends one. `subject`: what else it is bound to, "" for a delivery. */
void token_put(struct buf *out, const unsigned char key[TOKEN_KEY_SIZE], enum token_purpose purpose,
               int64_t number, const char *subject);
/* False: it is none of ours. Takes upper case for lower: mail servers do. */
bool token_read(const char *text, size_t len, const unsigned char key[TOKEN_KEY_SIZE],
                enum token_purpose purpose, const char *subject, int64_t *out_number);

#endif
