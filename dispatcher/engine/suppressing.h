/*
 * Suppressed addresses, at the gate: is the address of a delivery on the list, and is the notice of
 * a kind that is sent all the same? Costs nothing while the list is empty.
 */
#ifndef ENGINE_SUPPRESSING_H
#define ENGINE_SUPPRESSING_H

#include <stdbool.h>

#include "engine/setup.h"
#include "engine/shelf.h"
#include "ledger/ledger.h"

enum suppressing_answer {
    SUPPRESSING_PASS,
    SUPPRESSING_OVERRIDDEN, /* it is on the list, but the category of the notice passes */
    SUPPRESSING_STOP
};

/* Where it is looked up. Borrowed. */
struct suppressing {
    const struct setup *setup;
    struct ledger *ledger; /* NULL: there is no list */
    struct shelf *shelf;   /* for lines of batches, which say what they are */
    const struct batch *batch;
};

/* An entry made by a refusal (source "reply") only holds for what was accepted after it.
 * `*cause` (DISPOSITION_CAUSE_SIZE) and the sentence `*note` only if it is on the list. May read
 * the line of the row. A ledger that cannot be read: an error. */
MUST_CHECK int suppressing_ask(const struct suppressing *s, struct leased *row, int64_t now_ms,
                               enum suppressing_answer *out, char *cause, struct buf *note,
                               struct error *err);
/* ", until 2026-..." and why, as `note` has it. */
void suppressing_put_entry(const struct suppression *entry, struct buf *out);

#endif
