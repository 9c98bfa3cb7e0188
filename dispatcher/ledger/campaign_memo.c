/*
 * Campaigns in memory: those that were started, with their pace, so that nobody asks the file with
 * every lease. What a lease takes of a pace is written in its own transaction: after a kill the
 * count is what was leased, no less.
 */
#include "ledger/campaigns.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char count_sql[] =
    "UPDATE campaign SET taken = ?, taken_ms = ?, first_held = ?, wave_ms = ?, wave_taken = ?"
    " WHERE seq = ?";
/* The condition is written as in the index. */
static const char begun_sql[] =
    "SELECT seq, due_ms FROM delivery INDEXED BY delivery_begun"
    " WHERE (state = 2 OR (state = 0 AND (turn > 0 OR attempts > 0))) AND lane = ?"
    " ORDER BY due_ms, seq";

/* ---- finding ---- */

static size_t find_index(const struct ledger *l, const char *id)
{
    for (size_t i = 0; id != NULL && i < l->campaign_count; i++) {
        if (strcmp(l->campaigns[i].id, id) == 0)
            return i + 1;
    }
    return 0;
}

struct campaign_memo *campaign_of(const struct ledger *l, const struct batch_memo *b)
{
    return b->campaign_at != 0 ? &l->campaigns[b->campaign_at - 1] : NULL;
}

struct campaign_memo *campaign_named(const struct ledger *l, const char *id)
{
    size_t at = find_index(l, id);
    return at != 0 ? &l->campaigns[at - 1] : NULL;
}

void campaign_attach(const struct ledger *l, struct batch_memo *b)
{
    b->campaign_at = find_index(l, b->campaign);
}

bool batch_is_stopped(const struct ledger *l, const struct batch_memo *b)
{
    const struct campaign_memo *c = campaign_of(l, b);
    return b->now.stop != BATCH_GOES || b->now.letter_changed ||
           (c != NULL && c->stop != CAMPAIGN_GOES);
}

bool campaign_cancels(struct ledger *l, int64_t batch)
{
    struct batch_memo *b = NULL;
    if (l->campaign_count == 0 || batch == 0 || ledger_read_batch(l, batch, &b, NULL) != 0)
        return false;
    const struct campaign_memo *c = campaign_of(l, b);
    return c != NULL && c->stop == CAMPAIGN_CANCELLED;
}

/* ---- kept ---- */

void campaign_note(struct ledger *l, const struct campaign_memo *c)
{
    undo_note(l, &(struct undo){.kind = UNDO_CAMPAIGN,
                                .campaign = {(size_t)(c - l->campaigns), c->stop, c->count}});
}

static void keep(struct ledger *l, const struct campaign_row *row)
{
    l->campaigns = xreallocarray(l->campaigns, l->campaign_count + 1, sizeof(*l->campaigns));
    l->campaigns[l->campaign_count++] = (struct campaign_memo){.number = row->campaign,
                                                               .id = xstrdup(row->id),
                                                               .pace = row->pace,
                                                               .stop = row->stop,
                                                               .count = row->count};
    undo_note(l, &(struct undo){.kind = UNDO_NEW_CAMPAIGN});
}

static void keep_started(void *context, const struct campaign_row *row)
{
    if (row->started_ms != 0)
        keep(context, row);
}

int ledger_load_campaigns(struct ledger *l, struct error *err)
{
    return ledger_walk_campaigns(l, NULL, keep_started, l, err);
}

static size_t lane_campaign(const struct ledger *l, const struct batch_memo *b)
{
    const struct campaign_memo *c = campaign_of(l, b);
    return c != NULL && pace_is_set(&c->pace) ? b->campaign_at : 0;
}

void campaign_describe_lane(const struct ledger *l, const struct batch_memo *b, struct lane *lane)
{
    lane->stopped = batch_is_stopped(l, b);
    lane->campaign = lane_campaign(l, b);
}

void campaign_refresh_lanes(struct ledger *l, const struct batch_memo *b)
{
    for (size_t i = 0; i < l->lane_count; i++) {
        if (l->lanes[i].batch != b->number)
            continue;
        ledger_note_lane(l, i);
        campaign_describe_lane(l, b, &l->lanes[i]);
    }
}

static void refresh_batches(struct ledger *l, size_t at)
{
    for (size_t i = 0; i < l->batch_count; i++) {
        if (l->batches[i]->campaign_at == at)
            campaign_refresh_lanes(l, l->batches[i]);
    }
}

int campaign_begin(struct ledger *l, const char *id, struct error *err)
{
    int rc = ledger_walk_campaigns(l, id, keep_started, l, err);
    size_t at = find_index(l, id);
    for (size_t i = 0; rc == 0 && at != 0 && i < l->batch_count; i++) {
        if (text_equal(l->batches[i]->campaign, id))
            l->batches[i]->campaign_at = at;
    }
    if (rc == 0 && at != 0)
        refresh_batches(l, at);
    return rc;
}

