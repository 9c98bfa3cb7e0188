/*
 * Receipts that came before what they speak of was known.
 *
 *   waits ── its delivery is settled, its message gets a name ──▶ ready ── handed out ──▶ gone
 *     └───── 72 h ──▶ only kept ◀── nothing could ever be known of it
 *
 * All of them together are bounded, whoever sends them: the oldest go, those of nothing known
 * first.
 */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define WAIT_MS ((int64_t)72 * 3600 * 1000)

enum standing { KEPT, WAITS, READY };

/* "standing = 1" and the like are written as in the indexes. */
static const char count_sql[] =
    "SELECT count(*), coalesce(sum(standing = 1), 0), coalesce(sum(standing = 2), 0) FROM parked";
static const char insert_sql[] =
    "INSERT INTO parked (delivery, standing, came_ms, " RECEIPT_COLUMNS
    ", channel, notice_id, token) VALUES (?, ?, ?, " RECEIPT_PLACES ", ?, ?, ?)";
/* By this index those of no delivery come first. */
static const char drop_oldest_sql[] =
    "DELETE FROM parked WHERE seq = (SELECT seq FROM parked INDEXED BY parked_delivery"
    " ORDER BY delivery, seq LIMIT 1) RETURNING standing";
static const char wake_delivery_sql[] =
    "UPDATE parked INDEXED BY parked_delivery SET standing = 2 WHERE delivery = ?"
    " AND standing = 1";
static const char wake_message_sql[] =
    "UPDATE parked INDEXED BY parked_message SET standing = 2, delivery = ?1 WHERE standing = 1"
    " AND delivery = 0 AND transport = ?2 AND message_id = ?3 AND EXISTS"
    " (SELECT 1 FROM message m WHERE m.transport = ?2 AND m.id = ?3 AND m.delivery = ?1)";
static const char give_up_sql[] =
    "UPDATE parked INDEXED BY parked_waits SET standing = 0 WHERE standing = 1 AND came_ms <= ?";
static const char oldest_sql[] = "SELECT came_ms FROM parked INDEXED BY parked_waits"
                                 " WHERE standing = 1 ORDER BY came_ms LIMIT 1";
static const char ready_sql[] =
    "SELECT p.seq, p.delivery, p.channel, p.notice_id, p.token, " RECEIPT_COLUMNS_OF(
        "p") " FROM parked p INDEXED BY parked_ready LEFT JOIN transport t ON t.seq = p.transport"
             " WHERE p.standing = 2 ORDER BY p.seq LIMIT ?";
static const char delete_sql[] = "DELETE FROM parked WHERE seq = ?";

static int find_oldest(struct ledger *l, struct error *err)
{
    l->memory.parked_since_ms = INT64_MAX;
    int rc = query_run_int(db_query(l->db, oldest_sql), &l->memory.parked_since_ms, err);
    return rc < 0 ? rc : 0;
}

int parked_load(struct ledger *l, struct error *err)
{
    struct query *q = db_query(l->db, count_sql);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    l->memory.parked = query_int(q);
    l->memory.parked_waiting = query_int(q);
    l->memory.parked_ready = query_int(q);
    query_end(q);
    return find_oldest(l, err);
}

/* ---- in ---- */

static int drop_oldest(struct ledger *l, struct error *err)
{
    int64_t standing = -1;
    struct query *q = db_query(l->db, drop_oldest_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0)
        standing = query_int(q);
    l->memory.parked--;
    l->memory.parked_waiting -= standing == WAITS;
    l->memory.parked_ready -= standing == READY;
    return rc;
}

static int insert(struct ledger *l, const struct receipt *r, int64_t delivery, int64_t transport,
                  enum standing standing, int64_t now_ms, struct error *err)
{
    struct query *q = db_query(l->db, insert_sql);
    query_bind_int(q, delivery);
    query_bind_int(q, standing);
    query_bind_int(q, now_ms);
    receipt_bind(q, r, transport);
    query_bind_int(q, r->channel);
    query_bind_text(q, r->notice_id);
    query_bind_text(q, r->token);
    return query_run(q, err);
}

int parked_add(struct ledger *l, const struct receipt *r, int64_t delivery, int64_t now_ms,
               struct error *err)
{
    int64_t transport = 0;
    int rc = 0;
    if (r->transport != NULL)
        rc = ledger_find_transport(l, r->transport, true, &transport, err);
    while (rc == 0 && l->memory.parked >= PARKED_MOST)
        rc = drop_oldest(l, err);
    bool waits = delivery != 0 || (transport != 0 && r->message_id != NULL);
    if (rc == 0)
        rc = insert(l, r, delivery, transport, waits ? WAITS : KEPT, now_ms, err);
    if (rc != 0)
        return rc;
    l->memory.parked++;
    l->memory.parked_waiting += waits;
    if (waits && now_ms < l->memory.parked_since_ms)
        l->memory.parked_since_ms = now_ms;
    return 0;
}

