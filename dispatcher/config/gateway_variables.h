/* The variables of a gateway description: its own defaults, and what `vars` of a transport sets. */
#ifndef CONFIG_GATEWAY_VARIABLES_H
#define CONFIG_GATEWAY_VARIABLES_H

#include <stdbool.h>

#include "config/load.h"
#include "config/reader.h"
#include "model/gateway.h"

/* Where variables come from: the transport first, then the description. */
struct variables {
    struct section set;       /* `vars` of the transport; map may be NULL */
    struct section described; /* `vars` of the description */
    struct place missing;     /* where a variable that is not set should stand */
    bool tolerant;            /* missing ones are fine, secrets stay unread */
};

/* Fills in the two sections but for the prefix of `set` and `tolerant`. */
void gateway_find_variables(struct variables *v, const struct section *transport,
                            const struct section *description);
void gateway_read_variables(struct load *l, const struct variables *v, struct gateway *g);

#endif