void campaign_set(struct ledger *l, const char *id, enum campaign_stop stop, bool passed)
{
    struct campaign_memo *c = campaign_named(l, id);
    if (c == NULL)
        return;
    campaign_note(l, c);
    c->stop = stop;
    c->count.passed = c->count.passed || passed;
    refresh_batches(l, (size_t)(c - l->campaigns) + 1);
}

void campaign_drop(struct ledger *l)
{
    size_t at = l->campaign_count--;
    free(l->campaigns[at - 1].id);
    for (size_t i = 0; i < l->batch_count; i++) {
        if (l->batches[i]->campaign_at == at)
            l->batches[i]->campaign_at = 0;
    }
}

/* ---- pace ---- */

bool ledger_lane_pace(const struct ledger *l, const struct lane *lane, struct pace *out_pace,
                      struct pace_count *out_count)
{
    if (lane->campaign == 0)
        return false;
    *out_pace = l->campaigns[lane->campaign - 1].pace;
    *out_count = l->campaigns[lane->campaign - 1].count;
    return true;
}

void ledger_walk_firsts(const struct ledger *l, ledger_first_fn *fn, void *context)
{
    for (size_t i = 0; i < l->campaign_count; i++) {
        const struct campaign_memo *c = &l->campaigns[i];
        const struct campaign_first first = {
            .campaign = c->number, .id = c->id, .pace = &c->pace, .count = &c->count};
        if (!c->count.passed && c->count.taken >= c->pace.first && c->stop == CAMPAIGN_GOES)
            fn(context, &first);
    }
}

static int write_count(struct ledger *l, const struct campaign_memo *c, struct error *err)
{
    struct query *q = db_query(l->db, count_sql);
    query_bind_int(q, c->count.taken);
    query_bind_int(q, c->count.taken_ms);
    query_bind_int(q, c->count.held);
    query_bind_int(q, c->count.wave_ms);
    query_bind_int(q, c->count.wave_taken);
    query_bind_int(q, c->number);
    return query_run(q, err);
}

int campaign_take(struct ledger *l, size_t at, int64_t people, int64_t wave_ms, int64_t now_ms,
                  struct error *err)
{
    struct campaign_memo *c = &l->campaigns[at - 1];
    campaign_note(l, c);
    c->count.taken += people;
    if (c->pace.first > 0 && c->count.taken >= c->pace.first && c->count.taken_ms == 0)
        c->count.taken_ms = now_ms > 0 ? now_ms : 1;
    if (c->count.wave_ms != wave_ms)
        c->count.wave_taken = 0;
    c->count.wave_ms = wave_ms;
    c->count.wave_taken += people;
    return write_count(l, c, err);
}

static int64_t at_most(int64_t ms, int64_t now_ms)
{
    return ms < now_ms ? ms : now_ms;
}

int campaign_rewind(struct ledger *l, int64_t now_ms, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->campaign_count; i++) {
        struct campaign_memo *c = &l->campaigns[i];
        if (c->count.wave_ms <= now_ms && c->count.taken_ms <= now_ms)
            continue;
        campaign_note(l, c);
        c->count.wave_ms = at_most(c->count.wave_ms, now_ms);
        c->count.taken_ms = at_most(c->count.taken_ms, now_ms);
        rc = write_count(l, c, err);
    }
    return rc;
}

int campaign_landed(struct ledger *l, const struct flying *row, enum delivery_state state,
                    struct error *err)
{
    struct campaign_memo *c = &l->campaigns[row->campaign - 1];
    bool back = state == DELIVERY_WAITING;
    if (!back && (state != DELIVERY_HELD || c->count.passed))
        return 0;
    campaign_note(l, c);
    c->count.held += back ? 0 : 1;
    c->count.taken -= back ? 1 : 0;
    if (c->count.taken < c->pace.first)
        c->count.taken_ms = 0;
    if (back && row->taken_ms >= c->count.wave_ms && c->count.wave_taken > 0)
        c->count.wave_taken--;
    return write_count(l, c, err);
}

int ledger_find_begun(struct ledger *l, int64_t lane, int64_t *out_due_ms, struct error *err)
{
    size_t at = ledger_lane_index(l, lane);
    *out_due_ms = INT64_MAX;
    if (at == l->lane_count)
        return 0;
    if (l->cursors[at].begun_known) {
        *out_due_ms = l->cursors[at].begun_ms;
        return 0;
    }
    struct query *q = db_query(l->db, begun_sql);
    query_bind_int(q, lane);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        int64_t delivery = query_int(q);
        if (flight_find(&l->flight, delivery) != NULL)
            continue;
        *out_due_ms = query_int(q);
        query_end(q);
        rc = 0;
        break;
    }
    l->cursors[at].begun_known = rc == 0;
    l->cursors[at].begun_ms = *out_due_ms;
    return rc;
}
