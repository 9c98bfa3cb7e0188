/* A selector as SQL. The order of the tables is fixed (CROSS JOIN, LEFT JOIN): a page of a walk by
 * number must not sort a whole campaign first. */
#include "ledger/ledger.h"

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

int selector_resolve(struct ledger *l, const struct selector *selector, struct resolved *out,
                     struct error *err)
{
    int rc = 0;
    *out = (struct resolved){.selector = selector};
    if (selector->id != NULL) {
        rc = ledger_find_id(l, selector->id, &out->named, err);
        out->nobody = out->named.notice == 0 && out->named.batch == 0;
    }
    if (rc == 0 && selector->batch != NULL) {
        rc = ledger_find_batch(l, selector->batch, &out->batch, err);
        out->nobody = out->nobody || out->batch == 0;
    }
    return rc;
}

void selector_put_from(struct buf *sql, const char *index)
{
    buf_printf(sql,
               " FROM delivery d%s%s LEFT JOIN notice n ON n.seq = d.notice"
               " LEFT JOIN batch b ON b.seq = d.batch",
               index != NULL ? " INDEXED BY " : "", index != NULL ? index : "");
}

void selector_put_where(struct buf *sql, const struct resolved *r)
{
    const struct selector *s = r->selector;
    if (r->named.notice != 0)
        buf_puts(sql, " AND d.notice = ?");
    if (r->named.batch != 0)
        buf_puts(sql, " AND d.batch = ? AND d.recipient = ?");
    /* "notice IS NULL" as in the index delivery_batch, or SQLite would not use it. */
    if (r->batch != 0)
        buf_puts(sql, " AND d.batch = ? AND d.notice IS NULL");
    if (s->campaign != NULL)
        buf_puts(sql, " AND coalesce(n.campaign, b.campaign) = ?");
    if (s->cause != NULL)
        buf_puts(sql, " AND d.cause = ?");
    if (s->address != NULL)
        buf_puts(sql, " AND d.address = ?");
    if (s->channel >= 0)
        buf_printf(sql, " AND d.channel = %d", s->channel);
}

/* A literal, not a ?: only then SQLite sees that a partial index covers it. */
void selector_put_state(struct buf *sql, int state)
{
    if (state == DELIVERY_IN_FLIGHT)
        buf_puts(sql, " AND d.state IN (0, 2)");
    else if (state >= 0)
        buf_printf(sql, " AND d.state = %d", state);
}

void selector_bind(struct query *q, const struct resolved *r)
{
    if (r->named.notice != 0)
        query_bind_int(q, r->named.notice);
    if (r->named.batch != 0) {
        query_bind_int(q, r->named.batch);
        query_bind_text(q, r->named.recipient);
    }
    if (r->batch != 0)
        query_bind_int(q, r->batch);
    if (r->selector->campaign != NULL)
        query_bind_text(q, r->selector->campaign);
    if (r->selector->cause != NULL)
        query_bind_text(q, r->selector->cause);
    if (r->selector->address != NULL)
        query_bind_text(q, r->selector->address);
}
