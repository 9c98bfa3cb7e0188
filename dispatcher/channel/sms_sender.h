/* From whom a text comes in which country, and to which countries there are any. */
#ifndef CHANNEL_SMS_SENDER_H
#define CHANNEL_SMS_SENDER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/settings.h"

/* Digits, with or without +; otherwise it is a name of letters. */
bool sms_sender_is_number(const char *sender);
/* Of `senders` the longest prefix of the number, else `sender`; "" if the gateway chooses. */
const char *sms_sender_for(const struct sms_settings *s, const char *number);
/* ERR_DENIED if the prefixes keep this number out: it begins with a denied one, however long the
 * allowed one is that fits it too; or some are allowed, and none of them fits. */
MUST_CHECK int sms_check_prefixes(const struct sms_settings *s, const char *number,
                                  struct error *err);
/* ERR_CONFIG if no network of the country would take the sender: Korea wants numbers (registered
 * ones, under its Telecommunications Business Act, article 84-2). */
MUST_CHECK int sms_check_sender(const char *sender, const char *number, struct error *err);

#endif
