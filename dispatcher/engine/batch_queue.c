#include "engine/batch_queue.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int compare(const void *a, const void *b)
{
    const struct queued_batch *one = a, *other = b;
    return strcmp(one->id, other->id);
}

void batch_queue_clear(struct batch_queue *q)
{
    for (size_t i = 0; i < q->count; i++) {
        tdelete(q->waiting[i], &q->names, compare);
        free(q->waiting[i]->id);
        free(q->waiting[i]->waits);
        free(q->waiting[i]);
    }
    free(q->waiting);
    *q = (struct batch_queue){0};
}

bool batch_queue_has(const struct batch_queue *q, const char *id)
{
    char *name = xstrdup(id);
    const struct queued_batch wanted = {.id = name};
    bool found = tfind(&wanted, &q->names, compare) != NULL;
    free(name);
    return found;
}

void batch_queue_put(struct batch_queue *q, const struct queued_batch *one)
{
    struct queued_batch *copy = xmalloc(sizeof(*copy));
    *copy = *one;
    if (q->count == q->room) {
        q->room = q->room > 0 ? 2 * q->room : 16;
        q->waiting = xreallocarray(q->waiting, q->room, sizeof(struct queued_batch *));
    }
    q->waiting[q->count++] = copy;
    if (tsearch(copy, &q->names, compare) == NULL)
        abort(); /* out of memory ends the process */
}

static struct queued_batch *find_best(const struct batch_queue *q, int64_t mono_ms)
{
    struct queued_batch *best = NULL;
    for (size_t i = 0; i < q->count; i++) {
        struct queued_batch *one = q->waiting[i];
        if (one->not_before_mono_ms <= mono_ms && (best == NULL || one->rank > best->rank))
            best = one;
    }
    return best;
}

bool batch_queue_take(struct batch_queue *q, int64_t mono_ms, enum batch_rank least,
                      struct queued_batch *out)
{
    struct queued_batch *best = find_best(q, mono_ms);
    size_t at = 0;
    if (best == NULL || best->rank < least)
        return false;
    while (q->waiting[at] != best)
        at++;
    q->count--;
    memmove(q->waiting + at, q->waiting + at + 1, (q->count - at) * sizeof(struct queued_batch *));
    tdelete(best, &q->names, compare);
    *out = *best;
    free(best);
    return true;
}

struct queued_batch *batch_queue_unranked(const struct batch_queue *q, int64_t mono_ms)
{
    for (size_t i = 0; i < q->count; i++) {
        struct queued_batch *one = q->waiting[i];
        if (one->rank == BATCH_RANK_UNKNOWN && one->not_before_mono_ms <= mono_ms)
            return one;
    }
    return NULL;
}

bool batch_queue_beats(const struct batch_queue *q, int64_t mono_ms, enum batch_rank rank)
{
    const struct queued_batch *best = find_best(q, mono_ms);
    return best != NULL && best->rank > rank;
}

int64_t batch_queue_next(const struct batch_queue *q)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < q->count; i++) {
        if (q->waiting[i]->not_before_mono_ms < next)
            next = q->waiting[i]->not_before_mono_ms;
    }
    return next;
}

const char *batch_queue_waits(const struct batch_queue *q, const char *id)
{
    for (size_t i = 0; i < q->count; i++) {
        if (strcmp(q->waiting[i]->id, id) == 0)
            return q->waiting[i]->waits;
    }
    return NULL;
}

void batch_queue_wake(struct batch_queue *q)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->waiting[i]->waits != NULL)
            q->waiting[i]->not_before_mono_ms = 0;
    }
}
