/*
 * What follows from a receipt: does it move the delivery, is it news. Pure. Only for receipts that
 * are proven; what anybody may have said changes nothing, and is not asked here.
 */
#ifndef POLICY_RECEIPT_H
#define POLICY_RECEIPT_H

#include <stdbool.h>

#include "model/delivery.h"
#include "model/receipt.h"

struct receipt_question {
    enum delivery_state state;
    enum receipt_kind furthest; /* of those that came before */
    enum receipt_kind kind;     /* of this one */
    bool opted_out;             /* it says that the person does not want any more */
    bool earlier;               /* it is of an attempt before the last one */
    bool more_channels;         /* single routing with a channel left */
};

struct receipt_verdict {
    enum delivery_state state; /* what the delivery is from now on */
    bool forward;              /* this is the furthest receipt now */
    bool next_channel;         /* give the notice to its next channel */
    bool park;                 /* in flight: decide when it is settled */
};

void receipt_decide(const struct receipt_question *q, struct receipt_verdict *out);

#endif
