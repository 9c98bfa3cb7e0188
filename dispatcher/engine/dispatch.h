/*
 * Dispatch: what is due goes to workers, what they report goes to the ledger. Here meet ledger,
 * policy and pool; the scheduler's loop only calls it in time.
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/pool.h"
#include "engine/setup.h"
#include "ledger/ledger.h"

/* How a transport fares, kept by name over reloads. */
struct transport_health {
    char *name;
    int faults; /* consecutive faults of the transport itself */
    int64_t paused_until_mono_ms;
    char reason[256];
};

struct dispatch {
    struct ledger *ledger;
    struct setup *setup; /* borrowed from the scheduler: the current one */
    struct pool pool;
    struct transport_health *health;
    size_t health_count;
    size_t turn; /* which transport is asked first, so that none starves */
    bool in_transaction;
    size_t unsynced; /* outcomes committed but not yet durable */
    int64_t unsynced_since_mono_ms;
    struct settlement_copy *unrecorded; /* outcomes the ledger would not take: kept until it does */
    size_t unrecorded_count;
    bool ledger_down; /* nothing is sent while outcomes cannot be recorded */
    int64_t ledger_retry_mono_ms;
};

void dispatch_init(struct dispatch *d, struct ledger *l, struct setup *s);
void dispatch_use(struct dispatch *d, struct setup *s);
/* Leases and hands out as long as workers are idle and something is due. Returns the wall time in
 * ms at which the next delivery becomes due (INT64_MAX: none known). */
int64_t dispatch_run(struct dispatch *d, int64_t mono_ms, int64_t wall_ms);
/* Commits what the reports of this wake-up settled (survives kill -9), and syncs in groups
 * (survives power loss). */
void dispatch_record(struct dispatch *d, int64_t mono_ms);
/* When dispatch_record() wants to be called at the latest, INT64_MAX if nothing is pending. */
int64_t dispatch_next_sync(const struct dispatch *d);
const struct transport_health *dispatch_health(const struct dispatch *d, const char *transport);
void dispatch_end(struct dispatch *d);

#endif
