/*
 * A channel: how a notice leaves. A small table of functions over a transport of the configuration.
 * Channels know nothing of the ledger, of policy or of templates: they get outgoing notices and
 * report dispositions.
 */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/disposition.h"
#include "model/message.h"
#include "model/settings.h"

struct smtp_sight;
struct channel_session; /* per worker and transport: credentials, TLS contexts, connections */

/* How a channel tells what happens, as it happens. Called in any order of items; `item` is one of
 * the given ones. */
struct channel_reporter {
    void *context;
    /* From now on bytes of this item may reach the peer. */
    void (*started)(void *context, const struct outgoing *item);
    /* The outcome; exactly once per item. */
    void (*done)(void *context, const struct outgoing *item, const struct disposition *d);
    /* Wall clock in ms, from the engine (nothing below reads a clock). */
    int64_t (*now_ms)(void *context);
    /* 64 random bits, from the engine too. NULL where nothing is drawn. */
    uint64_t (*draw)(void *context);
    /* Of the packet's deadline, gone before this part of it; at most three quarters. */
    int64_t spent_ms;
    /* How a mail server met us, after each session with one. NULL: nobody looks. */
    void (*seen)(void *context, const struct smtp_sight *sight);
    /* One of several mail servers of the transport took nothing: it rests until then; 0: it has
     * taken all again. NULL: nobody wants to know. */
    void (*rests)(void *context, const char *place, int64_t until_ms, const char *why);
};

struct channel {
    const char *name;
    /*
     * Encodes item->message for this transport into item->wire: the whole mail, the JSON body, the
     * text as it will be sent. Deterministic: equal input, equal bytes. If this notice cannot be
     * sent this way (text does not fit, address not representable) returns ERR_INPUT with the
     * sentence; the worker reports it as permanent.
     */
    int (*compose)(const struct settings *s, const struct transport *t, struct outgoing *item,
                   struct error *err);
    /* Opens what is kept between packets. ERR_CONFIG if credentials or files are wrong. */
    int (*open)(const struct settings *s, const struct transport *t, struct channel_session **out,
                struct error *err);
    /* Sends the composed items and reports every one of them; cannot fail. */
    void (*deliver)(struct channel_session *session, struct outgoing *items, size_t count,
                    const struct channel_reporter *reporter);
    void (*close)(struct channel_session *session); /* NULL is fine */
};

extern const struct channel channel_email;   /* libesmtp */
extern const struct channel channel_sms;     /* HTTP gateway by description */
extern const struct channel channel_webhook; /* Standard Webhooks */
extern const struct channel channel_outbox;  /* a folder instead of the world */

/* The channel of a transport. Never NULL. */
const struct channel *channel_for(const struct transport *t);
/* How a channel composes, whatever the transport (the outbox composes like the channel it
 * replaces). */
const struct channel *channel_of_kind(enum channel_kind kind);
/* Once per process, before any session: libraries, signals, self-tests. ERR_INTERNAL if a guard
 * does not hold. */
MUST_CHECK int channel_global_init(struct error *err);

#endif
