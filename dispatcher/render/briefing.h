/*
 * A briefing, private to render/: what all readers of a letter in one language and zone are told
 * who get the same facts. The lines of a batch share theirs, as one object in memory; so what must
 * be known of them is found out once: whether they are right, what they mean in the language, and,
 * from the second letter on, stencils of the parts.
 */
#ifndef RENDER_BRIEFING_H
#define RENDER_BRIEFING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "render/letter.h"
#include "render/stencil.h"

struct json_t;

#define BRIEFING_STENCILS 4 /* of a part: readers with and without a reference, say */

struct briefing_key {
    const struct letter *letter;
    int locale;          /* its index in the library: that of the reader */
    struct json_t *data; /* of the job, as an object in memory; jobs are never changed */
    const char *zone;    /* NULL: the language's own */
};

struct briefing_part {
    struct stencil *stencils[BRIEFING_STENCILS];
    size_t count;
    bool uncuttable;
};

struct briefing {
    struct briefing_key key; /* with a reference to the data */
    char *zone;              /* what the key points to */
    struct json_t *facts;    /* what letters see of the data; owned */
    struct briefing_part parts[LETTER_PARTS];
    size_t letters; /* that were made of it */
    uint64_t used;  /* the question that asked for it last */
};

/* Those of the last readers. */
struct briefings;

struct briefings *briefings_new(void);
void briefings_free(struct briefings *b);
/* NULL if it is not known. */
struct briefing *briefings_find(struct briefings *b, const struct briefing_key *key);
/* In the place of the one that was not asked for the longest; takes the facts. */
struct briefing *briefings_add(struct briefings *b, const struct briefing_key *key,
                               struct json_t *facts);

#endif
