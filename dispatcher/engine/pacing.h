/*
 * Pacing: what the pace of campaigns lets go of a lane now. For who chooses, leases and tells why
 * something waits; a lane without a campaign's pace costs one comparison.
 */
#ifndef ENGINE_PACING_H
#define ENGINE_PACING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/rests.h"
#include "ledger/campaigns.h"
#include "ledger/ledger.h"
#include "policy/wave.h"

struct pacing {
    struct ledger *ledger;
    const char *zone; /* the configuration's; NULL: UTC */
    int64_t wall_ms;
};

/* When the first of a lane may go; INT64_MAX: nothing stands in it, or all wait for a word. */
int64_t pacing_due(const struct pacing *p, const struct lane *lane);
/* How many people of it may begin now. */
void pacing_grant(const struct pacing *p, const struct lane *lane, struct pace_grant *out);
/* The same decision for a campaign, wherever it was read from. */
void pacing_decide(const struct pacing *p, const struct pace *pace, const struct pace_count *count,
                   struct pace_answer *out);
/* "canary", "wave"; "" while it goes. */
const char *pacing_word(enum pace_brake brake);

#endif
