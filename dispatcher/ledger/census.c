/*
 * Counting rows, page by page. Which pages, and what they cost:
 *
 *     a name      state by state, by the index of what is named: a few rows
 *     a cause     state by state, by delivery_cause
 *     a domain    that is rare: state by state, where it may stand (sketch.c)
 *     what waits  lane by lane, by delivery_due, with what is deferred; of a batch all that is
 *                 asked stands in the index
 *     trouble     state by state, by delivery_trouble; the row is looked at if more is asked than
 *                 state, channel and cause
 *
 * Whether a row is meant is a column and no condition: so a page knows where it stopped.
 */
#include "ledger/ledger.h"

#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char reply_sql[] =
    "SELECT CASE WHEN d.remark IS NULL AND d.tried = 1 THEN coalesce(d.code, 0) ELSE 0 "
    "END, " DELIVERY_REPLY " FROM delivery d WHERE d.seq = ?";
static const char lane_sql[] = "SELECT l.batch, coalesce(b.accepted_ms, 0), coalesce(t.name, '')"
                               " FROM lane l LEFT JOIN batch b ON b.seq = l.batch"
                               " LEFT JOIN transport t ON t.seq = l.transport WHERE l.seq = ?";

/* In `lane` of a census that goes by domain, as the first step found: the others do, too. */
#define RARE (-1)
/* What a span costs that holds nobody, in rows. */
#define SPAN_COST 64

enum way { BY_NAME, BY_CAUSE, BY_DOMAIN, BY_LANE, BY_STATE };

struct counting {
    struct ledger *ledger;
    struct census *census;
    struct resolved resolved;
    ledger_census_fn *fn;
    void *context;
    enum way way;
    int64_t left; /* rows to be looked at in this step */
    /* Of the lane that is counted. */
    int64_t lane, batch, accepted_ms;
    struct buf transport;
};

/* ---- the question ---- */

/* Where a page is looked for. */
struct stretch {
    bool same_due; /* of a lane: behind the last one, as long as the time is the same */
    struct extent span;
};

static void put_columns(struct buf *sql, const struct counting *k)
{
    buf_puts(sql, "SELECT (1");
    selector_put_where(sql, &k->resolved);
    /* Of what is in trouble the time stands in the row only. */
    buf_printf(sql, "), d.seq, %s, d.state, d.channel, d.cause",
               k->way == BY_LANE ? "d.due_ms" : "0");
    if (k->census->places)
        buf_puts(sql, ", d.address");
    if (k->census->places && !k->resolved.lines_only)
        buf_puts(sql, ", coalesce(n.accepted_ms, b.accepted_ms, 0), t.name");
}

/* More than the columns of the index is read of no row, unless somebody asks. */
static bool asks_beside(const struct counting *k)
{
    const struct selector *s = k->census->selector;
    bool asks = k->census->places || s->campaign != NULL || s->template_name != NULL ||
                s->locale != NULL || s->accepted_before_ms > 0;
    return asks && !k->resolved.lines_only;
}

static void put_from(struct buf *sql, const struct counting *k)
{
    static const char *const hints[] = {[BY_NAME] = "",
                                        [BY_CAUSE] = " INDEXED BY delivery_cause",
                                        [BY_DOMAIN] = " NOT INDEXED",
                                        [BY_LANE] = " INDEXED BY delivery_due",
                                        [BY_STATE] = " INDEXED BY delivery_trouble"};
    buf_printf(sql, " FROM delivery d%s", hints[k->way]);
    if (asks_beside(k))
        buf_puts(sql, " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
                      " LEFT JOIN lane l ON l.seq = d.lane"
                      " LEFT JOIN transport t ON t.seq = l.transport");
}

