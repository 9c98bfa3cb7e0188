/* Rows of `delivery`: made, changed, and parted from the attempt that stands in them. */
#include "ledger/ledger.h"

#include <assert.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char insert_sql[] =
    "INSERT INTO delivery (state, channel, batch, line, turn, rest, start, bytes, notice, lane,"
    " letter, due_ms, packet, attempts, tries, crashes, suspect, tried, changed_ms, recipient,"
    " address, cause, remark, confirm, patience_ms, over_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING";
static const char move_attempt_sql[] =
    "INSERT INTO attempt (delivery, n, ended_ms, duration_ms, transport, outcome, code, enhanced,"
    " cause, locale, sha256, state, next_due_ms, jitter, reply)"
    " SELECT seq, attempts, changed_ms, duration_ms, transport, outcome, code, enhanced, cause,"
    "  locale, sha256, state, CASE WHEN state IN (0, 2, 3) THEN due_ms ELSE 0 END, jitter, reply"
    " FROM delivery WHERE seq = ? AND tried = 1";
static const char doubt_sql[] =
    "SELECT EXISTS (SELECT 1 FROM delivery WHERE seq = ?1 AND outcome = ?2)"
    " OR EXISTS (SELECT 1 FROM attempt WHERE delivery = ?1 AND outcome = ?2)";
static const char standing_sql[] =
    "SELECT state, channel, batch, coalesce(notice, 0), lane, attempts, tried, confirm, receipt,"
    " over_ms FROM delivery WHERE seq = ?";
static const char change_sql[] =
    "UPDATE delivery SET state = ?, tried = 0, changed_ms = ?, cause = coalesce(?, cause),"
    " remark = ?, over_ms = ?, duration_ms = NULL, transport = NULL, outcome = NULL, code = NULL,"
    " jitter = NULL, enhanced = NULL, locale = NULL, reply = NULL, sha256 = NULL WHERE seq = ?";

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

/* When the next channel's turn comes; 0: never because of time. */
static int64_t patience_over(const struct new_delivery *d)
{
    const struct planned_delivery *p = d->plan;
    if (p->patience_ms <= 0 || !d->more || delivery_state_is_final(p->state))
        return 0;
    int64_t begins_ms = p->due_ms > d->now_ms ? p->due_ms : d->now_ms;
    return begins_ms < INT64_MAX - p->patience_ms ? begins_ms + p->patience_ms : INT64_MAX;
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
    query_bind_int(q, p->confirm);
    query_bind_int(q, p->patience_ms);
    query_bind_int(q, patience_over(d));
    int rc = query_run(q, err);
    *out_made = rc == 0 && db_changed(l->db) == 1;
    if (rc != 0 || !*out_made)
        return rc;
    return sketch_note(l, db_last_number(l->db), p->channel, p->address != NULL ? p->address : "",
                       err);
}

/* Of a campaign that is cancelled nothing new waits. False: it does not wait anyway. */
static bool cancel(const struct planned_delivery *wanted, struct planned_delivery *out)
{
    *out = *wanted;
    out->state = DELIVERY_CANCELLED;
    out->cause = CAMPAIGN_CANCELLED_CAUSE;
    return wanted->state == DELIVERY_WAITING || wanted->state == DELIVERY_DEFERRED ||
           wanted->state == DELIVERY_HELD;
}

int ledger_insert_delivery(struct ledger *l, const struct new_delivery *d, bool *out_made,
                           struct error *err)
{
    int64_t lane = 0;
    bool made = false;
    struct planned_delivery plan;
    struct new_delivery cancelled = *d;
    if (campaign_cancels(l, d->batch) && cancel(d->plan, &plan)) {
        cancelled.plan = &plan;
        d = &cancelled;
    }
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
    patience_await(l, d->batch, patience_over(d));
    ledger_count_awaits(l, d->batch, false, patience_awaits(p->state, patience_over(d)));
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

int ledger_is_in_doubt(struct ledger *l, int64_t delivery, bool *out, struct error *err)
{
    int64_t found = 0;
    struct query *q = db_query(l->db, doubt_sql);
    query_bind_int(q, delivery);
    query_bind_int(q, OUTCOME_UNCERTAIN);
    int rc = query_run_int(q, &found, err);
    *out = found != 0;
    return rc < 0 ? rc : 0;
}

int ledger_read_standing(struct ledger *l, int64_t delivery, struct flying *out, bool *out_found,
                         struct error *err)
{
    *out = (struct flying){.delivery = delivery};
    struct query *q = db_query(l->db, standing_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    *out_found = rc > 0;
    if (rc <= 0)
        return rc;
    bool good = ledger_read_state(query_int(q), &out->state);
    good = ledger_read_channel(query_int(q), &out->channel) && good;
    out->batch = query_int(q);
    out->notice = query_int(q);
    out->lane = query_int(q);
    out->attempts = query_int(q);
    out->tried = query_int(q) != 0;
    out->confirm = query_int(q) != 0;
    out->receipt = ledger_read_receipt_kind(query_int(q));
    out->over_ms = query_int(q);
    out->awaits = patience_awaits(out->state, out->over_ms);
    query_end(q);
    return good ? 0
                : ledger_damaged(l, "no channel and state are possible of delivery", delivery, err);
}

static int update(struct ledger *l, const struct flying *row, const struct change *c,
                  struct error *err)
{
    struct query *q = db_query(l->db, change_sql);
    query_bind_int(q, c->to);
    query_bind_int(q, c->now_ms);
    query_bind_text(q, c->cause);
    query_bind_text(q, c->remark != NULL && c->remark[0] != '\0' ? c->remark : NULL);
    query_bind_int(q, patience_after(row, c->to, c->handed_over));
    query_bind_int(q, row->delivery);
    return query_run(q, err);
}

int ledger_change_delivery(struct ledger *l, const struct flying *row, const struct change *c,
                           struct error *err)
{
    assert(!delivery_may_move(c->to, DELIVERY_IN_FLIGHT));
    int rc = row->tried ? ledger_move_attempt(l, row->delivery, err) : 0;
    if (rc == 0)
        rc = update(l, row, c, err);
    if (rc == 0 && row->batch != 0 && row->state == DELIVERY_FAILED && row->attempts == 0)
        rc = ledger_add_untried(l, row->batch, -1, err);
    if (rc != 0)
        return rc;
    ledger_count_move(l, row->batch, row->channel, row->state, row->state, c->to);
    ledger_count_awaits(l, row->batch, row->awaits,
                        patience_awaits(c->to, patience_after(row, c->to, c->handed_over)));
    if (!delivery_may_move(row->state, DELIVERY_IN_FLIGHT))
        return 0;
    ledger_leave_lane(l, row->lane);
    return ledger_refresh_lanes(l, err);
}
