/*
 * Mending: what waits because a breaker is open, and an operator who says that it is mended. Ending
 * a rest lets nothing through but the probe: one is tried, and what comes of it decides about the
 * others, as it does at the end of any rest.
 */
#ifndef ENGINE_MENDING_H
#define ENGINE_MENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/dispatch.h"
#include "ledger/ledger.h"

struct mending {
    const char *kind;   /* "transport", "domain", "endpoint" */
    const char *name;   /* borrowed from the way */
    const char *reason; /* "": unknown; borrowed until something is settled */
    int64_t until_ms;   /* wall; 0: it is over, one is to be tried */
};

/* False: nothing rests that keeps it from being sent. */
bool mending_find(struct dispatch *d, const struct retry_way *way, int64_t mono_ms, int64_t wall_ms,
                  struct mending *out);
/* Whatever keeps it from being sent is asked again now. */
void mending_try(struct dispatch *d, const struct retry_way *way, int64_t mono_ms);

/* An endpoint as such, whichever transport goes there. */
bool mending_find_endpoint(struct dispatch *d, const char *name, int64_t mono_ms, int64_t wall_ms,
                           int64_t *out_until_ms);

#endif
