/* The batch that a cohort of a campaign is sent in: letter, category, channels and people are those
 * of the campaign. */
#ifndef PEOPLE_CAMPAIGN_BATCH_H
#define PEOPLE_CAMPAIGN_BATCH_H

#include <stdint.h>

#include "base/buf.h"
#include "model/campaign.h"

/* What stands in batch.json of a cohort, appended. `letter_sha256` NULL: whatever the letter says
 * when it leaves. */
void campaign_batch_put(const struct campaign *c, const struct campaign_cohort *cohort,
                        int64_t send_at_ms, const char *letter_sha256, struct buf *out);

#endif
