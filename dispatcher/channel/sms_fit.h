/*
 * A text as a gateway takes it: what is replaced before it is sent, how long it is there, and
 * whether the gateway's description lets it pass. Whoever sends, estimates, checks or shows a text
 * asks here, so that they all say the same.
 */
#ifndef CHANNEL_SMS_FIT_H
#define CHANNEL_SMS_FIT_H

#include "base/error.h"
#include "channel/sms_text.h"
#include "model/gateway.h"

/* Zero-initialise; may be filled again and again. */
struct sms_fitting {
    const struct gateway *gateway; /* borrowed */
    struct buf text;               /* as it is sent */
    size_t replaced;               /* characters of the letter that are others there */
    struct sms_length length;      /* of `text` */
};

/* `letter` is valid UTF-8. */
void sms_fit(const struct buf *letter, const struct gateway *g, struct sms_fitting *out);
/* ERR_INPUT says why the gateway does not take it. `title` is that of an LMS, as it is written. */
MUST_CHECK int sms_fit_check(const struct sms_fitting *f, const struct buf *title,
                             struct error *err);
void sms_fitting_free(struct sms_fitting *f);

/* The title of an LMS, as it is sent. */
void sms_fit_subject(const struct buf *title, const struct gateway *g, struct buf *out);
/* What an SMS and an LMS hold there, in bytes. */
int sms_fit_sms_bytes(const struct gateway *g);
int sms_fit_lms_bytes(const struct gateway *g);

/* Does every text become the same over both? */
bool sms_fit_is_same(const struct gateway *a, const struct gateway *b);

#endif
