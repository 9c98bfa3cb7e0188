/*
 * The first ones of campaigns (canary): when all of them are out and settled, the campaign goes on
 * by itself if it may and few enough failed, or waits for a person, which the log says once.
 */
#ifndef ENGINE_FIRSTS_H
#define ENGINE_FIRSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/campaigns.h"

struct firsts {
    int64_t look_mono_ms; /* not before */
    bool waits;           /* then somebody may be settled */
    int64_t *told;        /* numbers of campaigns of which the log said that they wait for a look */
    size_t told_count;
};

/* Not within a transaction. Errors of the ledger are logged, and it is looked again in a while. */
void firsts_tend(struct firsts *f, struct ledger *l, int64_t mono_ms, int64_t wall_ms);
/* When firsts_tend() wants to be called; INT64_MAX: nothing comes by itself. */
int64_t firsts_next(const struct firsts *f);
void firsts_free(struct firsts *f);

#endif
