/* What the tests about receipts share. */
#ifndef TESTS_LEDGER_RECEIPTS_H
#define TESTS_LEDGER_RECEIPTS_H

#include "fixture.h"

/* An e-mail to Kim with two more channels behind it. */
static inline void accept_chain(struct ledger *l, const char *id)
{
    struct notice n;
    make_notice(&n, id, id);
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[1] = plan(CHANNEL_WEBHOOK, "hooks", "crm");
    n.a.spare_count = 2;
    take_in(l, &n);
}

/* The next one of `relay`, settled, named `message` by the gateway. */
static inline int64_t send_named(struct ledger *l, enum delivery_state state, const char *message)
{
    struct disposition d;
    disposition_set(&d, OUTCOME_DELIVERED, 250, "answer", "250 2.0.0 Ok", 12);
    snprintf(d.message_id, sizeof(d.message_id), "%s", message);
    struct settlement s = settlement_of(lease_one(l, "relay"), state);
    s.disposition = &d;
    s.due_ms = NOON + 60000;
    assert_true(settle_with(l, &s));
    return s.delivery;
}

/* Texts are borrowed, unlike those of receipts the ledger gives. */
static inline struct receipt receipt_of(enum receipt_kind kind)
{
    return (struct receipt){.kind = kind,
                            .transport = (char *)(uintptr_t) "relay",
                            .proven = true,
                            .code = 550,
                            .enhanced = "5.1.1",
                            .cause = "bad_recipient",
                            .text = "no such user",
                            .at_ms = NOON + 8000,
                            .source = "gateway"};
}

static inline struct receipt receipt_named(enum receipt_kind kind, const char *message)
{
    struct receipt r = receipt_of(kind);
    r.message_id = (char *)(uintptr_t)message;
    return r;
}

static inline struct receipt_target find_target(struct ledger *l, const struct receipt *r,
                                                int64_t delivery)
{
    struct receipt_target target;
    struct error err = {0};
    must(ledger_find_receipt(l, r, delivery, &target, &err), &err);
    return target;
}

static inline int64_t find_number(struct ledger *l, const struct receipt *r, int64_t delivery)
{
    struct receipt_target target = find_target(l, r, delivery);
    int64_t number = target.delivery;
    receipt_target_clear(&target);
    return number;
}

static inline void book(struct ledger *l, const struct receipt_booking *b)
{
    struct error err = {0};
    must(ledger_book_receipt(l, b, &err), &err);
}

static inline struct receipt_booking booking_of(const struct receipt *r, int64_t delivery,
                                                enum delivery_state state)
{
    return (struct receipt_booking){
        .receipt = r, .delivery = delivery, .state = state, .forward = true, .now_ms = NOON + 9000};
}

/* Kept for the story only. */
static inline void note(struct ledger *l, const struct receipt *r, int64_t delivery,
                        enum delivery_state state)
{
    struct receipt_booking b = booking_of(r, delivery, state);
    b.forward = false;
    book(l, &b);
}

/* Delivered, and it came back: the next channel's turn. */
static inline void bounce(struct ledger *l, int64_t delivery)
{
    struct receipt r = receipt_of(RECEIPT_FAILED);
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_FAILED);
    b.cause = r.cause;
    b.next_channel = true;
    book(l, &b);
}

struct seen_receipts {
    struct {
        enum receipt_kind kind;
        enum channel_kind channel;
        bool proven, lasting, opted_out;
        int code;
        int64_t at_ms, delivery;
        char texts[2048];
    } rows[160];
    size_t count;
};

static inline const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

static inline void see_receipt(void *context, const struct receipt *r, int64_t delivery)
{
    struct seen_receipts *seen = context;
    assert_true(seen->count < COUNT_OF(seen->rows));
    size_t i = seen->count++;
    seen->rows[i].kind = r->kind;
    seen->rows[i].channel = r->channel;
    seen->rows[i].proven = r->proven;
    seen->rows[i].lasting = r->lasting;
    seen->rows[i].opted_out = r->opted_out;
    seen->rows[i].code = r->code;
    seen->rows[i].at_ms = r->at_ms;
    seen->rows[i].delivery = delivery;
    snprintf(seen->rows[i].texts, sizeof(seen->rows[i].texts), "%s|%s|%s|%s|%s|%s|%s|%s|%s",
             or_dash(r->transport), or_dash(r->message_id), or_dash(r->notice_id),
             or_dash(r->token), or_dash(r->address), r->enhanced, r->cause, r->source, r->text);
}

static inline size_t receipts_of(struct ledger *l, int64_t delivery, struct seen_receipts *out)
{
    struct error err = {0};
    out->count = 0;
    must(ledger_walk_receipts(l, delivery, see_receipt, out, &err), &err);
    return out->count;
}

static inline size_t walk_parked(struct ledger *l, int64_t now_ms, struct seen_receipts *out)
{
    struct error err = {0};
    size_t count = 0;
    out->count = 0;
    must(ledger_walk_parked(l, now_ms, 100, see_receipt, out, &count, &err), &err);
    assert_int_equal(count, out->count);
    return count;
}

#endif
