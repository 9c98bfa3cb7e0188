/* Writing down what became of a delivery, and whose turn it is then. */
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char read_sql[] =
    "SELECT state, channel, attempts, tries, notice, priority FROM delivery WHERE seq = ?";
static const char settle_sql[] =
    "UPDATE delivery SET state = ?, due_ms = ?, attempts = ?, tries = ?, changed_ms = ?, cause = ?,"
    " remark = ? WHERE seq = ?";
static const char insert_attempt_sql[] =
    "INSERT INTO attempt (delivery, n, ended_ms, duration_ms, transport, outcome, code, enhanced,"
    " cause, locale, sha256, state, next_due_ms, jitter, reply)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char read_spare_sql[] =
    "SELECT position, channel, transport, state, address, cause FROM spare"
    " WHERE notice = ? ORDER BY position LIMIT 1";
static const char delete_spare_sql[] = "DELETE FROM spare WHERE notice = ? AND position = ?";

/* The delivery as it stands before it is settled. */
struct standing {
    enum delivery_state state;
    enum channel_kind channel;
    int64_t attempts, tries, notice;
    enum job_priority priority;
};

/* 1 if it is in flight, 0 if not (settled before, or never known: a report is a stranger's word).
 */
static int read_standing(struct ledger *l, int64_t delivery, struct standing *out,
                         struct error *err)
{
    struct query *q = db_query(l->db, read_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->state = (enum delivery_state)query_int(q);
    out->channel = (enum channel_kind)query_int(q);
    out->attempts = query_int(q);
    out->tries = query_int(q);
    out->notice = query_int(q);
    out->priority = (enum job_priority)query_int(q);
    query_end(q);
    return out->state == DELIVERY_IN_FLIGHT;
}

static const char *cause_of(const struct settlement *s)
{
    if (s->cause != NULL && s->cause[0] != '\0')
        return s->cause;
    return s->disposition != NULL ? s->disposition->cause : "";
}

static int update_delivery(struct ledger *l, const struct settlement *s,
                           const struct standing *standing, struct error *err)
{
    bool remark = !s->counts && s->disposition != NULL;
    struct query *q = db_query(l->db, settle_sql);
    query_bind_int(q, s->state);
    query_bind_int(q, s->due_ms);
    query_bind_int(q, standing->attempts + s->counts);
    query_bind_int(q, standing->tries + s->counts);
    query_bind_int(q, s->now_ms);
    query_bind_text(q, cause_of(s));
    query_bind_text(q, remark ? s->disposition->reply : NULL);
    query_bind_int(q, s->delivery);
    return query_run(q, err);
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

static void bind_outcome(struct query *q, const struct disposition *d)
{
    if (d == NULL)
        query_bind_text(q, NULL);
    else
        query_bind_int(q, d->outcome);
    query_bind_int(q, d != NULL ? d->code : 0);
    query_bind_text(q, d != NULL ? d->enhanced : "");
}

static int insert_attempt(struct ledger *l, const struct settlement *s, int64_t n,
                          struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    bool rendered = read_hex(s->sha256, digest);
    int64_t transport = 0;
    int rc = ledger_find_transport(l, s->transport, true, &transport, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, insert_attempt_sql);
    query_bind_int(q, s->delivery);
    query_bind_int(q, n);
    query_bind_int(q, s->now_ms);
    query_bind_int(q, s->duration_ms);
    query_bind_int(q, transport);
    bind_outcome(q, s->disposition);
    query_bind_text(q, cause_of(s));
    query_bind_text(q, s->locale != NULL ? s->locale : "");
    query_bind_bytes(q, rendered ? digest : NULL, DIGEST_SIZE);
    query_bind_int(q, s->state);
    query_bind_int(q, delivery_state_is_final(s->state) ? 0 : s->due_ms);
    query_bind_real(q, s->jitter);
    query_bind_text(q, s->disposition != NULL ? s->disposition->reply : "");
    return query_run(q, err);
}

/* Turns the first spare channel into a delivery. *out_waits: the notice is in good hands again, or
 * there was none left. */
static int use_spare(struct ledger *l, const struct settlement *s, const struct standing *standing,
                     bool *out_waits, struct error *err)
{
    struct query *q = db_query(l->db, read_spare_sql);
    query_bind_int(q, standing->notice);
    *out_waits = true;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    struct new_delivery d = {.notice = standing->notice,
                             .priority = standing->priority,
                             .due_ms = s->now_ms,
                             .now_ms = s->now_ms};
    int64_t position = query_int(q);
    d.channel = (enum channel_kind)query_int(q);
    d.transport = query_int(q);
    d.state = (enum delivery_state)query_int(q);
    d.address = query_text(q);
    d.cause = query_text(q);
    rc = ledger_insert_delivery(l, &d, err); /* while the row stands: it lends its texts */
    query_end(q);
    if (rc != 0)
        return rc;
    *out_waits = !delivery_state_is_final(d.state);
    q = db_query(l->db, delete_spare_sql);
    query_bind_int(q, standing->notice);
    query_bind_int(q, position);
    return query_run(q, err);
}

/* A spare that may not be sent (trial mode, suppression) is written down as such, and the one
 * behind it is next. */
static int use_next_channel(struct ledger *l, const struct settlement *s,
                            const struct standing *standing, struct error *err)
{
    bool waits = false;
    int rc = 0;
    while (rc == 0 && !waits)
        rc = use_spare(l, s, standing, &waits, err);
    return rc;
}

static int settle(struct ledger *l, const struct settlement *s, bool *out_settled,
                  struct error *err)
{
    struct standing standing = {0};
    *out_settled = false;
    int rc = read_standing(l, s->delivery, &standing, err);
    if (rc <= 0)
        return rc;
    ledger_count_move(l, standing.channel, standing.state, s->state);
    rc = update_delivery(l, s, &standing, err);
    if (rc == 0 && s->counts)
        rc = insert_attempt(l, s, standing.attempts + 1, err);
    if (rc == 0 && s->next_channel)
        rc = use_next_channel(l, s, &standing, err);
    *out_settled = rc == 0;
    return rc;
}

int ledger_settle(struct ledger *l, const struct settlement *s, bool *out_settled,
                  struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, settle(l, s, out_settled, err), err);
    if (rc != 0)
        *out_settled = false;
    return rc;
}
