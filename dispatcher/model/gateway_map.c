#include "model/gateway_map.h"

#include <stdlib.h>
#include <string.h>

static const char *find_entry(const struct gateway_map *map, const char *word)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->entries[i].from, word) == 0)
            return map->entries[i].to;
    }
    return NULL;
}

const char *gateway_map_find(const struct gateway_map *map, const char *word)
{
    const char *to = find_entry(map, word);
    return to != NULL ? to : find_entry(map, "default");
}

void gateway_map_free(struct gateway_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free(map->entries[i].from);
        free(map->entries[i].to);
    }
    free(map->entries);
    free(map->name);
    *map = (struct gateway_map){0};
}
