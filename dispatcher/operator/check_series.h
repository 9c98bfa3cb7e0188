/* An issue of a series beside the one before it. */
#ifndef OPERATOR_CHECK_SERIES_H
#define OPERATOR_CHECK_SERIES_H

#include "operator/check_campaign.h"

/* Warns of paragraphs that say what the last issue said, word for word, in each language. */
void check_series(const struct campaign_check *k);

#endif
