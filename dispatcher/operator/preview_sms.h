/* A text message as a gateway would send it: what is replaced, how it is cut into parts, what that
 * costs. */
#ifndef OPERATOR_PREVIEW_SMS_H
#define OPERATOR_PREVIEW_SMS_H

#include "base/buf.h"
#include "channel/sms_text.h"
#include "model/gateway.h"

struct preview_sms {
    const struct buf *letter; /* what the letter says; borrowed */
    enum length_profile profile;
    struct buf text; /* as it is sent */
    size_t replaced;
    struct sms_length length;
    size_t *ends; /* in `text`: where each part ends; one for a message that is not cut */
    size_t part_count;
};

void preview_sms_make(const struct buf *letter, enum length_profile profile,
                      struct preview_sms *out);
void preview_sms_free(struct preview_sms *s);
/* "ucs2, 73 units, 2 parts, 1 character replaced: „ (U+201E) by "". Without brackets or line end.
 */
void preview_sms_put_summary(const struct preview_sms *s, struct buf *out);
/* "gsm", "euc-kr", "cp949", as descriptions of gateways name them. */
const char *preview_profile_name(enum length_profile profile);

#endif
