/*
 * Counting rows. What is in trouble has an index by state, what waits one by lane and due time; of
 * both so many numbers are taken at a time, and only then the rows are looked at. Whether a row is
 * meant is a column and no condition: so a step knows where it stopped.
 */
#include "ledger/ledger.h"

#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char reply_sql[] =
    "SELECT CASE WHEN d.remark IS NULL AND d.tried = 1 THEN coalesce(d.code, 0) ELSE 0 "
    "END, " DELIVERY_REPLY " FROM delivery d WHERE d.seq = ?";
static const char by_state_sql[] =
    "WITH place AS (SELECT seq, 0 AS lane, 0 AS due_ms FROM delivery INDEXED BY delivery_trouble"
    " WHERE state = %d AND seq > ? ORDER BY seq LIMIT ?) ";
/* As one comparison of all three the index would be used for two, and all that is due at the same
 * time, as a batch is, passed again by each page. */
#define OPEN_PLACES                                                                                \
    "SELECT seq, lane, due_ms FROM delivery INDEXED BY delivery_due WHERE state IN (0, 2) AND "    \
    "lane"
static const char by_time_sql[] =
    "WITH place AS (" OPEN_PLACES " = ?1 AND due_ms = ?2 AND seq > ?3 UNION ALL " OPEN_PLACES
    " = ?1 AND due_ms > ?2 UNION ALL " OPEN_PLACES " > ?1 ORDER BY 2, 3, 1 LIMIT ?4) ";
static const char columns_sql[] = ", d.seq, p.lane, p.due_ms, d.state, d.channel, d.cause";
static const char places_sql[] = ", d.address, t.name, coalesce(n.accepted_ms, b.accepted_ms, 0)";
/* SQLite leaves out those of which nothing is asked. */
static const char from_sql[] =
    " FROM place p CROSS JOIN delivery d ON d.seq = p.seq"
    " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
    " LEFT JOIN letter w ON w.seq = d.letter LEFT JOIN lane l ON l.seq = d.lane"
    " LEFT JOIN transport t ON t.seq = l.transport ORDER BY ";

struct counting {
    struct ledger *ledger;
    struct census *census;
    struct resolved resolved;
    ledger_census_fn *fn;
    void *context;
    size_t looked;
};

static bool is_by_time(const struct census *c)
{
    return c->state == DELIVERY_WAITING;
}

static void put_sql(struct buf *sql, const struct counting *k)
{
    const struct census *c = k->census;
    if (is_by_time(c))
        buf_puts(sql, by_time_sql);
    else
        buf_printf(sql, by_state_sql, c->state);
    buf_puts(sql, "SELECT (1");
    selector_put_where(sql, &k->resolved);
    buf_puts(sql, ")");
    buf_puts(sql, columns_sql);
    if (c->places)
        buf_puts(sql, places_sql);
    buf_puts(sql, from_sql);
    buf_puts(sql, is_by_time(c) ? "p.lane, p.due_ms, p.seq" : "p.seq");
}

static void bind_place(struct query *q, const struct census *c)
{
    if (is_by_time(c)) {
        query_bind_int(q, c->lane);
        query_bind_int(q, c->due_ms);
    }
    query_bind_int(q, c->seq);
    query_bind_int(q, (int64_t)(c->limit));
}

static int show(struct counting *k, struct query *q, struct error *err)
{
    struct census *c = k->census;
    bool meant = query_int(q) != 0;
    struct census_row row = {.delivery = query_int(q), .address = "", .transport = ""};
    c->seq = row.delivery;
    c->lane = query_int(q);
    c->due_ms = query_int(q);
    bool good = ledger_read_state(query_int(q), &row.state);
    good = ledger_read_channel(query_int(q), &row.channel) && good;
    if (!good)
        return ledger_damaged(k->ledger, "no channel and state are possible of delivery",
                              row.delivery, err);
    row.cause = ledger_read_text(q);
    if (c->places) {
        row.address = ledger_read_text(q);
        row.transport = ledger_read_text(q);
        row.accepted_ms = query_int(q);
    }
    if (meant && (int)row.state == c->state &&
        flight_find(&k->ledger->flight, row.delivery) == NULL)
        k->fn(k->context, &row);
    return 0;
}

static int count_page(struct counting *k, struct error *err)
{
    struct buf sql = {0};
    int rc;
    put_sql(&sql, k);
    struct query *q = db_query_once(k->ledger->db, buf_text(&sql));
    bind_place(q, k->census);
    selector_bind(q, &k->resolved);
    k->looked = 0;
    while ((rc = query_step(q, err)) > 0) {
        k->looked++;
        rc = show(k, q, err);
        if (rc != 0) {
            query_end(q);
            break;
        }
    }
    buf_free(&sql);
    return rc;
}

/* To the first state from this one on that is wanted; false: there is none. */
static bool find_state(struct census *c)
{
    while (c->state < DELIVERY_STATES && (!c->states[c->state] || c->state == DELIVERY_DELIVERED ||
                                          c->state == DELIVERY_IN_FLIGHT))
        c->state++;
    return c->state < DELIVERY_STATES;
}

static int take_step(struct counting *k, struct error *err)
{
    struct census *c = k->census;
    c->more = find_state(c);
    if (!c->more)
        return 0;
    int rc = count_page(k, err);
    if (rc == 0 && k->looked < c->limit) {
        c->state++;
        c->lane = c->due_ms = c->seq = 0;
        c->more = find_state(c);
    }
    return rc;
}

int ledger_take_census(struct ledger *l, struct census *c, ledger_census_fn *fn, void *context,
                       struct error *err)
{
    struct counting k = {.ledger = l, .census = c, .fn = fn, .context = context};
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc != 0)
        return rc;
    rc = selector_resolve(l, c->selector, &k.resolved, err);
    if (rc == 0 && k.resolved.nobody)
        c->more = false;
    else if (rc == 0)
        rc = take_step(&k, err);
    return ledger_looked(l, own, rc, err);
}

int ledger_read_reply(struct ledger *l, int64_t delivery, int *out_code, struct buf *out,
                      struct error *err)
{
    struct query *q = db_query(l->db, reply_sql);
    query_bind_int(q, delivery);
    *out_code = 0;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out_code = (int)query_int(q);
    buf_puts(out, ledger_read_text(q));
    query_end(q);
    return 0;
}
