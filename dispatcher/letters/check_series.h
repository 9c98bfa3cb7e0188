/* An issue of a series beside the one before it. */
#ifndef LETTERS_CHECK_SERIES_H
#define LETTERS_CHECK_SERIES_H

#include "letters/check_campaign.h"

/* Warns of paragraphs that say what the last issue said, word for word, in each language; if none
 * of them is known to be news, that nothing is new; and of exemptions that were the last one's. */
void check_series(const struct campaign_check *k);

#endif
