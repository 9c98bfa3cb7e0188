/*
 * A delivery: one recipient on one channel. Its states, and which may follow which (the page of
 * states in dispatcher/README.md draws it). The table here is the only place that knows.
 */
#ifndef MODEL_DELIVERY_H
#define MODEL_DELIVERY_H

#include <stdbool.h>

enum channel_kind { CHANNEL_EMAIL, CHANNEL_SMS, CHANNEL_WEBHOOK };
#define CHANNEL_KINDS 3

/* "email", "sms", "webhook". */
const char *channel_kind_name(enum channel_kind kind);
bool channel_kind_parse(const char *name, enum channel_kind *out);

enum delivery_state {
    DELIVERY_WAITING,    /* accepted, not tried yet, due at its time */
    DELIVERY_IN_FLIGHT,  /* leased to a worker */
    DELIVERY_DEFERRED,   /* tried, will be tried again at its time */
    DELIVERY_HELD,       /* an operator or a rule holds it back */
    DELIVERY_DELIVERED,  /* accepted by the next hop */
    DELIVERY_FAILED,     /* given up, with a cause */
    DELIVERY_SUPPRESSED, /* deliberately not sent: trial mode, suppression list */
    DELIVERY_EXPIRED,    /* its expires_at passed */
    DELIVERY_CANCELLED,  /* an operator cancelled it, or an earlier channel already told the person
                          */
    DELIVERY_UNCERTAIN,  /* it may have been delivered; only an operator moves it */
};
#define DELIVERY_STATES 10

const char *delivery_state_name(enum delivery_state state);
bool delivery_state_parse(const char *name, enum delivery_state *out);
/* Nothing more happens by itself. */
bool delivery_state_is_final(enum delivery_state state);
/* The edges of the state machine; everything else is a bug and the ledger asserts on it. */
bool delivery_may_move(enum delivery_state from, enum delivery_state to);

#endif
