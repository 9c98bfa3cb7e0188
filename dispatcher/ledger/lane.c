/*
 * Lanes. Each has a cursor, a place in the order (due_ms, seq) of its open deliveries:
 *
 *        in flight or gone              not leased
 *     ──────────────────────── cursor ─┬────────────────▶ due
 *                                      └ next_due_ms
 *
 * A lease begins behind the cursor and moves it on, so its cost does not depend on what is in
 * flight or on how long the lane is. What is put before the cursor (a retry, a clock that was set
 * back) moves it back; what is in flight behind it is then passed over.
 */
#include "ledger/ledger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define TIDY_AT 256

static const char load_sql[] = "SELECT seq, transport, priority, batch FROM lane";
static const char read_sql[] = "SELECT seq, transport, priority, batch FROM lane WHERE seq = ?";
static const char find_sql[] =
    "SELECT seq FROM lane WHERE transport = ? AND priority = ? AND batch = ?";
static const char insert_sql[] = "INSERT INTO lane (transport, priority, batch) VALUES (?, ?, ?)";
/* "state IN (0, 2)" is written as in the index, or SQLite would not use it. */
static const char open_sql[] = "SELECT seq, due_ms FROM delivery INDEXED BY delivery_due"
                               " WHERE state IN (0, 2) AND lane = ? ORDER BY due_ms, seq";
static const char lanes_of_batch_sql[] = "SELECT l.seq, t.name FROM lane l"
                                         " JOIN transport t ON t.seq = l.transport"
                                         " WHERE l.batch = ?";
static const char next_sql[] = "SELECT seq, due_ms, state, cause FROM delivery"
                               " INDEXED BY delivery_due WHERE state IN (0, 2) AND lane = ?"
                               " ORDER BY due_ms, seq";
static const char waiting_transports_sql[] =
    "SELECT DISTINCT t.name FROM lane l JOIN transport t ON t.seq = l.transport WHERE EXISTS"
    " (SELECT 1 FROM delivery d INDEXED BY delivery_due WHERE d.state IN (0, 2) AND d.lane = l.seq)"
    " ORDER BY t.name";

const struct lane *ledger_lanes(const struct ledger *l, size_t *out_count)
{
    *out_count = l->lane_count;
    return l->lanes;
}

size_t ledger_lane_index(const struct ledger *l, int64_t lane)
{
    size_t at = 0;
    while (at < l->lane_count && l->lanes[at].lane != lane)
        at++;
    return at;
}

int64_t ledger_next_lane(const struct ledger *l, int64_t from, const char *transport)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < l->lane_count; i++) {
        bool meant = transport == NULL || text_equal(l->lanes[i].transport, transport);
        if (meant && l->lanes[i].lane >= from && l->lanes[i].lane < next)
            next = l->lanes[i].lane;
    }
    return next;
}

void ledger_note_lane(struct ledger *l, size_t at)
{
    if (l->cursors[at].noted_in == l->transaction)
        return;
    undo_note(l, &(struct undo){.kind = UNDO_LANE, .lane = {l->lanes[at], l->cursors[at]}});
    l->cursors[at].noted_in = l->transaction;
}

/* ---- into memory ---- */

static void keep(struct ledger *l, const struct lane *lane, int64_t transport)
{
    l->lanes = xreallocarray(l->lanes, l->lane_count + 1, sizeof(*l->lanes));
    l->cursors = xreallocarray(l->cursors, l->lane_count + 1, sizeof(*l->cursors));
    l->lanes[l->lane_count] = *lane;
    l->cursors[l->lane_count] = (struct lane_cursor){
        .transport = transport, .due_ms = INT64_MIN, .seq = 0, .noted_in = l->transaction};
    l->lane_count++;
    undo_note(l, &(struct undo){.kind = UNDO_NEW_LANE});
}

