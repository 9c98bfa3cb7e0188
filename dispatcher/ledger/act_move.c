/*
 * What operators do to deliveries beside trying them again, in steps (act_step.c):
 *
 *     hold       waiting, deferred ─────────▶ held (operator)      patience stands still
 *     release    held ──────────────────────▶ waiting, due now     patience begins anew
 *     expire     waiting, deferred, held ───▶ expired
 *     cancel     waiting, deferred, held ───▶ cancelled            channels behind it: forgotten
 *     delivered  these, failed, uncertain ──▶ delivered            channels behind it: forgotten
 *
 * Of what may have arrived with an attempt before, expire and cancel make uncertain: their own
 * names would claim that the person was not told.
 * After expire, cancel and delivered nobody waits for the delivery any more: its next channel does
 * not begin. The first two say so, too, of what has left and was still waited for.
 */
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/text.h"
#include "ledger/act_step.h"
#include "ledger/campaigns.h"
#include "ledger/db.h"

/* Behind the bars of ledger.h. */
enum { STILL = ACT_BARS, FREE };

static const struct kind {
    const char *name, *done; /* for the chain; for the remark of a row */
    unsigned states;         /* from which */
    enum delivery_state to;
    bool ends_next;   /* what has left is not followed by its next channel any more */
    bool drops_spare; /* the channels behind it are forgotten */
} kinds[ACT_KINDS] = {
#define FROM(state) (1u << DELIVERY_##state)
#define OPEN        (FROM(WAITING) | FROM(DEFERRED) | FROM(HELD))
    [ACT_HOLD] = {"hold", "held", FROM(WAITING) | FROM(DEFERRED), DELIVERY_HELD, false, false},
    [ACT_RELEASE] = {"release", "released", FROM(HELD), DELIVERY_WAITING, false, false},
    [ACT_EXPIRE] = {"expire", "given up", OPEN, DELIVERY_EXPIRED, true, false},
    [ACT_CANCEL] = {"cancel", "cancelled", OPEN, DELIVERY_CANCELLED, true, true},
    [ACT_DELIVERED] = {"mark-delivered", "marked as delivered",
                       OPEN | FROM(FAILED) | FROM(UNCERTAIN), DELIVERY_DELIVERED, false, true},
};

static const char release_sql[] =
    "UPDATE delivery SET state = 0, due_ms = ?, crashes = 0, tried = 0, changed_ms = ?,"
    " cause = '', remark = NULL, duration_ms = NULL, transport = NULL, outcome = NULL, code = NULL,"
    " jitter = NULL, enhanced = NULL, locale = NULL, reply = NULL, sha256 = NULL,"
    " over_ms = CASE WHEN patience_ms > 0 AND (rest > 0 OR EXISTS"
    "  (SELECT 1 FROM spare s WHERE s.notice = delivery.notice)) THEN ? + patience_ms ELSE 0 END"
    " WHERE seq = ?";
static const char drop_spares_sql[] = "DELETE FROM spare WHERE notice = ?";
static const char drop_rest_sql[] = "UPDATE delivery SET rest = 0 WHERE seq = ? AND rest > 0";

const char *act_kind_name(enum act_kind kind)
{
    return kinds[kind].name;
}

/* ---- which ---- */

/* What a step does, and what it did it to. */
struct doing {
    struct act *act;
    struct acted moved;
};

static const struct act *act_of(const struct step *s)
{
    const struct doing *doing = s->context;
    return doing->act;
}

static bool is_about(const struct step *s, enum delivery_state state)
{
    int asked = s->selector->state;
    bool flying =
        asked == DELIVERY_IN_FLIGHT && (state == DELIVERY_WAITING || state == DELIVERY_DEFERRED);
    bool fits = asked < 0 || asked == (int)state || flying;
    return fits && (kinds[act_of(s)->kind].states >> state & 1u) != 0;
}

/* Who asks for a state does not mean what has left. */
static bool ends_next(const struct step *s)
{
    return kinds[act_of(s)->kind].ends_next && s->selector->state < 0;
}

