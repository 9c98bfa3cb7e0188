/*
 * The country a recipient lives in, as far as a notice tells, and the hours that hold there. Pure.
 */
#ifndef POLICY_COUNTRY_H
#define POLICY_COUNTRY_H

#include <stdbool.h>

#include "model/settings.h"

#define COUNTRY_SIZE 3 /* "KR" and its NUL */

/* What is known of somebody; NULL: not that. */
struct country_clues {
    const char *phone;  /* E.164 */
    const char *locale; /* BCP 47: its region counts */
    const char *zone;   /* IANA */
};

/* By the number, else the region of the locale, else the zone. False: nothing tells. */
bool country_find(const struct country_clues *clues, char out[COUNTRY_SIZE]);
/* The hours of this transport for such a recipient: their country's, else the transport's. Borrowed
 * from the transport. */
const struct send_window *country_window(const struct transport *t,
                                         const struct country_clues *clues);

#endif
