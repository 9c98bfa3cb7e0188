/*
 * How long the SMS of a letter becomes for the people who get it, over every way it may leave
 * (letters/sms_way.h). Each row of an audience is rendered, up to 100,000 of a language in a
 * cohort; of those behind them every one of which a value the SMS says, or all of them together, is
 * longer in the units of some gateway than any before, or needs another encoding. A text and the
 * values in it add up, so the longest is among them. A text that says nothing of the reader is
 * rendered once.
 */
#ifndef LETTERS_CHECK_SMS_H
#define LETTERS_CHECK_SMS_H

#include "letters/check_campaign.h"
#include "letters/check_sms_cost.h"

/* The audience of one cohort, which has a file; adds to `cost` what its messages take. */
MUST_CHECK int check_sms_audience(const struct campaign_check *k, const struct campaign_cohort *c,
                                  struct sms_cost *cost, struct error *err);

#endif
