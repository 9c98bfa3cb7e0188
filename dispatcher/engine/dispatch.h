/*
 * Dispatch: what is due goes to workers, what they report goes to the ledger. Here meet ledger,
 * policy and pool; the scheduler's loop only calls it in time (and its recorder's commit).
 *
 *   which transport   in turn; not while its breaker, its rate, its warm-up or its concurrency say
 * no which lane        engine/chooser.h: small passes big how many          about half a second of
 * work which of them     engine/gates.h
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/chooser.h"
#include "engine/endpoints.h"
#include "engine/firsts.h"
#include "engine/halting.h"
#include "engine/pool.h"
#include "engine/recorder.h"
#include "engine/release.h"
#include "engine/resting.h"
#include "engine/rests.h"
#include "engine/setup.h"
#include "engine/shelf.h"
#include "engine/stops.h"
#include "engine/traffic.h"
#include "ledger/ledger.h"

struct dispatch {
    struct recorder recorder;
    struct setup *setup; /* borrowed from the scheduler: the current one */
    struct shelf *shelf; /* borrowed */
    struct pool pool;
    struct traffic traffic;
    struct chooser chooser;
    struct halting halting;
    struct firsts firsts;
    struct releasing releasing;
    struct endpoints endpoints; /* how the receivers of webhooks are */
    struct stops stops;         /* what operators paused */
    struct resting resting;     /* destinations and mail servers, for people */
    size_t turn;                /* which transport is asked first, so that none starves */
    struct leased *rows;        /* room for one packet */
    size_t room;
    int64_t day, day_from_ms, day_to_ms; /* for warm-up */
};

void dispatch_init(struct dispatch *d, struct ledger *l, struct shelf *shelf, struct setup *s);
/* From now on by another configuration; what waits because of what it changes is released. */
void dispatch_use(struct dispatch *d, struct setup *s);
/* What operators paused has changed in the ledger, or the configuration anew: it counts from now
 * on. */
MUST_CHECK int dispatch_use_stops(struct dispatch *d, struct error *err);
/* Leases and hands out while workers are idle and something is due, but only for a few rounds, so
 * that the loop stays awake. Returns the wall time in ms at which it wants to be called again
 * (INT64_MAX: none known). */
int64_t dispatch_run(struct dispatch *d, int64_t mono_ms, int64_t wall_ms);
/* Ends the workers and tries once more to record what is known. */
void dispatch_end(struct dispatch *d);

/* How a transport fares, for the status. */
struct transport_view {
    size_t in_flight;  /* packets */
    int64_t paused_ms; /* how long it still rests after a fault, 0: it does not */
    const char *reason, *breaker;
    int64_t since_wall_ms;                /* 0: its breaker is closed */
    const struct stopped_transport *stop; /* an operator's; NULL: it is not paused */
    const char *waits_for; /* "rate", "warmup": nothing is leased before its time; "" */
};
void dispatch_view(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                   struct transport_view *out);

/* Until when nobody may carry what stands in the lanes of a transport, and why. False: somebody may
 * carry what stands in the lanes of `home`, or it is not configured. */
bool dispatch_find_rest(struct dispatch *d, const char *home, int64_t mono_ms, int64_t wall_ms,
                        struct transport_rest *out);

#endif
