#include "engine/halting.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/halt.h"

/* A fast mail server refuses thousands of letters a second; a look at the counters costs less than
 * settling one. */
#define LOOK_MS 50
/* A batch that could not be judged. */
#define JUDGE_AGAIN_MS 10000

void halting_note(struct halting *h, int64_t batch)
{
    /* Failures of one batch come in a row. */
    for (size_t i = h->count; i-- > 0;) {
        if (h->noted[i].batch == batch)
            return;
    }
    h->noted = xreallocarray(h->noted, h->count + 1, sizeof(*h->noted));
    h->noted[h->count++] = (struct noted_batch){.batch = batch};
}

struct standing {
    struct buf id;
    bool may_halt, loading;
};

static void take_standing(void *context, const struct batch_row *row)
{
    struct standing *s = context;
    buf_puts(&s->id, row->id);
    s->may_halt = row->stop == BATCH_GOES && !row->go_on;
    s->loading = row->state == BATCH_LOADING;
}

static int64_t sum(int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], enum delivery_state state)
{
    int64_t total = 0;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        total += counts[kind][state];
    return total;
}

static bool any_open(int64_t counts[CHANNEL_KINDS][DELIVERY_STATES])
{
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if (!delivery_state_is_final((enum delivery_state)state) &&
            sum(counts, (enum delivery_state)state) > 0)
            return true;
    }
    return false;
}

static int halt(struct ledger *l, const char *id, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                int64_t untried, struct error *err)
{
    struct buf reason = {0};
    int64_t failed = sum(counts, DELIVERY_FAILED) - untried,
            unsure = sum(counts, DELIVERY_UNCERTAIN);
    int64_t decided = failed + unsure + sum(counts, DELIVERY_DELIVERED);
    buf_printf(&reason,
               "of %lld %s %lld failed and %lld %s uncertain, more than its limit; mend "
               "the cause, then let it go on",
               (long long)decided, text_plural(decided, "delivery", "deliveries"),
               (long long)failed, (long long)unsure, text_plural(unsure, "is", "are"));
    int rc = ledger_stop_batch(l, id, BATCH_HALTED, reason.data, false, NULL, err);
    if (rc == 0)
        log_event(LOG_ERR, "batch.halted", "batch=%s reason=\"%s\"", id, reason.data);
    buf_free(&reason);
    return rc;
}

/* A batch whose text is gone is over: nothing of it is sent any more. One of which all is decided
 * has nothing left to stop. */
static int judge(struct ledger *l, struct shelf *shelf, const struct setup *setup, int64_t batch,
                 const struct standing *standing, struct error *err)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], untried = 0;
    const struct shelved *shelved = NULL;
    int rc = shelf_find(shelf, batch, &shelved, err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = ledger_count_batch(l, batch, counts, err);
    if (rc == 0)
        rc = ledger_count_untried(l, batch, &untried, err);
    if (rc == 0 && (standing->loading || any_open(counts)) &&
        halt_decide(&shelved->parsed->halt, &setup->settings->halt, counts, untried))
        rc = halt(l, standing->id.data, counts, untried, err);
    return rc;
}

static int look_at(struct ledger *l, struct shelf *shelf, const struct setup *setup, int64_t batch,
                   struct error *err)
{
    const struct batch_question q = {.batch = batch};
    struct standing standing = {0};
    int rc = ledger_walk_batches(l, &q, take_standing, &standing, err);
    if (rc == 0 && standing.may_halt)
        rc = judge(l, shelf, setup, batch, &standing, err);
    buf_free(&standing.id);
    return rc;
}

void halting_tend(struct halting *h, struct ledger *l, struct shelf *shelf,
                  const struct setup *setup, int64_t mono_ms)
{
    struct error why;
    size_t kept = 0;
    if (h->count == 0 || mono_ms < h->next_look_mono_ms)
        return;
    h->next_look_mono_ms = mono_ms + LOOK_MS;
    for (size_t i = 0; i < h->count; i++) {
        struct noted_batch noted = h->noted[i];
        if (noted.not_before_mono_ms <= mono_ms) {
            if (look_at(l, shelf, setup, noted.batch, &why) == 0)
                continue;
            log_event(LOG_WARN, "batch.judge", "number=%lld reason=\"%s\"", (long long)noted.batch,
                      why.text);
            noted.not_before_mono_ms = mono_ms + JUDGE_AGAIN_MS;
        }
        h->noted[kept++] = noted;
    }
    h->count = kept;
}

int64_t halting_next(const struct halting *h)
{
    int64_t soonest = INT64_MAX;
    for (size_t i = 0; i < h->count; i++) {
        if (h->noted[i].not_before_mono_ms < soonest)
            soonest = h->noted[i].not_before_mono_ms;
    }
    return h->count == 0 || soonest > h->next_look_mono_ms ? soonest : h->next_look_mono_ms;
}

void halting_free(struct halting *h)
{
    free(h->noted);
    *h = (struct halting){0};
}
