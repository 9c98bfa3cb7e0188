/*
 * The batches that stand in new/ and wait for their turn, in the order they came; one that was put
 * off is passed over until its time. By rank, those that are done with quickly or are urgent go
 * first.
 */
#ifndef ENGINE_BATCH_QUEUE_H
#define ENGINE_BATCH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Order matters: the greater goes first. */
enum batch_rank { BATCH_RANK_UNKNOWN, BATCH_RANK_LARGE, BATCH_RANK_HIGH, BATCH_RANK_SMALL };

struct queued_batch {
    char *id; /* owned */
    enum batch_rank rank;
    int64_t not_before_mono_ms;
    int killed;   /* readers it has lost by a kill from outside */
    bool no_room; /* and the log says so */
    char *waits;  /* why a letter of it was left out; owned, NULL: that is not what it waits for */
};

struct batch_queue {
    struct queued_batch **waiting;
    size_t count, room;
    void *names; /* of tsearch(3) */
};

void batch_queue_clear(struct batch_queue *q);
bool batch_queue_has(const struct batch_queue *q, const char *id);
/* Behind all others. Id and reason become the queue's; it is not in it yet. */
void batch_queue_put(struct batch_queue *q, const struct queued_batch *one);
/* The first of the highest rank whose time has come, if it is at least `least`; id and
 * reason are the caller's then. */
bool batch_queue_take(struct batch_queue *q, int64_t mono_ms, enum batch_rank least,
                      struct queued_batch *out);
/* One whose rank is not known and whose time has come, NULL: none. Borrowed; its rank may be set.
 */
struct queued_batch *batch_queue_unranked(const struct batch_queue *q, int64_t mono_ms);
/* Is there one of more than this rank whose time has come? */
bool batch_queue_beats(const struct batch_queue *q, int64_t mono_ms, enum batch_rank rank);
/* Why one waits for a letter; NULL: it does not. Borrowed. */
const char *batch_queue_waits(const struct batch_queue *q, const char *id);
/* The time of those that wait for a letter has come. */
void batch_queue_wake(struct batch_queue *q);
/* When the time of the next one comes; INT64_MAX: nobody waits. */
int64_t batch_queue_next(const struct batch_queue *q);

#endif
