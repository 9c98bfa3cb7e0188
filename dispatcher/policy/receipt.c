/*
 * By the state of the delivery and what is reported:
 *
 *                 accepted, buffered   unknown   confirmed    failed, expired, rejected
 *   waiting       -                    -         delivered    - (of an attempt before)
 *   in_flight     parked               parked    parked       parked
 *   deferred      -                    -         delivered    - (of an attempt before)
 *   held          -                    -         delivered    -
 *   delivered     news                 news      news         failed, next channel
 *   failed        news                 news      delivered    news
 *   suppressed    -                    -         -            -
 *   expired       -                    -         delivered    -
 *   cancelled     -                    -         delivered    -
 *   uncertain     delivered            news      delivered    failed, next channel
 *
 * That an attempt before the last one failed changes nothing either: another one was made since.
 *
 * The first end wins, and nothing is news that comes before or beside what is known. An end that
 * the state does not agree with was about an attempt before this one: it does not count.
 *
 * `-`: it is kept for the story and changes nothing.
 */
#include "policy/receipt.h"

enum effect { NOTHING, NEWS, ARRIVED, LOST, PARKED };

struct row {
    enum effect middle, unknown, confirmed, failed;
};

static const struct row rows[DELIVERY_STATES] = {
    [DELIVERY_WAITING] = {NOTHING, NOTHING, ARRIVED, NOTHING},
    [DELIVERY_IN_FLIGHT] = {PARKED, PARKED, PARKED, PARKED},
    [DELIVERY_DEFERRED] = {NOTHING, NOTHING, ARRIVED, NOTHING},
    [DELIVERY_HELD] = {NOTHING, NOTHING, ARRIVED, NOTHING},
    [DELIVERY_DELIVERED] = {NEWS, NEWS, NEWS, LOST},
    [DELIVERY_FAILED] = {NEWS, NEWS, ARRIVED, NEWS},
    [DELIVERY_SUPPRESSED] = {NOTHING, NOTHING, NOTHING, NOTHING},
    [DELIVERY_EXPIRED] = {NOTHING, NOTHING, ARRIVED, NOTHING},
    [DELIVERY_CANCELLED] = {NOTHING, NOTHING, ARRIVED, NOTHING},
    [DELIVERY_UNCERTAIN] = {ARRIVED, NEWS, ARRIVED, LOST},
};

static enum effect effect_of(const struct receipt_question *q)
{
    const struct row *row = &rows[q->state];
    switch (q->kind) {
    case RECEIPT_NONE:
    case RECEIPT_NOTE:
        break;
    case RECEIPT_ACCEPTED:
    case RECEIPT_BUFFERED:
        return row->middle;
    case RECEIPT_UNKNOWN:
        return row->unknown;
    case RECEIPT_CONFIRMED:
        return row->confirmed;
    case RECEIPT_FAILED:
    case RECEIPT_EXPIRED:
    case RECEIPT_REJECTED:
        return row->failed;
    }
    return NOTHING;
}

/* An end is over all that comes later; but only as long as the delivery is what the end made it. */
static bool has_ended(const struct receipt_question *q)
{
    if (!receipt_kind_is_end(q->furthest))
        return false;
    return q->state == (q->furthest == RECEIPT_CONFIRMED ? DELIVERY_DELIVERED : DELIVERY_FAILED);
}

/* Only that it failed: an attempt that arrived told the person, whichever it was. */
static bool is_overtaken(const struct receipt_question *q)
{
    return q->earlier && receipt_kind_is_end(q->kind) && q->kind != RECEIPT_CONFIRMED;
}

static bool is_news(const struct receipt_question *q)
{
    return q->kind > q->furthest || receipt_kind_is_end(q->furthest);
}

void receipt_decide(const struct receipt_question *q, struct receipt_verdict *out)
{
    *out = (struct receipt_verdict){.state = q->state};
    enum effect effect = effect_of(q);
    if (effect != PARKED && (has_ended(q) || is_overtaken(q)))
        return;
    switch (effect) {
    case NOTHING:
        break;
    case PARKED:
        out->park = true;
        break;
    case NEWS:
        out->forward = is_news(q);
        break;
    case ARRIVED:
        out->state = DELIVERY_DELIVERED;
        out->forward = true;
        break;
    case LOST:
        out->state = DELIVERY_FAILED;
        out->forward = true;
        out->next_channel = q->more_channels && !q->opted_out;
        break;
    }
}
