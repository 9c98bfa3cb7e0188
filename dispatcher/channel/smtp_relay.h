/*
 * The mail servers of a transport: which of them a packet goes to, by weight, and which one steps
 * in for what another did not take at all. A server that failed rests for a minute.
 */
#ifndef CHANNEL_SMTP_RELAY_H
#define CHANNEL_SMTP_RELAY_H

#include "base/attributes.h"
#include "base/error.h"
#include "channel/smtp_route.h"
#include "model/settings.h"

#define SMTP_RELAY_REST_MS 60000

struct smtp_relay;

/* Borrows from the settings; freed with smtp_relay_close(). ERR_CONFIG with what cannot be used. */
MUST_CHECK int smtp_relay_open(const struct settings *s, const struct transport *t,
                               struct smtp_relay **out, struct error *err);
/* Sends the mails, every one is done when this returns. `draw`: any number, decides on the server;
 * equal numbers choose equal servers. */
void smtp_relay_send(struct smtp_relay *relay, const struct smtp_mail *mails, size_t count,
                     uint64_t draw, const struct smtp_observer *observer);
void smtp_relay_close(struct smtp_relay *relay); /* NULL is fine */

/* One of several to choose from. */
struct smtp_choice {
    int weight;
    bool open; /* may be chosen */
};
/* The place of the chosen one; `count` if none is open. */
size_t smtp_relay_choose(const struct smtp_choice *choices, size_t count, uint64_t draw);

#endif