/* Of a lane in two questions for the reason told in lease.c. */
static void put_stretch(struct buf *sql, const struct counting *k, const struct stretch *at)
{
    if (k->way == BY_LANE) {
        buf_puts(sql, " WHERE d.state IN (0, 2) AND d.lane = ? AND d.due_ms ");
        buf_puts(sql, at->same_due ? "= ? AND d.seq > ?" : "> ?");
        buf_puts(sql, " ORDER BY d.due_ms, d.seq LIMIT ?");
        return;
    }
    /* With the sign SQLite does not go by state. */
    buf_printf(sql, " WHERE %sd.state = %d AND d.seq > ? AND d.seq <= ?",
               k->way == BY_NAME ? "+" : "", k->census->state);
    if (k->way == BY_CAUSE)
        buf_puts(sql, " AND d.cause = ? AND " CAUSE_IS_RARE("d.cause"));
    if (k->way == BY_NAME)
        selector_put_where(sql, &k->resolved);
    buf_puts(sql, " ORDER BY d.seq LIMIT ?");
}

static void bind(struct query *q, const struct counting *k, const struct stretch *at)
{
    const struct census *c = k->census;
    selector_bind(q, &k->resolved);
    if (k->way == BY_LANE) {
        query_bind_int(q, c->lane);
        query_bind_int(q, c->due_ms);
        if (at->same_due)
            query_bind_int(q, c->seq);
    } else {
        query_bind_int(q, at->span.first - 1);
        query_bind_int(q, at->span.last);
    }
    if (k->way == BY_CAUSE)
        query_bind_text(q, c->selector->cause);
    if (k->way == BY_NAME)
        selector_bind(q, &k->resolved);
    query_bind_int(q, k->left);
}

/* ---- pages ---- */

static int show(struct counting *k, struct query *q, struct error *err)
{
    struct census *c = k->census;
    bool meant = query_int(q) != 0;
    struct census_row row = {.delivery = query_int(q),
                             .address = "",
                             .transport = buf_text(&k->transport),
                             .accepted_ms = k->accepted_ms};
    c->seq = row.delivery;
    c->due_ms = query_int(q);
    bool good = ledger_read_state(query_int(q), &row.state);
    good = ledger_read_channel(query_int(q), &row.channel) && good;
    if (!good)
        return ledger_damaged(k->ledger, "no channel and state are possible of delivery",
                              row.delivery, err);
    row.cause = ledger_read_text(q);
    if (c->places)
        row.address = ledger_read_text(q);
    if (c->places && !k->resolved.lines_only) {
        row.accepted_ms = query_int(q);
        row.transport = ledger_read_text(q);
    }
    if (meant && c->states[row.state] && flight_find(&k->ledger->flight, row.delivery) == NULL)
        k->fn(k->context, &row);
    return 0;
}

static int count_page(struct counting *k, const struct stretch *at, struct error *err)
{
    struct buf sql = {0};
    int rc;
    put_columns(&sql, k);
    put_from(&sql, k);
    put_stretch(&sql, k, at);
    struct query *q = db_query_once(k->ledger->db, buf_text(&sql));
    bind(q, k, at);
    while ((rc = query_step(q, err)) > 0) {
        k->left--;
        rc = show(k, q, err);
        if (rc != 0) {
            query_end(q);
            break;
        }
    }
    buf_free(&sql);
    return rc;
}

/* ---- lanes ---- */

static int read_lane(struct counting *k, int64_t lane, struct error *err)
{
    struct query *q = db_query(k->ledger->db, lane_sql);
    query_bind_int(q, lane);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    k->lane = lane;
    k->batch = query_int(q);
    k->accepted_ms = query_int(q);
    buf_reset(&k->transport);
    buf_puts(&k->transport, ledger_read_text(q));
    query_end(q);
    k->resolved.lines_only = k->batch != 0;
    return 0;
}

/* As old as the selector asks? A batch came at once. */
static bool is_old(const struct counting *k)
{
    int64_t before_ms = k->census->selector->accepted_before_ms;
    return k->batch == 0 || before_ms == 0 || k->accepted_ms < before_ms;
}

