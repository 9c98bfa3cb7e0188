/*
 * Campaigns while they go: what state one is in, from its row and from its batches.
 */
#ifndef ENGINE_CAMPAIGNS_H
#define ENGINE_CAMPAIGNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ledger/campaigns.h"

enum campaign_state {
    CAMPAIGN_DRAFT,     /* approvals only */
    CAMPAIGN_SCHEDULED, /* its time has not come */
    CAMPAIGN_CANARY,    /* its first ones go, or wait for a look */
    CAMPAIGN_RUNNING,
    CAMPAIGN_IS_PAUSED, /* all of it, or a batch of it, by a person or a changed letter */
    CAMPAIGN_HALTED,    /* a batch of it failed too often */
    CAMPAIGN_FINISHED,
    CAMPAIGN_COMPLETED_WITH_FAILURES, /* finished, but not everybody was reached */
    CAMPAIGN_IS_CANCELLED,
    CAMPAIGN_STATES
};
const char *campaign_state_name(enum campaign_state state);

/* All of its batches together. */
struct campaign_sum {
    int64_t batches, loading, unfinished;
    int64_t counts[DELIVERY_STATES];
    int64_t refused;     /* of the failed: never tried */
    int64_t finished_ms; /* of the last one */
    bool halted, paused; /* one of them is */
    bool other_letter;   /* of one of them: it is not what was approved */
    bool trial;          /* somebody got nothing because trial mode was on */
    struct buf ids;      /* "a","b" */
    struct buf reason;   /* why the first that is stopped is */
};
/* Clear with campaign_sum_clear(), also after an error. */
MUST_CHECK int campaign_add_up(struct ledger *l, const char *id, struct campaign_sum *out,
                               struct error *err);
void campaign_sum_clear(struct campaign_sum *sum);

/* So many batches are planned: not finished before they are all there and over, and nothing of them
 * is held. */
enum campaign_state campaign_find_state(const struct campaign_row *row,
                                        const struct campaign_sum *sum, int64_t planned,
                                        int64_t now_ms);

#endif
