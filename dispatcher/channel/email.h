/* What the email channel takes from the configuration, beyond the functions of channel.h. */
#ifndef CHANNEL_EMAIL_H
#define CHANNEL_EMAIL_H

#include "model/settings.h"

/*
 * The name of the organisation in the language of a letter: org field "name" of the locale, of its
 * language, or of every language, in this order; NULL if there is none. Borrowed.
 */
const char *email_sender_name(const struct organisation *o, const char *locale);
/* The envelope sender: where bounces go. Borrowed. */
const char *email_envelope_sender(const struct organisation *o);

#endif
