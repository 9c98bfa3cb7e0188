/*
 * A person may have several deliveries, one for each channel that was tried. One pass over the rows
 * of a batch finds which of them is the last word on each, by line; a second one hands those over.
 */
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char total_sql[] = "SELECT total FROM batch WHERE seq = ?";
static const char first_sql[] = "SELECT seq, line, state FROM delivery"
                                " WHERE notice IS NULL AND batch = ? ORDER BY seq";
static const char second_sql[] =
    "SELECT d.seq, d.line, d.start, d.bytes, coalesce(b.id || '_' || d.recipient, b.id || ':' || "
    "d.line), w.locale, w.zone, w.fallback, d.address, d.cause,"
    " coalesce(d.remark, d.reply, ''), d.turn, d.channel, d.state, d.changed_ms"
    " FROM delivery d JOIN batch b ON b.seq = d.batch LEFT JOIN letter w ON w.seq = d.letter"
    " WHERE d.notice IS NULL AND d.batch = ? ORDER BY d.seq";

/* The higher one is the word. */
static int rank_of(enum delivery_state state)
{
    static const int ranks[DELIVERY_STATES] = {
        [DELIVERY_DELIVERED] = 7, [DELIVERY_WAITING] = 6, [DELIVERY_IN_FLIGHT] = 6,
        [DELIVERY_DEFERRED] = 6,  [DELIVERY_HELD] = 6,    [DELIVERY_UNCERTAIN] = 5,
        [DELIVERY_FAILED] = 4,    [DELIVERY_EXPIRED] = 3, [DELIVERY_SUPPRESSED] = 2,
        [DELIVERY_CANCELLED] = 1,
    };
    return ranks[state];
}

/* By line, from 0. */
struct words {
    int64_t *delivery;
    unsigned char *rank; /* 0: nothing yet */
    int64_t total;
};

static void take(struct words *w, int64_t delivery, int64_t line, enum delivery_state state)
{
    int rank = rank_of(state);
    if (line < 1 || line > w->total)
        return;
    unsigned char *known = &w->rank[line - 1];
    bool later = rank == *known && state != DELIVERY_DELIVERED;
    if (rank <= *known && !later)
        return;
    *known = (unsigned char)rank;
    w->delivery[line - 1] = delivery;
}

static int find_words(struct ledger *l, int64_t batch, struct words *w, struct error *err)
{
    struct query *q = db_query(l->db, first_sql);
    int rc;
    query_bind_int(q, batch);
    while ((rc = query_step(q, err)) > 0) {
        enum delivery_state state;
        int64_t delivery = query_int(q), line = query_int(q);
        if (ledger_read_state(query_int(q), &state))
            take(w, delivery, line, state);
    }
    return rc;
}

static bool read_person(struct query *q, struct person_row *out)
{
    out->offset = query_int(q);
    out->length = query_int(q);
    out->notice_id = ledger_read_text(q);
    out->locale = ledger_read_text(q);
    out->zone = ledger_read_text(q);
    out->fallback = query_int(q) != 0;
    out->address = ledger_read_text(q);
    out->cause = ledger_read_text(q);
    out->reply = ledger_read_text(q);
    out->turn = (int)query_int(q);
    bool good = ledger_read_channel(query_int(q), &out->channel);
    good = ledger_read_state(query_int(q), &out->state) && good;
    out->changed_ms = query_int(q);
    return good;
}

static int tell_words(struct ledger *l, int64_t batch, const struct words *w, ledger_person_fn *fn,
                      void *context, struct error *err)
{
    struct query *q = db_query(l->db, second_sql);
    int rc;
    query_bind_int(q, batch);
    while ((rc = query_step(q, err)) > 0) {
        struct person_row row = {.delivery = query_int(q)};
        row.line = query_int(q);
        if (row.line < 1 || row.line > w->total || w->delivery[row.line - 1] != row.delivery)
            continue;
        if (!read_person(q, &row)) {
            query_end(q);
            return ledger_damaged(l, "no channel and state are possible of delivery", row.delivery,
                                  err);
        }
        fn(context, &row);
    }
    return rc;
}

static int walk(struct ledger *l, int64_t batch, ledger_person_fn *fn, void *context,
                struct error *err)
{
    struct words w = {0};
    struct query *q = db_query(l->db, total_sql);
    query_bind_int(q, batch);
    int rc = query_run_int(q, &w.total, err);
    if (rc < 0 || w.total <= 0)
        return rc < 0 ? rc : 0;
    w.delivery = xcalloc((size_t)w.total, sizeof(*w.delivery));
    w.rank = xcalloc((size_t)w.total, 1);
    rc = find_words(l, batch, &w, err);
    if (rc == 0)
        rc = tell_words(l, batch, &w, fn, context, err);
    free(w.delivery);
    free(w.rank);
    return rc;
}

int ledger_walk_people(struct ledger *l, int64_t batch, ledger_person_fn *fn, void *context,
                       struct error *err)
{
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, walk(l, batch, fn, context, err), err);
    return rc;
}
