/* Writing down what became of a delivery. */
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char settle_sql[] =
    "UPDATE delivery SET state = ?, due_ms = ?, packet = ?, attempts = attempts + ?,"
    " tries = tries + ?, crashes = crashes + ?, suspect = ?, tried = ?, changed_ms = ?, cause = ?,"
    " remark = ?, over_ms = ?, duration_ms = ?, transport = ?, outcome = ?, code = ?, jitter = ?, "
    "enhanced = ?,"
    " locale = ?, reply = ?, sha256 = ? WHERE seq = ?";
static const char delete_lease_sql[] = "DELETE FROM lease WHERE packet = ?";
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
    query_bind_int(q, patience_after(row, s->state, s->next_channel));
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
    int64_t over_ms = patience_after(row, s->state, s->next_channel);
    patience_await(l, row->batch, over_ms);
    ledger_count_awaits(l, row->batch, row->awaits, patience_awaits(s->state, over_ms));
    if (!delivery_may_move(s->state, DELIVERY_IN_FLIGHT))
        return 0;
    return ledger_stand_in_lane(l, row->lane, s->due_ms, row->delivery, err);
}

static int hand_over(struct ledger *l, const struct settlement *s, const struct flying *row,
                     struct error *err)
{
    const struct handover h = {.delivery = row->delivery,
                               .notice = row->notice,
                               .batch = row->batch,
                               .next = s->next,
                               .next_rest = s->next_rest,
                               .now_ms = s->now_ms};
    return ledger_hand_over(l, &h, err);
}

/* What is reported of it later names it so; what was reported already can be booked now. */
static int put_message(struct ledger *l, const struct settlement *s, const struct flying *row,
                       int64_t transport, struct error *err)
{
    const struct disposition *d = s->disposition;
    int rc = 0;
    if (d != NULL && d->message_id[0] != '\0' && transport != 0)
        rc = ledger_put_message(l, s->delivery, row->attempts + s->counts, transport, d->message_id,
                                err);
    return rc == 0 ? parked_wake_delivery(l, s->delivery, err) : rc;
}

static bool is_cancelled(const struct ledger *l, const struct flying *row)
{
    return row->campaign != 0 && row->campaign <= l->campaign_count &&
           l->campaigns[row->campaign - 1].stop == CAMPAIGN_CANCELLED;
}

/* Of a campaign that was cancelled meanwhile nothing comes back to be sent. */
static void cancel(struct settlement *s)
{
    s->next_channel = false;
    if (s->state != DELIVERY_WAITING && s->state != DELIVERY_DEFERRED && s->state != DELIVERY_HELD)
        return;
    s->state = DELIVERY_CANCELLED;
    s->cause = CAMPAIGN_CANCELLED_CAUSE;
}

/* "cancelled" and "expired" claim that the person was not told: what may have arrived, now or with
 * an attempt before, is uncertain. */
static int doubt(struct ledger *l, const struct flying *row, struct settlement *s,
                 struct error *err)
{
    bool now = s->counts && s->disposition != NULL && s->disposition->outcome == OUTCOME_UNCERTAIN;
    bool before = false;
    int rc = 0;
    if (s->state != DELIVERY_CANCELLED && s->state != DELIVERY_EXPIRED)
        return 0;
    if (!now && row->attempts > 0)
        rc = ledger_is_in_doubt(l, row->delivery, &before, err);
    if (rc == 0 && (now || before)) {
        s->state = DELIVERY_UNCERTAIN;
        s->cause = now ? s->disposition->cause : s->cause;
        s->next_channel = false;
    }
    return rc;
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
    if (rc == 0 && row->first && row->campaign != 0)
        rc = campaign_landed(l, row, s->state, err);
    if (rc == 0 && s->next_channel)
        rc = hand_over(l, s, row, err);
    return rc == 0 ? put_message(l, s, row, transport, err) : rc;
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
    if (rc != 0)
        return rc;
    struct settlement as = *s;
    if (is_cancelled(l, &row))
        cancel(&as);
    rc = doubt(l, &row, &as, err);
    rc = ledger_leave(l, own, rc == 0 ? settle(l, &as, &row, err) : rc, err);
    *out_settled = rc == 0;
    return rc;
}
