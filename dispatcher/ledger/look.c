/* Questions: which deliveries, their attempts, the notice itself, the oldest. */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char row_columns[] =
    "SELECT d.seq, d.batch, d.line, d.start, d.bytes, d.crashes, d.suspect, d.receipt, d.channel, "
    "d.state, d.attempts, "
    "d.due_ms, d.changed_ms, d.over_ms,"
    " CASE WHEN d.over_ms > 0 THEN coalesce((SELECT s.channel FROM spare s"
    "  WHERE s.notice = d.notice ORDER BY s.position LIMIT 1), -1) ELSE -1 END,"
    " coalesce(n.accepted_ms, b.accepted_ms, 0), max(coalesce(b.stop, 0),"
    "  CASE WHEN coalesce(b.letter_reason, '') <> '' OR coalesce((SELECT c.stop FROM campaign c"
    "   WHERE c.id = b.campaign), 0) <> 0 THEN 2 ELSE 0 END), b.id,"
    " coalesce(n.id, b.id || '_' || d.recipient, b.id || ':' || d.line),"
    " coalesce(n.campaign, b.campaign), coalesce(n.template, w.template),"
    " coalesce(n.locale, w.locale), t.name, d.address, d.cause, " DELIVERY_REPLY;
static const char row_names[] = " LEFT JOIN letter w ON w.seq = d.letter"
                                " LEFT JOIN lane l ON l.seq = d.lane"
                                " LEFT JOIN transport t ON t.seq = l.transport";
static const char attempts_sql[] =
    "SELECT a.n, a.ended_ms, a.duration_ms, t.name, o.name, a.cause, a.enhanced, a.reply,"
    " lower(hex(a.sha256)), a.locale, a.code, a.state, a.next_due_ms, a.jitter"
    " FROM attempt a LEFT JOIN transport t ON t.seq = a.transport"
    " LEFT JOIN outcome_name o ON o.outcome = a.outcome WHERE a.delivery = ?1"
    " UNION ALL SELECT d.attempts, d.changed_ms, d.duration_ms, t.name, o.name, d.cause, "
    "d.enhanced, d.reply,"
    " lower(hex(d.sha256)), d.locale, d.code, d.state,"
    " CASE WHEN d.state IN (0, 2, 3) THEN d.due_ms ELSE 0 END, d.jitter"
    " FROM delivery d LEFT JOIN transport t ON t.seq = d.transport"
    " LEFT JOIN outcome_name o ON o.outcome = d.outcome WHERE d.seq = ?1 AND d.tried = 1"
    " ORDER BY 1";
static const char open_sql[] = "SELECT coalesce(sum(n), 0) FROM counter WHERE state IN (0, 2)";
static const char newest_sql[] = "SELECT coalesce(max(seq), 0) FROM delivery";
static const char notice_sql[] = "SELECT body FROM notice WHERE id = ?";
static const char oldest_single_sql[] =
    "SELECT d.seq, n.accepted_ms FROM delivery d INDEXED BY delivery_single"
    " CROSS JOIN notice n ON n.seq = d.notice WHERE d.notice IS NOT NULL AND d.state <> 4"
    " AND d.state = ? AND d.channel = ? ORDER BY d.seq";
static const char oldest_batch_sql[] =
    "SELECT c.batch, c.n, b.accepted_ms FROM counter c JOIN batch b ON b.seq = c.batch"
    " WHERE c.channel = ? AND c.state = ?";

/* ---- rows ---- */

/* Numbers searched one by one for what waits, before its index is asked for all. */
#define NEAR 20000
/* Places taken from the index at a time. */
#define PLACES 4096
/* With more than one in so many numbers waiting it is quicker to look at all of them in a row than
 * to sort those of the index. */
#define CROWDED 8

struct walk {
    struct resolved resolved;
    size_t limit;
    ledger_row_fn *fn;
    void *context;
    size_t count;
    int64_t last;
    size_t looked; /* rows looked at, and the last one of them */
    int64_t place;
};

