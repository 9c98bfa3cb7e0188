/*
 * Which keys of a file were seen already, and in which record. Six bytes a record at most four
 * fifths full: 6.5 million recipients take 49 MB for each kind of key. The table keeps no keys but
 * 16 bits of their hash, so whoever looks must compare the few candidates himself.
 */
#ifndef PEOPLE_SEEN_H
#define PEOPLE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen;

#define SEEN_NEW  (-1)
#define SEEN_FULL (-2)

/* Room for `capacity` keys (below 2^31). Free with seen_close(). */
struct seen *seen_open(size_t capacity);
void seen_close(struct seen *s);
uint64_t seen_hash(const char *key);
/*
 * Adds the key of a record unless `same` says that an earlier record has it; that one is returned.
 * SEEN_NEW: it was added. SEEN_FULL: there are more than were announced.
 */
typedef bool seen_same_fn(void *context, uint32_t record);
int64_t seen_add(struct seen *s, uint64_t hash, uint32_t record, seen_same_fn *same, void *context);

#endif
