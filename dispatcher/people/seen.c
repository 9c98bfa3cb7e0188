#include "people/seen.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct seen {
    uint16_t *marks; /* 16 bits of the hash, never 0; 0: free */
    uint32_t *records;
    size_t slots, capacity, used;
};

struct seen *seen_open(size_t capacity)
{
    assert(capacity < ((size_t)1 << 31));
    struct seen *s = xcalloc(1, sizeof(*s));
    s->capacity = capacity;
    s->slots = capacity + capacity / 4 + 16;
    s->marks = xcalloc(s->slots, sizeof(*s->marks));
    s->records = xcalloc(s->slots, sizeof(*s->records));
    return s;
}

void seen_close(struct seen *s)
{
    if (s == NULL)
        return;
    free(s->marks);
    free(s->records);
    free(s);
}

/* FNV-1a, and the last step of MurmurHash3, without which the high bits of short keys hardly
 * differ. */
uint64_t seen_hash(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *at = key; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

int64_t seen_add(struct seen *s, uint64_t hash, uint32_t record, seen_same_fn *same, void *context)
{
    size_t at = (size_t)((hash >> 32) * s->slots >> 32);
    uint16_t mark = (uint16_t)(hash & 0xffff);
    mark = mark == 0 ? 1 : mark;
    while (s->marks[at] != 0) {
        if (s->marks[at] == mark && same(context, s->records[at]))
            return s->records[at];
        at = at + 1 == s->slots ? 0 : at + 1;
    }
    if (s->used == s->capacity)
        return SEEN_FULL;
    s->marks[at] = mark;
    s->records[at] = record;
    s->used++;
    return SEEN_NEW;
}
