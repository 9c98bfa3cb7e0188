/* The columns of a campaign's people: are they called as `enqueue` wants them, and can everybody be
 * reached by a channel of the campaign? */
#ifndef LETTERS_CHECK_REACH_H
#define LETTERS_CHECK_REACH_H

#include "letters/check_campaign.h"

/* Before the file is compared with others: without their right names nothing can be. */
MUST_CHECK int check_reach_columns(const struct campaign_check *k, const struct campaign_cohort *c,
                                   struct error *err);
/* Row by row. */
MUST_CHECK int check_reach(const struct campaign_check *k, const struct campaign_cohort *c,
                           struct error *err);

#endif
