/*
 * What operators do, and the chain that records it: the hash of an action is the SHA-256 of a JSON
 * array
 *
 *     [number,at_ms,"verb","who","selector",count,"reason","hash of the action before, in hex"]
 *
 * so that nothing recorded can be changed or taken out of the middle without every later hash
 * telling. The first one follows 64 zeros.
 */
#include "ledger/ledger.h"

#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char last_action_sql[] = "SELECT seq, hash FROM action ORDER BY seq DESC LIMIT 1";
static const char insert_action_sql[] =
    "INSERT INTO action (seq, at_ms, verb, who, selector, count, reason, previous, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char actions_sql[] = "SELECT seq, at_ms, verb, who, selector, count, reason, "
                                  "previous, hash FROM action ORDER BY seq";
/* Does another delivery of a notice with single routing still run, or has it told the person? */
static const char told_sql[] =
    "SELECT 1 FROM notice n JOIN delivery d ON d.notice = n.seq"
    " WHERE n.seq = ? AND n.method = 0 AND d.seq <> ? AND d.state IN (0, 1, 2, 3, 4, 9)";
static const char again_sql[] = "UPDATE delivery SET state = 0, due_ms = ?, tries = 0, changed_ms "
                                "= ?, cause = '', remark = NULL"
                                " WHERE seq = ?";

static void put_hex(struct buf *out, const unsigned char digest[DIGEST_SIZE])
{
    char hex[DIGEST_HEX_SIZE];
    buf_puts(out, digest_hex(digest, hex));
}

static void chain(const struct action *a, int64_t number, int64_t count,
                  const unsigned char previous[DIGEST_SIZE], unsigned char out[DIGEST_SIZE])
{
    struct buf text = {0};
    buf_printf(&text, "[%lld,%lld,", (long long)number, (long long)a->now_ms);
    buf_put_json(&text, a->verb);
    buf_putc(&text, ',');
    buf_put_json(&text, a->who);
    buf_putc(&text, ',');
    buf_put_json(&text, a->selector);
    buf_printf(&text, ",%lld,", (long long)count);
    buf_put_json(&text, a->reason);
    buf_puts(&text, ",\"");
    put_hex(&text, previous);
    buf_puts(&text, "\"]");
    digest_sha256(buf_text(&text), text.len, out);
    buf_free(&text);
}

static void copy_digest(struct query *q, unsigned char out[DIGEST_SIZE])
{
    size_t len = 0;
    const char *bytes = query_text_len(q, &len);
    memset(out, 0, DIGEST_SIZE);
    if (len == DIGEST_SIZE)
        memcpy(out, bytes, DIGEST_SIZE);
}

static int read_last_action(struct ledger *l, int64_t *out_number,
                            unsigned char out_hash[DIGEST_SIZE], struct error *err)
{
    struct query *q = db_query(l->db, last_action_sql);
    *out_number = 0;
    memset(out_hash, 0, DIGEST_SIZE);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out_number = query_int(q);
    copy_digest(q, out_hash);
    query_end(q);
    return 0;
}

int action_insert(struct ledger *l, const struct action *action, int64_t count, struct error *err)
{
    unsigned char previous[DIGEST_SIZE];
    unsigned char hash[DIGEST_SIZE];
    int64_t number = 0;
    int rc = read_last_action(l, &number, previous, err);
    if (rc != 0)
        return rc;
    chain(action, ++number, count, previous, hash);
    struct query *q = db_query(l->db, insert_action_sql);
    query_bind_int(q, number);
    query_bind_int(q, action->now_ms);
    query_bind_text(q, action->verb);
    query_bind_text(q, action->who);
    query_bind_text(q, action->selector);
    query_bind_int(q, count);
    query_bind_text(q, action->reason);
    query_bind_bytes(q, previous, DIGEST_SIZE);
    query_bind_bytes(q, hash, DIGEST_SIZE);
    return query_run(q, err);
}

/* One recorded action with the hashes as they stand in the file. */
struct link {
    struct action action;
    int64_t number, count;
    unsigned char previous[DIGEST_SIZE], hash[DIGEST_SIZE];
};

