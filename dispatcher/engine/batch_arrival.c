#include "engine/batch_arrival.h"

#include <stdio.h>
#include <string.h>

#define SMALL_LINES 1000 /* taken in within a moment */

void batch_arrival_digest(const struct buf *canonical, unsigned char out[DIGEST_SIZE])
{
    digest_sha256(buf_text(canonical), canonical->len, out);
}

enum arrival batch_arrival_conflict(const char *id, struct error *why)
{
    error_set(why, ERR_CONFLICT,
              "the id \"%s\" was already used for other content; nothing was sent. Give the new "
              "batch an id of its own",
              id);
    return ARRIVAL_REFUSED;
}

static int read_shared(struct spool *spool, const char *id, struct batch **out, struct error *err)
{
    char shown[BATCH_ID_MAX + 40];
    struct buf text = {0};
    int rc = spool_read_batch_text(spool, BATCH_PLACE_NEW, id, &text, err);
    snprintf(shown, sizeof(shown), "new/%s/batch.json", id);
    if (rc == 0)
        rc = batch_parse(buf_text(&text), text.len, shown, true, out, err);
    buf_free(&text);
    if (rc == 0 && strcmp((*out)->id, id) != 0)
        return error_set(err, ERR_INPUT,
                         "%s:1:1: the directory is called %s but its id is \"%s\"; the name must "
                         "be the id",
                         shown, id, (*out)->id);
    if (rc == 0 && (*out)->count == 0)
        return error_set(err, ERR_INPUT, "%s:1:1: the batch has no lines: there is nobody to tell",
                         shown);
    return rc;
}

enum batch_rank batch_arrival_rank_of(int64_t lines, enum job_priority priority)
{
    if (lines <= SMALL_LINES)
        return BATCH_RANK_SMALL;
    return priority == JOB_HIGH ? BATCH_RANK_HIGH : BATCH_RANK_LARGE;
}

enum batch_rank batch_arrival_rank(const struct batch *b)
{
    return batch_arrival_rank_of(b->count, b->priority);
}

enum batch_rank batch_arrival_peek(struct spool *spool, const char *id)
{
    struct batch *b = NULL;
    struct error ignored;
    int rc = read_shared(spool, id, &b, &ignored);
    enum batch_rank rank = rc == 0 ? batch_arrival_rank(b) : BATCH_RANK_SMALL;
    batch_free(b);
    return rank;
}

static void note_loading(void *context, const struct batch_row *row)
{
    *(bool *)context = row->state == BATCH_LOADING;
}

/* Without its notices: they cannot have other content under an equal sum. */
static enum arrival judge_known(struct ledger *l, const char *id, const struct buf *canonical,
                                struct error *why)
{
    const struct batch_question q = {.id = id};
    unsigned char digest[DIGEST_SIZE], old[DIGEST_SIZE];
    bool known = false, loading = false;
    int rc = ledger_find_digest(l, id, &known, old, why);
    if (rc == 0 && known)
        rc = ledger_walk_batches(l, &q, note_loading, &loading, why);
    if (rc != 0)
        return ARRIVAL_FAILED;
    if (!known)
        return ARRIVAL_NEW;
    batch_arrival_digest(canonical, digest);
    if (memcmp(digest, old, DIGEST_SIZE) != 0)
        return batch_arrival_conflict(id, why);
    return loading ? ARRIVAL_BEGUN : ARRIVAL_KNOWN;
}

enum arrival batch_arrival_judge(struct spool *spool, struct ledger *l, const char *id,
                                 struct batch **out, struct buf *canonical, struct error *why)
{
    enum arrival arrival = ARRIVAL_NEW;
    *out = NULL;
    int rc = read_shared(spool, id, out, why);
    if (rc == ERR_NOT_FOUND)
        arrival = ARRIVAL_GONE;
    else if (rc == ERR_INPUT)
        arrival = ARRIVAL_REFUSED;
    else if (rc != 0)
        arrival = ARRIVAL_FAILED;
    if (rc == 0) {
        batch_put_canonical(*out, canonical);
        arrival = judge_known(l, id, canonical, why);
    }
    if (arrival == ARRIVAL_NEW)
        return arrival;
    batch_free(*out);
    *out = NULL;
    return arrival;
}
