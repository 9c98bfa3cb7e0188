#include "engine/escalate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"

#define ESCALATE_LIMIT ((size_t)200)

/* Copies of what the ledger tells: it is changed behind the walk. */
struct overdue {
    int64_t delivery, batch, line, offset, length;
    enum channel_kind channel;
    enum delivery_state state;
    char *notice_id, *batch_id;
};

struct overdues {
    struct overdue *at;
    size_t count;
};

static void take(void *context, const struct leased *row, enum delivery_state state)
{
    struct overdues *all = context;
    all->at[all->count++] =
        (struct overdue){.delivery = row->delivery,
                         .batch = row->batch,
                         .line = row->line,
                         .offset = row->offset,
                         .length = row->length,
                         .channel = row->channel,
                         .state = state,
                         .notice_id = xstrdup(row->notice_id),
                         .batch_id = row->batch_id != NULL ? xstrdup(row->batch_id) : NULL};
}

static void tell(const struct overdue *o, enum delivery_state becomes)
{
    log_event(LOG_INFO, "delivery.escalated",
              "id=%s channel=%s state=%s note=\"its time is over: the "
              "next channel begins\"",
              o->notice_id, channel_kind_name(o->channel), delivery_state_name(becomes));
}

static enum delivery_state state_behind(enum delivery_state state)
{
    bool open = state == DELIVERY_WAITING || state == DELIVERY_DEFERRED || state == DELIVERY_HELD;
    return open ? DELIVERY_CANCELLED : state;
}

/* What may be read again later is tried every second, and told of one for its whole batch. */
static void tell_no_next(const struct escalating *e, const struct overdue *o, bool for_good,
                         const struct error *why)
{
    uint64_t count = 1;
    if (for_good || log_pace_is_due(e->untold, o->batch, e->now_ms, &count))
        log_event(LOG_WARN, "delivery.no_next_channel", "id=%s state=%s tries=%llu reason=\"%s\"",
                  o->notice_id, delivery_state_name(o->state), (unsigned long long)count,
                  why->text);
}

/* `*out_moved` false: its line cannot be read now, or it told the person meanwhile. */
static int escalate_one(const struct escalating *e, const struct overdue *o, bool *out_moved,
                        struct error *err)
{
    struct next_channel next = {0};
    const struct leased row = {.delivery = o->delivery,
                               .batch = o->batch,
                               .line = o->line,
                               .offset = o->offset,
                               .length = o->length,
                               .channel = o->channel,
                               .notice_id = o->notice_id,
                               .batch_id = o->batch_id};
    *out_moved = false;
    int rc = 0;
    if (o->batch != 0)
        rc = shelf_next_channel(e->shelf, e->setup, &row, e->now_ms, &next, err);
    if (rc != 0)
        tell_no_next(e, o, rc == ERR_NOT_FOUND, err);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return 0; /* it comes again */
    bool planned = o->batch != 0 && rc == 0;
    rc = ledger_escalate(e->recorder->ledger, o->delivery, planned ? &next.planned : NULL,
                         next.rest, e->now_ms, out_moved, err);
    next_channel_clear(&next);
    if (rc == 0 && *out_moved)
        tell(o, state_behind(o->state));
    return rc;
}

static int escalate_all(const struct escalating *e, struct overdues *all, size_t *out_moved,
                        struct error *err)
{
    size_t count = 0;
    int rc =
        ledger_walk_overdue(e->recorder->ledger, e->now_ms, ESCALATE_LIMIT, take, all, &count, err);
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        bool moved = false;
        rc = escalate_one(e, &all->at[i], &moved, err);
        *out_moved += moved ? 1 : 0;
    }
    return rc;
}

bool escalate_some(const struct escalating *e)
{
    struct overdues all = {.at = xcalloc(ESCALATE_LIMIT, sizeof(*all.at))};
    struct error why;
    size_t moved = 0;
    int rc = ledger_begin(e->recorder->ledger, LEDGER_FAST, &why);
    if (rc == 0)
        rc = escalate_all(e, &all, &moved, &why);
    if (rc == 0)
        rc = ledger_commit(e->recorder->ledger, &why);
    if (rc != 0)
        recorder_ledger_failed(e->recorder, &why);
    for (size_t i = 0; i < all.count; i++) {
        free(all.at[i].notice_id);
        free(all.at[i].batch_id);
    }
    free(all.at);
    return rc == 0 && moved > 0;
}
