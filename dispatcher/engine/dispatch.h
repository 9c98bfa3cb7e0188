/*
 * Dispatch: what is due goes to workers, what they report goes to the ledger. Here meet ledger,
 * policy and pool; the scheduler's loop only calls it in time (and its recorder's commit).
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/pool.h"
#include "engine/recorder.h"
#include "engine/setup.h"
#include "ledger/ledger.h"

/* How a transport fares, kept by name over reloads. */
struct transport_health {
    char *name;
    int faults; /* consecutive faults of the transport itself */
    int64_t paused_until_mono_ms;
    char reason[DISPOSITION_REPLY_SIZE];
};

struct dispatch {
    struct recorder recorder;
    struct setup *setup; /* borrowed from the scheduler: the current one */
    struct pool pool;
    struct transport_health *health;
    size_t health_count;
    size_t turn; /* which transport is asked first, so that none starves */
};

void dispatch_init(struct dispatch *d, struct ledger *l, struct setup *s);
void dispatch_use(struct dispatch *d, struct setup *s);
/* Leases and hands out while workers are idle and something is due, but only for a few rounds, so
 * that the loop stays awake. Returns the wall time in ms at which it wants to be called again
 * (INT64_MAX: none known). */
int64_t dispatch_run(struct dispatch *d, int64_t mono_ms, int64_t wall_ms);
const struct transport_health *dispatch_health(const struct dispatch *d, const char *transport);
/* Ends the workers and tries once more to record what is known. */
void dispatch_end(struct dispatch *d);

#endif