static void put_release_bars(struct buf *sql, const struct selector *selector)
{
    bool named = selector->id != NULL || text_equal(selector->cause, "poison");
    if (!named)
        buf_printf(sql, " WHEN d.state = 3 AND d.cause = 'poison' THEN %d", ACT_POISON);
    buf_printf(sql, /* nobody would ever lease it */
               " WHEN b.campaign IS NOT NULL AND EXISTS (SELECT 1 FROM campaign c"
               " WHERE c.id = b.campaign AND c.stop = %d) THEN %d",
               CAMPAIGN_CANCELLED, ACT_UNFIT);
    buf_printf(sql,
               " WHEN d.state = 3 AND d.channel = %d AND EXISTS"
               " (SELECT 1 FROM endpoint e WHERE e.name = d.address AND e.disabled) THEN %d",
               CHANNEL_WEBHOOK, ACT_DISABLED);
}

static void put_bar(struct buf *sql, const struct step *s)
{
    const struct kind *kind = &kinds[act_of(s)->kind];
    const char *sign = "";
    buf_puts(sql, " CASE");
    if (act_of(s)->kind == ACT_RELEASE)
        put_release_bars(sql, s->selector);
    buf_puts(sql, " WHEN d.state IN (");
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if ((kind->states >> state & 1u) == 0)
            continue;
        buf_printf(sql, "%s%d", sign, state);
        sign = ", ";
    }
    buf_printf(sql, ") THEN %d", FREE);
    if (kind->ends_next)
        buf_printf(sql, " WHEN d.over_ms > 0 THEN %d", STILL);
    buf_printf(sql, " ELSE %d END", ACT_UNFIT);
}

/* What was asked for as waiting is not in flight. Of a notice that is named all is told. */
static void judge(const struct step *s, struct candidate *row)
{
    int asked = s->selector->state;
    if (row->flies) {
        row->bar = ACT_IN_FLIGHT;
        row->meant = row->meant && (asked < 0 || asked == DELIVERY_IN_FLIGHT);
    } else if (row->bar == ACT_UNFIT) {
        row->meant = row->meant && s->selector->id != NULL && asked < 0;
    } else {
        row->meant = row->meant && (asked < 0 || asked == (int)row->state);
    }
}

/* ---- moving ---- */

static const char cause_sql[] = "SELECT cause FROM delivery WHERE seq = ? AND state = ?";

/* What is held loses the cause it was deferred for; whoever looks at it wants to know. */
static int put_cause_before(struct ledger *l, const struct kind *kind, int64_t delivery,
                            struct buf *out, struct error *err)
{
    if (kind->to != DELIVERY_HELD)
        return 0;
    struct query *q = db_query(l->db, cause_sql);
    query_bind_int(q, delivery);
    query_bind_int(q, DELIVERY_DEFERRED);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    const char *cause = ledger_read_text(q);
    if (cause[0] != '\0')
        buf_printf(out, "; before that: %s", cause);
    query_end(q);
    return 0;
}

static void put_remark(struct buf *out, const struct kind *kind, const struct action *action)
{
    buf_printf(out, "%s by %s", kind->done, action->who);
    if (action->reason[0] != '\0')
        buf_printf(out, ": %.400s", action->reason);
}

static int release(struct ledger *l, const struct candidate *row, int64_t now_ms, struct error *err)
{
    int rc = row->tried ? ledger_move_attempt(l, row->delivery, err) : 0;
    if (rc == 0)
        rc = patience_forget(l, row->delivery, err); /* it begins anew below */
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, release_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, row->delivery);
    rc = query_run(q, err);
    if (rc != 0)
        return rc;
    patience_await(l, row->batch, row->patience_ms > 0 ? now_ms + row->patience_ms : 0);
    ledger_count_move(l, row->batch, row->channel, row->state, row->state, DELIVERY_WAITING);
    return ledger_stand_in_lane(l, row->lane, now_ms, row->delivery, err);
}

/* Where an end says that nobody was told. */
static int ask_doubt(struct ledger *l, const struct kind *kind, const struct flying *standing,
                     bool *out, struct error *err)
{
    *out = false;
    if (!kind->ends_next || standing->attempts == 0)
        return 0;
    return ledger_is_in_doubt(l, standing->delivery, out, err);
}

