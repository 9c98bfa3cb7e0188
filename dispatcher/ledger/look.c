/* Questions: which deliveries, their attempts, the notice itself. */
#include "ledger/ledger.h"

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* Their last words, or ours on the last change if that was no attempt. */
#define REPLY                                                                                      \
    "coalesce(d.remark, (SELECT a.reply FROM attempt a WHERE a.delivery = d.seq"                   \
    " ORDER BY a.n DESC LIMIT 1), '')"

static const char row_columns[] =
    "SELECT d.seq, n.id, n.campaign, n.template, n.locale, t.name, d.address, d.cause, " REPLY
    ", d.channel, d.state, d.attempts, n.accepted_ms, d.due_ms, d.changed_ms";
static const char attempts_sql[] =
    "SELECT a.n, a.ended_ms, a.duration_ms, t.name, coalesce(o.name, ''), a.cause, a.enhanced,"
    " a.reply, coalesce(lower(hex(a.sha256)), ''), a.locale, a.code, a.state, a.next_due_ms,"
    " a.jitter"
    " FROM attempt a JOIN transport t ON t.seq = a.transport"
    " LEFT JOIN outcome_name o ON o.outcome = a.outcome WHERE a.delivery = ? ORDER BY a.n";
static const char notice_sql[] = "SELECT body FROM notice WHERE id = ?";

void selector_put_from(struct buf *sql, const struct selector *selector)
{
    /* CROSS JOIN fixes the order. A page of a walk by number must not sort a whole campaign first.
     */
    buf_puts(sql, selector->id != NULL
                      ? " FROM notice n CROSS JOIN delivery d ON d.notice = n.seq"
                      : " FROM delivery d CROSS JOIN notice n ON n.seq = d.notice");
    buf_puts(sql, " JOIN transport t ON t.seq = d.transport");
}

void selector_put_where(struct buf *sql, const struct selector *selector)
{
    if (selector->id != NULL)
        buf_puts(sql, " AND n.id = ?");
    if (selector->campaign != NULL)
        buf_puts(sql, " AND n.campaign = ?");
    if (selector->cause != NULL)
        buf_puts(sql, " AND d.cause = ?");
    if (selector->channel >= 0)
        buf_printf(sql, " AND d.channel = %d", selector->channel);
    /* A literal, not a ?: only then SQLite sees that a partial index covers it. */
    if (selector->state >= 0)
        buf_printf(sql, " AND d.state = %d", selector->state);
}

void selector_bind(struct query *q, const struct selector *selector)
{
    const char *const texts[] = {selector->id, selector->campaign, selector->cause};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i] != NULL)
            query_bind_text(q, texts[i]);
    }
}

static void read_row(struct query *q, struct delivery_row *out)
{
    out->delivery = query_int(q);
    out->notice_id = query_text(q);
    out->campaign = query_text(q);
    out->template_name = query_text(q);
    out->locale = query_text(q);
    out->transport = query_text(q);
    out->address = query_text(q);
    out->cause = query_text(q);
    out->reply = query_text(q);
    out->channel = (enum channel_kind)query_int(q);
    out->state = (enum delivery_state)query_int(q);
    out->attempts = (int)query_int(q);
    out->accepted_ms = query_int(q);
    out->due_ms = query_int(q);
    out->changed_ms = query_int(q);
}

int ledger_walk(struct ledger *l, const struct selector *selector, int64_t after, size_t limit,
                ledger_row_fn *fn, void *context, size_t *out_count, int64_t *out_last,
                struct error *err)
{
    struct buf sql = {0};
    buf_puts(&sql, row_columns);
    selector_put_from(&sql, selector);
    buf_puts(&sql, " WHERE d.seq > ?");
    selector_put_where(&sql, selector);
    buf_puts(&sql, " ORDER BY d.seq LIMIT ?");
    struct query *q = db_query_once(l->db, buf_text(&sql));
    query_bind_int(q, after);
    selector_bind(q, selector);
    query_bind_int(q, (int64_t)limit);
    *out_count = 0;
    *out_last = after;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct delivery_row row;
        read_row(q, &row);
        (*out_count)++;
        *out_last = row.delivery;
        fn(context, &row);
    }
    buf_free(&sql);
    return rc;
}

static void read_attempt(struct query *q, struct attempt_row *out)
{
    out->number = (int)query_int(q);
    out->ended_ms = query_int(q);
    out->duration_ms = query_int(q);
    out->transport = query_text(q);
    out->outcome = query_text(q);
    out->cause = query_text(q);
    out->enhanced = query_text(q);
    out->reply = query_text(q);
    out->sha256 = query_text(q);
    out->locale = query_text(q);
    out->code = (int)query_int(q);
    out->state = (enum delivery_state)query_int(q);
    out->next_due_ms = query_int(q);
    out->jitter = query_real(q);
}

int ledger_walk_attempts(struct ledger *l, int64_t delivery, ledger_attempt_fn *fn, void *context,
                         struct error *err)
{
    struct query *q = db_query(l->db, attempts_sql);
    query_bind_int(q, delivery);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct attempt_row row;
        read_attempt(q, &row);
        fn(context, &row);
    }
    return rc;
}

int ledger_read_notice(struct ledger *l, const char *id, struct buf *out, struct error *err)
{
    struct query *q = db_query(l->db, notice_sql);
    query_bind_text(q, id);
    int rc = query_step(q, err);
    if (rc == 0)
        return error_set(err, ERR_NOT_FOUND, "the ledger knows no notice with the id %s", id);
    if (rc < 0)
        return rc;
    size_t len = 0;
    const char *body = query_text_len(q, &len);
    buf_put(out, body, len);
    query_end(q);
    return 0;
}
