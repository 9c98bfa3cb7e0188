/*
 * Retention: the texts of what is over are let go after their time, a little at a time and only
 * while nothing else is to be done. Rows, addresses, attempts and hashes stay.
 */
#ifndef ENGINE_RETENTION_H
#define ENGINE_RETENTION_H

#include <stdint.h>

#include "ledger/ledger.h"
#include "model/settings.h"
#include "spool/spool.h"

struct retention {
    int64_t next_mono_ms;
    struct purge purge;
};

/* One step, if it is time. Where texts are kept for good it only ends what `purge` began. */
void retention_step(struct retention *r, struct ledger *l, struct spool *spool,
                    const struct settings *s, int64_t mono_ms, int64_t wall_ms);
/* When it wants to be called (monotonic ms). */
int64_t retention_next(const struct retention *r);

#endif
