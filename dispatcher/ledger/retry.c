/*
 * Beginning deliveries again, in steps.
 *
 * All states a retry may begin from stand in the index delivery_trouble, each in the order of
 * numbers. A step merges them and looks at so many of them, whatever else the selector asks: its
 * cost is bounded by that, not by how much there is or how little fits.
 */
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
/* The channel of the same person that a retry would begin again before this one. */
static const char siblings_sql[] = "SELECT seq FROM delivery WHERE notice = ? AND seq < ?";
static const char line_siblings_sql[] =
    "SELECT o.seq FROM delivery d JOIN delivery o ON o.batch = d.batch AND"
    " o.recipient = d.recipient AND o.turn <> d.turn AND o.seq < d.seq WHERE d.seq = ?";
static const char single_sql[] = "SELECT 1 FROM notice WHERE seq = ? AND method = 0";
static const char newest_sql[] = "SELECT coalesce(max(seq), 0) FROM delivery";
static const char again_sql[] =
    "UPDATE delivery SET state = 0, due_ms = ?, tries = 0, crashes = 0, tried = 0, changed_ms = ?,"
    " cause = '', remark = NULL, duration_ms = NULL, transport = NULL, outcome = NULL, code = NULL,"
    " jitter = NULL, enhanced = NULL, locale = NULL, reply = NULL, sha256 = NULL WHERE seq = ?";

#define PAGE 256
/* Steps follow each other at once; whoever waits so long with the next one is gone. */
#define IDLE_MS 60000

struct candidate {
    int64_t delivery, notice, batch, lane;
    enum channel_kind channel;
    enum delivery_state state;
    bool tried;
    bool fits; /* the selector means it, and it can be sent */
};

struct candidates {
    struct candidate rows[PAGE];
    size_t count;
};

