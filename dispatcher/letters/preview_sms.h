/* A text message as a gateway would send it: what is replaced, how it is cut into parts, what that
 * costs. */
#ifndef LETTERS_PREVIEW_SMS_H
#define LETTERS_PREVIEW_SMS_H

#include "base/buf.h"
#include "channel/sms_fit.h"
#include "letters/sms_way.h"
#include "model/message.h"

struct preview_sms {
    const struct buf *letter; /* what the letter says; borrowed */
    struct sms_way way;
    struct sms_fitting fitting;
    struct error refusal; /* of the gateway; no text: it takes the message */
    size_t *ends;         /* in its text: where each part ends; one for a message that is not cut */
    size_t part_count;
};

void preview_sms_make(const struct message *m, const struct sms_way *way, struct preview_sms *out);
void preview_sms_free(struct preview_sms *s);
/* "ucs2, 73 units, 2 parts over texts (twilio), 1 character replaced: „ (U+201E) by "". Without
 * brackets or line end. */
struct invocation;
void preview_sms_put_summary(const struct invocation *inv, const struct preview_sms *s,
                             struct buf *out);

#endif
