/* A campaign in the chain of notices: does it say what its kind may say, is it up to date, was what
 * it promised kept, what does it leave open? */
#ifndef LETTERS_CHECK_CHAIN_H
#define LETTERS_CHECK_CHAIN_H

#include "letters/check_campaign.h"

void check_chain(const struct campaign_check *k);
/* What it still owes, by its facts alone: k->letters is not needed. */
void check_chain_owed(const struct campaign_check *k);
/* Every duty of the notices of its incident that were sent, and its own; likewise. What `tell` is
 * handed is gone behind it. */
void check_chain_duties(const struct campaign_check *k, law_duty_fn *tell, void *context);

#endif
