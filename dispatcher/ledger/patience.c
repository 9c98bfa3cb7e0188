/*
 * How long a channel has before the next one's turn comes.
 *
 * `over_ms` of a delivery says when; the index delivery_over holds those that wait for it, batch by
 * batch. In memory stands for each batch (0: single notices) a time before which nothing of it is
 * over. It may be too early: then a walk finds nothing and corrects it.
 */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* What was handed over and not moved comes again after this. */
#define AGAIN_MS 1000

/* "over_ms > 0" is written as in the index. */
static const char next_batch_sql[] =
    "SELECT batch, over_ms FROM delivery INDEXED BY delivery_over WHERE over_ms > 0 AND batch > ?"
    " ORDER BY batch, over_ms LIMIT 1";
static const char of_batch_sql[] =
    "SELECT seq, over_ms FROM delivery INDEXED BY delivery_over WHERE over_ms > 0 AND batch = ?"
    " ORDER BY over_ms, seq";
static const char patience_sql[] = "SELECT patience_ms FROM delivery WHERE seq = ?";
static const char forget_sql[] =
    "UPDATE delivery SET over_ms = 0 WHERE seq = ? AND over_ms > 0 RETURNING batch, state";
/* Is there a channel behind it that can be sent, and a text to send? */
static const char next_sql[] =
    "SELECT CASE WHEN d.notice IS NULL THEN d.rest > 0 AND EXISTS"
    "  (SELECT 1 FROM batch b WHERE b.seq = d.batch AND b.state <> 2)"
    " ELSE EXISTS (SELECT 1 FROM spare s WHERE s.notice = d.notice AND s.state IN (0, 2, 3))"
    "  AND EXISTS (SELECT 1 FROM notice n WHERE n.seq = d.notice AND n.body IS NOT NULL)"
    " END FROM delivery d WHERE d.seq = ?";

/* ---- memory ---- */

static struct patience *patience_of(struct ledger *l, int64_t batch)
{
    for (size_t i = l->patience_count; i > 0; i--) {
        if (l->patience[i - 1].batch == batch)
            return &l->patience[i - 1];
    }
    l->patience = xreallocarray(l->patience, l->patience_count + 1, sizeof(*l->patience));
    struct patience *p = &l->patience[l->patience_count++];
    *p = (struct patience){.batch = batch, .next_ms = INT64_MAX};
    return p;
}

void patience_await(struct ledger *l, int64_t batch, int64_t over_ms)
{
    if (over_ms == 0)
        return;
    struct patience *p = patience_of(l, batch);
    if (over_ms < p->next_ms)
        p->next_ms = over_ms;
}

int64_t patience_after(const struct flying *row, enum delivery_state state, bool handed_over)
{
    if (handed_over)
        return 0;
    switch (state) {
    case DELIVERY_DELIVERED:
        return row->confirm ? row->over_ms : 0;
    case DELIVERY_SUPPRESSED:
    case DELIVERY_EXPIRED:
    case DELIVERY_CANCELLED:
        return 0;
    case DELIVERY_WAITING:
    case DELIVERY_IN_FLIGHT:
    case DELIVERY_DEFERRED:
    case DELIVERY_HELD:
    case DELIVERY_FAILED:
    case DELIVERY_UNCERTAIN:
        break;
    }
    return row->over_ms;
}

int patience_load(struct ledger *l, struct error *err)
{
    int64_t batch = -1;
    int rc;
    do {
        struct query *q = db_query(l->db, next_batch_sql);
        query_bind_int(q, batch);
        rc = query_step(q, err);
        if (rc <= 0)
            return rc;
        batch = query_int(q);
        patience_await(l, batch, query_int(q));
        query_end(q);
    } while (rc > 0);
    return rc;
}

/* Of a batch nobody asked for yet it is not known: then it is looked at, and known. */
static bool is_stopped(const struct ledger *l, int64_t batch)
{
    for (size_t i = 0; i < l->batch_count; i++) {
        if (l->batches[i]->number == batch)
            return batch_is_stopped(l, l->batches[i]);
    }
    return false;
}

int64_t ledger_next_overdue_ms(const struct ledger *l)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < l->patience_count; i++) {
        if (l->patience[i].next_ms < next_ms && !is_stopped(l, l->patience[i].batch))
            next_ms = l->patience[i].next_ms;
    }
    return next_ms;
}

/* ---- walk ---- */

struct overdue_walk {
    int64_t now_ms;
    size_t limit, count;
    ledger_overdue_fn *fn;
    void *context;
    int64_t *numbers; /* of the batch at hand */
    size_t number_count;
};

