/*
 * Beginning deliveries again, in steps (act_step.c). What waits because a gate sent it back stands
 * in no index: who asks for it has all rows looked at, or a batch's.
 */
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/text.h"
#include "ledger/act_step.h"
#include "ledger/db.h"

static const char again_sql[] =
    "UPDATE delivery SET state = 0, due_ms = ?, tries = 0, crashes = 0, tried = 0, changed_ms = ?,"
    " cause = '', remark = NULL, duration_ms = NULL, transport = NULL, outcome = NULL, code = NULL,"
    " jitter = NULL, enhanced = NULL, locale = NULL, reply = NULL, sha256 = NULL, receipt = 0,"
    " over_ms = CASE WHEN patience_ms > 0 AND (rest > 0 OR EXISTS"
    "  (SELECT 1 FROM spare s WHERE s.notice = delivery.notice)) THEN ? + patience_ms ELSE 0 END"
    " WHERE seq = ?";

static const char address_sql[] = "SELECT address FROM delivery WHERE seq = ?";
static const char why_sql[] = "SELECT cause, coalesce(remark, '') FROM delivery WHERE seq = ?";

#define GATES "'window', 'rate', 'destination_rest', 'letter'"

static bool is_gate(const char *cause)
{
    static const char *const gates[] = {"window", "rate", "destination_rest", "letter"};
    for (size_t i = 0; cause != NULL && i < COUNT_OF(gates); i++) {
        if (text_equal(cause, gates[i]))
            return true;
    }
    return false;
}

/* What a step does, and what it began again. */
struct doing {
    struct retry *retry;
    struct acted moved;
};

/*
 * What a retry is about. What is in flight is on its way already. What waits, and held, cancelled,
 * suppressed and uncertain ones, which stand where somebody or a rule put them on purpose, need
 * their state or their notice to be named; what waits, or the gate that sent it back.
 */
static bool is_about(const struct step *s, enum delivery_state state)
{
    const struct selector *selector = s->selector;
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

/* What is open goes on to expire by itself; what is over would only be told so once more. With an
 * attempt in the row its cause is that of the attempt, not a gate's. What waits with a cause that
 * is no gate's had a transport at fault, and is due in a moment. */
static void put_bar(struct buf *sql, const struct step *s)
{
    int64_t now_ms = s->now_ms;
    buf_printf(sql, " CASE WHEN d.state = 4 THEN %d", RETRY_ARRIVED);
    buf_printf(sql, " WHEN coalesce(n.body, b.body) IS NULL OR b.state = 2 THEN %d", RETRY_PURGED);
    buf_printf(sql,
               " WHEN b.campaign IS NOT NULL AND EXISTS (SELECT 1 FROM campaign c"
               " WHERE c.id = b.campaign AND c.stop = %d) THEN %d",
               CAMPAIGN_CANCELLED, RETRY_CANCELLED);
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

/* In flight is waiting or deferred in the row. Of a notice that is named all deliveries are meant,
 * also what stays as it is: that is to be said. */
static void judge(const struct step *s, struct candidate *row)
{
    bool told =
        s->selector->id != NULL && s->selector->state < 0 && row->state == DELIVERY_DELIVERED;
    row->meant = row->meant && (is_about(s, row->state) || told);
    if (row->flies)
        row->bar = RETRY_ON_ITS_WAY;
}

static bool is_open(enum delivery_state state)
{
    return state == DELIVERY_DEFERRED || state == DELIVERY_HELD || state == DELIVERY_UNCERTAIN;
}

/* What waits goes anyway; it only gets another time. One that is deferred, held or uncertain tells
 * the others of its person already. */
static int ask_told(struct ledger *l, const struct step *s, struct candidate *row,
                    struct error *err)
{
    bool told = false;
    if (!row->meant || row->bar != RETRY_BARS || row->state == DELIVERY_WAITING)
        return 0;
    int rc = step_is_told(l, s, row, s->count_only && !is_open(row->state), &told, err);
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
    const struct retry *r = ((struct doing *)s->context)->retry;
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
    struct doing *doing = s->context;
    struct retry *r = doing->retry;
    bool counts = false;
    int rc = ask_told(l, s, row, err);
    if (rc != 0 || !row->meant)
        return rc;
    if (row->bar != RETRY_BARS && row->bar != RETRY_DUE) {
        r->barred[row->bar]++;
        return 0;
    }
    bool due = row->bar == RETRY_DUE;
    if (!due)
        rc = s->count_only ? 0 : begin_again(l, row, s->now_ms, err);
    if (rc == 0)
        rc = meet(l, s, row, &counts, err);
    if (rc == 0 && due && counts && row->due_ms > s->now_ms)
        rc = begin_again(l, row, s->now_ms, err);
    if (due && !counts) {
        r->barred[RETRY_DUE]++;
        return rc;
    }
    r->count++;
    shares_add(r->by, row->channel, row->locale);
    if (!s->count_only)
        acted_add(&doing->moved, row->delivery);
    return rc;
}

/* ---- the interface ---- */

static const struct mover retry_mover = {
    .is_about = is_about, .put_bar = put_bar, .judge = judge, .take = take, .free_bar = RETRY_BARS};

static int take_step(struct ledger *l, struct doing *doing, const struct action *action,
                     struct error *err)
{
    struct retry *r = doing->retry;
    struct step s = {.mover = &retry_mover,
                     .selector = r->selector,
                     .action = action,
                     .now_ms = action != NULL ? action->now_ms : r->now_ms,
                     .count_only = action == NULL,
                     .context = doing};
    r->count = 0;
    memset(r->barred, 0, sizeof(r->barred));
    return step_take(l, &s, &r->place, err);
}

int ledger_count_retry(struct ledger *l, struct retry *r, struct error *err)
{
    struct retry next = *r;
    struct doing doing = {.retry = &next};
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, take_step(l, &doing, NULL, err), err);
    if (rc == 0)
        *r = next;
    return rc;
}

int ledger_retry(struct ledger *l, struct retry *r, const struct action *action, struct error *err)
{
    struct retry next = *r;
    struct doing doing = {.retry = &next};
    bool own = false;
    ledger_note_time(l, action->now_ms);
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    rc = take_step(l, &doing, action, err);
    if (rc == 0)
        rc = step_record(l, action, next.count, next.place.more, &next.action, err);
    if (rc == 0)
        rc = acted_note(l, &doing.moved, next.action, err);
    acted_free(&doing.moved);
    rc = ledger_leave(l, own, rc, err);
    if (rc == 0)
        *r = next;
    return rc;
}
