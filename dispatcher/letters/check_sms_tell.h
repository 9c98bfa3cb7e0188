/* What check says of the longest SMS of a letter: that the gateway refuses it, what makes it longer
 * than it need be, and what it becomes there. */
#ifndef LETTERS_CHECK_SMS_TELL_H
#define LETTERS_CHECK_SMS_TELL_H

#include "base/problems.h"
#include "channel/sms_fit.h"
#include "letters/sms_way.h"

struct sms_finding {
    struct problems *problems;
    struct place at;
    const char *who; /* "the SMS in ko, the same for all 28 people of cohort a," */
    const struct sms_way *way;
    const struct sms_fitting *fitting;
    const char *refusal;    /* of the gateway; "": it takes the text */
    int64_t accepted_parts; /* so many somebody has decided on */
};

void check_sms_tell(const struct sms_finding *f);

#endif
