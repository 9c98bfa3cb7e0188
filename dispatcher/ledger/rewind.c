/*
 * After the wall clock was set back.
 *
 * Due times are wall times. Those that were told as "in so and so long" from a clock that was ahead
 * would now wait that much longer, and what was due at once when it was accepted would not go for
 * as long. Such rows are known by having been changed in what is now the future; each is given the
 * wait that was left when it was written. What somebody asked for by the clock (not_before, a send
 * window) stays.
 *
 * A wave of a campaign that began in what is now the future begins now: the next one would
 * otherwise wait until the clock is there again, a year if it was a year ahead.
 */
#include "ledger/ledger.h"

#include <sys/stat.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define PAGE 256

/* What an update here leaves has an earlier due time than before, so it lies behind the place a
 * step goes on from and is not met again. "state IN (0, 2)" is written as in the index, in two
 * questions for the reason told in lease.c. The causes are those of a wait that we chose. */
#define LOOK                                                                                       \
    "SELECT seq, due_ms, changed_ms, tried, changed_ms > ?1 AND (state = 2 OR due_ms <= "          \
    "changed_ms OR cause IN ('rate', 'destination_rest')) FROM delivery INDEXED BY delivery_due"   \
    " WHERE state IN (0, 2) AND lane = ?2 AND "
static const char same_due_sql[] = LOOK "due_ms = ?3 AND seq > ?4 ORDER BY seq LIMIT ?5";
static const char later_due_sql[] = LOOK "due_ms > ?3 ORDER BY due_ms, seq LIMIT ?4";
static const char right_sql[] = "UPDATE delivery SET due_ms = ?, changed_ms = ?, tried = 0,"
                                " remark = 'the clock was set back' WHERE seq = ?";

struct seen {
    int64_t delivery, due_ms, changed_ms;
    bool tried;
    bool wrong;
};

struct page {
    struct seen rows[PAGE];
    size_t count;
};

static int read_rows(struct query *q, struct page *out, struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct seen *row = &out->rows[out->count++];
        row->delivery = query_int(q);
        row->due_ms = query_int(q);
        row->changed_ms = query_int(q);
        row->tried = query_int(q) != 0;
        row->wrong = query_int(q) != 0;
    }
    return rc;
}

static int read_page(struct ledger *l, const struct rewind *r, int64_t now_ms, size_t limit,
                     struct page *out, struct error *err)
{
    struct query *q = db_query(l->db, same_due_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, r->lane);
    query_bind_int(q, r->due_ms);
    query_bind_int(q, r->seq);
    query_bind_int(q, (int64_t)limit);
    out->count = 0;
    int rc = read_rows(q, out, err);
    if (rc != 0 || out->count == limit)
        return rc;
    q = db_query(l->db, later_due_sql);
    query_bind_int(q, now_ms);
    query_bind_int(q, r->lane);
    query_bind_int(q, r->due_ms);
    query_bind_int(q, (int64_t)(limit - out->count));
    return read_rows(q, out, err);
}

/* What is in flight is settled soon, by the clock as it is now; until then it only must not be met
 * again. */
static int set_right(struct ledger *l, int64_t lane, const struct seen *row, int64_t now_ms,
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

/* The first lane from r->lane on, with a place in it; false: there is none. */
static bool find_lane(const struct ledger *l, struct rewind *r, int64_t now_ms)
{
    int64_t first = ledger_next_lane(l, r->lane, NULL);
    bool begun = first == r->lane && r->due_ms > now_ms;
    if (first != INT64_MAX && !begun)
        *r = (struct rewind){first, now_ms, INT64_MAX, r->moved, r->more};
    return first != INT64_MAX;
}

static int take_page(struct ledger *l, struct rewind *r, int64_t now_ms, const struct page *page,
                     struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++) {
        const struct seen *row = &page->rows[i];
        r->due_ms = row->due_ms;
        r->seq = row->delivery;
        r->moved += row->wrong;
        rc = row->wrong ? set_right(l, r->lane, row, now_ms, err) : 0;
    }
    return rc;
}

static int take_pages(struct ledger *l, struct rewind *r, int64_t now_ms, size_t limit,
                      struct error *err)
{
    struct page page;
    int rc = 0;
    for (size_t looked = 0; rc == 0 && looked < limit;) {
        size_t most = limit - looked < PAGE ? limit - looked : PAGE;
        if (!find_lane(l, r, now_ms)) {
            r->more = false;
            return 0;
        }
        rc = read_page(l, r, now_ms, most, &page, err);
        if (rc == 0)
            rc = take_page(l, r, now_ms, &page, err);
        looked += page.count;
        if (page.count < most) { /* that was all of this lane, which counts as well */
            *r = (struct rewind){.lane = r->lane + 1, .moved = r->moved, .more = true};
            looked++;
        }
    }
    return rc;
}

static int take_step(struct ledger *l, struct rewind *r, int64_t now_ms, size_t limit,
                     struct error *err)
{
    int rc = campaign_rewind(l, now_ms, err);
    return rc == 0 ? take_pages(l, r, now_ms, limit, err) : rc;
}

int ledger_rewind(struct ledger *l, struct rewind *r, int64_t now_ms, size_t limit,
                  struct error *err)
{
    struct rewind next = {r->lane, r->due_ms, r->seq, 0, true};
    bool own = false;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc == 0)
        rc = ledger_leave(l, own, take_step(l, &next, now_ms, limit, err), err);
    if (rc == 0)
        *r = next;
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
