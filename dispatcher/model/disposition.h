/*
 * What became of one attempt, as data: what the mail server, gateway or endpoint answered (or
 * failed to). Channels produce it from tables; policy turns it into a verdict. Never an error of
 * ours.
 */
#ifndef MODEL_DISPOSITION_H
#define MODEL_DISPOSITION_H

#include <stdbool.h>
#include <stdint.h>

enum outcome {
    OUTCOME_DELIVERED, /* proven: accepted by the next hop */
    OUTCOME_NOT_TRIED, /* the transport failed before this delivery's turn (DNS, connect, TLS,
                          greeting): no attempt counts */
    OUTCOME_THROTTLE,  /* too fast; wait */
    OUTCOME_TRANSIENT, /* their trouble; again on schedule */
    OUTCOME_PERMANENT, /* this recipient or this text will never work */
    OUTCOME_CONFIG,    /* our credentials or settings: stop the transport, not the delivery */
    OUTCOME_SUPPRESS,  /* the recipient opted out there */
    OUTCOME_UNCERTAIN, /* it may have been accepted */
};
#define OUTCOMES 8

#define DISPOSITION_CAUSE_SIZE      32
#define DISPOSITION_ENHANCED_SIZE   12
#define DISPOSITION_REPLY_SIZE      512
#define DISPOSITION_MESSAGE_ID_SIZE 160

struct disposition {
    enum outcome outcome;
    int code;                                 /* SMTP reply or HTTP status, 0 if there was none */
    char enhanced[DISPOSITION_ENHANCED_SIZE]; /* RFC 3463 "5.1.1", "" if none */
    char cause[DISPOSITION_CAUSE_SIZE]; /* one word: bad_recipient, mailbox_full, timeout, tls,
                                           auth, ... */
    char reply[DISPOSITION_REPLY_SIZE]; /* their words (made visible) or our sentence; UTF-8 */
    int64_t retry_after_s;              /* their advice, 0 = none; it can only delay */
    char message_id[DISPOSITION_MESSAGE_ID_SIZE]; /* what they call it; "": they did not say. A
                                                     later report names it by this */
    int parts; /* SMS: how many segments they count, 0: they did not say */
};

const char *outcome_name(enum outcome outcome);

/* Fills in everything; `reply` of `reply_len` bytes is made visible (control characters escaped)
 * and cut to size. */
void disposition_set(struct disposition *d, enum outcome outcome, int code, const char *cause,
                     const char *reply, unsigned long reply_len);
/* Only the reply, in the same way. */
void disposition_set_reply(struct disposition *d, const char *reply, unsigned long reply_len);

#endif
