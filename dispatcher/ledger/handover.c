/* Whose turn it is when a channel has not told the person: the next one of single routing. */
#include "ledger/ledger.h"

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char read_spare_sql[] =
    "SELECT s.position, s.channel, t.name, s.state, s.address, s.cause, s.patience_ms, s.confirm,"
    " n.priority, EXISTS (SELECT 1 FROM spare o WHERE o.notice = s.notice"
    "  AND o.position > s.position)"
    " FROM spare s JOIN transport t ON t.seq = s.transport JOIN notice n ON n.seq = s.notice"
    " WHERE s.notice = ? ORDER BY s.position LIMIT 1";
static const char delete_spare_sql[] = "DELETE FROM spare WHERE notice = ? AND position = ?";
static const char read_line_sql[] =
    "SELECT line, turn, start, bytes, letter, recipient FROM delivery WHERE seq = ?";
static const char newest_sql[] = "SELECT max(seq) FROM delivery";
static const char no_rest_sql[] = "UPDATE delivery SET rest = 0 WHERE seq = ?";

/* The columns of a spare; its texts are borrowed from the query. False: they cannot be. */
static bool read_spare(struct query *q, struct planned_delivery *plan, struct new_delivery *d)
{
    bool good = ledger_read_channel(query_int(q), &plan->channel);
    plan->transport = ledger_read_text(q);
    good = ledger_read_state(query_int(q), &plan->state) && good;
    plan->address = ledger_read_text(q);
    plan->cause = ledger_read_text(q);
    plan->patience_ms = query_int(q);
    plan->confirm = query_int(q) != 0;
    int64_t priority = query_int(q);
    d->more = query_int(q) != 0;
    good = good && plan->state != DELIVERY_IN_FLIGHT && priority >= JOB_LOW && priority <= JOB_HIGH;
    d->priority = good ? (enum job_priority)priority : JOB_NORMAL;
    return good;
}

/* Why the delivery that was just inserted exists. */
static int note_why(struct ledger *l, const struct handover *h, struct error *err)
{
    int64_t begun = 0;
    struct query *q = db_query(l->db, newest_sql);
    int rc = query_run_int(q, &begun, err);
    return rc > 0 ? ledger_put_note(l, begun, h->why, h->now_ms, err) : rc;
}

/* Turns the first spare channel into a delivery. *out_waits: the notice is in good hands again, or
 * there was none left. */
static int use_spare(struct ledger *l, const struct handover *h, bool *out_waits, struct error *err)
{
    struct query *q = db_query(l->db, read_spare_sql);
    query_bind_int(q, h->notice);
    *out_waits = true;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    struct planned_delivery plan = {.due_ms = h->now_ms};
    bool made = false;
    struct new_delivery d = {.notice = h->notice, .plan = &plan, .now_ms = h->now_ms};
    int64_t position = query_int(q);
    rc = read_spare(q, &plan, &d)
             ? ledger_insert_delivery(l, &d, &made,
                                      err) /* while the row stands: it lends its texts */
             : ledger_damaged(l, "no spare channel is possible of notice", h->notice, err);
    query_end(q);
    if (rc == 0 && made && h->why != NULL)
        rc = note_why(l, h, err);
    if (rc != 0)
        return rc;
    *out_waits = !delivery_state_is_final(plan.state);
    q = db_query(l->db, delete_spare_sql);
    query_bind_int(q, h->notice);
    query_bind_int(q, position);
    return query_run(q, err);
}

/* A spare that may not be sent (trial mode, suppression) is written down as such, and the one
 * behind it is next. */
static int use_spares(struct ledger *l, const struct handover *h, struct error *err)
{
    bool waits = false;
    int rc = 0;
    while (rc == 0 && !waits)
        rc = use_spare(l, h, &waits, err);
    return rc;
}

/* The channels behind this one are the next one's now: a retry does not go through them again. */
static int hand_rest_over(struct ledger *l, int64_t delivery, struct error *err)
{
    struct query *q = db_query(l->db, no_rest_sql);
    query_bind_int(q, delivery);
    int rc = query_run(q, err);
    return rc == 0 ? patience_forget(l, delivery, err) : rc;
}

static int insert_next(struct ledger *l, const struct handover *h, struct error *err)
{
    struct batch_memo *b = NULL;
    bool made = false;
    int rc = ledger_read_batch(l, h->batch, &b, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, read_line_sql);
    query_bind_int(q, h->delivery);
    rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    struct new_delivery d = {.batch = h->batch,
                             .rest = h->next_rest,
                             .more = h->next_rest > 0,
                             .priority = b->priority,
                             .plan = h->next,
                             .now_ms = h->now_ms};
    int64_t turn;
    d.line = query_int(q);
    turn = query_int(q) + 1;
    d.turn = turn > 0 && turn < INT32_MAX ? (int)turn : 1;
    d.start = query_int(q);
    d.bytes = query_int(q);
    d.letter = query_int(q);
    d.recipient = query_text(q);
    rc = ledger_insert_delivery(l, &d, &made, err); /* while the row stands */
    query_end(q);
    if (rc == 0 && made && h->why != NULL)
        rc = note_why(l, h, err);
    return rc != 0 ? rc : hand_rest_over(l, h->delivery, err);
}

int ledger_hand_over(struct ledger *l, const struct handover *h, struct error *err)
{
    if (h->notice != 0)
        return use_spares(l, h, err);
    return h->next != NULL ? insert_next(l, h, err) : 0;
}
