/* Rows of `delivery`: made, and parted from the attempt that stands in them. */
#include "ledger/ledger.h"

#include <assert.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char insert_sql[] =
    "INSERT INTO delivery (state, channel, batch, line, turn, rest, start, bytes, notice, lane,"
    " letter, due_ms, packet, attempts, tries, crashes, suspect, tried, changed_ms, recipient,"
    " address, cause, remark)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING";
static const char move_attempt_sql[] =
    "INSERT INTO attempt (delivery, n, ended_ms, duration_ms, transport, outcome, code, enhanced,"
    " cause, locale, sha256, state, next_due_ms, jitter, reply)"
    " SELECT seq, attempts, changed_ms, duration_ms, transport, outcome, code, enhanced, cause,"
    "  locale, sha256, state, CASE WHEN state IN (0, 2, 3) THEN due_ms ELSE 0 END, jitter, reply"
    " FROM delivery WHERE seq = ? AND tried = 1";

static void bind_place(struct query *q, const struct new_delivery *d, int64_t lane)
{
    query_bind_int(q, d->plan->state);
    query_bind_int(q, d->plan->channel);
    query_bind_int(q, d->batch);
    query_bind_int(q, d->line);
    query_bind_int(q, d->turn);
    query_bind_int(q, d->rest);
    query_bind_int(q, d->start);
    query_bind_int(q, d->bytes);
    if (d->notice != 0)
        query_bind_int(q, d->notice);
    else
        query_bind_text(q, NULL);
    query_bind_int(q, lane);
    query_bind_int(q, d->letter);
}

static int insert(struct ledger *l, const struct new_delivery *d, int64_t lane, bool *out_made,
                  struct error *err)
{
    const struct planned_delivery *p = d->plan;
    struct query *q = db_query(l->db, insert_sql);
    bind_place(q, d, lane);
    query_bind_int(q, p->due_ms);
    query_bind_int(q, d->now_ms);
    query_bind_text(q, d->recipient);
    query_bind_text(q, p->address == NULL && delivery_state_is_final(p->state) ? "" : p->address);
    query_bind_text(q, p->cause != NULL ? p->cause : "");
    query_bind_text(q, p->remark);
    int rc = query_run(q, err);
    *out_made = rc == 0 && db_changed(l->db) == 1;
    return rc;
}

int ledger_insert_delivery(struct ledger *l, const struct new_delivery *d, bool *out_made,
                           struct error *err)
{
    int64_t lane = 0;
    bool made = false;
    const struct planned_delivery *p = d->plan;
    assert(p->state != DELIVERY_IN_FLIGHT);
    int rc = ledger_find_lane(l, p->transport != NULL ? p->transport : "", d->priority, d->batch,
                              &lane, err);
    if (rc == 0)
        rc = insert(l, d, lane, &made, err);
    if (out_made != NULL)
        *out_made = made;
    if (rc != 0 || !made)
        return rc;
    ledger_count_new(l, d->batch, p->channel, p->state);
    if (!delivery_may_move(p->state, DELIVERY_IN_FLIGHT))
        return 0;
    return ledger_stand_in_lane(l, lane, p->due_ms, db_last_number(l->db), err);
}

int ledger_move_attempt(struct ledger *l, int64_t delivery, struct error *err)
{
    struct query *q = db_query(l->db, move_attempt_sql);
    query_bind_int(q, delivery);
    return query_run(q, err);
}