static void read_link(struct query *q, struct link *out)
{
    out->number = query_int(q);
    out->action.now_ms = query_int(q);
    out->action.verb = query_text(q);
    out->action.who = query_text(q);
    out->action.selector = query_text(q);
    out->count = query_int(q);
    out->action.reason = query_text(q);
    copy_digest(q, out->previous);
    copy_digest(q, out->hash);
}

int ledger_walk_actions(struct ledger *l, ledger_action_fn *fn, void *context, struct error *err)
{
    struct query *q = db_query(l->db, actions_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct link link;
        char previous[DIGEST_HEX_SIZE];
        char hash[DIGEST_HEX_SIZE];
        read_link(q, &link);
        struct action_row row = {.number = link.number,
                                 .action = link.action,
                                 .count = link.count,
                                 .previous = digest_hex(link.previous, previous),
                                 .hash = digest_hex(link.hash, hash)};
        fn(context, &row);
    }
    return rc;
}

int action_verify(struct ledger *l, struct error *err)
{
    unsigned char expected[DIGEST_SIZE] = {0};
    struct query *q = db_query(l->db, actions_sql);
    int64_t number = 0;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct link link;
        unsigned char hash[DIGEST_SIZE];
        read_link(q, &link);
        chain(&link.action, link.number, link.count, link.previous, hash);
        if (link.number != ++number || memcmp(link.previous, expected, DIGEST_SIZE) != 0 ||
            memcmp(link.hash, hash, DIGEST_SIZE) != 0) {
            query_end(q);
            return error_set(err, ERR_INTERNAL,
                             "the record of operators' actions was changed at number %lld: its "
                             "chain of hashes is broken there",
                             (long long)number);
        }
        memcpy(expected, link.hash, DIGEST_SIZE);
    }
    return rc;
}

/* ---- retry ---- */

struct candidate {
    int64_t delivery, notice;
    enum channel_kind channel;
    enum delivery_state state;
};

struct candidates {
    struct candidate rows[256];
    size_t count;
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

static int read_candidates(struct ledger *l, const struct selector *selector, int64_t after,
                           struct candidates *out, struct error *err)
{
    struct buf sql = {0};
    buf_puts(&sql, "SELECT d.seq, d.notice, d.channel, d.state");
    selector_put_from(&sql, selector);
    buf_puts(&sql, " WHERE d.seq > ?");
    selector_put_where(&sql, selector);
    put_retry_states(&sql, selector);
    buf_printf(&sql, " ORDER BY d.seq LIMIT %zu", COUNT_OF(out->rows));
    struct query *q = db_query_once(l->db, buf_text(&sql));
    query_bind_int(q, after);
    selector_bind(q, selector);
    out->count = 0;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct candidate *row = &out->rows[out->count++];
        row->delivery = query_int(q);
        row->notice = query_int(q);
        row->channel = (enum channel_kind)query_int(q);
        row->state = (enum delivery_state)query_int(q);
    }
    buf_free(&sql);
    return rc;
}

/*
 * With single routing a failed channel hands over to the next one: while that one runs, or after it
 * told the person, a retry of the failed one would tell the person twice. Asked row by row, so that
 * of two failed channels of one notice only the first is begun again.
 */
static int retry_row(struct ledger *l, const struct candidate *row, int64_t now_ms,
                     int64_t *inout_count, struct error *err)
{
    int64_t told = 0;
    struct query *q = db_query(l->db, told_sql);
    query_bind_int(q, row->notice);
    query_bind_int(q, row->delivery);
    int rc = query_run_int(q, &told, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    q = db_query(l->db, again_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, now_ms);
    query_bind_int(q, row->delivery);
    rc = query_run(q, err);
    if (rc == 0) {
        ledger_count_move(l, row->channel, row->state, DELIVERY_WAITING);
        (*inout_count)++;
    }
    return rc;
}

static int retry_all(struct ledger *l, const struct selector *selector, int64_t now_ms,
                     int64_t *out_count, struct error *err)
{
    struct candidates page = {0};
    int64_t after = 0;
    int rc;
    do {
        rc = read_candidates(l, selector, after, &page, err);
        for (size_t i = 0; rc == 0 && i < page.count; i++)
            rc = retry_row(l, &page.rows[i], now_ms, out_count, err);
        if (page.count > 0)
            after = page.rows[page.count - 1].delivery;
    } while (rc == 0 && page.count == COUNT_OF(page.rows));
    return rc;
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
