/*
 * The shelf: the batches deliveries are being sent of, as leasing, rules and packets need them:
 * their shared text, parsed, and their lines. A few are kept, the others are read again when
 * needed.
 */
#ifndef ENGINE_SHELF_H
#define ENGINE_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/setup.h"
#include "ledger/ledger.h"
#include "model/batch.h"
#include "spool/spool.h"

struct shelf;

struct shelved {
    int64_t batch; /* ledger number */
    char *text;    /* batch.json */
    struct batch *parsed;
};

/* Both are borrowed and outlive it. */
struct shelf *shelf_open(struct ledger *l, struct spool *spool);
void shelf_close(struct shelf *s);
/* Borrowed until the next call of shelf_find(). ERR_NOT_FOUND: purged or unknown; ERR_IO. */
MUST_CHECK int shelf_find(struct shelf *s, int64_t batch, const struct shelved **out,
                          struct error *err);
/* Reads the line of a leased delivery of a batch into row->job_text. ERR_NOT_FOUND if it is gone
 * for good: behind the end of the file, or retention is over. ERR_AGAIN if nothing of the batch can
 * be read though it should be there: a disk that is not mounted. ERR_IO. */
MUST_CHECK int shelf_read_line(struct shelf *s, struct leased *row, struct error *err);

/* Single routing of a batch's line: the channel behind the leased one. */
struct next_channel {
    struct planned_delivery planned;
    int rest;      /* channels behind it */
    char *address; /* owned; planned.address points here */
};
/* ERR_NOT_FOUND: there is none any more; other errors may pass. Clear with next_channel_clear(). */
MUST_CHECK int shelf_next_channel(struct shelf *s, const struct setup *setup,
                                  const struct leased *row, int64_t now_ms,
                                  struct next_channel *out, struct error *err);
void next_channel_clear(struct next_channel *next);

#endif
