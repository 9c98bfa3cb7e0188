/* What has arrived in new/ID/: is it a batch, and is it a new one? Decided from batch.json and the
 * ledger, without reading a line. */
#ifndef ENGINE_BATCH_ARRIVAL_H
#define ENGINE_BATCH_ARRIVAL_H

#include "base/buf.h"
#include "base/error.h"
#include "engine/batch_queue.h"
#include "ledger/ledger.h"
#include "model/batch.h"
#include "spool/spool.h"

enum arrival {
    ARRIVAL_NEW,     /* *out and its canonical text are set; caller frees with batch_free() */
    ARRIVAL_KNOWN,   /* handed over again, with equal content */
    ARRIVAL_BEGUN,   /* the ledger has it, but this directory was not moved yet */
    ARRIVAL_REFUSED, /* *why says it */
    ARRIVAL_GONE,    /* taken back by who put it there */
    ARRIVAL_FAILED,  /* it could not be looked at: *why */
};

enum arrival batch_arrival_judge(struct spool *spool, struct ledger *l, const char *id,
                                 struct batch **out, struct buf *canonical, struct error *why);
/* Who goes first. */
enum batch_rank batch_arrival_rank_of(int64_t lines, enum job_priority priority);
enum batch_rank batch_arrival_rank(const struct batch *b);
/* Of what stands in new/ID/, without judging it; what cannot be read is soon refused. */
enum batch_rank batch_arrival_peek(struct spool *spool, const char *id);
/* The digest by which the ledger knows a batch: batch.json holds the sum of its notices. */
void batch_arrival_digest(const struct buf *canonical, unsigned char out[DIGEST_SIZE]);
/* ARRIVAL_REFUSED, with the sentence. */
enum arrival batch_arrival_conflict(const char *id, struct error *why);

#endif
