/*
 * Allowances: how much of a transport may be leased now, by its breaker, rate, warm-up and
 * concurrency, and by the workers others need. For dispatch.c.
 */
#ifndef ENGINE_ALLOWANCE_H
#define ENGINE_ALLOWANCE_H

#include "engine/dispatch.h"

struct allowance {
    size_t limit;    /* deliveries */
    bool small_only; /* the last place is for small ones */
};

/* The day warm-ups count by. */
void allowance_tend_day(struct dispatch *d, int64_t wall_ms);
/* Asks the ledger once a day what was delivered on it. Before anything is chosen: what waits must
 * be committed or the count lacks it, and a commit changes the lanes. */
void allowance_tend_warmups(struct dispatch *d, int64_t mono_ms);

/* False: nothing now. */
bool allowance_find(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                    struct allowance *out);
/* Its breaker lets nothing (more) through: those of its failover step in. */
bool allowance_rests(struct dispatch *d, const struct transport *t, int64_t mono_ms);
/* When a transport that has something due may have it; now if only a worker's word is awaited. */
int64_t allowance_opens_ms(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                           int64_t wall_ms);
/* "rate", "warmup": nothing is leased before its time; "". */
const char *allowance_brake(struct dispatch *d, const struct transport *t, int64_t mono_ms);

#endif