static int read_numbers(struct ledger *l, struct overdue_walk *w, int64_t batch, struct error *err)
{
    struct query *q = db_query(l->db, of_batch_sql);
    query_bind_int(q, batch);
    w->number_count = 0;
    int rc = 0;
    while (w->count + w->number_count < w->limit) {
        rc = query_step(q, err);
        if (rc <= 0)
            return rc;
        int64_t number = query_int(q);
        if (query_int(q) > w->now_ms)
            break;
        if (flight_find(&l->flight, number) == NULL)
            w->numbers[w->number_count++] = number;
    }
    query_end(q);
    return 0;
}

int patience_forget(struct ledger *l, int64_t delivery, struct error *err)
{
    enum delivery_state state = DELIVERY_WAITING;
    struct query *q = db_query(l->db, forget_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    int64_t batch = query_int(q);
    bool good = ledger_read_state(query_int(q), &state);
    query_end(q);
    if (!good)
        return ledger_damaged(l, "no state is possible of delivery", delivery, err);
    ledger_count_awaits(l, batch, patience_awaits(state, 1), false);
    return 0;
}

static int has_next(struct ledger *l, int64_t delivery, bool *out, struct error *err)
{
    int64_t next = 0;
    struct query *q = db_query(l->db, next_sql);
    query_bind_int(q, delivery);
    int rc = query_run_int(q, &next, err);
    *out = next != 0;
    return rc < 0 ? rc : 0;
}

static int show(struct ledger *l, struct overdue_walk *w, int64_t delivery, struct error *err)
{
    struct leased row;
    struct flying standing;
    bool next = false;
    int rc = has_next(l, delivery, &next, err);
    if (rc != 0 || !next)
        return rc != 0 ? rc : patience_forget(l, delivery, err);
    rc = ledger_read_delivery(l, delivery, &row, &standing, err);
    if (rc == 0) {
        row.overdue = true;
        w->count++;
        w->fn(w->context, &row, standing.state);
    }
    leased_clear(&row);
    return rc;
}

/* When something of the batch is over that was not handed over now. */
static int find_next(struct ledger *l, const struct overdue_walk *w, int64_t batch, int64_t *out,
                     struct error *err)
{
    struct query *q = db_query(l->db, of_batch_sql);
    query_bind_int(q, batch);
    *out = INT64_MAX;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        int64_t number = query_int(q);
        if (flight_find(&l->flight, number) != NULL)
            continue;
        *out = query_int(q);
        for (size_t i = 0; i < w->number_count; i++) {
            if (w->numbers[i] == number)
                *out = w->now_ms + AGAIN_MS;
        }
        query_end(q);
        return 0;
    }
    return rc;
}

static int walk_batch(struct ledger *l, struct overdue_walk *w, size_t at, struct error *err)
{
    const struct patience before = l->patience[at];
    int64_t next_ms = INT64_MAX;
    int rc = read_numbers(l, w, before.batch, err);
    for (size_t i = 0; rc == 0 && i < w->number_count; i++)
        rc = show(l, w, w->numbers[i], err);
    if (rc == 0)
        rc = find_next(l, w, before.batch, &next_ms, err);
    if (rc != 0)
        return rc;
    undo_note(l, &(struct undo){.kind = UNDO_PATIENCE, .patience = before});
    l->patience[at].next_ms = next_ms;
    return 0;
}

/* Who waits longest is first: what nobody can move does not keep the others from their turn. */
static bool find_earliest(const struct ledger *l, const struct overdue_walk *w, size_t *out)
{
    int64_t earliest_ms = INT64_MAX;
    for (size_t i = 0; i < l->patience_count; i++) {
        const struct patience *p = &l->patience[i];
        if (p->next_ms > w->now_ms || p->next_ms >= earliest_ms || is_stopped(l, p->batch))
            continue;
        earliest_ms = p->next_ms;
        *out = i;
    }
    return earliest_ms != INT64_MAX;
}

static int walk_batches(struct ledger *l, struct overdue_walk *w, struct error *err)
{
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && w->count < w->limit && find_earliest(l, w, &at)) {
        struct batch_memo *b = NULL;
        if (l->patience[at].batch != 0)
            rc = ledger_read_batch(l, l->patience[at].batch, &b, err);
        if (rc == 0 && (b == NULL || !batch_is_stopped(l, b)))
            rc = walk_batch(l, w, at, err);
    }
    return rc;
}

