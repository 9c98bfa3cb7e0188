/*
 * One SMTP session by libcurl: what smtp_client.h does by libesmtp, and besides TLS from the first
 * byte, TLS 1.3, IPv6 addresses and bearer tokens. It sends one command at a time and knows no
 * DSN. After a refused mail libcurl gives its connection up: the next mail of the packet gets a new
 * one.
 */
#ifndef CHANNEL_SMTP_CURL_H
#define CHANNEL_SMTP_CURL_H

#include "channel/smtp_route.h"

/* Sends the mails of a packet one after the other. Every mail is done when this returns; it cannot
 * fail. */
void smtp_curl_run(const struct smtp_route *route, const struct smtp_mail *mails, size_t count,
                   const struct smtp_observer *observer);

#endif
