/*
 * How long the SMS of a letter becomes for the people who get it, by every gateway of the
 * configuration. Each row of an audience is rendered, up to 100,000 in a cohort; of those behind
 * them every one whose values are longer, in the units of some gateway, than any before, or which
 * need another encoding: as a text and the values in it add up, the longest is among them.
 */
#ifndef OPERATOR_CHECK_SMS_H
#define OPERATOR_CHECK_SMS_H

#include "operator/check_campaign.h"

/* The audience of one cohort, which has a file. */
MUST_CHECK int check_sms_audience(const struct campaign_check *k, const struct campaign_cohort *c,
                                  struct error *err);

#endif