/* What else `struct lane` says. */
static int describe(struct ledger *l, struct lane *lane, int64_t transport, struct error *err)
{
    int rc = ledger_name_transport(l, transport, &lane->transport, err);
    if (rc != 0 || lane->batch == 0)
        return rc;
    struct batch_memo *b = NULL;
    rc = ledger_read_batch(l, lane->batch, &b, err);
    if (rc != 0)
        return rc;
    lane->batch_total = b->total;
    campaign_describe_lane(l, b, lane);
    return 0;
}

int ledger_first_open(struct ledger *l, int64_t lane, int64_t *out_ms, struct error *err)
{
    struct query *q = db_query(l->db, open_sql);
    query_bind_int(q, lane);
    *out_ms = INT64_MAX;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        int64_t delivery = query_int(q);
        if (flight_find(&l->flight, delivery) != NULL)
            continue;
        *out_ms = query_int(q);
        query_end(q);
        return 0;
    }
    return rc;
}

/* The row of a lane that stands in `q`. */
static int read_lane(const struct ledger *l, struct query *q, struct lane *out,
                     int64_t *out_transport, struct error *err)
{
    *out = (struct lane){.lane = query_int(q), .next_due_ms = INT64_MAX};
    *out_transport = query_int(q);
    int64_t priority = query_int(q);
    out->batch = query_int(q);
    if (priority < JOB_LOW || priority > JOB_HIGH)
        return ledger_damaged(l, "no priority is possible of lane", out->lane, err);
    out->priority = (enum job_priority)priority;
    return 0;
}

/* Into memory, but `wanted_only` if something stands in it. */
static int load_lane(struct ledger *l, struct lane *lane, int64_t transport, bool wanted_only,
                     struct error *err)
{
    int rc = ledger_first_open(l, lane->lane, &lane->next_due_ms, err);
    if (rc != 0 || (wanted_only && lane->next_due_ms == INT64_MAX))
        return rc;
    rc = describe(l, lane, transport, err);
    if (rc == 0)
        keep(l, lane, transport);
    return rc;
}

