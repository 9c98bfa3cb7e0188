/* Identities. A job id is `[A-Za-z0-9_-]{1,128}` and does not start with `-`: it is a
 * file name, the left part of a Message-ID and the `webhook-id`, so nothing in it may need quoting
 * anywhere. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAX 128

bool id_valid(const char *text, size_t len);
/* 64 random bits from the kernel. The only dice of the program; engine/ and what is above it throw
 * them. */
uint64_t random_bits(void);

#endif
