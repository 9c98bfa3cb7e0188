/* Writing down what became of a delivery, and whose turn it is then. */
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char settle_sql[] =
    "UPDATE delivery SET state = ?, due_ms = ?, packet = ?, attempts = attempts + ?,"
    " tries = tries + ?, crashes = crashes + ?, suspect = ?, tried = ?, changed_ms = ?, cause = ?,"
    " remark = ?, duration_ms = ?, transport = ?, outcome = ?, code = ?, jitter = ?, enhanced = ?,"
    " locale = ?, reply = ?, sha256 = ? WHERE seq = ?";
static const char delete_lease_sql[] = "DELETE FROM lease WHERE packet = ?";
static const char read_spare_sql[] =
    "SELECT s.position, s.channel, t.name, s.state, s.address, s.cause, n.priority"
    " FROM spare s JOIN transport t ON t.seq = s.transport JOIN notice n ON n.seq = s.notice"
    " WHERE s.notice = ? ORDER BY s.position LIMIT 1";
static const char delete_spare_sql[] = "DELETE FROM spare WHERE notice = ? AND position = ?";
static const char read_line_sql[] =
    "SELECT line, turn, start, bytes, letter, recipient FROM delivery WHERE seq = ?";
static const char no_rest_sql[] = "UPDATE delivery SET rest = 0 WHERE seq = ?";

