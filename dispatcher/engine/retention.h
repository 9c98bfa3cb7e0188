/*
 * Retention: the texts of what is over are let go after their time, a little at a time and while
 * nothing else is to be done; where there is always something to be done, an hour later beside it.
 * Rows, addresses, attempts and hashes stay.
 */
#ifndef ENGINE_RETENTION_H
#define ENGINE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "model/settings.h"
#include "spool/spool.h"

struct retention {
    int64_t next_mono_ms; /* 0: not asked yet */
    bool overdue;         /* until a sweep is through it no longer waits for an idle moment */
    struct purge purge;
};

/* Is it time for a step? `idle`: nothing else is to be done. */
bool retention_is_due(struct retention *r, bool idle, int64_t mono_ms);
/* One step. Where texts are kept for good it only ends what `purge` began. */
void retention_step(struct retention *r, struct ledger *l, struct spool *spool,
                    const struct settings *s, int64_t mono_ms, int64_t wall_ms);
/* When it wants to be asked (monotonic ms). */
int64_t retention_next(const struct retention *r, bool idle);

#endif