int ledger_load_lanes(struct ledger *l, struct error *err)
{
    struct query *q = db_query(l->db, load_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct lane lane;
        int64_t transport;
        rc = read_lane(l, q, &lane, &transport, err);
        if (rc == 0)
            rc = load_lane(l, &lane, transport, true, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

static int recall_lane(struct ledger *l, int64_t number, struct error *err)
{
    struct lane lane;
    int64_t transport = 0;
    struct query *q = db_query(l->db, read_sql);
    query_bind_int(q, number);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "there is no lane", number, err);
    if (rc < 0)
        return rc;
    rc = read_lane(l, q, &lane, &transport, err);
    query_end(q);
    return rc == 0 ? load_lane(l, &lane, transport, false, err) : rc;
}

static bool matches(const struct lane *lane, const char *transport, enum job_priority priority,
                    int64_t batch)
{
    return lane->batch == batch && lane->priority == priority &&
           strcmp(lane->transport, transport) == 0;
}

static int make_lane(struct ledger *l, struct lane *lane, int64_t transport, struct error *err)
{
    struct query *q = db_query(l->db, insert_sql);
    query_bind_int(q, transport);
    query_bind_int(q, lane->priority);
    query_bind_int(q, lane->batch);
    int rc = query_run(q, err);
    lane->lane = db_last_number(l->db);
    if (rc == 0)
        rc = describe(l, lane, transport, err);
    if (rc == 0)
        keep(l, lane, transport);
    return rc;
}

int ledger_find_lane(struct ledger *l, const char *transport, enum job_priority priority,
                     int64_t batch, int64_t *out, struct error *err)
{
    for (size_t i = l->lane_count; i > 0; i--) {
        *out = l->lanes[i - 1].lane;
        if (matches(&l->lanes[i - 1], transport, priority, batch))
            return 0;
    }
    int64_t number = 0;
    int rc = ledger_find_transport(l, transport, true, &number, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, find_sql);
    query_bind_int(q, number);
    query_bind_int(q, priority);
    query_bind_int(q, batch);
    rc = query_run_int(q, out, err);
    if (rc != 0)
        return rc < 0 ? rc : recall_lane(l, *out, err);
    struct lane lane = {.priority = priority, .batch = batch, .next_due_ms = INT64_MAX};
    rc = make_lane(l, &lane, number, err);
    *out = lane.lane;
    return rc;
}

/* ---- what stands in it ---- */

static bool is_passed(const struct lane_cursor *cursor, int64_t due_ms, int64_t delivery)
{
    return due_ms < cursor->due_ms || (due_ms == cursor->due_ms && delivery <= cursor->seq);
}

int ledger_stand_in_lane(struct ledger *l, int64_t lane, int64_t due_ms, int64_t delivery,
                         struct error *err)
{
    size_t at = ledger_lane_index(l, lane);
    if (at == l->lane_count) {
        int rc = recall_lane(l, lane, err); /* with this one already */
        return rc;
    }
    l->cursors[at].begun_known = false;
    if (due_ms >= l->lanes[at].next_due_ms && !is_passed(&l->cursors[at], due_ms, delivery))
        return 0;
    ledger_note_lane(l, at);
    if (is_passed(&l->cursors[at], due_ms, delivery)) {
        l->cursors[at].due_ms = due_ms;
        l->cursors[at].seq = delivery - 1;
    }
    if (due_ms < l->lanes[at].next_due_ms)
        l->lanes[at].next_due_ms = due_ms;
    return 0;
}

void ledger_leave_lane(struct ledger *l, int64_t lane)
{
    size_t at = ledger_lane_index(l, lane);
    if (at == l->lane_count)
        return;
    ledger_note_lane(l, at);
    l->cursors[at].begun_known = false;
}

int ledger_refresh_lanes(struct ledger *l, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->lane_count; i++) {
        if (l->cursors[i].noted_in == l->transaction)
            rc = ledger_first_open(l, l->lanes[i].lane, &l->lanes[i].next_due_ms, err);
    }
    return rc;
}

void ledger_tidy_lanes(struct ledger *l)
{
    assert(!l->in_transaction);
    if (l->lane_count < TIDY_AT)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < l->lane_count; i++) {
        if (l->lanes[i].next_due_ms == INT64_MAX)
            continue;
        l->lanes[kept] = l->lanes[i];
        l->cursors[kept++] = l->cursors[i];
    }
    l->lane_count = kept;
}

int ledger_walk_waiting_transports(struct ledger *l, ledger_name_fn *fn, void *context,
                                   struct error *err)
{
    struct query *q = db_query(l->db, waiting_transports_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0)
        fn(context, ledger_read_text(q));
    return rc;
}

/* ---- what comes next ---- */

static int read_next(struct ledger *l, int64_t lane, const char *transport, ledger_next_fn *fn,
                     void *context, struct error *err)
{
    struct query *q = db_query(l->db, next_sql);
    query_bind_int(q, lane);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct next_due next = {.transport = transport};
        int64_t delivery = query_int(q);
        if (flight_find(&l->flight, delivery) != NULL)
            continue;
        next.due_ms = query_int(q);
        next.tried = query_int(q) == DELIVERY_DEFERRED;
        next.cause = ledger_read_text(q);
        fn(context, &next);
        query_end(q);
        return 0;
    }
    return rc;
}

static int read_all_next(struct ledger *l, int64_t batch, ledger_next_fn *fn, void *context,
                         struct error *err)
{
    struct query *q = db_query(l->db, lanes_of_batch_sql);
    query_bind_int(q, batch);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        int64_t lane = query_int(q);
        rc = read_next(l, lane, ledger_read_text(q), fn, context, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

int ledger_walk_next_due(struct ledger *l, int64_t batch, ledger_next_fn *fn, void *context,
                         struct error *err)
{
    bool own = false;
    int rc = ledger_look(l, &own, err);
    return rc == 0 ? ledger_looked(l, own, read_all_next(l, batch, fn, context, err), err) : rc;
}