static const char *cause_of(const struct settlement *s)
{
    if (s->cause != NULL && s->cause[0] != '\0')
        return s->cause;
    return s->disposition != NULL ? s->disposition->cause : "";
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit != '\0' ? strchr(digits, digit) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* False for anything but 64 lower-case digits: the message was not rendered. */
static bool read_hex(const char *hex, unsigned char out[DIGEST_SIZE])
{
    if (hex == NULL || strlen(hex) != (size_t)2 * DIGEST_SIZE)
        return false;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = hex_value(hex[2 * i]);
        int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* The columns of the attempt, from duration_ms on. `digest` NULL: not rendered. */
static void bind_attempt(struct query *q, const struct settlement *s, int64_t transport,
                         const unsigned char *digest)
{
    const struct disposition *d = s->disposition;
    query_bind_int(q, s->duration_ms);
    query_bind_int(q, transport);
    if (d == NULL)
        query_bind_text(q, NULL);
    else
        query_bind_int(q, d->outcome);
    query_bind_int(q, d != NULL ? d->code : 0);
    query_bind_real(q, s->jitter);
    query_bind_text(q, d != NULL ? d->enhanced : "");
    query_bind_text(q, s->locale != NULL ? s->locale : "");
    query_bind_text(q, d != NULL ? d->reply : "");
    query_bind_bytes(q, digest, DIGEST_SIZE);
}

static void bind_no_attempt(struct query *q)
{
    for (int i = 0; i < 9; i++)
        query_bind_text(q, NULL);
}

static void bind_standing(struct query *q, const struct settlement *s, const struct flying *row)
{
    bool remark = !s->counts && s->disposition != NULL;
    query_bind_int(q, s->state);
    query_bind_int(q, s->due_ms);
    query_bind_int(q, row->packet);
    query_bind_int(q, s->counts);
    query_bind_int(q, s->counts);
    query_bind_int(q, s->crashed);
    query_bind_int(q, s->suspect);
    query_bind_int(q, s->counts);
    query_bind_int(q, s->now_ms);
    query_bind_text(q, cause_of(s));
    query_bind_text(q, remark ? s->disposition->reply : NULL);
}

static int update_delivery(struct ledger *l, const struct settlement *s, const struct flying *row,
                           int64_t transport, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    struct query *q = db_query(l->db, settle_sql);
    bind_standing(q, s, row);
    if (s->counts)
        bind_attempt(q, s, transport, read_hex(s->sha256, digest) ? digest : NULL);
    else
        bind_no_attempt(q);
    query_bind_int(q, s->delivery);
    return query_run(q, err);
}

/* ---- whose turn it is ---- */

/* Turns the first spare channel into a delivery. *out_waits: the notice is in good hands again, or
 * there was none left. */
static int use_spare(struct ledger *l, const struct settlement *s, int64_t notice, bool *out_waits,
                     struct error *err)
{
    struct query *q = db_query(l->db, read_spare_sql);
    query_bind_int(q, notice);
    *out_waits = true;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    struct planned_delivery plan = {.due_ms = s->now_ms};
    struct new_delivery d = {.notice = notice, .plan = &plan, .now_ms = s->now_ms};
    int64_t position = query_int(q);
    bool good = ledger_read_channel(query_int(q), &plan.channel);
    plan.transport = ledger_read_text(q);
    good = ledger_read_state(query_int(q), &plan.state) && good;
    plan.address = ledger_read_text(q);
    plan.cause = ledger_read_text(q);
    int64_t priority = query_int(q);
    good = good && plan.state != DELIVERY_IN_FLIGHT && priority >= JOB_LOW && priority <= JOB_HIGH;
    d.priority = good ? (enum job_priority)priority : JOB_NORMAL;
    rc = good ? ledger_insert_delivery(l, &d, NULL,
                                       err) /* while the row stands: it lends its texts */
              : ledger_damaged(l, "no spare channel is possible of notice", notice, err);
    query_end(q);
    if (rc != 0)
        return rc;
    *out_waits = !delivery_state_is_final(plan.state);
    q = db_query(l->db, delete_spare_sql);
    query_bind_int(q, notice);
    query_bind_int(q, position);
    return query_run(q, err);
}

/* A spare that may not be sent (trial mode, suppression) is written down as such, and the one
 * behind it is next. */
static int use_spares(struct ledger *l, const struct settlement *s, int64_t notice,
                      struct error *err)
{
    bool waits = false;
    int rc = 0;
    while (rc == 0 && !waits)
        rc = use_spare(l, s, notice, &waits, err);
    return rc;
}

/* The channels behind this one are the next one's now: a retry does not go through them again. */
static int hand_rest_over(struct ledger *l, int64_t delivery, struct error *err)
{
    struct query *q = db_query(l->db, no_rest_sql);
    query_bind_int(q, delivery);
    return query_run(q, err);
}

static int insert_next(struct ledger *l, const struct settlement *s, const struct flying *row,
                       struct error *err)
{
    struct batch_memo *b = NULL;
    int rc = ledger_read_batch(l, row->batch, &b, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, read_line_sql);
    query_bind_int(q, s->delivery);
    rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    struct new_delivery d = {.batch = row->batch,
                             .rest = s->next_rest,
                             .priority = b->priority,
                             .plan = s->next,
                             .now_ms = s->now_ms};
    int64_t turn;
    d.line = query_int(q);
    turn = query_int(q) + 1;
    d.turn = turn > 0 && turn < INT32_MAX ? (int)turn : 1;
    d.start = query_int(q);
    d.bytes = query_int(q);
    d.letter = query_int(q);
    d.recipient = query_text(q);
    rc = ledger_insert_delivery(l, &d, NULL, err); /* while the row stands */
    query_end(q);
    return rc != 0 ? rc : hand_rest_over(l, s->delivery, err);
}

static int use_next_channel(struct ledger *l, const struct settlement *s, const struct flying *row,
                            struct error *err)
{
    if (row->notice != 0)
        return use_spares(l, s, row->notice, err);
    return s->next != NULL ? insert_next(l, s, row, err) : 0;
}

/* ---- all of it ---- */

static int land(struct ledger *l, const struct flying *row, struct error *err)
{
    if (ledger_land(l, row->delivery) > 0)
        return 0;
    struct query *q = db_query(l->db, delete_lease_sql);
    query_bind_int(q, row->packet);
    return query_run(q, err);
}

static int book(struct ledger *l, const struct settlement *s, const struct flying *row,
                int64_t transport, struct error *err)
{
    ledger_count_move(l, row->batch, row->channel, row->state, DELIVERY_IN_FLIGHT, s->state);
    if (s->state == DELIVERY_DELIVERED && transport != 0)
        ledger_count_delivered(l, transport);
    if (!delivery_may_move(s->state, DELIVERY_IN_FLIGHT))
        return 0;
    return ledger_stand_in_lane(l, row->lane, s->due_ms, row->delivery, err);
}

static int settle(struct ledger *l, const struct settlement *s, const struct flying *row,
                  struct error *err)
{
    int64_t transport = 0;
    assert(delivery_may_move(DELIVERY_IN_FLIGHT, s->state));
    int rc = 0;
    if (s->transport != NULL)
        rc = ledger_find_transport(l, s->transport, true, &transport, err);
    if (rc == 0 && row->tried)
        rc = ledger_move_attempt(l, row->delivery, err);
    if (rc == 0)
        rc = update_delivery(l, s, row, transport, err);
    if (rc == 0)
        rc = land(l, row, err);
    if (rc == 0)
        rc = book(l, s, row, transport, err);
    if (rc == 0 && s->next_channel)
        rc = use_next_channel(l, s, row, err);
    return rc;
}

int ledger_settle(struct ledger *l, const struct settlement *s, bool *out_settled,
                  struct error *err)
{
    bool own = false;
    *out_settled = false;
    ledger_note_time(l, s->now_ms);
    const struct flying *found = flight_find(&l->flight, s->delivery);
    if (found == NULL)
        return 0; /* settled before, or never leased: a report is a stranger's word */
    const struct flying row = *found;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, settle(l, s, &row, err), err);
    *out_settled = rc == 0;
    return rc;
}
