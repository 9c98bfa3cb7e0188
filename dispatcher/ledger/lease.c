/* Leasing what is due, and what a crash left leased. */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* "state IN (0, 2)" is written as in the index delivery_due, or SQLite would not use it. */
static const char due_sql[] =
    "SELECT d.seq, d.state, d.tries, d.channel, n.accepted_ms, n.expires_at_ms, n.id, d.address,"
    " n.template, n.locale, n.body, n.campaign,"
    " EXISTS (SELECT 1 FROM spare s WHERE s.notice = n.seq)"
    " FROM delivery d CROSS JOIN notice n ON n.seq = d.notice"
    " WHERE d.state IN (0, 2) AND d.transport = ? AND d.priority = ? AND d.due_ms <= ?"
    " ORDER BY d.due_ms, d.seq LIMIT ?";
static const char lease_sql[] = "UPDATE delivery SET state = 1, changed_ms = ? WHERE seq = ?";
static const char next_due_sql[] =
    "SELECT due_ms FROM delivery WHERE state IN (0, 2) AND transport = ? AND priority = ?"
    " ORDER BY due_ms LIMIT 1";
static const char waiting_transports_sql[] =
    "SELECT t.name FROM transport t WHERE EXISTS"
    " (SELECT 1 FROM delivery d WHERE d.state IN (0, 2) AND d.transport = t.seq) ORDER BY t.name";
static const char in_flight_sql[] =
    "SELECT d.seq, d.channel, t.name FROM delivery d INDEXED BY delivery_in_flight"
    " JOIN transport t ON t.seq = d.transport WHERE d.state = 1 AND d.seq > ?"
    " ORDER BY d.seq LIMIT 256";
/* The attempt nobody saw the end of, as evidence: it may be the reason why somebody was told twice.
 */
static const char insert_interrupted_sql[] =
    "INSERT INTO attempt (delivery, n, ended_ms, duration_ms, transport, outcome, code, enhanced,"
    " cause, locale, sha256, state, next_due_ms, jitter, reply)"
    " SELECT seq, attempts + 1, ?, max(? - changed_ms, 0), transport, ?, 0, '', 'interrupted', '',"
    " NULL, ?, ?, 1.0, ? FROM delivery WHERE seq = ?";
/* `tries` stays: a daemon that was killed blames nobody. */
static const char recover_sql[] =
    "UPDATE delivery SET state = ?, cause = 'interrupted', remark = ?, due_ms = ?, changed_ms = ?,"
    " attempts = attempts + 1 WHERE seq = ?";

static char *copy_text(struct query *q)
{
    return xstrdup(query_text(q));
}

static void read_leased(struct query *q, struct leased *out, enum delivery_state *out_state)
{
    *out = (struct leased){.delivery = query_int(q)};
    *out_state = (enum delivery_state)query_int(q);
    out->tries = (int)query_int(q);
    out->channel = (enum channel_kind)query_int(q);
    out->accepted_ms = query_int(q);
    out->expires_at_ms = query_int(q);
    out->notice_id = copy_text(q);
    out->address = copy_text(q);
    out->template_name = copy_text(q);
    out->locale = copy_text(q);
    out->job_text = copy_text(q);
    out->campaign = copy_text(q);
    out->more_channels = query_int(q) != 0;
}

void leased_clear(struct leased *row)
{
    free(row->notice_id);
    free(row->address);
    free(row->template_name);
    free(row->locale);
    free(row->job_text);
    free(row->campaign);
    *row = (struct leased){0};
}

/* What a lease works on. */
struct lease {
    int64_t transport;
    int64_t now_ms;
    size_t limit;
    struct leased *out;
    size_t count;
};

static int mark(struct ledger *l, const struct leased *row, int64_t now_ms, struct error *err)
{
    struct query *q = db_query(l->db, lease_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, row->delivery);
    return query_run(q, err);
}

/* Reads the due rows of one priority, then marks them: the index must not change under the reading.
 */
static int lease_priority(struct ledger *l, struct lease *lease, int priority, struct error *err)
{
    struct query *q = db_query(l->db, due_sql);
    query_bind_int(q, lease->transport);
    query_bind_int(q, priority);
    query_bind_int(q, lease->now_ms);
    query_bind_int(q, (int64_t)(lease->limit - lease->count));
    size_t first = lease->count;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        enum delivery_state from;
        struct leased *row = &lease->out[lease->count++];
        read_leased(q, row, &from);
        ledger_count_move(l, row->channel, from, DELIVERY_IN_FLIGHT);
    }
    for (size_t i = first; rc == 0 && i < lease->count; i++)
        rc = mark(l, &lease->out[i], lease->now_ms, err);
    return rc;
}

static int lease_all(struct ledger *l, const char *transport, struct lease *lease,
                     struct error *err)
{
    int rc = ledger_find_transport(l, transport, false, &lease->transport, err);
    for (int p = JOB_HIGH; rc == 0 && p >= JOB_LOW && lease->count < lease->limit; p--)
        rc = lease_priority(l, lease, p, err);
    return rc;
}

