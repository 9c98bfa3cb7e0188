/*
 * Failover: who carries what stands in the lanes of a transport (its home). First the home itself,
 * then those of its `failover`, in their order; `failover_after` tries over one, then the next one
 * has its turn, and behind the last one the home again. Pure.
 *
 * In the first round each carrier gets so many tries as if it were the only one; what the schedule
 * of the home has behind those follows then, over all of them in turn.
 */
#ifndef POLICY_FAILOVER_H
#define POLICY_FAILOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/settings.h"

#define CARRIERS_MAX 8 /* further ones are not asked */

struct carriers {
    const struct transport *at[CARRIERS_MAX]; /* the first is the home; borrowed from settings */
    size_t count;                             /* at least 1 */
    int tries_each;                           /* over one before the next one has its turn */
};

/* What stands in `failover` but is not configured, is of another channel or stands there twice is
 * left out. */
void carriers_list(const struct settings *s, const struct transport *home, struct carriers *out);
/* Where a delivery that was tried so often begins to ask who may carry it. */
size_t carriers_start(const struct carriers *c, int tries);
/* The step of the schedule behind so many tries; see retry_delay_ms(). */
int carriers_schedule_tries(const struct carriers *c, int tries);
/* The next try has one that was not asked yet. */
bool carriers_next_is_fresh(const struct carriers *c, int tries);
/* May any of them not repeat what is uncertain? Then none may: who carries it is not known before.
 */
bool carriers_hold(const struct carriers *c);

#endif
