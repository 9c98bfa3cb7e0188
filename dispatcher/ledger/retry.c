/* Beginning deliveries again. */
#include "ledger/ledger.h"

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* Does another delivery of a notice with single routing still run, or has it told the person? In
 * flight is waiting or deferred in the row. */
static const char told_sql[] =
    "SELECT 1 FROM notice n JOIN delivery d ON d.notice = n.seq"
    " WHERE n.seq = ? AND n.method = 0 AND d.seq <> ? AND d.state IN (0, 2, 3, 4, 9)";
/* Of a batch: only deliveries of single routing have different turns. */
static const char told_line_sql[] =
    "SELECT 1 FROM delivery d JOIN delivery o ON o.batch = d.batch AND o.recipient = d.recipient"
    " AND o.turn <> d.turn WHERE d.seq = ? AND o.state IN (0, 2, 3, 4, 9)";
static const char again_sql[] =
    "UPDATE delivery SET state = 0, due_ms = ?, tries = 0, crashes = 0, tried = 0, changed_ms = ?,"
    " cause = '', remark = NULL, duration_ms = NULL, transport = NULL, outcome = NULL, code = NULL,"
    " jitter = NULL, enhanced = NULL, locale = NULL, reply = NULL, sha256 = NULL WHERE seq = ?";

struct candidate {
    int64_t delivery, notice, batch, lane;
    enum channel_kind channel;
    enum delivery_state state;
    bool tried;
};

struct candidates {
    struct candidate rows[256];
    size_t count;
    int64_t last;
    bool more;
};

/*
 * What a retry moves. What waits or is in flight is on its way already. Held, cancelled, suppressed
 * and uncertain ones stand where somebody or a rule put them on purpose: they need their state or
 * their notice to be named.
 */
static bool may_retry(const struct selector *selector, enum delivery_state state)
{
    bool named = selector->id != NULL || selector->state == (int)state;
    if (state == DELIVERY_WAITING || state == DELIVERY_IN_FLIGHT ||
        !delivery_may_move(state, DELIVERY_WAITING))
        return false;
    if (selector->state >= 0 && selector->state != (int)state)
        return false;
    return named || state == DELIVERY_DEFERRED || state == DELIVERY_FAILED ||
           state == DELIVERY_EXPIRED;
}

static void put_retry_states(struct buf *sql, const struct selector *selector)
{
    buf_puts(sql, " AND d.state IN (-1");
    for (int s = 0; s < DELIVERY_STATES; s++) {
        if (may_retry(selector, (enum delivery_state)s))
            buf_printf(sql, ", %d", s);
    }
    buf_puts(sql, ")");
}

static void put_question(struct buf *sql, const struct resolved *r)
{
    buf_puts(sql, "SELECT d.seq, coalesce(d.notice, 0), d.batch, d.lane, d.tried, d.channel,"
                  " d.state");
    selector_put_from(sql, false);
    buf_puts(sql, " WHERE d.seq > ?");
    selector_put_where(sql, r);
    selector_put_state(sql, r->selector->state);
    put_retry_states(sql, r->selector);
    /* What has no text any more, no recipient of its own or no transport cannot be sent. */
    buf_puts(sql, " AND coalesce(n.body, b.body) IS NOT NULL AND (b.state IS NULL OR b.state < 2)"
                  " AND (d.recipient IS NOT NULL OR d.batch = 0)"
                  " AND EXISTS (SELECT 1 FROM lane l JOIN transport t ON t.seq = l.transport"
                  "  WHERE l.seq = d.lane AND t.name <> '') ORDER BY d.seq");
    buf_printf(sql, " LIMIT %zu", COUNT_OF(((struct candidates *)0)->rows));
}

static int read_candidate(const struct ledger *l, struct query *q, struct candidate *out,
                          struct error *err)
{
    out->delivery = query_int(q);
    out->notice = query_int(q);
    out->batch = query_int(q);
    out->lane = query_int(q);
    out->tried = query_int(q) != 0;
    bool good = ledger_read_channel(query_int(q), &out->channel);
    good = ledger_read_state(query_int(q), &out->state) && good;
    good = good && delivery_may_move(out->state, DELIVERY_WAITING);
    return good ? 0
                : ledger_damaged(l, "no channel and state are possible of delivery", out->delivery,
                                 err);
}

