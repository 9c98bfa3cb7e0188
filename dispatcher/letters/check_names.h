/* Names of an audience that strangers typed: what of them no letter will show. */
#ifndef LETTERS_CHECK_NAMES_H
#define LETTERS_CHECK_NAMES_H

#include "letters/check_campaign.h"

/* Tells row and column, never the name; the first 20, then how many more. The cohort has a file. */
MUST_CHECK int check_names(const struct campaign_check *k, const struct campaign_cohort *c,
                           struct error *err);

#endif
