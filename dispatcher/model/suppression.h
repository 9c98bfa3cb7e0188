/*
 * An address that is not written to any more, and why: it does not exist, its owner said no, an
 * operator put it here. Whoever is kept from a letter by one sees it as a suppressed delivery with
 * this reason.
 */
#ifndef MODEL_SUPPRESSION_H
#define MODEL_SUPPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/delivery.h"

#define SUPPRESSION_OPERATOR "operator" /* the source: somebody decided it of this address */

/* Texts are borrowed. */
struct suppression {
    enum channel_kind channel;
    const char *address; /* as suppression_put_key() writes it */
    const char *cause;   /* bad_recipient, opted_out, complaint, operator ... */
    const char *reason;  /* a sentence; may be "" */
    const char *source;  /* "bounce", "gateway", "reply", "operator", "import" */
    int64_t since_ms;
    int64_t expires_ms; /* 0: never */
    bool imported; /* out of a list: what is there and lasts longer stays, whoever decided it */
};

/* Appends what an address is looked up by: mail in lower case with its domain in A-labels, numbers
 * as digits behind +. One that is neither is taken as it is. */
void suppression_put_key(enum channel_kind channel, const char *address, struct buf *out);
/* May it stand on the list? ERR_INPUT with what is wrong with a mail address or a number; ERR_USAGE
 * for an endpoint, which is disabled instead. */
MUST_CHECK int suppression_check_address(enum channel_kind channel, const char *address,
                                         struct error *err);

#endif
