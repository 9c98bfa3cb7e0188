/*
 * After the wall clock stepped.
 *
 * `over_ms` is a wall time, but patience is a span: who had a day and an hour of it gone has 23
 * hours left, whatever the clock says now. Set back, a channel would otherwise keep its turn that
 * much longer; set forward, everybody who waits would be told again at once, on the next channel.
 * A turn that begins at a time somebody asked for (not_before) begins by the clock, so it stays.
 *
 * Rows are taken from the side they move away to, so that none is met twice. A crash between two
 * steps leaves the rest as it is: they are told early or late then, and are told.
 */
#include "ledger/ledger.h"

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define PAGE 256

/* "over_ms > 0" is written as in the index. In two questions each, or what is over at the same
 * millisecond, like all of a batch, would be walked from its beginning with every page. */
#define LOOK                                                                                       \
    "SELECT seq, over_ms, patience_ms FROM delivery INDEXED BY delivery_over WHERE over_ms > 0"    \
    " AND batch = ?1 AND seq <= ?2 AND "
static const char same_up_sql[] = LOOK "over_ms = ?3 AND seq > ?4 ORDER BY seq LIMIT ?5";
static const char next_up_sql[] = LOOK "over_ms > ?3 ORDER BY over_ms, seq LIMIT ?4";
static const char same_down_sql[] = LOOK "over_ms = ?3 AND seq < ?4 ORDER BY seq DESC LIMIT ?5";
static const char next_down_sql[] = LOOK "over_ms < ?3 ORDER BY over_ms DESC, seq DESC LIMIT ?4";
static const char last_sql[] = "SELECT coalesce(max(seq), 0) FROM delivery";
static const char shift_sql[] = "UPDATE delivery SET over_ms = ? WHERE seq = ?";

struct seen {
    int64_t delivery, over_ms, patience_ms;
};

struct page {
    struct seen rows[PAGE];
    size_t count;
};

static int read_rows(struct query *q, struct page *out, struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct seen *row = &out->rows[out->count++];
        row->delivery = query_int(q);
        row->over_ms = query_int(q);
        row->patience_ms = query_int(q);
    }
    return rc;
}

static struct query *ask(struct ledger *l, const char *sql, const struct patience_shift *s,
                         int64_t batch)
{
    struct query *q = db_query(l->db, sql);
    query_bind_int(q, batch);
    query_bind_int(q, s->last);
    query_bind_int(q, s->over_ms);
    return q;
}

static int read_page(struct ledger *l, const struct patience_shift *s, int64_t batch, size_t limit,
                     struct page *out, struct error *err)
{
    bool up = s->by_ms < 0;
    struct query *q = ask(l, up ? same_up_sql : same_down_sql, s, batch);
    query_bind_int(q, s->seq);
    query_bind_int(q, (int64_t)limit);
    out->count = 0;
    int rc = read_rows(q, out, err);
    if (rc != 0 || out->count == limit)
        return rc;
    q = ask(l, up ? next_up_sql : next_down_sql, s, batch);
    query_bind_int(q, (int64_t)(limit - out->count));
    return read_rows(q, out, err);
}

/* Without a patience of its own it waits to be planned again: a span, too. */
static int64_t over_now(const struct patience_shift *s, const struct seen *row)
{
    int64_t begins_ms = row->over_ms - row->patience_ms;
    int64_t now_ms = s->was_ms + s->by_ms;
    if (row->over_ms == INT64_MAX)
        return row->over_ms;
    if (row->patience_ms == 0 || begins_ms <= s->was_ms)
        return row->over_ms + s->by_ms;
    return begins_ms < now_ms ? now_ms + row->patience_ms : row->over_ms;
}

static int take_page(struct ledger *l, struct patience_shift *s, int64_t batch,
                     const struct page *page, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++) {
        const struct seen *row = &page->rows[i];
        int64_t over_ms = over_now(s, row);
        s->over_ms = row->over_ms;
        s->seq = row->delivery;
        if (over_ms == row->over_ms)
            continue;
        struct query *q = db_query(l->db, shift_sql);
        query_bind_int(q, over_ms);
        query_bind_int(q, row->delivery);
        rc = query_run(q, err);
        patience_await(l, batch, over_ms);
        flight_set_over(&l->flight, row->delivery, over_ms);
        s->moved++;
    }
    return rc;
}

static void begin_batch(struct patience_shift *s, size_t at)
{
    bool up = s->by_ms < 0;
    s->batch = at;
    s->over_ms = up ? 0 : INT64_MAX;
    s->seq = up ? INT64_MAX : 0;
}

static int begin(struct ledger *l, struct patience_shift *s, struct error *err)
{
    if (s->last != 0)
        return 0;
    begin_batch(s, 0);
    int rc = query_run_int(db_query(l->db, last_sql), &s->last, err);
    return rc < 0 ? rc : 0;
}

static int take_pages(struct ledger *l, struct patience_shift *s, size_t limit, struct error *err)
{
    struct page page;
    int rc = begin(l, s, err);
    for (size_t looked = 0; rc == 0 && looked < limit && s->batch < l->patience_count;) {
        size_t most = limit - looked < PAGE ? limit - looked : PAGE;
        int64_t batch = l->patience[s->batch].batch;
        rc = read_page(l, s, batch, most, &page, err);
        if (rc == 0)
            rc = take_page(l, s, batch, &page, err);
        looked += page.count;
        if (page.count < most) { /* that was all of this one, which counts as well */
            begin_batch(s, s->batch + 1);
            looked++;
        }
    }
    s->more = s->batch < l->patience_count;
    return rc;
}

int ledger_shift_patience(struct ledger *l, struct patience_shift *s, size_t limit,
                          struct error *err)
{
    struct patience_shift next = *s;
    bool own = false;
    next.moved = 0;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, take_pages(l, &next, limit, err), err);
    if (rc == 0)
        *s = next;
    return rc;
}
