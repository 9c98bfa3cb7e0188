/*
 * Beginning deliveries again, in steps.
 *
 * All states a retry may begin from stand in the index delivery_trouble, each in the order of
 * numbers. A step merges them and looks at so many of them, whatever else the selector asks: its
 * cost is bounded by that, not by how much there is or how little fits. What waits because a gate
 * sent it back stands in no such index: who asks for it has all rows looked at, or a batch's.
 */
#include "ledger/ledger.h"

#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/text.h"
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
    " jitter = NULL, enhanced = NULL, locale = NULL, reply = NULL, sha256 = NULL, receipt = 0,"
    " over_ms = CASE WHEN patience_ms > 0 AND (rest > 0 OR EXISTS"
    "  (SELECT 1 FROM spare s WHERE s.notice = delivery.notice)) THEN ? + patience_ms ELSE 0 END"
    " WHERE seq = ?";

static const char address_sql[] = "SELECT address FROM delivery WHERE seq = ?";
static const char why_sql[] = "SELECT cause, coalesce(remark, '') FROM delivery WHERE seq = ?";

#define PAGE 256
/* Steps follow each other at once; whoever waits so long with the next one is gone. */
#define IDLE_MS 60000

struct candidate {
    int64_t delivery, notice, batch, lane, patience_ms, due_ms;
    int64_t attempts;
    enum channel_kind channel;
    enum delivery_state state;
    bool tried;
    bool meant;         /* by the selector */
    enum retry_bar bar; /* why it cannot be begun again; RETRY_BARS: it can */
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

#define GATES "'window', 'rate', 'destination_rest'"

static bool is_gate(const char *cause)
{
    static const char *const gates[] = {"window", "rate", "destination_rest"};
    for (size_t i = 0; cause != NULL && i < COUNT_OF(gates); i++) {
        if (text_equal(cause, gates[i]))
            return true;
    }
    return false;
}

/*
 * What a retry is about. What is in flight is on its way already. What waits, and held, cancelled,
 * suppressed and uncertain ones, which stand where somebody or a rule put them on purpose, need
 * their state or their notice to be named; what waits, or the gate that sent it back.
 */
static bool is_about(const struct selector *selector, enum delivery_state state)
{
    bool named = selector->id != NULL || selector->state == (int)state;
    if (selector->state >= 0 && selector->state != (int)state)
        return false;
    if (state == DELIVERY_WAITING)
        return named || is_gate(selector->cause);
    if (state == DELIVERY_IN_FLIGHT || !delivery_may_move(state, DELIVERY_WAITING))
        return false;
    return named || state == DELIVERY_DEFERRED || state == DELIVERY_FAILED ||
           state == DELIVERY_EXPIRED;
}

/* ---- which ---- */

/* Numbers behind ?1 up to ?2, merged in order from the states a retry may begin from. */
static void put_trouble_places(struct buf *sql, const struct selector *selector)
{
    const char *join = "";
    for (int s = 0; s < DELIVERY_STATES; s++) {
        if (!is_about(selector, (enum delivery_state)s))
            continue;
        buf_printf(sql,
                   "%sSELECT seq FROM delivery INDEXED BY delivery_trouble WHERE state = %d"
                   " AND seq > ?1 AND seq <= ?2",
                   join, s);
        join = " UNION ALL ";
    }
    if (join[0] == '\0')
        buf_puts(sql, "SELECT seq FROM delivery WHERE seq > ?1 AND seq <= ?2 AND 0");
}

/* Whatever state they have. */
static void put_all_places(struct buf *sql, int64_t batch)
{
    buf_puts(sql, "SELECT seq FROM delivery WHERE seq > ?1 AND seq <= ?2");
    if (batch != 0)
        buf_printf(sql, " AND batch = %lld AND notice IS NULL", (long long)batch);
}

/* Those of a named one, by its own index. */
static void put_named_places(struct buf *sql, const struct resolved *r)
{
    buf_puts(sql, "SELECT seq FROM delivery WHERE seq > ?1 AND seq <= ?2");
    buf_puts(sql, r->named.notice != 0 ? " AND notice = ?3" : " AND batch = ?3 AND recipient = ?4");
}

static void put_places(struct buf *sql, const struct resolved *r)
{
    if (r->selector->id != NULL)
        put_named_places(sql, r);
    else if (is_about(r->selector, DELIVERY_WAITING))
        put_all_places(sql, r->batch);
    else
        put_trouble_places(sql, r->selector);
    buf_printf(sql, " ORDER BY seq LIMIT %d", PAGE);
}

/* What is open goes on to expire by itself; what is over would only be told so once more. With an
 * attempt in the row its cause is that of the attempt, not a gate's. What waits with a cause that
 * is no gate's had a transport at fault, and is due in a moment. */
static void put_bar(struct buf *sql, int64_t now_ms)
{
    buf_printf(sql, " CASE WHEN d.state = 4 THEN %d", RETRY_ARRIVED);
    buf_printf(sql, " WHEN coalesce(n.body, b.body) IS NULL OR b.state = 2 THEN %d", RETRY_PURGED);
    buf_printf(sql,
               " WHEN d.address = '' OR (d.recipient IS NULL AND d.batch <> 0) OR NOT EXISTS"
               " (SELECT 1 FROM lane l JOIN transport t ON t.seq = l.transport"
               "  WHERE l.seq = d.lane AND t.name <> '') THEN %d",
               RETRY_REFUSED);
    buf_printf(sql,
               " WHEN d.state NOT IN (0, 2, 3) AND"
               " coalesce(n.expires_at_ms, b.expires_at_ms, 0) BETWEEN 1 AND %lld THEN %d",
               (long long)now_ms, RETRY_EXPIRED);
    buf_printf(sql,
               " WHEN d.state = 0 AND (d.tried = 1 OR d.cause NOT IN (" GATES ")) THEN"
               " CASE WHEN d.tried = 1 OR d.cause <> '' OR d.due_ms <= %lld THEN %d ELSE %d END",
               (long long)now_ms, RETRY_DUE, RETRY_ON_ITS_WAY);
    buf_printf(sql,
               " WHEN d.channel = %d AND EXISTS"
               " (SELECT 1 FROM endpoint e WHERE e.name = d.address AND e.disabled) THEN %d"
               " ELSE %d END",
               CHANNEL_WEBHOOK, RETRY_DISABLED, RETRY_BARS);
}

static void put_question(struct buf *sql, const struct step *s)
{
    buf_puts(sql, "WITH place AS (");
    put_places(sql, &s->resolved);
    buf_puts(sql, ") SELECT d.seq, coalesce(d.notice, 0), d.batch, d.lane, d.patience_ms, d.due_ms,"
                  " d.attempts, d.tried, d.channel,"
                  " d.state,");
    put_bar(sql, s->now_ms);
    buf_puts(sql, ", (1");
    selector_put_where(sql, &s->resolved);
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
    out->patience_ms = query_int(q);
    out->due_ms = query_int(q);
    out->attempts = query_int(q);
    out->tried = query_int(q) != 0;
    bool good = ledger_read_channel(query_int(q), &out->channel);
    good = ledger_read_state(query_int(q), &out->state) && good;
    int64_t bar = query_int(q);
    out->bar = bar >= 0 && bar < RETRY_BARS ? (enum retry_bar)bar : RETRY_BARS;
    out->meant = query_int(q) != 0;
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

/* In flight is waiting or deferred in the row. Of a notice that is named all deliveries are meant,
 * also what stays as it is: that is to be said. */
static void judge(const struct ledger *l, const struct selector *selector, struct candidate *row)
{
    bool flies = flight_find(&l->flight, row->delivery) != NULL;
    bool told = selector->id != NULL && selector->state < 0 && row->state == DELIVERY_DELIVERED;
    row->meant = row->meant && (is_about(selector, row->state) || told);
    if (flies)
        row->bar = RETRY_ON_ITS_WAY;
}

/* The next ones behind `after`, whether they are meant or not. */
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
        judge(l, s->resolved.selector, row);
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
        *out = rc == 0 && one.count == 1 && one.rows[0].meant && one.rows[0].bar == RETRY_BARS;
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

/* What waits goes anyway; it only gets another time. */
static int ask_told(struct ledger *l, const struct step *s, struct candidate *row,
                    struct error *err)
{
    bool told = false;
    if (!row->meant || row->bar != RETRY_BARS || row->state == DELIVERY_WAITING)
        return 0;
    int rc = is_told(l, row, &told, err);
    if (rc == 0 && !told && s->count_only && !is_open(row->state))
        rc = is_preceded(l, s, row, &told, err);
    if (told)
        row->bar = RETRY_TOLD;
    return rc;
}

/* ---- moving ---- */

/* The row forgets why it was kept from going: its story shall not. */
static int note_suppressed(struct ledger *l, int64_t delivery, int64_t now_ms, struct error *err)
{
    struct buf text = {0};
    struct query *q = db_query(l->db, why_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    buf_printf(&text, "was suppressed (%s)", ledger_read_text(q));
    const char *remark = ledger_read_text(q);
    if (remark[0] != '\0')
        buf_printf(&text, ": %.400s", remark);
    buf_puts(&text, "; begun again by a retry");
    query_end(q);
    rc = ledger_put_note(l, delivery, buf_text(&text), now_ms, err);
    buf_free(&text);
    return rc;
}

static int begin_again(struct ledger *l, const struct candidate *row, int64_t now_ms,
                       struct error *err)
{
    int rc = row->tried ? ledger_move_attempt(l, row->delivery, err) : 0;
    if (rc == 0 && row->state == DELIVERY_SUPPRESSED)
        rc = note_suppressed(l, row->delivery, now_ms, err);
    if (rc == 0 && row->patience_ms > 0)
        rc = patience_forget(l, row->delivery, err); /* it begins anew below */
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, again_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, row->delivery);
    rc = query_run(q, err);
    patience_await(l, row->batch, row->patience_ms > 0 ? now_ms + row->patience_ms : 0);
    if (rc == 0 && row->batch != 0 && row->state == DELIVERY_FAILED && row->attempts == 0)
        rc = ledger_add_untried(l, row->batch, -1, err);
    if (rc != 0)
        return rc;
    if (row->state == DELIVERY_DEFERRED || row->state == DELIVERY_WAITING)
        ledger_leave_lane(l, row->lane);
    ledger_count_move(l, row->batch, row->channel, row->state, row->state, DELIVERY_WAITING);
    return ledger_stand_in_lane(l, row->lane, now_ms, row->delivery, err);
}

/* *out: who asks says that it counts. */
static int meet(struct ledger *l, const struct step *s, const struct candidate *row, bool *out,
                struct error *err)
{
    const struct retry *r = s->retry;
    size_t at = ledger_lane_index(l, row->lane);
    *out = false;
    if (r->meet == NULL || s->count_only || at == l->lane_count || l->lanes[at].stopped)
        return 0;
    struct query *q = db_query(l->db, address_sql);
    query_bind_int(q, row->delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    const struct retry_way way = {l->lanes[at].transport, row->channel, ledger_read_text(q)};
    *out = r->meet(r->context, &way);
    query_end(q);
    return 0;
}

static int take(struct ledger *l, const struct step *s, struct candidate *row, struct error *err)
{
    bool counts = false;
    int rc = ask_told(l, s, row, err);
    if (rc != 0 || !row->meant)
        return rc;
    if (row->bar == RETRY_DUE) {
        rc = meet(l, s, row, &counts, err);
        s->retry->count += counts ? 1 : 0;
        s->retry->barred[RETRY_DUE] += counts ? 0 : 1;
        return rc == 0 && counts && row->due_ms > s->now_ms ? begin_again(l, row, s->now_ms, err)
                                                            : rc;
    }
    if (row->bar != RETRY_BARS) {
        s->retry->barred[row->bar]++;
        return 0;
    }
    s->retry->count++;
    rc = s->count_only ? 0 : begin_again(l, row, s->now_ms, err);
    return rc == 0 ? meet(l, s, row, &counts, err) : rc;
}

static int take_page(struct ledger *l, const struct step *s, struct candidates *page,
                     struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++)
        rc = take(l, s, &page->rows[i], err);
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
            rc = take_page(l, s, &page, err);
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
    memset(r->barred, 0, sizeof(r->barred));
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
    put_question(&s->question, s);
    rc = take_pages(l, s, err);
    buf_free(&s->question);
    return rc == 0 && !s->count_only ? ledger_refresh_lanes(l, err) : rc;
}

/* ---- the interface ---- */

int ledger_count_retry(struct ledger *l, struct retry *r, struct error *err)
{
    struct retry next = *r;
    struct step s = {.retry = &next, .now_ms = r->now_ms, .count_only = true};
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
