/* What a returned mail says of one recipient, in whatever form it says it. */
#ifndef CHANNEL_BOUNCE_SAID_H
#define CHANNEL_BOUNCE_SAID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/disposition.h"
#include "model/receipt.h"

#define BOUNCE_SAID_MAX 100 /* recipients of one mail; the rest is left */

struct bounce_said {
    enum receipt_kind kind; /* NONE: it does not say; by `status` then */
    struct buf original;    /* the address as it was written to; empty if not said */
    struct buf final;       /* where that led */
    char status[DISPOSITION_ENHANCED_SIZE]; /* "5.1.1", "" */
    struct buf words;                       /* the answer of the server, or their sentence */
    const char *cause; /* known from words of no mail server; NULL: by status and words */
};

struct bounce_said_list {
    struct bounce_said items[BOUNCE_SAID_MAX];
    size_t count;
    struct buf envelope_id; /* of the whole; empty if not said */
};

/* A new one at the end; NULL if there are too many. */
struct bounce_said *bounce_said_add(struct bounce_said_list *list);
void bounce_said_clear(struct bounce_said_list *list);

#endif
