/* After a crash of the scheduler: what stood in leases is judged. */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/*
 * The attempt nobody saw the end of, as evidence: it may be the reason why somebody was told twice.
 * `tries` and `crashes` stay, a daemon that was killed blames nobody. The due time stays too
 * (unless the clock was set back): in its lane it comes before all that was not leased yet.
 */
static const char recover_sql[] =
    "UPDATE delivery SET state = ?, due_ms = min(due_ms, ?), packet = ?, attempts = attempts + 1,"
    " suspect = 1, tried = 1, changed_ms = ?, cause = 'interrupted', remark = NULL,"
    " duration_ms = ?, transport = ?, outcome = ?, code = 0, jitter = 1.0, enhanced = '',"
    " locale = '', reply = ?, sha256 = NULL WHERE seq = ?";
static const char lane_sql[] = "SELECT l.transport, t.name FROM lane l"
                               " JOIN transport t ON t.seq = l.transport WHERE l.seq = ?";
static const char place_sql[] = "SELECT due_ms FROM delivery WHERE seq = ?";
static const char delete_leases_sql[] = "DELETE FROM lease";

struct recovery {
    bool (*holds)(void *context, const char *transport);
    void *context;
    int64_t now_ms;
    size_t deferred, uncertain;
};

static int find_transport(struct ledger *l, const struct recovery *r, const struct flying *row,
                          int64_t *out, bool *out_holds, struct error *err)
{
    struct query *q = db_query(l->db, lane_sql);
    query_bind_int(q, row->lane);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "there is no lane", row->lane, err);
    if (rc < 0)
        return rc;
    *out = query_int(q);
    *out_holds = r->holds(r->context, ledger_read_text(q));
    query_end(q);
    return 0;
}

/* What is judged, and why so. */
struct ruling {
    int64_t transport;
    enum delivery_state to;
    const char *remark;
};

static const char *const remarks[] = {
    "the dispatcher stopped during this attempt; it is sent again with the same identity",
    "the dispatcher stopped during this attempt; whether it arrived is not known",
    "the dispatcher stopped during this attempt; whether it arrived is not known, and its campaign "
    "was cancelled: it is not sent again",
};

/* Where its campaign was cancelled it is sent no more, but "cancelled" would claim that it did not
 * arrive. */
static void rule(struct ledger *l, const struct flying *row, bool holds, struct ruling *out)
{
    bool cancelled = campaign_cancels(l, row->batch);
    out->to = holds || cancelled ? DELIVERY_UNCERTAIN : DELIVERY_DEFERRED;
    out->remark = remarks[cancelled ? 2 : holds ? 1 : 0];
}

static int update(struct ledger *l, const struct recovery *r, const struct flying *row,
                  const struct ruling *as, struct error *err)
{
    struct query *q = db_query(l->db, recover_sql);
    query_bind_int(q, as->to);
    query_bind_int(q, r->now_ms);
    query_bind_int(q, row->packet);
    query_bind_int(q, r->now_ms);
    query_bind_int(q, r->now_ms > row->taken_ms ? r->now_ms - row->taken_ms : 0);
    query_bind_int(q, as->transport);
    query_bind_int(q, OUTCOME_UNCERTAIN);
    query_bind_text(q, as->remark);
    query_bind_int(q, row->delivery);
    return query_run(q, err);
}

static int stand_again(struct ledger *l, const struct flying *row, struct error *err)
{
    int64_t due_ms = 0;
    struct query *q = db_query(l->db, place_sql);
    query_bind_int(q, row->delivery);
    int rc = query_run_int(q, &due_ms, err);
    return rc < 0 ? rc : ledger_stand_in_lane(l, row->lane, due_ms, row->delivery, err);
}

static int recover_row(struct ledger *l, struct recovery *r, const struct flying *row,
                       struct error *err)
{
    struct ruling as = {0};
    bool hold = false;
    int rc = find_transport(l, r, row, &as.transport, &hold, err);
    rule(l, row, hold, &as);
    if (rc == 0 && row->tried)
        rc = ledger_move_attempt(l, row->delivery, err);
    if (rc == 0)
        rc = update(l, r, row, &as, err);
    if (rc != 0)
        return rc;
    ledger_land(l, row->delivery);
    ledger_count_move(l, row->batch, row->channel, row->state, DELIVERY_IN_FLIGHT, as.to);
    patience_await(l, row->batch, row->over_ms);
    ledger_count_awaits(l, row->batch, row->awaits, patience_awaits(as.to, row->over_ms));
    rc = parked_wake_delivery(l, row->delivery, err);
    if (rc != 0)
        return rc;
    r->deferred += as.to == DELIVERY_DEFERRED;
    r->uncertain += as.to == DELIVERY_UNCERTAIN;
    return as.to != DELIVERY_DEFERRED ? 0 : stand_again(l, row, err);
}

static int recover_all(struct ledger *l, struct recovery *r, struct error *err)
{
    size_t count = 0;
    int rc = 0;
    int64_t *numbers = flight_numbers(&l->flight, 0, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const struct flying row = *flight_find(&l->flight, numbers[i]);
        rc = recover_row(l, r, &row, err);
    }
    free(numbers);
    if (rc == 0)
        rc = query_run(db_query(l->db, delete_leases_sql), err);
    return rc == 0 ? action_close_idle(l, INT64_MAX, r->now_ms, err) : rc;
}

int ledger_recover(struct ledger *l, bool (*holds)(void *context, const char *transport),
                   void *context, int64_t now_ms, size_t *out_deferred, size_t *out_uncertain,
                   struct error *err)
{
    struct recovery r = {.holds = holds, .context = context, .now_ms = now_ms};
    bool own = false;
    ledger_note_time(l, now_ms);
    *out_deferred = 0;
    *out_uncertain = 0;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, recover_all(l, &r, err), err);
    if (rc != 0)
        return rc;
    *out_deferred = r.deferred;
    *out_uncertain = r.uncertain;
    return 0;
}