static int read_row(struct ledger *l, struct query *q, struct delivery_row *out, struct error *err)
{
    out->delivery = query_int(q);
    out->batch = query_int(q);
    out->line = query_int(q);
    out->offset = query_int(q);
    out->length = query_int(q);
    out->crashes = (int)query_int(q);
    out->suspect = query_int(q) != 0;
    out->receipt = ledger_read_receipt_kind(query_int(q));
    bool good = ledger_read_channel(query_int(q), &out->channel);
    good = ledger_read_state(query_int(q), &out->state) && good;
    out->attempts = (int)query_int(q);
    out->due_ms = query_int(q);
    out->changed_ms = query_int(q);
    out->over_ms = query_int(q);
    out->follower = (int)query_int(q);
    out->accepted_ms = query_int(q);
    out->batch_stop = (enum batch_stop)query_int(q);
    out->batch_id = query_text(q);
    out->notice_id = ledger_read_text(q);
    out->campaign = query_text(q);
    out->template_name = ledger_read_text(q);
    out->locale = ledger_read_text(q);
    out->transport = ledger_read_text(q);
    out->address = ledger_read_text(q);
    out->cause = ledger_read_text(q);
    out->reply = ledger_read_text(q);
    if (!good)
        return ledger_damaged(l, "no channel and state are possible of delivery", out->delivery,
                              err);
    const struct flying *flying = flight_find(&l->flight, out->delivery);
    if (flying != NULL) {
        out->state = DELIVERY_IN_FLIGHT;
        out->changed_ms = flying->taken_ms;
    }
    return ledger_batch_is_numbered(l, out->batch, &out->numbered, err);
}

/* One row, if it is asked for as everybody sees it. */
static int show(struct ledger *l, struct query *q, struct walk *walk, struct error *err)
{
    struct delivery_row row;
    int state = walk->resolved.selector->state;
    int rc = read_row(l, q, &row, err);
    walk->looked++;
    walk->place = row.delivery;
    if (rc != 0 || (state >= 0 && (int)row.state != state))
        return rc;
    walk->count++;
    walk->last = row.delivery;
    walk->fn(walk->context, &row);
    return 0;
}

static int show_all(struct ledger *l, struct query *q, struct walk *walk, struct error *err)
{
    int rc = 0;
    while (rc == 0 && walk->count < walk->limit) {
        rc = query_step(q, err);
        if (rc <= 0)
            return rc;
        rc = show(l, q, walk, err);
    }
    query_end(q);
    return rc;
}

/* What an operator looks for, by its index: it is few among many. */
static const char *index_for(const struct selector *s)
{
    if (selector_has_cause(s) && s->state != DELIVERY_IN_FLIGHT)
        return "delivery_cause";
    bool trouble =
        s->state == DELIVERY_DEFERRED || s->state == DELIVERY_HELD || s->state >= DELIVERY_FAILED;
    return trouble && s->id == NULL ? "delivery_trouble" : NULL;
}

static void put_walk(struct buf *sql, const struct walk *walk, const char *which)
{
    buf_puts(sql, row_columns);
    selector_put_from(sql, index_for(walk->resolved.selector));
    buf_puts(sql, row_names);
    buf_puts(sql, which);
    if (selector_has_cause(walk->resolved.selector))
        buf_puts(sql, " AND " CAUSE_IS_RARE("d.cause"));
    selector_put_where(sql, &walk->resolved);
    selector_put_state(sql, walk->resolved.selector->state);
    buf_puts(sql, " ORDER BY d.seq");
}

static int walk_rows(struct ledger *l, struct walk *walk, int64_t after, int64_t until,
                     struct error *err)
{
    struct buf sql = {0};
    put_walk(&sql, walk, " WHERE d.seq > ? AND d.seq <= ?");
    struct query *q = db_query_once(l->db, buf_text(&sql));
    query_bind_int(q, after);
    query_bind_int(q, until);
    selector_bind(q, &walk->resolved);
    int rc = show_all(l, q, walk, err);
    buf_free(&sql);
    return rc;
}

static bool is_plain(const struct selector *s)
{
    return s->campaign == NULL && s->cause == NULL && s->channel < 0 && s->template_name == NULL &&
           s->locale == NULL && s->domain == NULL && s->address == NULL &&
           s->accepted_before_ms == 0 && s->actions == NULL;
}

/* Of the index of what is waiting or deferred only numbers are sorted, and only the first ones are
 * kept unless something else is asked of the rows. Whether they wait is seen in the row. */
static void put_waiting(struct buf *sql, const struct walk *walk)
{
    bool plain = is_plain(walk->resolved.selector);
    buf_puts(sql, "WITH place AS (SELECT seq FROM delivery INDEXED BY delivery_due"
                  " WHERE state IN (0, 2) AND seq > ?1");
    if (walk->resolved.batch != 0)
        buf_puts(sql, " AND lane IN (SELECT seq FROM lane WHERE batch = ?2)");
    buf_printf(sql, " ORDER BY seq LIMIT %d) %s", plain ? PLACES : -1, row_columns);
    buf_puts(sql, " FROM place p CROSS JOIN delivery d ON d.seq = p.seq"
                  " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch");
    buf_puts(sql, row_names);
    buf_puts(sql, " WHERE 1");
    selector_put_where(sql, &walk->resolved);
    buf_puts(sql, " ORDER BY p.seq");
}