int ledger_lease(struct ledger *l, const char *transport, size_t limit, int64_t now_ms,
                 enum ledger_durability durability, struct leased *out, size_t *out_count,
                 struct error *err)
{
    struct lease lease = {.limit = limit, .now_ms = now_ms, .out = out};
    bool own = false;
    *out_count = 0;
    int rc = ledger_enter(l, durability, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, lease_all(l, transport, &lease, err), err);
    for (size_t i = 0; rc != 0 && i < lease.count; i++)
        leased_clear(&out[i]);
    *out_count = rc == 0 ? lease.count : 0;
    return rc;
}

int ledger_next_due(struct ledger *l, const char *transport, int64_t *out_ms, struct error *err)
{
    int64_t number = 0;
    *out_ms = -1;
    int rc = ledger_find_transport(l, transport, false, &number, err);
    for (int p = JOB_HIGH; rc == 0 && p >= JOB_LOW; p--) {
        struct query *q = db_query(l->db, next_due_sql);
        query_bind_int(q, number);
        query_bind_int(q, p);
        int64_t due_ms = -1;
        rc = query_run_int(q, &due_ms, err);
        if (rc > 0 && (*out_ms < 0 || due_ms < *out_ms))
            *out_ms = due_ms;
        rc = rc < 0 ? rc : 0;
    }
    return rc;
}

int ledger_walk_waiting_transports(struct ledger *l, ledger_name_fn *fn, void *context,
                                   struct error *err)
{
    struct query *q = db_query(l->db, waiting_transports_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0)
        fn(context, query_text(q));
    return rc;
}

/* ---- after a crash ---- */

struct interrupted {
    int64_t delivery;
    enum channel_kind channel;
    bool hold;
};

struct recovery {
    bool (*holds)(void *context, const char *transport);
    void *context;
    int64_t now_ms;
    int64_t
        after; /* goes on behind this one, so that a damaged index cannot keep it busy for ever */
    size_t deferred, uncertain;
};

static int insert_interrupted(struct ledger *l, const struct recovery *r,
                              const struct interrupted *row, enum delivery_state to,
                              const char *remark, struct error *err)
{
    struct query *q = db_query(l->db, insert_interrupted_sql);
    query_bind_int(q, r->now_ms);
    query_bind_int(q, r->now_ms);
    query_bind_int(q, OUTCOME_UNCERTAIN);
    query_bind_int(q, to);
    query_bind_int(q, row->hold ? 0 : r->now_ms);
    query_bind_text(q, remark);
    query_bind_int(q, row->delivery);
    return query_run(q, err);
}

static int recover_row(struct ledger *l, struct recovery *r, const struct interrupted *row,
                       struct error *err)
{
    static const char *const remarks[] = {
        "the dispatcher stopped during this attempt; it is sent again with the same identity",
        "the dispatcher stopped during this attempt; whether it arrived is not known",
    };
    enum delivery_state to = row->hold ? DELIVERY_UNCERTAIN : DELIVERY_DEFERRED;
    int rc = insert_interrupted(l, r, row, to, remarks[row->hold], err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, recover_sql);
    query_bind_int(q, to);
    query_bind_text(q, remarks[row->hold]);
    query_bind_int(q, r->now_ms);
    query_bind_int(q, r->now_ms);
    query_bind_int(q, row->delivery);
    rc = query_run(q, err);
    if (rc != 0)
        return rc;
    ledger_count_move(l, row->channel, DELIVERY_IN_FLIGHT, to);
    r->deferred += !row->hold;
    r->uncertain += row->hold;
    return 0;
}

/* One portion of what is in flight; *out_count 0 when nothing is left. */
static int recover_some(struct ledger *l, struct recovery *r, size_t *out_count, struct error *err)
{
    struct interrupted rows[256];
    size_t count = 0;
    struct query *q = db_query(l->db, in_flight_sql);
    query_bind_int(q, r->after);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct interrupted *row = &rows[count++];
        row->delivery = query_int(q);
        r->after = row->delivery;
        row->channel = (enum channel_kind)query_int(q);
        row->hold = r->holds(r->context, query_text(q));
    }
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = recover_row(l, r, &rows[i], err);
    *out_count = count;
    return rc;
}

int ledger_recover(struct ledger *l, bool (*holds)(void *context, const char *transport),
                   void *context, int64_t now_ms, size_t *out_deferred, size_t *out_uncertain,
                   struct error *err)
{
    struct recovery r = {.holds = holds, .context = context, .now_ms = now_ms};
    size_t count = 1;
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    while (rc == 0 && count > 0)
        rc = recover_some(l, &r, &count, err);
    rc = ledger_leave(l, own, rc, err);
    *out_deferred = rc == 0 ? r.deferred : 0;
    *out_uncertain = rc == 0 ? r.uncertain : 0;
    return rc;
}
