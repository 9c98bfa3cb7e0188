#include "base/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SLOTS_MIN 64

/* FNV-1a: short keys, and nobody gains by collisions that cost a few comparisons. */
static size_t hash(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = key; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 32);
}

/* Where the key stands, or would stand. */
static size_t find_slot(const struct groups *g, const char *key)
{
    size_t at = hash(key) % g->slot_count;
    while (g->slots[at] != 0 && strcmp(g->at[g->slots[at] - 1].key, key) != 0)
        at = (at + 1) % g->slot_count;
    return at;
}

static void grow(struct groups *g)
{
    g->slot_count = g->slot_count * 2 + SLOTS_MIN;
    free(g->slots);
    g->slots = xcalloc(g->slot_count, sizeof(*g->slots));
    g->at = xreallocarray(g->at, g->slot_count / 2, sizeof(*g->at));
    for (size_t i = 0; i < g->count; i++)
        g->slots[find_slot(g, g->at[i].key)] = i + 1;
}

struct group *groups_find(struct groups *g, const char *key)
{
    if (g->count + 1 >= g->slot_count / 2)
        grow(g);
    size_t slot = find_slot(g, key);
    if (g->slots[slot] == 0) {
        g->at[g->count] = (struct group){.key = xstrdup(key)};
        g->slots[slot] = ++g->count;
    }
    return &g->at[g->slots[slot] - 1];
}

/* The cell to sort by is moved in front for qsort(), which has no context. */
struct ranked {
    int64_t rank;
    struct group group;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    return strcmp(x->group.key, y->group.key);
}

void groups_sort(struct groups *g, size_t cell)
{
    if (g->count == 0)
        return;
    struct ranked *all = xcalloc(g->count, sizeof(*all));
    for (size_t i = 0; i < g->count; i++)
        all[i] = (struct ranked){g->at[i].cells[cell], g->at[i]};
    qsort(all, g->count, sizeof(*all), compare);
    for (size_t i = 0; i < g->count; i++)
        g->at[i] = all[i].group;
    free(all);
}

void groups_free(struct groups *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->at[i].key);
    free(g->at);
    free(g->slots);
    *g = (struct groups){0};
}
