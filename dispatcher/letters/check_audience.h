/* The people of a campaign: cohorts disjoint, complete and counted, languages there, and the SMS of
 * the longest of them. */
#ifndef LETTERS_CHECK_AUDIENCE_H
#define LETTERS_CHECK_AUDIENCE_H

#include "letters/check_campaign.h"

MUST_CHECK int check_audience(const struct campaign_check *k, struct error *err);

#endif
