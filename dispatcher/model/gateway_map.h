/* Words of ours to words of a gateway: `maps` of its description, used by {{purpose|map:NAME}}. */
#ifndef MODEL_GATEWAY_MAP_H
#define MODEL_GATEWAY_MAP_H

#include <stddef.h>

struct gateway_map_entry {
    char *from, *to;
};

struct gateway_map {
    char *name;
    struct gateway_map_entry *entries;
    size_t count;
};

/* `default` stands for every word without an entry. NULL if there is neither. Borrowed. */
const char *gateway_map_find(const struct gateway_map *map, const char *word);
/* Frees what it owns, not the struct. */
void gateway_map_free(struct gateway_map *map);

#endif
