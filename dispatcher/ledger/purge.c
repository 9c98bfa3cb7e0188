/*
 * What retention takes away: texts, and what gateways called the deliveries (a report that comes
 * after that finds nobody); never a row of evidence.
 *
 * A batch goes in steps, so that a crash between them loses nothing: it is marked as purged (no
 * retry begins anything of it again), durable; then its names go, a page at a time, for there may
 * be millions; then its notices are removed from the spool; then its batch.json is emptied, which
 * says that they are gone. Whatever is marked and not emptied is removed again, whether a crash was
 * the reason or a disk that refused.
 */
#include "ledger/ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define PAGE 5000
/* So many times as many notices are looked at as may be emptied. */
#define LOOK 10

/* Open is anything an operator or a clock may still move: held and uncertain ones too, and what
 * waits for word (a batch is not finished before). */
static const char old_notices_sql[] =
    "SELECT seq, accepted_ms, NOT EXISTS (SELECT 1 FROM delivery d WHERE d.notice = n.seq"
    "  AND (d.state IN (0, 2, 3, 9) OR d.over_ms > 0 OR d.changed_ms >= ?1))"
    " FROM notice n INDEXED BY notice_kept WHERE body IS NOT NULL AND accepted_ms < ?1"
    " AND (accepted_ms, seq) > (?2, ?3) ORDER BY accepted_ms, seq LIMIT ?4";
static const char empty_notice_sql[] = "UPDATE notice SET body = NULL WHERE seq = ?";
static const char old_batches_sql[] =
    "SELECT seq FROM batch b WHERE state = 1 AND finished_ms > 0 AND finished_ms < ?1"
    " AND NOT EXISTS (SELECT 1 FROM counter c WHERE c.batch = b.seq AND c.n > 0"
    "  AND c.state IN (0, 2, 3, 9)) ORDER BY seq LIMIT ?2";
static const char mark_batch_sql[] = "UPDATE batch SET state = 2 WHERE seq = ?";
static const char marked_sql[] =
    "SELECT seq, id FROM batch WHERE state = 2 AND body IS NOT NULL AND seq > ? ORDER BY seq"
    " LIMIT 1";
static const char forget_names_sql[] =
    "DELETE FROM message WHERE delivery IN (SELECT seq FROM delivery WHERE notice = ?)";
/* The last one of a page. */
static const char page_sql[] =
    "SELECT coalesce(max(seq), 0), count(*) FROM (SELECT seq FROM delivery INDEXED BY"
    " delivery_batch WHERE notice IS NULL AND batch = ? AND seq > ? ORDER BY seq LIMIT ?)";
static const char forget_page_sql[] =
    "DELETE FROM message WHERE delivery IN (SELECT seq FROM delivery INDEXED BY delivery_batch"
    " WHERE notice IS NULL AND batch = ? AND seq > ? AND seq <= ?)";
/* Up to which delivery a batch has lost its names: whoever asks next goes on from there. */
static const char nameless_sql[] =
    "SELECT coalesce((SELECT value FROM meta WHERE name = 'names ' || ?), 0)";
static const char put_nameless_sql[] = "INSERT INTO meta (name, value) VALUES ('names ' || ?, ?)"
                                       " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
static const char forget_nameless_sql[] = "DELETE FROM meta WHERE name = 'names ' || ?";
static const char empty_batch_sql[] = "UPDATE batch SET body = NULL WHERE seq = ?";

struct numbers {
    int64_t *all;
    size_t count;
};

static int gather(struct ledger *l, const char *sql, int64_t before_ms, size_t limit,
                  struct numbers *out, struct error *err)
{
    struct query *q = db_query(l->db, sql);
    query_bind_int(q, before_ms);
    query_bind_int(q, (int64_t)limit);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        out->all = xreallocarray(out->all, out->count + 1, sizeof(*out->all));
        out->all[out->count++] = query_int(q);
    }
    return rc;
}

static int run_for(struct ledger *l, const char *sql, int64_t number, struct error *err)
{
    struct query *q = db_query(l->db, sql);
    query_bind_int(q, number);
    return query_run(q, err);
}

/* Looks at so many at most, however many of them stay: p->seen says how far. */
static int gather_notices(struct ledger *l, int64_t before_ms, size_t limit, struct purge *p,
                          struct numbers *out, struct error *err)
{
    size_t looked = 0;
    struct query *q = db_query(l->db, old_notices_sql);
    query_bind_int(q, before_ms);
    query_bind_int(q, p->seen_ms);
    query_bind_int(q, p->seen);
    query_bind_int(q, (int64_t)limit * LOOK);
    int rc = 0;
    while (out->count < limit && (rc = query_step(q, err)) > 0) {
        p->seen = query_int(q);
        p->seen_ms = query_int(q);
        looked++;
        if (query_int(q) == 0)
            continue;
        out->all = xreallocarray(out->all, out->count + 1, sizeof(*out->all));
        out->all[out->count++] = p->seen;
    }
    if (rc > 0)
        query_end(q);
    p->more = p->more || out->count == limit || looked == limit * LOOK;
    return rc < 0 ? rc : 0;
}

static int empty_notices(struct ledger *l, int64_t before_ms, size_t limit, struct purge *p,
                         struct error *err)
{
    struct numbers old = {0};
    int rc = gather_notices(l, before_ms, limit, p, &old, err);
    for (size_t i = 0; rc == 0 && i < old.count; i++) {
        rc = run_for(l, empty_notice_sql, old.all[i], err);
        if (rc == 0)
            rc = run_for(l, forget_names_sql, old.all[i], err);
    }
    p->notices = (int64_t)old.count;
    free(old.all);
    return rc;
}

