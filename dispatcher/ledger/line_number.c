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
    " WHERE b.seq = ?1 AND (?2 OR coalesce(json_extract(b.body, '$.reference') = 'auto', 1))";
/* Lines are booked in order, and what is handed over to the next channel comes with a turn. */
static const char next_sql[] =
    "SELECT seq, line, start FROM delivery WHERE notice IS NULL AND batch = ? AND seq >= ?"
    " AND seq <= ? AND turn = 0 ORDER BY seq LIMIT 1";
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

/* What is looked for: one of both, the other is 0. */
struct sought {
    int64_t batch, line;
    int64_t start; /* where the line begins in notices.jsonl */
};

static int find_span(struct ledger *l, const struct sought *what, struct span *out,
                     struct error *err)
{
    struct query *q = db_query(l->db, span_sql);
    *out = (struct span){0};
    query_bind_int(q, what->batch);
    query_bind_int(q, what->line == 0);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->first = query_int(q);
    out->last = query_int(q);
    query_end(q);
    return 0;
}

struct place {
    int64_t seq, line, start; /* line 0: there is none */
};

/* The first line from a place of the span on. */
static int look_from(struct ledger *l, int64_t batch, int64_t first, int64_t last,
                     struct place *out, struct error *err)
{
    struct query *q = db_query(l->db, next_sql);
    *out = (struct place){0};
    query_bind_int(q, batch);
    query_bind_int(q, first);
    query_bind_int(q, last);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->seq = query_int(q);
    out->line = query_int(q);
    out->start = query_int(q);
    query_end(q);
    return 0;
}

static bool is_before(const struct place *p, const struct sought *what)
{
    return p->line != 0 && (what->line > 0 ? p->line < what->line : p->start < what->start);
}

/* By halves: what is left is the first row that is not before. */
static int bisect(struct ledger *l, const struct sought *what, struct span s, struct place *out,
                  struct error *err)
{
    int rc = 0;
    while (rc == 0 && s.first < s.last) {
        int64_t middle = s.first + (s.last - s.first) / 2;
        rc = look_from(l, what->batch, middle, s.last, out, err);
        if (is_before(out, what))
            s.first = out->seq + 1;
        else
            s.last = middle;
    }
    return rc == 0 ? look_from(l, what->batch, s.first, INT64_MAX, out, err) : rc;
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

static int find(struct ledger *l, const struct sought *what, struct buf *out, struct error *err)
{
    struct span span;
    struct place place = {0};
    int rc = find_span(l, what, &span, err);
    if (rc == 0 && span.first > 0)
        rc = bisect(l, what, span, &place, err);
    bool found = what->line > 0 ? place.line == what->line : place.start == what->start;
    return rc == 0 && place.line != 0 && found ? put_id(l, place.seq, out, err) : rc;
}

static int look_for(struct ledger *l, const struct sought *what, struct buf *out, struct error *err)
{
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, find(l, what, out, err), err);
    return rc;
}

int ledger_find_line(struct ledger *l, int64_t batch, int64_t line, struct buf *out,
                     struct error *err)
{
    const struct sought what = {.batch = batch, .line = line};
    return line > 0 ? look_for(l, &what, out, err) : 0;
}

int ledger_find_offset(struct ledger *l, int64_t batch, int64_t offset, struct buf *out,
                       struct error *err)
{
    const struct sought what = {.batch = batch, .start = offset};
    return look_for(l, &what, out, err);
}

/* ---- notices that brought a number of their own ---- */

static const char notices_sql[] =
    "SELECT seq, id, coalesce(json_extract(body, '$.reference') = ?1, 0) FROM notice"
    " WHERE seq > ?2 AND body IS NOT NULL ORDER BY seq LIMIT ?3";

int ledger_walk_references(struct ledger *l, const char *reference, int64_t *after, size_t limit,
                           ledger_name_fn *fn, void *context, bool *out_more, struct error *err)
{
    struct query *q = db_query(l->db, notices_sql);
    size_t looked = 0;
    int rc;
    query_bind_text(q, reference);
    query_bind_int(q, *after);
    query_bind_int(q, (int64_t)limit);
    while ((rc = query_step(q, err)) > 0) {
        looked++;
        *after = query_int(q);
        const char *id = ledger_read_text(q);
        if (query_int(q) != 0)
            fn(context, id);
    }
    *out_more = looked == limit;
    return rc;
}