static int walk_places(struct ledger *l, struct walk *walk, const char *sql, int64_t after,
                       struct error *err)
{
    struct query *q = db_query_once(l->db, sql);
    query_bind_int(q, after);
    if (walk->resolved.batch != 0)
        query_bind_int(q, walk->resolved.batch);
    selector_bind(q, &walk->resolved);
    return show_all(l, q, walk, err);
}

static int is_crowded(struct ledger *l, const struct walk *walk, bool *out, struct error *err)
{
    int64_t open = 0, newest = 0;
    *out = false;
    if (is_plain(walk->resolved.selector) || walk->resolved.batch != 0)
        return 0;
    int rc = query_run_int(db_query(l->db, open_sql), &open, err);
    if (rc >= 0)
        rc = query_run_int(db_query(l->db, newest_sql), &newest, err);
    *out = open > newest / CROWDED;
    return rc < 0 ? rc : 0;
}

/* Behind millions that were delivered, or among millions that wait: first nearby, then by index. */
static int walk_waiting(struct ledger *l, struct walk *walk, int64_t after, struct error *err)
{
    struct buf sql = {0};
    bool crowded = false;
    int rc = is_crowded(l, walk, &crowded, err);
    if (rc != 0 || crowded)
        return rc != 0 ? rc : walk_rows(l, walk, after, walk->resolved.last, err);
    put_waiting(&sql, walk);
    rc = walk_rows(l, walk, after, after + NEAR, err);
    walk->place = after + NEAR;
    walk->looked = PLACES;
    while (rc == 0 && walk->count < walk->limit && walk->looked == PLACES) {
        walk->looked = 0;
        rc = walk_places(l, walk, buf_text(&sql), walk->place, err);
    }
    buf_free(&sql);
    return rc;
}

/* What is in flight is known by number: a campaign of waiting ones is not searched for it. */
static int walk_flight(struct ledger *l, struct walk *walk, int64_t after, struct error *err)
{
    struct buf sql = {0};
    size_t count = 0;
    int rc = 0;
    int64_t *numbers = flight_numbers(&l->flight, after, &count);
    put_walk(&sql, walk, " WHERE d.seq = ?");
    for (size_t i = 0; rc == 0 && i < count && walk->count < walk->limit; i++) {
        struct query *q = db_query_once(l->db, buf_text(&sql));
        query_bind_int(q, numbers[i]);
        selector_bind(q, &walk->resolved);
        rc = show_all(l, q, walk, err);
    }
    free(numbers);
    buf_free(&sql);
    return rc;
}

/* From one place to the next at which the domain may stand. */
static int walk_domain(struct ledger *l, struct walk *walk, int64_t after, struct error *err)
{
    const char *domain = walk->resolved.selector->domain;
    struct extent span = {.last = after};
    int rc = 0;
    while (rc == 0 && walk->count < walk->limit) {
        rc = sketch_find(l, domain, span.last, walk->resolved.last, &span, err);
        if (rc != 0 || span.last < span.first)
            return rc;
        rc = walk_rows(l, walk, span.first - 1, span.last, err);
    }
    return rc;
}

/* Whether they are few decides what is quicker, and only there where an index of all that waits is
 * the other way. */
static int walk_open(struct ledger *l, struct walk *walk, int64_t after, struct error *err)
{
    const char *domain = walk->resolved.selector->domain;
    bool rare = false;
    int rc = domain != NULL ? sketch_is_rare(l, domain, after, walk->resolved.last, &rare, err) : 0;
    if (rc != 0)
        return rc;
    return rare ? walk_domain(l, walk, after, err) : walk_waiting(l, walk, after, err);
}

static int walk(struct ledger *l, const struct selector *selector, int64_t after, struct walk *walk,
                struct error *err)
{
    int rc = selector_resolve(l, selector, &walk->resolved, err);
    if (rc != 0 || walk->resolved.nobody || walk->limit == 0)
        return rc;
    if (after < walk->resolved.first - 1)
        after = walk->resolved.first - 1;
    if (selector->state == DELIVERY_IN_FLIGHT)
        return walk_flight(l, walk, after, err);
    if (selector->state == DELIVERY_WAITING && selector->id == NULL &&
        !selector_has_cause(selector) && after < INT64_MAX - NEAR)
        return walk_open(l, walk, after, err);
    if (selector->domain != NULL && selector->id == NULL)
        return walk_domain(l, walk, after, err);
    return walk_rows(l, walk, after, walk->resolved.last, err);
}

int ledger_walk(struct ledger *l, const struct selector *selector, int64_t after, size_t limit,
                ledger_row_fn *fn, void *context, size_t *out_count, int64_t *out_last,
                struct error *err)
{
    struct walk w = {.limit = limit, .fn = fn, .context = context, .last = after};
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, walk(l, selector, after, &w, err), err);
    *out_count = w.count;
    *out_last = w.last;
    return rc;
}

