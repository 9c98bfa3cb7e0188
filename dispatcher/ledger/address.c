/*
 * Who wrote to an address or number. No index leads there: it would be larger than all others
 * together, and is wanted when one person calls. So the rows are read, a stretch at a time.
 */
#include "ledger/ledger.h"

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char last_sql[] = "SELECT coalesce(max(seq), 0) FROM delivery";
static const char rows_sql[] =
    "SELECT coalesce(n.id, b.id || '_' || d.recipient, b.id || ':' || d.line) FROM delivery d"
    " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
    " WHERE d.seq > ?2 AND d.seq <= ?3 AND lower(d.address) = lower(?1) ORDER BY d.seq";

int ledger_walk_addresses(struct ledger *l, const char *address, int64_t *after, size_t limit,
                          ledger_name_fn *fn, void *context, bool *out_more, struct error *err)
{
    int64_t last = 0, until = *after + (int64_t)limit;
    int rc = query_run_int(db_query(l->db, last_sql), &last, err);
    if (rc < 0)
        return rc;
    struct query *q = db_query(l->db, rows_sql);
    query_bind_text(q, address);
    query_bind_int(q, *after);
    query_bind_int(q, until);
    while ((rc = query_step(q, err)) > 0)
        fn(context, ledger_read_text(q));
    *after = until;
    *out_more = until < last;
    return rc;
}
