/* `enqueue --campaign CAMPAIGN.YAML --cohort C`: the batch that a checked campaign is sent in, so
 * that letter, category, channels, facts and people are those that `check` has looked at. */
#ifndef DESK_ENQUEUE_CAMPAIGN_H
#define DESK_ENQUEUE_CAMPAIGN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"
#include "model/campaign.h"
#include "model/settings.h"

struct enqueue_campaign {
    struct campaign *campaign;
    const struct campaign_cohort *cohort; /* the one of --cohort, with an audience */
    struct buf batch;                     /* what would stand in batch.json */
};

/* Checks the campaign first; what is wrong with it is told on stderr. ERR_USAGE, ERR_INPUT,
 * ERR_DENIED (it wants approvals) and what a check ends with; free in any case. */
MUST_CHECK int enqueue_campaign_read(const struct invocation *inv, const struct settings *s,
                                     struct enqueue_campaign *out, struct error *err);
void enqueue_campaign_free(struct enqueue_campaign *c);

#endif
