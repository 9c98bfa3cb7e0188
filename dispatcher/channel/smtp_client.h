/*
 * One SMTP session by libesmtp, with everything around it that the library needs to be trusted: see
 * smtp_monitor.h, smtp_dial.h, smtp_trust.h. The only file that knows libesmtp is smtp_client.c.
 */
#ifndef CHANNEL_SMTP_CLIENT_H
#define CHANNEL_SMTP_CLIENT_H

#include "channel/smtp_route.h"

/* Once per process: signals, the library's own files and mechanisms. */
void smtp_client_init(void);
/* Sends the mails in one session. Every mail is done when this returns; it cannot fail. */
void smtp_client_run(const struct smtp_route *route, const struct smtp_mail *mails, size_t count,
                     const struct smtp_observer *observer);

#endif