static int read_page(struct ledger *l, const struct resolved *r, int64_t after,
                     struct candidates *out, struct query *q, struct error *err)
{
    size_t seen = 0;
    out->count = 0;
    query_bind_int(q, after);
    selector_bind(q, r);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct candidate *row = &out->rows[out->count];
        rc = read_candidate(l, q, row, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        seen++;
        out->last = row->delivery;
        out->count += flight_find(&l->flight, row->delivery) == NULL;
    }
    out->more = seen == COUNT_OF(out->rows);
    return rc;
}

/*
 * With single routing a failed channel hands over to the next one: while that one runs, or after it
 * told the person, a retry of the failed one would tell the person twice. Asked row by row, so that
 * of two failed channels of one notice only the first is begun again.
 */
static int is_told(struct ledger *l, const struct candidate *row, bool *out, struct error *err)
{
    int64_t told = 0;
    struct query *q = db_query(l->db, row->notice != 0 ? told_sql : told_line_sql);
    if (row->notice != 0)
        query_bind_int(q, row->notice);
    query_bind_int(q, row->delivery);
    int rc = query_run_int(q, &told, err);
    *out = rc > 0;
    return rc < 0 ? rc : 0;
}

static int begin_again(struct ledger *l, const struct candidate *row, int64_t now_ms,
                       struct error *err)
{
    int rc = row->tried ? ledger_move_attempt(l, row->delivery, err) : 0;
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, again_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, row->delivery);
    rc = query_run(q, err);
    if (rc != 0)
        return rc;
    if (row->state == DELIVERY_DEFERRED)
        ledger_leave_lane(l, row->lane);
    ledger_count_move(l, row->batch, row->channel, row->state, row->state, DELIVERY_WAITING);
    return ledger_stand_in_lane(l, row->lane, now_ms, row->delivery, err);
}

static int retry_page(struct ledger *l, const struct candidates *page, int64_t now_ms,
                      int64_t *inout_count, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++) {
        bool told = false;
        rc = is_told(l, &page->rows[i], &told, err);
        if (rc != 0 || told)
            continue;
        rc = begin_again(l, &page->rows[i], now_ms, err);
        *inout_count += rc == 0;
    }
    return rc;
}

static int retry_all(struct ledger *l, const struct selector *selector, int64_t now_ms,
                     int64_t *out_count, struct error *err)
{
    struct candidates page = {0};
    struct resolved r;
    struct buf sql = {0};
    int rc = selector_resolve(l, selector, &r, err);
    if (rc != 0 || r.nobody)
        return rc;
    put_question(&sql, &r);
    do {
        struct query *q = db_query_once(l->db, buf_text(&sql));
        rc = read_page(l, &r, page.last, &page, q, err);
        if (rc == 0)
            rc = retry_page(l, &page, now_ms, out_count, err);
    } while (rc == 0 && page.more);
    buf_free(&sql);
    return rc == 0 ? ledger_refresh_lanes(l, err) : rc;
}

/* Does it and takes it back: the answer is exact, down to the two channels of one notice. */
int ledger_count_retry(struct ledger *l, const struct selector *selector, int64_t *out,
                       struct error *err)
{
    *out = 0;
    int rc = ledger_begin(l, LEDGER_FAST, err);
    if (rc == 0)
        rc = retry_all(l, selector, 0, out, err);
    ledger_rollback(l);
    return rc;
}

int ledger_retry(struct ledger *l, const struct selector *selector, const struct action *action,
                 int64_t *out_count, struct error *err)
{
    int64_t count = 0;
    bool own = false;
    *out_count = 0;
    ledger_note_time(l, action->now_ms);
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    rc = retry_all(l, selector, action->now_ms, &count, err);
    if (rc == 0 && count > 0)
        rc = action_insert(l, action, count, err);
    rc = ledger_leave(l, own, rc, err);
    *out_count = rc == 0 ? count : 0;
    return rc;
}
