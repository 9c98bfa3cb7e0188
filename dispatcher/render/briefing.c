#include "render/briefing.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/json.h"

#define KEPT 16 /* a batch in three languages and five zones; others are found out again */

struct briefings {
    struct briefing kept[KEPT];
    uint64_t questions;
};

struct briefings *briefings_new(void)
{
    return xcalloc(1, sizeof(struct briefings));
}

static void free_part(struct briefing_part *p)
{
    for (size_t i = 0; i < p->count; i++)
        stencil_free(p->stencils[i]);
}

static void drop(struct briefing *b)
{
    for (size_t i = 0; i < COUNT_OF(b->parts); i++)
        free_part(&b->parts[i]);
    json_free(b->facts);
    json_free(b->key.data);
    free(b->zone);
    *b = (struct briefing){0};
}

void briefings_free(struct briefings *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        drop(&b->kept[i]);
    free(b);
}

struct briefing *briefings_find(struct briefings *b, const struct briefing_key *key)
{
    b->questions++;
    for (size_t i = 0; i < KEPT; i++) {
        struct briefing *known = &b->kept[i];
        if (known->key.letter == key->letter && known->key.data == key->data &&
            known->key.locale == key->locale && text_equal(known->key.zone, key->zone)) {
            known->used = b->questions;
            return known;
        }
    }
    return NULL;
}

struct briefing *briefings_add(struct briefings *b, const struct briefing_key *key,
                               struct json_t *facts)
{
    struct briefing *oldest = &b->kept[0];
    for (size_t i = 1; i < KEPT; i++)
        if (b->kept[i].used < oldest->used)
            oldest = &b->kept[i];
    drop(oldest);
    *oldest = (struct briefing){
        .key = *key, .zone = xstrdup(key->zone), .facts = facts, .used = ++b->questions};
    oldest->key.zone = oldest->zone;
    json_incref(key->data);
    return oldest;
}
