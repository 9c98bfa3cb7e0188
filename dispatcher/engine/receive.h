/*
 * Receipts coming in: what gateways, returned mails and endpoints report later of deliveries that
 * left. Proven ones move their delivery (policy/receipt.c says how), begin the next channel, and
 * keep addresses off that will never work; all of a call in one durable transaction. What was
 * reported of a delivery in flight waits in the ledger, and is booked when that is settled.
 */
#ifndef ENGINE_RECEIVE_H
#define ENGINE_RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/log_pace.h"
#include "engine/setup.h"
#include "engine/shelf.h"
#include "ledger/ledger.h"
#include "model/receipt.h"

/* Borrowed. */
struct receiving {
    struct ledger *ledger;
    const struct setup *setup;
    struct shelf *shelf;
    struct log_pace *refusals; /* any stranger can make one */
    int64_t now_ms;
};

/* Why a receipt changed nothing. */
enum receive_reason {
    RECEIVE_CHANGED,  /* it did, or waits for its delivery */
    RECEIVE_SILENT,   /* it says nothing */
    RECEIVE_FORGED,   /* its token was not made by this spool */
    RECEIVE_UNPROVEN, /* of a delivery of ours, but anybody may have said so */
    RECEIVE_UNKNOWN,  /* the same, and of no delivery of ours */
    RECEIVE_FOREIGN,  /* what it names are two deliveries, or another person or transport */
    RECEIVE_KNOWN,    /* the same was reported before */
    RECEIVE_OLD,      /* of an attempt before the last one, which decides */
    RECEIVE_LATE,     /* what the delivery is now is no longer changed by that */
    RECEIVE_REASONS
};
/* "forged", "late", ...; "changed" for the first. */
const char *receive_reason_name(enum receive_reason reason);

struct receive_counts {
    size_t booked;  /* believed, of a delivery of ours */
    size_t parked;  /* believed, but what they speak of is in flight or not known yet */
    size_t refused; /* not proven, or they contradict themselves: nothing moved */
    size_t reasons[RECEIVE_REASONS];
};

/* What became of one. Clear with receive_outcome_clear(). */
struct receive_outcome {
    enum receive_reason reason;
    char *notice_id; /* of the delivery it speaks of; NULL: of none that is known */
    enum delivery_state state;
};
void receive_outcome_clear(struct receive_outcome *outcome);

/* Within the caller's transaction. Anything but 0: roll back, nothing is to be booked. Adds to
 * `*counts`; `*out` is to be cleared after 0 only. */
MUST_CHECK int receive_one(const struct receiving *r, const struct receipt *receipt,
                           struct receive_counts *counts, struct receive_outcome *out,
                           struct error *err);
/* What was parked and can be booked now, at most some hundred, in a transaction of its own.
 * *out_more: there may be more. Costs nothing while nothing is parked. */
MUST_CHECK int receive_parked(const struct receiving *r, bool *out_more, struct error *err);

#endif