int ledger_walk_overdue(struct ledger *l, int64_t now_ms, size_t limit, ledger_overdue_fn *fn,
                        void *context, size_t *out_count, struct error *err)
{
    struct overdue_walk w = {.now_ms = now_ms, .limit = limit, .fn = fn, .context = context};
    bool own = false;
    *out_count = 0;
    if (ledger_next_overdue_ms(l) > now_ms)
        return 0;
    ledger_note_time(l, now_ms);
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    w.numbers = xcalloc(limit, sizeof(*w.numbers));
    rc = ledger_leave(l, own, walk_batches(l, &w, err), err);
    free(w.numbers);
    *out_count = rc == 0 ? w.count : 0;
    return rc;
}

/* ---- escalation ---- */

static int read_patience(struct ledger *l, int64_t delivery, int64_t *out, struct error *err)
{
    struct query *q = db_query(l->db, patience_sql);
    query_bind_int(q, delivery);
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

/* "90 s", "24 h": as it was written, or as exactly as needed. */
static void put_span(int64_t span_ms, struct buf *out)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t at = 0;
    while (span_ms % units[at].ms != 0)
        at++;
    buf_printf(out, "%lld %s", (long long)(span_ms / units[at].ms), units[at].unit);
}

/* Why the next one begins, and why this one ended. Without a patience of its own it failed, and
 * what follows could not be planned then. Whole sentences: people read them in their language. */
static void put_reason(const struct flying *row, int64_t patience_ms, struct buf *why,
                       struct buf *remark)
{
    const char *name = channel_kind_name(row->channel);
    bool left = row->state == DELIVERY_DELIVERED;
    struct buf span = {0};
    put_span(patience_ms > 0 ? patience_ms : 1, &span);
    if (patience_ms > 0 && row->state != DELIVERY_FAILED) {
        buf_printf(why,
                   left ? "begun because %s was not confirmed within %s"
                        : "begun because %s was not delivered within %s",
                   name, span.data);
        buf_printf(remark,
                   left ? "%s was not confirmed within %s, so it was the next channel's turn"
                        : "%s was not delivered within %s, so it was the next channel's turn",
                   name, span.data);
    } else {
        buf_printf(why,
                   left ? "begun because %s was not confirmed"
                        : "begun because %s has not told the person",
                   name);
        buf_printf(remark,
                   left ? "%s was not confirmed, so it was the next channel's turn"
                        : "%s has not told the person, so it was the next channel's turn",
                   name);
    }
    buf_free(&span);
}

static int pass_on(struct ledger *l, const struct flying *row, struct handover *h,
                   struct error *err)
{
    struct buf why = {0}, remark = {0};
    int64_t patience_ms = 0;
    int rc = read_patience(l, row->delivery, &patience_ms, err);
    put_reason(row, patience_ms, &why, &remark);
    h->why = why.data;
    const struct change cancel = {.to = DELIVERY_CANCELLED,
                                  .cause = "escalated",
                                  .remark = remark.data,
                                  .handed_over = true,
                                  .now_ms = h->now_ms};
    bool open = !delivery_state_is_final(row->state);
    if (rc == 0)
        rc = open ? ledger_change_delivery(l, row, &cancel, err)
                  : patience_forget(l, row->delivery, err);
    if (rc == 0)
        rc = ledger_hand_over(l, h, err);
    buf_free(&why);
    buf_free(&remark);
    return rc;
}

/* Nobody is taken out of a line for a channel that cannot be sent either. */
static int escalate(struct ledger *l, const struct flying *row, struct handover *h, bool *out_moved,
                    struct error *err)
{
    bool next = false;
    bool planned = row->batch == 0 || (h->next != NULL && !delivery_state_is_final(h->next->state));
    int rc = planned ? has_next(l, row->delivery, &next, err) : 0;
    if (rc != 0)
        return rc;
    patience_await(l, row->batch, h->now_ms); /* there may be more: the next walk will tell */
    if (!next)
        return patience_forget(l, row->delivery, err);
    *out_moved = true;
    return pass_on(l, row, h, err);
}

int ledger_escalate(struct ledger *l, int64_t delivery, const struct planned_delivery *next,
                    int next_rest, int64_t now_ms, bool *out_moved, struct error *err)
{
    struct flying row;
    bool found = false;
    bool own = false;
    *out_moved = false;
    ledger_note_time(l, now_ms);
    if (flight_find(&l->flight, delivery) != NULL)
        return 0;
    int rc = ledger_read_standing(l, delivery, &row, &found, err);
    if (rc != 0 || !found || row.over_ms == 0 || row.over_ms > now_ms)
        return rc;
    struct handover h = {.delivery = delivery,
                         .notice = row.notice,
                         .batch = row.batch,
                         .next = next,
                         .next_rest = next_rest,
                         .now_ms = now_ms};
    rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, escalate(l, &row, &h, out_moved, err), err);
    *out_moved = *out_moved && rc == 0;
    return rc;
}
