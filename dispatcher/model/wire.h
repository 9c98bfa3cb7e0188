/*
 * Numbers and texts as bytes, for what our own processes tell each other: numbers of fixed width in
 * network order, texts with their length before them and NUL behind, so that they can be used where
 * they stand. Reading is strict: who reads past the end, or a text that holds NUL, gets zeros and
 * "" from then on, and wire_ended() is false.
 */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

void wire_put_byte(struct buf *out, unsigned value); /* up to 255 */
void wire_put_int(struct buf *out, int64_t value);
void wire_put_count(struct buf *out, size_t count);
void wire_put_bytes(struct buf *out, const char *bytes, size_t len);
void wire_put_text(struct buf *out, const char *text); /* NULL is written as "" */

struct wire {
    const char *at, *end;
    bool broken;
};

struct wire wire_begin(const char *bytes, size_t len);
unsigned wire_byte(struct wire *w);
int64_t wire_int(struct wire *w);
/* A number from `low` to `high`; another one breaks the wire. */
int64_t wire_int_within(struct wire *w, int64_t low, int64_t high);
/* How many things follow of which each takes at least `size` bytes: never more than there is room
 * for, so that it can be allocated. */
size_t wire_count(struct wire *w, size_t size);
/* Borrowed bytes, not NUL-terminated. */
const char *wire_bytes(struct wire *w, size_t *out_len);
/* A text, borrowed from the bytes. */
const char *wire_text(struct wire *w);
/* A text of its own; caller frees with free(). */
char *wire_dup_text(struct wire *w);
/* A text into `out` of `size` bytes; one that is longer breaks the wire. */
void wire_copy_text(struct wire *w, char *out, size_t size);
/* Everything was there, and nothing is left. */
bool wire_ended(const struct wire *w);

#endif