static int count_lane(struct counting *k, struct error *err)
{
    int rc = k->lane != k->census->lane ? read_lane(k, k->census->lane, err) : 0;
    if (rc == 0 && is_old(k))
        rc = count_page(k, &(struct stretch){.same_due = true}, err);
    if (rc == 0 && is_old(k) && k->left > 0)
        rc = count_page(k, &(struct stretch){0}, err);
    return rc;
}

static int count_lanes(struct counting *k, struct error *err)
{
    struct census *c = k->census;
    int rc = c->lane != 0 ? count_lane(k, err) : 0;
    while (rc == 0 && k->left > 0) {
        c->due_ms = -1;
        c->seq = 0;
        rc = selector_next_lane(k->ledger, &k->resolved, c->lane, &c->lane, err);
        if (rc != 0 || c->lane == 0)
            return rc;
        rc = count_lane(k, err);
    }
    return rc;
}

/* ---- numbers ---- */

static int count_spans(struct counting *k, struct error *err)
{
    struct census *c = k->census;
    struct stretch at;
    int rc = 0;
    while (rc == 0 && k->left > 0) {
        rc = sketch_find(k->ledger, c->selector->domain, c->seq, k->resolved.last, &at.span, err);
        if (rc != 0 || at.span.last < at.span.first)
            return rc;
        rc = count_page(k, &at, err);
        if (k->left > 0)
            c->seq = at.span.last;
        k->left -= k->left > 0 ? SPAN_COST : 0;
    }
    return rc;
}

static int count_numbers(struct counting *k, struct error *err)
{
    const struct stretch at = {.span = {k->census->seq + 1, k->resolved.last}};
    return count_page(k, &at, err);
}

/* ---- steps ---- */

static int find_way(struct counting *k, struct error *err)
{
    struct census *c = k->census;
    const struct selector *s = c->selector;
    bool begins = c->state == 0 && c->lane == 0 && c->due_ms == 0 && c->seq == 0;
    bool rare = c->lane == RARE;
    k->way = s->id != NULL ? BY_NAME : selector_has_cause(s) ? BY_CAUSE : BY_STATE;
    if (k->way != BY_STATE || s->domain == NULL)
        return 0;
    int rc = begins ? sketch_is_rare(k->ledger, s->domain, 0, k->resolved.last, &rare, err) : 0;
    if (rare)
        k->way = BY_DOMAIN;
    return rc;
}

/* To the first state from this one on that is wanted; false: there is none. What is deferred is met
 * with what waits, in its lane. */
static bool find_state(const struct counting *k)
{
    struct census *c = k->census;
    bool lanes = k->way == BY_STATE || k->way == BY_LANE;
    while (c->state < DELIVERY_STATES &&
           (!c->states[c->state] || c->state == DELIVERY_DELIVERED ||
            c->state == DELIVERY_IN_FLIGHT ||
            (c->state == DELIVERY_DEFERRED && lanes && c->states[DELIVERY_WAITING])))
        c->state++;
    return c->state < DELIVERY_STATES;
}

static int take_step(struct counting *k, struct error *err)
{
    static int (*const counts[])(struct counting * k, struct error * err) = {
        [BY_NAME] = count_numbers, [BY_CAUSE] = count_numbers, [BY_DOMAIN] = count_spans,
        [BY_LANE] = count_lanes,   [BY_STATE] = count_numbers,
    };
    struct census *c = k->census;
    int rc = find_way(k, err);
    if (rc != 0)
        return rc;
    c->more = find_state(k);
    if (!c->more)
        return 0;
    if (k->way == BY_STATE && c->state == DELIVERY_WAITING)
        k->way = BY_LANE;
    if (k->way != BY_LANE && c->seq < k->resolved.first - 1)
        c->seq = k->resolved.first - 1;
    k->left = (int64_t)c->limit;
    rc = counts[k->way](k, err);
    if (rc == 0 && k->left > 0) {
        c->state++;
        c->due_ms = c->seq = 0;
        c->more = find_state(k);
    }
    if (k->way != BY_LANE || c->state != DELIVERY_WAITING)
        c->lane = k->way == BY_DOMAIN ? RARE : 0;
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
    buf_free(&k.transport);
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
