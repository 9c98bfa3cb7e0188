/* What the law asks of people and ways: who consented to advertising, who can be reached, from
 * which number and through whom. */
#ifndef LETTERS_CHECK_SENDING_H
#define LETTERS_CHECK_SENDING_H

#include "letters/check_campaign.h"

/*
 * Reads the audiences: `consent_at` holds the time or day of the consent to advertising (one that
 * is later than the notice is none), `night_consent` the same, or true, of that for the night. A
 * file that cannot be read is told by check_audience(). What nobody can know stays "not looked at".
 */
void check_sending_look(const struct campaign_check *k, struct law_sending *out);

#endif