/* ---- ready ---- */

static int wake(struct ledger *l, struct query *q, struct error *err)
{
    int rc = query_run(q, err);
    int64_t count = rc == 0 ? db_changed(l->db) : 0;
    l->memory.parked_waiting -= count;
    l->memory.parked_ready += count;
    return rc;
}

int parked_wake_delivery(struct ledger *l, int64_t delivery, struct error *err)
{
    if (l->memory.parked_waiting == 0)
        return 0;
    struct query *q = db_query(l->db, wake_delivery_sql);
    query_bind_int(q, delivery);
    return wake(l, q, err);
}

int parked_wake_message(struct ledger *l, int64_t delivery, int64_t transport, const char *id,
                        struct error *err)
{
    if (l->memory.parked_waiting == 0)
        return 0;
    struct query *q = db_query(l->db, wake_message_sql);
    query_bind_int(q, delivery);
    query_bind_int(q, transport);
    query_bind_text(q, id);
    return wake(l, q, err);
}

static int give_up(struct ledger *l, int64_t before_ms, struct error *err)
{
    struct query *q = db_query(l->db, give_up_sql);
    query_bind_int(q, before_ms);
    int rc = query_run(q, err);
    if (rc != 0)
        return rc;
    l->memory.parked_waiting -= db_changed(l->db);
    return find_oldest(l, err);
}

/* ---- out ---- */

struct ready {
    int64_t number, delivery;
    struct receipt receipt;
};

struct all_ready {
    struct ready *rows;
    size_t count;
};

static int read_ready(const struct ledger *l, struct query *q, struct ready *out, struct error *err)
{
    *out = (struct ready){.number = query_int(q)};
    out->delivery = query_int(q);
    enum channel_kind channel = CHANNEL_EMAIL;
    if (!ledger_read_channel(query_int(q), &channel))
        return ledger_damaged(l, "no channel is possible of parked receipt", out->number, err);
    char *notice_id = xstrdup(query_text(q));
    char *token = xstrdup(query_text(q));
    int rc = receipt_read(l, q, &out->receipt, err);
    out->receipt.channel = channel;
    out->receipt.notice_id = notice_id;
    out->receipt.token = token;
    return rc;
}

static int read_all_ready(struct ledger *l, size_t limit, struct all_ready *out, struct error *err)
{
    struct query *q = db_query(l->db, ready_sql);
    query_bind_int(q, (int64_t)limit);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        out->rows = xreallocarray(out->rows, out->count + 1, sizeof(*out->rows));
        rc = read_ready(l, q, &out->rows[out->count++], err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

static int take_out(struct ledger *l, const struct ready *row, struct error *err)
{
    struct query *q = db_query(l->db, delete_sql);
    query_bind_int(q, row->number);
    int rc = query_run(q, err);
    l->memory.parked--;
    l->memory.parked_ready--;
    return rc;
}

/* All are out before the first is handed over: booking one may park it again. */
static int hand_out(struct ledger *l, size_t limit, ledger_receipt_fn *fn, void *context,
                    size_t *out_count, struct error *err)
{
    struct all_ready ready = {0};
    int rc = read_all_ready(l, limit, &ready, err);
    for (size_t i = 0; rc == 0 && i < ready.count; i++)
        rc = take_out(l, &ready.rows[i], err);
    for (size_t i = 0; rc == 0 && i < ready.count; i++)
        fn(context, &ready.rows[i].receipt, ready.rows[i].delivery);
    *out_count = rc == 0 ? ready.count : 0;
    for (size_t i = 0; i < ready.count; i++)
        receipt_clear(&ready.rows[i].receipt);
    free(ready.rows);
    return rc;
}

int ledger_walk_parked(struct ledger *l, int64_t now_ms, size_t limit, ledger_receipt_fn *fn,
                       void *context, size_t *out_count, struct error *err)
{
    const struct memory *m = &l->memory;
    bool late = m->parked_waiting > 0 && m->parked_since_ms <= now_ms - WAIT_MS;
    bool own = false;
    *out_count = 0;
    if (!late && m->parked_ready == 0)
        return 0;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    if (late)
        rc = give_up(l, now_ms - WAIT_MS, err);
    if (rc == 0)
        rc = hand_out(l, limit, fn, context, out_count, err);
    return ledger_leave(l, own, rc, err);
}
