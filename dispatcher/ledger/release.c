/*
 * After the configuration changed: what a gate sent back by the one of before.
 *
 * Such rows are known by their cause, and by having been changed before the new configuration was
 * in force; that also keeps a step from meeting what the gates sent back again meanwhile. They are
 * made due, no more: the gates decide anew, and what still has to wait gets its new time from them.
 */
#include "ledger/ledger.h"

#include "base/text.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define PAGE 256

/* In two questions for the reason told in lease.c; "state IN (0, 2)" is written as in the index.
 * With an attempt in the row the cause is that of the attempt, not a gate's. */
#define LOOK                                                                                       \
    "SELECT seq, due_ms, tried = 0 AND changed_ms <= ?1 AND cause IN (?2, ?3, ?4, ?5) FROM "       \
    "delivery INDEXED BY delivery_due WHERE state IN (0, 2) AND lane = ?6 AND "
static const char same_due_sql[] = LOOK "due_ms = ?7 AND seq > ?8 ORDER BY seq LIMIT ?9";
static const char later_due_sql[] = LOOK "due_ms > ?7 ORDER BY due_ms, seq LIMIT ?8";
static const char due_sql[] =
    "UPDATE delivery SET due_ms = ?, changed_ms = ?, cause = '' WHERE seq = ?";

struct seen {
    int64_t delivery, due_ms;
    bool meant;
};

struct page {
    struct seen rows[PAGE];
    size_t count;
};

static struct query *ask(struct ledger *l, const char *sql, const struct release *r)
{
    struct query *q = db_query(l->db, sql);
    query_bind_int(q, r->before_ms);
    for (size_t i = 0; i < RELEASE_CAUSES; i++)
        query_bind_text(q, r->causes[i]);
    query_bind_int(q, r->lane);
    query_bind_int(q, r->due_ms);
    return q;
}

static int read_rows(struct query *q, struct page *out, struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct seen *row = &out->rows[out->count++];
        row->delivery = query_int(q);
        row->due_ms = query_int(q);
        row->meant = query_int(q) != 0;
    }
    return rc;
}

static int read_page(struct ledger *l, const struct release *r, size_t limit, struct page *out,
                     struct error *err)
{
    struct query *q = ask(l, same_due_sql, r);
    query_bind_int(q, r->seq);
    query_bind_int(q, (int64_t)limit);
    out->count = 0;
    int rc = read_rows(q, out, err);
    if (rc != 0 || out->count == limit)
        return rc;
    q = ask(l, later_due_sql, r);
    query_bind_int(q, (int64_t)(limit - out->count));
    return read_rows(q, out, err);
}

static int make_due(struct ledger *l, int64_t lane, int64_t delivery, int64_t now_ms,
                    struct error *err)
{
    struct query *q = db_query(l->db, due_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, delivery);
    int rc = query_run(q, err);
    return rc != 0 ? rc : ledger_stand_in_lane(l, lane, now_ms, delivery, err);
}

/* The first lane of the transport from r->lane on, with a place in it; false: there is none. */
static bool find_lane(const struct ledger *l, struct release *r, int64_t now_ms)
{
    int64_t first = ledger_next_lane(l, r->lane, r->transport);
    if (first != INT64_MAX && (first != r->lane || r->due_ms <= now_ms)) {
        r->lane = first;
        r->due_ms = now_ms;
        r->seq = INT64_MAX;
    }
    return first != INT64_MAX;
}

static int take_page(struct ledger *l, struct release *r, int64_t now_ms, const struct page *page,
                     struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++) {
        const struct seen *row = &page->rows[i];
        r->due_ms = row->due_ms;
        r->seq = row->delivery;
        /* What is in flight has passed its gates. */
        if (!row->meant || flight_find(&l->flight, row->delivery) != NULL)
            continue;
        rc = make_due(l, r->lane, row->delivery, now_ms, err);
        r->moved++;
    }
    return rc;
}

static int take_pages(struct ledger *l, struct release *r, int64_t now_ms, size_t limit,
                      struct error *err)
{
    struct page page;
    int rc = 0;
    for (size_t looked = 0; rc == 0 && looked < limit;) {
        size_t most = limit - looked < PAGE ? limit - looked : PAGE;
        r->more = find_lane(l, r, now_ms);
        if (!r->more)
            return 0;
        rc = read_page(l, r, most, &page, err);
        if (rc == 0)
            rc = take_page(l, r, now_ms, &page, err);
        looked += page.count;
        if (page.count < most) { /* that was all of this lane, which counts as well */
            r->lane++;
            r->due_ms = 0;
            looked++;
        }
    }
    return rc;
}

int ledger_release(struct ledger *l, struct release *r, int64_t now_ms, size_t limit,
                   struct error *err)
{
    struct release next = *r;
    bool own = false;
    next.moved = 0;
    ledger_note_time(l, now_ms);
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, take_pages(l, &next, now_ms, limit, err), err);
    if (rc == 0)
        *r = next;
    return rc;
}