/* A step, with the names of its selector looked up. */
struct step {
    struct retry *retry;
    struct resolved resolved;
    struct buf question; /* for a page */
    int64_t now_ms;
    bool count_only;
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

/* ---- which ---- */

/* Numbers behind ?1 up to ?2, merged in order from the states a retry may begin from. */
static void put_places(struct buf *sql, const struct selector *selector)
{
    const char *join = "";
    for (int s = 0; s < DELIVERY_STATES; s++) {
        if (!may_retry(selector, (enum delivery_state)s))
            continue;
        buf_printf(sql,
                   "%sSELECT seq FROM delivery INDEXED BY delivery_trouble WHERE state = %d"
                   " AND seq > ?1 AND seq <= ?2",
                   join, s);
        join = " UNION ALL ";
    }
    if (join[0] == '\0')
        buf_puts(sql, "SELECT seq FROM delivery WHERE seq > ?1 AND seq <= ?2 AND 0");
    buf_printf(sql, " ORDER BY seq LIMIT %d", PAGE);
}

/* Those of a named one, by its own index. */
static void put_named_places(struct buf *sql, const struct resolved *r)
{
    buf_puts(sql, "SELECT d.seq FROM delivery d WHERE d.seq > ?1 AND d.seq <= ?2");
    buf_puts(sql, r->named.notice != 0 ? " AND d.notice = ?3"
                                       : " AND d.batch = ?3 AND d.recipient = ?4");
    buf_printf(sql, " ORDER BY d.seq LIMIT %d", PAGE);
}

/* What has no text any more, no recipient of its own or no transport cannot be sent. */
static void put_question(struct buf *sql, const struct resolved *r)
{
    buf_puts(sql, "WITH place AS (");
    if (r->selector->id != NULL)
        put_named_places(sql, r);
    else
        put_places(sql, r->selector);
    buf_puts(sql, ") SELECT d.seq, coalesce(d.notice, 0), d.batch, d.lane, d.tried, d.channel,"
                  " d.state, (coalesce(n.body, b.body) IS NOT NULL"
                  " AND (b.state IS NULL OR b.state < 2)"
                  " AND (d.recipient IS NOT NULL OR d.batch = 0)"
                  " AND EXISTS (SELECT 1 FROM lane l JOIN transport t ON t.seq = l.transport"
                  "  WHERE l.seq = d.lane AND t.name <> '')");
    selector_put_where(sql, r);
    buf_puts(sql, ") FROM place p CROSS JOIN delivery d ON d.seq = p.seq"
                  " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
                  " ORDER BY p.seq");
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
    out->fits = query_int(q) != 0;
    return good ? 0
                : ledger_damaged(l, "no channel and state are possible of delivery", out->delivery,
                                 err);
}

static void bind_question(struct query *q, const struct step *s, int64_t after, int64_t until)
{
    const struct named *named = &s->resolved.named;
    query_bind_int(q, after);
    query_bind_int(q, until);
    if (s->resolved.selector->id != NULL) {
        query_bind_int(q, named->notice != 0 ? named->notice : named->batch);
        if (named->notice == 0)
            query_bind_text(q, named->recipient);
    }
    selector_bind(q, &s->resolved);
}

/* The next ones behind `after`, whether they are meant or not: `fits` tells. */
static int read_page(struct ledger *l, const struct step *s, int64_t after, int64_t until,
                     struct candidates *out, struct error *err)
{
    struct query *q = db_query_once(l->db, buf_text(&s->question));
    out->count = 0;
    bind_question(q, s, after, until);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct candidate *row = &out->rows[out->count++];
        rc = read_candidate(l, q, row, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        row->fits = row->fits && may_retry(s->resolved.selector, row->state) &&
                    flight_find(&l->flight, row->delivery) == NULL;
    }
    return rc;
}

/* ---- nobody twice ---- */

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

/* Numbers of earlier channels of the same person that do not run at the same time. */
static int ask_siblings(struct ledger *l, const struct candidate *row, struct query **out,
                        struct error *err)
{
    int64_t single = 0;
    *out = NULL;
    if (row->notice != 0) {
        struct query *q = db_query(l->db, single_sql);
        query_bind_int(q, row->notice);
        int rc = query_run_int(q, &single, err);
        if (rc <= 0)
            return rc;
    }
    *out = db_query(l->db, row->notice != 0 ? siblings_sql : line_siblings_sql);
    if (row->notice != 0)
        query_bind_int(*out, row->notice);
    query_bind_int(*out, row->delivery);
    return 0;
}

/*
 * For who only counts: would another failed channel of this person be begun again before, so that
 * this one is told then? One that is deferred, held or uncertain tells the other one already.
 */
static int is_preceded(struct ledger *l, const struct step *s, const struct candidate *row,
                       bool *out, struct error *err)
{
    struct query *q = NULL;
    *out = false;
    int rc = ask_siblings(l, row, &q, err);
    if (rc != 0 || q == NULL)
        return rc;
    while ((rc = query_step(q, err)) > 0) {
        struct candidates one;
        int64_t sibling = query_int(q);
        rc = read_page(l, s, sibling - 1, sibling, &one, err);
        *out = rc == 0 && one.count == 1 && one.rows[0].fits;
        if (rc != 0 || *out) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

static bool is_open(enum delivery_state state)
{
    return state == DELIVERY_DEFERRED || state == DELIVERY_HELD || state == DELIVERY_UNCERTAIN;
}

static int may_begin(struct ledger *l, const struct step *s, const struct candidate *row, bool *out,
                     struct error *err)
{
    bool not = false;
    *out = false;
    if (!row->fits)
        return 0;
    int rc = is_told(l, row, &not, err);
    if (rc == 0 && !not &&s->count_only && !is_open(row->state))
        rc = is_preceded(l, s, row, &not, err);
    *out = rc == 0 && !not ;
    return rc;
}

/* ---- moving ---- */

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
    if (rc == 0 && row->batch != 0 && row->state == DELIVERY_FAILED && !row->tried)
        rc = ledger_add_untried(l, row->batch, -1, err);
    if (rc != 0)
        return rc;
    if (row->state == DELIVERY_DEFERRED)
        ledger_leave_lane(l, row->lane);
    ledger_count_move(l, row->batch, row->channel, row->state, row->state, DELIVERY_WAITING);
    return ledger_stand_in_lane(l, row->lane, now_ms, row->delivery, err);
}

static int take_page(struct ledger *l, const struct step *s, const struct candidates *page,
                     int64_t *inout_count, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++) {
        bool may = false;
        rc = may_begin(l, s, &page->rows[i], &may, err);
        if (rc == 0 && may && !s->count_only)
            rc = begin_again(l, &page->rows[i], s->now_ms, err);
        *inout_count += rc == 0 && may;
    }
    return rc;
}

static int take_pages(struct ledger *l, struct step *s, struct error *err)
{
    struct candidates page;
    struct retry *r = s->retry;
    size_t looked = 0;
    int rc = 0;
    while (rc == 0 && r->more && (looked == 0 || looked + PAGE <= r->limit)) {
        rc = read_page(l, s, r->after, r->until, &page, err);
        if (rc == 0)
            rc = take_page(l, s, &page, &r->count, err);
        looked += page.count;
        r->more = page.count == PAGE;
        r->after = r->more ? page.rows[PAGE - 1].delivery : r->until;
    }
    return rc;
}

static int take_step(struct ledger *l, struct step *s, struct error *err)
{
    struct retry *r = s->retry;
    r->count = 0;
    r->more = true;
    int rc = selector_resolve(l, r->selector, &s->resolved, err);
    if (rc == 0 && r->until == 0)
        rc = query_run_int(db_query(l->db, newest_sql), &r->until, err);
    if (rc < 0)
        return rc;
    if (s->resolved.nobody) {
        r->more = false;
        return 0;
    }
    put_question(&s->question, &s->resolved);
    rc = take_pages(l, s, err);
    buf_free(&s->question);
    return rc == 0 && !s->count_only ? ledger_refresh_lanes(l, err) : rc;
}

/* ---- the interface ---- */

int ledger_count_retry(struct ledger *l, struct retry *r, struct error *err)
{
    struct retry next = *r;
    struct step s = {.retry = &next, .count_only = true};
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, take_step(l, &s, err), err);
    if (rc == 0)
        *r = next;
    return rc;
}

/* The first step that moves something begins the record; if it is the last one too, that is all. */
static int record(struct ledger *l, struct retry *r, const struct action *action, struct error *err)
{
    if (r->action != 0)
        return action_add(l, action, r->action, r->count, !r->more, err);
    if (r->count == 0)
        return 0;
    int rc = action_close_idle(l, action->now_ms - IDLE_MS, action->now_ms, err);
    if (rc != 0)
        return rc;
    return r->more ? action_open(l, action, r->count, &r->action, err)
                   : action_insert(l, action, r->count, NULL, err);
}

int ledger_retry(struct ledger *l, struct retry *r, const struct action *action, struct error *err)
{
    struct retry next = *r;
    struct step s = {.retry = &next, .now_ms = action->now_ms};
    bool own = false;
    ledger_note_time(l, action->now_ms);
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    rc = take_step(l, &s, err);
    if (rc == 0)
        rc = record(l, &next, action, err);
    rc = ledger_leave(l, own, rc, err);
    if (rc == 0)
        *r = next;
    return rc;
}