static int mark_batch(struct ledger *l, int64_t number, struct error *err)
{
    struct batch_memo *b = NULL;
    int rc = ledger_read_batch(l, number, &b, err);
    if (rc == 0)
        rc = run_for(l, mark_batch_sql, number, err);
    if (rc != 0)
        return rc;
    ledger_note_batch(l, b);
    b->now.state = BATCH_PURGED;
    return 0;
}

static int mark_batches(struct ledger *l, int64_t before_ms, size_t limit, struct purge *p,
                        int64_t *out_marked, struct error *err)
{
    struct numbers old = {0};
    int rc = gather(l, old_batches_sql, before_ms, limit, &old, err);
    for (size_t i = 0; rc == 0 && i < old.count; i++)
        rc = mark_batch(l, old.all[i], err);
    *out_marked = (int64_t)old.count;
    p->more = p->more || old.count == limit;
    free(old.all);
    return rc;
}

static int mark(struct ledger *l, int64_t before_ms, size_t limit, const struct action *action,
                struct purge *p, struct error *err)
{
    int64_t marked = 0;
    int rc = empty_notices(l, before_ms, limit, p, err);
    if (rc == 0)
        rc = mark_batches(l, before_ms, limit, p, &marked, err);
    if (rc != 0 || action == NULL || p->notices + marked == 0)
        return rc;
    return action_insert(l, action, p->notices + marked, NULL, err);
}

/* The next one whose notices may still be there: *out_id NULL if there is none. Caller frees. */
static int find_marked(struct ledger *l, int64_t after, int64_t *out, char **out_id,
                       struct error *err)
{
    struct query *q = db_query(l->db, marked_sql);
    query_bind_int(q, after);
    *out_id = NULL;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out = query_int(q);
    *out_id = xstrdup(ledger_read_text(q));
    query_end(q);
    return 0;
}

/* *out_count less than PAGE: that was the last one. */
static int find_page(struct ledger *l, int64_t batch, int64_t after, int64_t *out_last,
                     int64_t *out_count, struct error *err)
{
    struct query *q = db_query(l->db, page_sql);
    query_bind_int(q, batch);
    query_bind_int(q, after);
    query_bind_int(q, PAGE);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out_last = query_int(q);
    *out_count = query_int(q);
    query_end(q);
    return 0;
}

static int put_nameless(struct ledger *l, int64_t batch, int64_t last, struct error *err)
{
    struct query *q = db_query(l->db, put_nameless_sql);
    query_bind_int(q, batch);
    query_bind_int(q, last);
    return query_run(q, err);
}

static int forget_between(struct ledger *l, int64_t batch, int64_t after, int64_t last,
                          struct error *err)
{
    struct query *q = db_query(l->db, forget_page_sql);
    query_bind_int(q, batch);
    query_bind_int(q, after);
    query_bind_int(q, last);
    return query_run(q, err);
}

/* What gateways called the next ones of a batch. *out_all: that was the rest of it. */
static int forget_page(struct ledger *l, int64_t batch, bool *out_all, struct error *err)
{
    int64_t after = 0, last = 0, count = 0;
    struct query *q = db_query(l->db, nameless_sql);
    query_bind_int(q, batch);
    int rc = query_run_int(q, &after, err);
    if (rc >= 0)
        rc = find_page(l, batch, after, &last, &count, err);
    if (rc == 0 && count > 0)
        rc = forget_between(l, batch, after, last, err);
    *out_all = count < PAGE;
    return rc == 0 && !*out_all ? put_nameless(l, batch, last, err) : rc;
}

static int forget_names(struct ledger *l, int64_t batch, bool *out_all, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, forget_page(l, batch, out_all, err), err);
}

static int empty(struct ledger *l, int64_t batch, struct error *err)
{
    int rc = run_for(l, empty_batch_sql, batch, err);
    return rc == 0 ? run_for(l, forget_nameless_sql, batch, err) : rc;
}

static int empty_batch(struct ledger *l, int64_t batch, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, empty(l, batch, err), err);
}

static int remove_batch(struct ledger *l, struct purge *p, int64_t batch, const char *id,
                        ledger_remove_fn *fn, void *context, struct error *err)
{
    bool gone = fn(context, id) == 0;
    int rc = gone ? empty_batch(l, batch, err) : 0;
    if (rc != 0)
        return rc;
    p->batches += gone;
    p->kept += !gone;
    p->after = batch;
    return 0;
}

/* One, or a page of what it was called: removing gigabytes takes a while, and whoever asks has
 * others to serve. */
static int remove_marked(struct ledger *l, struct purge *p, ledger_remove_fn *fn, void *context,
                         struct error *err)
{
    int64_t batch = 0;
    char *id = NULL;
    bool nameless = false;
    int rc = find_marked(l, p->after, &batch, &id, err);
    if (rc != 0 || id == NULL)
        return rc;
    rc = forget_names(l, batch, &nameless, err);
    if (rc == 0 && nameless)
        rc = remove_batch(l, p, batch, id, fn, context, err);
    free(id);
    if (rc != 0)
        return rc;
    rc = find_marked(l, p->after, &batch, &id, err);
    p->more = p->more || id != NULL;
    free(id);
    return rc;
}

int ledger_purge(struct ledger *l, struct purge *p, int64_t before_ms, size_t limit,
                 ledger_remove_fn *fn, void *context, const struct action *action,
                 struct error *err)
{
    assert(!l->in_transaction);
    bool own = false;
    const struct purge before = {.after = p->after, .seen_ms = p->seen_ms, .seen = p->seen};
    *p = before;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, mark(l, before_ms, limit, action, p, err), err);
    if (rc != 0) {
        *p = before;
        return rc;
    }
    return remove_marked(l, p, fn, context, err);
}
