/*
 * A receipt: what somebody reports later of a delivery that left: a gateway's delivery report, a
 * returned mail. They come in any order, late, twice, and from strangers; policy/receipt.c decides
 * what follows from one, the ledger keeps every one.
 */
#ifndef MODEL_RECEIPT_H
#define MODEL_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/delivery.h"
#include "model/disposition.h"

/* In the order in which they may follow each other; the numbers stand in files. */
enum receipt_kind {
    RECEIPT_NONE,     /* nothing was reported yet */
    RECEIPT_NOTE,     /* no report: a sentence for the story of the delivery */
    RECEIPT_ACCEPTED, /* the next hop's next hop has it */
    RECEIPT_BUFFERED, /* it waits there: handset off, mail delayed */
    RECEIPT_UNKNOWN,  /* they do not know either */
    /* Ends: the first of these wins. */
    RECEIPT_CONFIRMED, /* in the recipient's hands */
    RECEIPT_FAILED,
    RECEIPT_EXPIRED,
    RECEIPT_REJECTED,
};
#define RECEIPT_KINDS 9

/* "accepted", "confirmed", ... */
const char *receipt_kind_name(enum receipt_kind kind);
bool receipt_kind_parse(const char *name, enum receipt_kind *out);
bool receipt_kind_is_end(enum receipt_kind kind);

/* Texts are owned; NULL if absent. */
struct receipt {
    enum receipt_kind kind;
    /* Which delivery is meant: the first of these that is there decides, the others must not
     * contradict. */
    char *token;      /* model/token.h, TOKEN_DELIVERY: proven */
    char *message_id; /* what the gateway of `transport` called it; or the returned mail's own */
    char *notice_id;  /* our own key: a notice, or the recipient of a batch; receipt_key_put() */
    char *transport;  /* over which it was sent; NULL: unknown */
    enum channel_kind channel;
    char *address; /* whom they speak of, as they write it */
    bool proven;   /* who says so showed that they are the gateway (signature, secret address) */
    /* What they say. */
    int code;
    char enhanced[DISPOSITION_ENHANCED_SIZE];
    char cause[DISPOSITION_CAUSE_SIZE]; /* as of a disposition: mailbox_full, bad_recipient ... */
    char text[DISPOSITION_REPLY_SIZE];  /* their words, made visible */
    bool lasting;                       /* this address will never work: suppress it */
    bool opted_out;                     /* the person does not want any more */
    int64_t at_ms;                      /* when it came */
    char source[16];                    /* "gateway", "bounce", "operator" */
};

/*
 * The key of an attempt, for a gateway that sends it back with its reports: "status-12_c17~2". What
 * is reported of an attempt before the last one is known by it. Without the mark, as a gateway that
 * was given the id alone sends it, no attempt is known.
 */
void receipt_key_put(struct buf *out, const char *id, int64_t attempt);
/* The length of the id in a key; *out_attempt 0: it names none. */
size_t receipt_key_read(const char *key, int64_t *out_attempt);

/* Frees what it owns, not the struct. */
void receipt_clear(struct receipt *r);
/* As one JSON object, for the control socket; and back: ERR_INPUT with the member that is wrong. */
struct json_t;
void receipt_put_json(const struct receipt *r, struct buf *out);
/* The same, to look at: `proven` is "true", "false" or "null". */
void receipt_put_json_as(const struct receipt *r, const char *proven, struct buf *out);
MUST_CHECK int receipt_read_json(const struct json_t *object, struct receipt *out,
                                 struct error *err);

#endif
