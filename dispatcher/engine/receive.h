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

struct receive_counts {
    size_t booked;  /* believed, of a delivery of ours */
    size_t parked;  /* believed, but what they speak of is in flight or not known yet */
    size_t refused; /* not proven, or they contradict themselves: nothing moved */
};

/* Within the caller's transaction. Anything but 0: roll back, nothing is to be booked. */
MUST_CHECK int receive_one(const struct receiving *r, const struct receipt *receipt,
                           struct receive_counts *counts, struct error *err);
/* What was parked and can be booked now, at most some hundred, in a transaction of its own.
 * *out_more: there may be more. Costs nothing while nothing is parked. */
MUST_CHECK int receive_parked(const struct receiving *r, bool *out_more, struct error *err);

#endif
