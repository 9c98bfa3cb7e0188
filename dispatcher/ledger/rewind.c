/*
 * After the wall clock was set back.
 *
 * Due times are wall times. Those that were told as "in so and so long" from a clock that was ahead
 * would now wait that much longer, and what was due at once when it was accepted would not go for
 * as long. Such rows are known by having been changed in what is now the future; each is given the
 * wait that was left when it was written. What somebody asked for by the clock (not_before, a send
 * window) stays.
 */
#include "ledger/ledger.h"

#include <sys/stat.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define STEP 256

/* "state IN (0, 2)" is written as in the index. The causes are those of a wait that we chose. */
static const char wrong_sql[] =
    "SELECT seq, due_ms, changed_ms, tried FROM delivery INDEXED BY delivery_due"
    " WHERE state IN (0, 2) AND lane = ?1 AND due_ms > ?2 AND changed_ms > ?2"
    " AND (state = 2 OR due_ms <= changed_ms OR cause IN ('rate', 'destination_rest'))"
    " LIMIT ?3";
static const char right_sql[] = "UPDATE delivery SET due_ms = ?, changed_ms = ?, tried = 0,"
                                " remark = 'the clock was set back' WHERE seq = ?";

struct wrong {
    int64_t delivery, due_ms, changed_ms;
    bool tried;
};

static int read_wrong(struct ledger *l, int64_t lane, int64_t now_ms, size_t limit,
                      struct wrong *out, size_t *out_count, struct error *err)
{
    struct query *q = db_query(l->db, wrong_sql);
    query_bind_int(q, lane);
    query_bind_int(q, now_ms);
    query_bind_int(q, (int64_t)limit);
    int rc;
    *out_count = 0;
    while ((rc = query_step(q, err)) > 0) {
        struct wrong *row = &out[(*out_count)++];
        row->delivery = query_int(q);
        row->due_ms = query_int(q);
        row->changed_ms = query_int(q);
        row->tried = query_int(q) != 0;
    }
    return rc;
}

/* What is in flight is settled soon, by the clock as it is now; until then it only must not be met
 * again. */
static int set_right(struct ledger *l, int64_t lane, const struct wrong *row, int64_t now_ms,
                     struct error *err)
{
    int64_t left = row->due_ms > row->changed_ms ? row->due_ms - row->changed_ms : 0;
    int rc = row->tried ? ledger_move_attempt(l, row->delivery, err) : 0;
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, right_sql);
    query_bind_int(q, now_ms + left);
    query_bind_int(q, now_ms);
    query_bind_int(q, row->delivery);
    rc = query_run(q, err);
    if (rc != 0 || flight_find(&l->flight, row->delivery) != NULL)
        return rc;
    return ledger_stand_in_lane(l, lane, now_ms + left, row->delivery, err);
}

static int rewind_lane(struct ledger *l, int64_t lane, int64_t now_ms, size_t limit,
                       size_t *out_count, struct error *err)
{
    struct wrong rows[STEP];
    int rc = read_wrong(l, lane, now_ms, limit < STEP ? limit : STEP, rows, out_count, err);
    for (size_t i = 0; rc == 0 && i < *out_count; i++)
        rc = set_right(l, lane, &rows[i], now_ms, err);
    return rc;
}

static int rewind_lanes(struct ledger *l, int64_t now_ms, size_t limit, size_t *out_count,
                        struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->lane_count && *out_count < limit;) {
        size_t moved = 0;
        rc = rewind_lane(l, l->lanes[i].lane, now_ms, limit - *out_count, &moved, err);
        *out_count += moved;
        i += moved == 0; /* the rest of a lane first */
    }
    return rc;
}

int ledger_rewind(struct ledger *l, int64_t now_ms, size_t limit, size_t *out_count,
                  struct error *err)
{
    bool own = false;
    *out_count = 0;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, rewind_lanes(l, now_ms, limit, out_count, err), err);
    return rc;
}

static int64_t modified_ms(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000
                                : 0;
}

int64_t ledger_written_ms(const char *spool)
{
    static const char *const names[] = {"/ledger.db", "/ledger.db-wal"};
    int64_t last = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct buf path = {0};
        buf_puts(&path, spool);
        buf_puts(&path, names[i]);
        int64_t at = modified_ms(buf_text(&path));
        last = at > last ? at : last;
        buf_free(&path);
    }
    return last;
}
