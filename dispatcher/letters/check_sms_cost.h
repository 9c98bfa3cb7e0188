/*
 * What the SMS of a campaign take and cost, all people of all cohorts together, by the prices of
 * the transport. Who has no number costs nothing; of a language of which not every row was rendered
 * the rows that were speak for the others.
 */
#ifndef LETTERS_CHECK_SMS_COST_H
#define LETTERS_CHECK_SMS_COST_H

#include "channel/sms_text.h"
#include "letters/check_campaign.h"

/* Of one language in one cohort. Zero-initialise. */
struct sms_tally {
    int64_t people;   /* with a number */
    int64_t measured; /* of these */
    int64_t parts, micros, unpriced;
};

/* Zero-initialise. */
struct sms_cost {
    int64_t people, parts, micros, unpriced;
    bool about; /* not everybody was measured */
};

/* The transport whose prices count; NULL: there are none. */
const struct transport *check_sms_cost_transport(const struct settings *s);
/* One person; `length` of their message, NULL if it was not rendered. */
void check_sms_cost_count(struct sms_tally *t, const struct transport *transport, const char *phone,
                          const struct sms_length *length);
void check_sms_cost_add(struct sms_cost *c, const struct sms_tally *t);
/* As a hint at the campaign. */
void check_sms_cost_tell(const struct sms_cost *c, const struct campaign_check *k);

#endif
