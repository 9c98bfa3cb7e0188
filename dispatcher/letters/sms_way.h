/*
 * Over what the text messages of this configuration leave: the transport of the channel, and those
 * that step in for it where texts become something else than over the ones before. What check and
 * preview say of a text, they say of these.
 */
#ifndef LETTERS_SMS_WAY_H
#define LETTERS_SMS_WAY_H

#include "base/buf.h"
#include "model/gateway.h"
#include "model/settings.h"

#define SMS_WAYS_MAX 8

struct sms_way {
    const struct transport *transport; /* borrowed; NULL: an outbox, or none at all */
    const struct gateway *gateway;     /* borrowed; without a transport one that counts as GSM */
    bool steps_in;                     /* only where the first way fails */
};

/* The first one. */
struct sms_way sms_way_home(const struct settings *s);
/* All of them, at least one; how many. */
size_t sms_way_find(const struct settings *s, struct sms_way out[SMS_WAYS_MAX]);
/* " over texts (solapi)", " over spare (aligo), if it steps in"; nothing without a transport. */
void sms_way_put(const struct sms_way *w, struct buf *out);
/* "gsm", "euc-kr", "cp949" */
const char *sms_way_profile(enum length_profile profile);

#endif
