/* Numbers by a text: counting what many rows have in common. Zero-initialise with {0}. */
#ifndef BASE_GROUPS_H
#define BASE_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#define GROUP_CELLS 12

struct group {
    char *key;
    int64_t cells[GROUP_CELLS];
};

struct groups {
    struct group *at; /* in the order they were found */
    size_t count;
    size_t *slots; /* places of `at` by hash, plus 1; 0: free */
    size_t slot_count;
};

/* The group of a key, made with zeros if it is new. Valid until the next call. */
struct group *groups_find(struct groups *g, const char *key);
/* The largest of that cell first, equal ones by key. Nothing is found afterwards. */
void groups_sort(struct groups *g, size_t cell);
void groups_free(struct groups *g);

#endif