static int change(struct ledger *l, const struct step *s, const struct candidate *row,
                  struct error *err)
{
    const struct kind *kind = &kinds[act_of(s)->kind];
    struct flying standing;
    struct buf remark = {0};
    bool found = false, doubt = false;
    int rc = ledger_read_standing(l, row->delivery, &standing, &found, err);
    if (rc == 0 && found)
        rc = ask_doubt(l, kind, &standing, &doubt, err);
    if (rc != 0 || !found)
        return rc;
    put_remark(&remark, kind, s->action);
    buf_puts(&remark, doubt ? "; an attempt before may have arrived" : "");
    rc = put_cause_before(l, kind, row->delivery, &remark, err);
    const struct change c = {.to = doubt ? DELIVERY_UNCERTAIN : kind->to,
                             .cause = "operator",
                             .remark = buf_text(&remark),
                             .now_ms = s->now_ms};
    standing.over_ms = 0;
    if (rc == 0)
        rc = ledger_change_delivery(l, &standing, &c, err);
    buf_free(&remark);
    return rc;
}

static int drop_spares(struct ledger *l, const struct candidate *row, struct error *err)
{
    struct query *q = db_query(l->db, row->notice != 0 ? drop_spares_sql : drop_rest_sql);
    query_bind_int(q, row->notice != 0 ? row->notice : row->delivery);
    return query_run(q, err);
}

static int move(struct ledger *l, const struct step *s, const struct candidate *row,
                struct error *err)
{
    int rc = 0;
    if (s->count_only)
        return 0;
    if (row->bar == STILL)
        rc = patience_forget(l, row->delivery, err);
    else if (act_of(s)->kind == ACT_RELEASE)
        rc = release(l, row, s->now_ms, err);
    else
        rc = change(l, s, row, err);
    return rc == 0 && kinds[act_of(s)->kind].drops_spare ? drop_spares(l, row, err) : rc;
}

/* What is open is the channel whose turn it is, and what may have arrived is known best by who
 * looked.
 */
static int ask_told(struct ledger *l, const struct step *s, struct candidate *row,
                    struct error *err)
{
    bool told = false;
    if (act_of(s)->kind != ACT_DELIVERED || !row->meant || row->bar != FREE ||
        row->state != DELIVERY_FAILED)
        return 0;
    int rc = step_is_told(l, s, row, s->count_only, &told, err);
    if (told)
        row->bar = ACT_TOLD;
    return rc;
}

static int take(struct ledger *l, const struct step *s, struct candidate *row, struct error *err)
{
    struct doing *doing = s->context;
    struct act *a = doing->act;
    int rc = ask_told(l, s, row, err);
    if (rc != 0 || !row->meant)
        return rc;
    if (row->bar < ACT_BARS) {
        a->barred[row->bar]++;
        return 0;
    }
    rc = move(l, s, row, err);
    a->ended += row->bar == STILL;
    a->count += row->bar == FREE;
    if (row->bar == FREE)
        shares_add(a->by, row->channel, row->locale);
    if (row->bar == FREE && !s->count_only)
        acted_add(&doing->moved, row->delivery);
    return rc;
}

/* ---- the interface ---- */

static const struct mover act_mover = {.is_about = is_about,
                                       .put_bar = put_bar,
                                       .judge = judge,
                                       .take = take,
                                       .free_bar = FREE,
                                       .ends_next = ends_next,
                                       .left_bar = STILL};

static int take_step(struct ledger *l, struct doing *doing, const struct action *action,
                     struct error *err)
{
    struct act *a = doing->act;
    struct step s = {.mover = &act_mover,
                     .selector = a->selector,
                     .action = action,
                     .now_ms = action != NULL ? action->now_ms : a->now_ms,
                     .count_only = action == NULL,
                     .context = doing};
    a->count = 0;
    a->ended = 0;
    memset(a->barred, 0, sizeof(a->barred));
    return step_take(l, &s, &a->place, err);
}

int ledger_count_act(struct ledger *l, struct act *a, struct error *err)
{
    struct act next = *a;
    struct doing doing = {.act = &next};
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, take_step(l, &doing, NULL, err), err);
    if (rc == 0)
        *a = next;
    return rc;
}

int ledger_act(struct ledger *l, struct act *a, const struct action *action, struct error *err)
{
    struct act next = *a;
    struct doing doing = {.act = &next};
    struct action named = *action;
    bool own = false;
    named.verb = kinds[a->kind].name;
    ledger_note_time(l, action->now_ms);
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    rc = take_step(l, &doing, &named, err);
    if (rc == 0)
        rc = step_record(l, &named, next.count + next.ended, next.place.more, &next.action, err);
    if (rc == 0)
        rc = acted_note(l, &doing.moved, next.action, err);
    acted_free(&doing.moved);
    rc = ledger_leave(l, own, rc, err);
    if (rc == 0)
        *a = next;
    return rc;
}
