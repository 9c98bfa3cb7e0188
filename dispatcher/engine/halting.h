/*
 * Halting: a batch that fails too often stops by itself. What was settled as failed or uncertain
 * notes its batch; the counters of noted batches are looked at twenty times a second at most, and
 * policy/halt.h decides. What is in flight when it halts is still sent. An operator lets it go on.
 */
#ifndef ENGINE_HALTING_H
#define ENGINE_HALTING_H

#include <stddef.h>
#include <stdint.h>

#include "engine/setup.h"
#include "engine/shelf.h"
#include "ledger/ledger.h"

struct noted_batch {
    int64_t batch;
    int64_t not_before_mono_ms; /* it could not be judged: again then */
};

struct halting {
    struct noted_batch *noted; /* with new failures */
    size_t count;
    int64_t next_look_mono_ms;
};

void halting_note(struct halting *h, int64_t batch);
/* Looks at what is noted, if it is time; not within a transaction, and when what was noted is
 * settled in the ledger. What cannot be judged is logged and looked at again in a while, behind
 * all others. */
void halting_tend(struct halting *h, struct ledger *l, struct shelf *shelf,
                  const struct setup *setup, int64_t mono_ms);
/* When halting_tend() wants to be called, INT64_MAX if nothing is noted. */
int64_t halting_next(const struct halting *h);
void halting_free(struct halting *h);

#endif
