/* From a reference number's batch and line back to the notice. */
#include "ledger/ledger.h"

#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char numbered_sql[] =
    "SELECT coalesce(json_extract(body, '$.reference') = 'auto', 0) FROM batch WHERE seq = ?";
/* One whose batch.json is gone may have had them. */
static const char span_sql[] =
    "SELECT (SELECT min(seq) FROM delivery WHERE notice IS NULL AND batch = b.seq),"
    " (SELECT max(seq) FROM delivery WHERE notice IS NULL AND batch = b.seq) FROM batch b"
    " WHERE b.seq = ? AND coalesce(json_extract(b.body, '$.reference') = 'auto', 1)";
/* Lines are booked in order, and what is handed over to the next channel comes with a turn. */
static const char next_sql[] =
    "SELECT seq, line FROM delivery WHERE notice IS NULL AND batch = ? AND seq >= ? AND seq <= ?"
    " AND turn = 0 ORDER BY seq LIMIT 1";
static const char id_sql[] = "SELECT b.id || '_' || d.recipient FROM delivery d"
                             " JOIN batch b ON b.seq = d.batch WHERE d.seq = ?";

int ledger_batch_is_numbered(struct ledger *l, int64_t batch, bool *out, struct error *err)
{
    int64_t numbered = 0;
    *out = batch != 0 && batch == l->numbered_batch && l->numbered;
    if (batch == 0 || batch == l->numbered_batch)
        return 0;
    struct query *q = db_query(l->db, numbered_sql);
    query_bind_int(q, batch);
    int rc = query_run_int(q, &numbered, err);
    if (rc < 0)
        return rc;
    l->numbered_batch = batch;
    l->numbered = numbered != 0;
    *out = l->numbered;
    return 0;
}

struct span {
    int64_t first, last; /* 0: there is nothing */
};

static int find_span(struct ledger *l, int64_t batch, struct span *out, struct error *err)
{
    struct query *q = db_query(l->db, span_sql);
    *out = (struct span){0};
    query_bind_int(q, batch);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->first = query_int(q);
    out->last = query_int(q);
    query_end(q);
    return 0;
}

/* The first line from a place of the span on; *out_line INT64_MAX: there is none. */
static int look_from(struct ledger *l, int64_t batch, const struct span *s, int64_t *out_seq,
                     int64_t *out_line, struct error *err)
{
    struct query *q = db_query(l->db, next_sql);
    query_bind_int(q, batch);
    query_bind_int(q, s->first);
    query_bind_int(q, s->last);
    *out_seq = 0;
    *out_line = INT64_MAX;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out_seq = query_int(q);
    *out_line = query_int(q);
    query_end(q);
    return 0;
}

/* By halves: what is left is the first row whose line is not less. */
static int bisect(struct ledger *l, int64_t batch, int64_t line, struct span s, int64_t *out_seq,
                  struct error *err)
{
    int rc = 0;
    int64_t seq = 0, found = INT64_MAX;
    while (rc == 0 && s.first < s.last) {
        int64_t middle = s.first + (s.last - s.first) / 2;
        rc = look_from(l, batch, &(struct span){middle, s.last}, &seq, &found, err);
        if (found >= line)
            s.last = middle;
        else
            s.first = seq + 1;
    }
    if (rc == 0)
        rc = look_from(l, batch, &(struct span){s.first, INT64_MAX}, &seq, &found, err);
    *out_seq = found == line ? seq : 0;
    return rc;
}

static int put_id(struct ledger *l, int64_t delivery, struct buf *out, struct error *err)
{
    struct query *q = db_query(l->db, id_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    const char *id = query_text(q);
    buf_puts(out, id != NULL ? id : "");
    query_end(q);
    return 0;
}

static int find(struct ledger *l, int64_t batch, int64_t line, struct buf *out, struct error *err)
{
    struct span span;
    int64_t seq = 0;
    int rc = find_span(l, batch, &span, err);
    if (rc == 0 && span.first > 0)
        rc = bisect(l, batch, line, span, &seq, err);
    return rc == 0 && seq > 0 ? put_id(l, seq, out, err) : rc;
}

int ledger_find_line(struct ledger *l, int64_t batch, int64_t line, struct buf *out,
                     struct error *err)
{
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, find(l, batch, line, out, err), err);
    return rc;
}