/* ---- attempts ---- */

static int read_attempt(const struct ledger *l, struct query *q, struct attempt_row *out,
                        struct error *err)
{
    out->number = (int)query_int(q);
    out->ended_ms = query_int(q);
    out->duration_ms = query_int(q);
    out->transport = ledger_read_text(q);
    out->outcome = ledger_read_text(q);
    out->cause = ledger_read_text(q);
    out->enhanced = ledger_read_text(q);
    out->reply = ledger_read_text(q);
    out->sha256 = ledger_read_text(q);
    out->locale = ledger_read_text(q);
    out->code = (int)query_int(q);
    bool good = ledger_read_state(query_int(q), &out->state);
    out->next_due_ms = query_int(q);
    out->jitter = query_real(q);
    return good ? 0
                : ledger_damaged(l, "no state is possible of an attempt, number", out->number, err);
}

int ledger_walk_attempts(struct ledger *l, int64_t delivery, ledger_attempt_fn *fn, void *context,
                         struct error *err)
{
    struct query *q = db_query(l->db, attempts_sql);
    query_bind_int(q, delivery);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct attempt_row row;
        rc = read_attempt(l, q, &row, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        fn(context, &row);
    }
    return rc;
}

/* ---- texts ---- */

int ledger_read_notice(struct ledger *l, const char *id, struct buf *out, struct error *err)
{
    struct query *q = db_query(l->db, notice_sql);
    query_bind_text(q, id);
    int rc = query_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return error_set(err, ERR_NOT_FOUND, "the ledger holds no text of a notice with the id %s",
                         id);
    size_t len = 0;
    const char *body = query_text_len(q, &len);
    if (body != NULL)
        buf_put(out, body, len);
    query_end(q);
    return body != NULL
               ? 0
               : error_set(err, ERR_NOT_FOUND,
                           "the text of the notice %s is gone: its time of retention is over", id);
}

/* ---- the oldest ---- */

static void keep_older(int64_t accepted_ms, int64_t *inout)
{
    if (accepted_ms != 0 && (*inout == 0 || accepted_ms < *inout))
        *inout = accepted_ms;
}

static void oldest_in_flight(const struct ledger *l, enum channel_kind channel, int64_t *inout)
{
    const struct flying *row;
    size_t at = 0;
    while ((row = flight_next(&l->flight, &at)) != NULL) {
        if (row->channel == channel)
            keep_older(row->accepted_ms, inout);
    }
}

/* Their numbers are in the order in which they came. */
static int oldest_single(struct ledger *l, enum channel_kind channel, enum delivery_state state,
                         int64_t *inout, struct error *err)
{
    struct query *q = db_query(l->db, oldest_single_sql);
    query_bind_int(q, state);
    query_bind_int(q, channel);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        if (flight_find(&l->flight, query_int(q)) != NULL)
            continue;
        keep_older(query_int(q), inout);
        query_end(q);
        return 0;
    }
    return rc;
}

static int64_t flying_of(const struct ledger *l, int64_t batch, enum channel_kind channel,
                         enum delivery_state state)
{
    int64_t count = 0;
    const struct flying *row;
    size_t at = 0;
    while ((row = flight_next(&l->flight, &at)) != NULL)
        count += row->batch == batch && row->channel == channel && row->state == state;
    return count;
}

/* All of a batch came at once, so its counters tell. */
static int oldest_of_batches(struct ledger *l, enum channel_kind channel, enum delivery_state state,
                             int64_t *inout, struct error *err)
{
    struct query *q = db_query(l->db, oldest_batch_sql);
    query_bind_int(q, channel);
    query_bind_int(q, state);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        int64_t batch = query_int(q);
        int64_t count = query_int(q);
        if (count > 0 && count > flying_of(l, batch, channel, state))
            keep_older(query_int(q), inout);
    }
    return rc;
}

static int oldest(struct ledger *l, enum channel_kind channel, enum delivery_state state,
                  int64_t *out, struct error *err)
{
    if (state == DELIVERY_IN_FLIGHT) {
        oldest_in_flight(l, channel, out);
        return 0;
    }
    int rc = oldest_single(l, channel, state, out, err);
    return rc < 0 ? rc : oldest_of_batches(l, channel, state, out, err);
}

int ledger_oldest(struct ledger *l, enum channel_kind channel, enum delivery_state state,
                  int64_t *out_accepted_ms, struct error *err)
{
    bool own = false;
    *out_accepted_ms = 0;
    if (state == DELIVERY_DELIVERED)
        return 0;
    int rc = ledger_look(l, &own, err);
    if (rc != 0)
        return rc;
    return ledger_looked(l, own, oldest(l, channel, state, out_accepted_ms, err), err);
}
