/*
 * Who waits for word: what has left (or is held) and is followed by the next channel unless word
 * comes in time. Nothing of it is over before that: its batch is not finished, its text stays.
 *
 * How many they are is kept for each batch (0: single notices) with every change, like the
 * counters; the index delivery_over knows when the first and the last one's time is over.
 */
#include "ledger/ledger.h"

#include <assert.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char add_sql[] = "INSERT INTO awaiting (batch, n) VALUES (?, ?)"
                              " ON CONFLICT (batch) DO UPDATE SET n = n + excluded.n";
static const char read_sql[] = "SELECT n FROM awaiting WHERE batch = ?";
/* "over_ms > 0" is written as in the index. */
static const char first_sql[] =
    "SELECT over_ms FROM delivery INDEXED BY delivery_over WHERE over_ms > 0 AND batch = ?"
    " ORDER BY over_ms LIMIT 1";
static const char last_sql[] =
    "SELECT over_ms FROM delivery INDEXED BY delivery_over WHERE over_ms > 0 AND batch = ?"
    " ORDER BY over_ms DESC LIMIT 1";
static const char kept_batches_sql[] =
    "SELECT count(*) FROM awaiting a JOIN batch b ON b.seq = a.batch"
    " WHERE a.n > 0 AND b.state = 1 AND b.accepted_ms < ?"
    " AND NOT EXISTS (SELECT 1 FROM counter c WHERE c.batch = b.seq AND c.n > 0"
    "  AND c.state IN (0, 2))";
/* Those whose time is over first came first, as a rule: there may be more of them than anybody
 * wants to wait for. */
static const char kept_notices_sql[] =
    "SELECT count(*) FROM (SELECT notice, state FROM delivery INDEXED BY delivery_over"
    "  WHERE over_ms > 0 AND batch = 0 ORDER BY over_ms LIMIT ?2) d"
    " JOIN notice n ON n.seq = d.notice"
    " WHERE n.accepted_ms < ?1 AND n.body IS NOT NULL AND d.state NOT IN (0, 2)";

bool patience_awaits(enum delivery_state state, int64_t over_ms)
{
    return over_ms > 0 && state != DELIVERY_WAITING && state != DELIVERY_IN_FLIGHT &&
           state != DELIVERY_DEFERRED;
}

void ledger_count_awaits(struct ledger *l, int64_t batch, bool before, bool after)
{
    assert(l->in_transaction);
    if (before != after)
        tally_of(&l->tallies, &l->tally_count, batch)->awaiting += after ? 1 : -1;
}

int awaiting_flush(struct ledger *l, const struct tally *tally, struct error *err)
{
    if (tally->awaiting == 0)
        return 0;
    struct query *q = db_query(l->db, add_sql);
    query_bind_int(q, tally->batch);
    query_bind_int(q, tally->awaiting);
    return query_run(q, err);
}

static int ask(struct ledger *l, const char *sql, int64_t batch, int64_t *out, struct error *err)
{
    struct query *q = db_query(l->db, sql);
    *out = 0;
    query_bind_int(q, batch);
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

static int count(struct ledger *l, int64_t batch, struct awaiting *out, struct error *err)
{
    int rc = ask(l, read_sql, batch, &out->count, err);
    for (size_t i = 0; i < l->tally_count; i++) {
        if (l->tallies[i].batch == batch)
            out->count += l->tallies[i].awaiting;
    }
    if (rc != 0 || out->count == 0)
        return rc;
    rc = ask(l, first_sql, batch, &out->first_ms, err);
    return rc == 0 ? ask(l, last_sql, batch, &out->last_ms, err) : rc;
}

int ledger_count_awaiting(struct ledger *l, int64_t batch, struct awaiting *out, struct error *err)
{
    bool own = false;
    *out = (struct awaiting){0};
    int rc = ledger_look(l, &own, err);
    return rc != 0 ? rc : ledger_looked(l, own, count(l, batch, out, err), err);
}

static int count_kept(struct ledger *l, int64_t before_ms, struct purge_kept *out,
                      struct error *err)
{
    int rc = ask(l, kept_batches_sql, before_ms, &out->batches, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, kept_notices_sql);
    query_bind_int(q, before_ms);
    query_bind_int(q, PURGE_KEPT_MOST);
    rc = query_run_int(q, &out->notices, err);
    return rc < 0 ? rc : 0;
}

int ledger_count_kept(struct ledger *l, int64_t before_ms, struct purge_kept *out,
                      struct error *err)
{
    bool own = false;
    *out = (struct purge_kept){0};
    int rc = ledger_look(l, &own, err);
    return rc != 0 ? rc : ledger_looked(l, own, count_kept(l, before_ms, out, err), err);
}
