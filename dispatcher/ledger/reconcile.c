/* The recount: every row is looked at once, and all that is kept beside the rows must agree. */
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char all_rows_sql[] =
    "SELECT seq, state, channel, batch, line, turn, over_ms FROM delivery ORDER BY seq";
static const char batch_rows_sql[] =
    "SELECT seq, state, channel, batch, line, turn, over_ms FROM delivery WHERE batch = ?"
    " AND notice IS NULL ORDER BY seq";
static const char all_counters_sql[] = "SELECT batch, channel, state, n FROM counter";
static const char batch_counters_sql[] =
    "SELECT batch, channel, state, n FROM counter WHERE batch = ?";
static const char all_awaiting_sql[] = "SELECT batch, n FROM awaiting";
static const char batch_awaiting_sql[] = "SELECT batch, n FROM awaiting WHERE batch = ?";
static const char all_batches_sql[] =
    "SELECT seq, id, state, total, finished_ms FROM batch WHERE ? >= 0";
static const char one_batch_sql[] =
    "SELECT seq, id, state, total, finished_ms FROM batch WHERE seq = ?";
static const char orphans_sql[] = "SELECT n.id FROM notice n WHERE NOT EXISTS"
                                  " (SELECT 1 FROM delivery d WHERE d.notice = n.seq) LIMIT 1";
static const char notices_sql[] = "SELECT count(*) FROM notice";

/* What was counted of a batch beside its tally. */
struct lines {
    int64_t batch, count, last;
    int64_t open; /* rows, with those that wait for word */
};

struct recount {
    int64_t only; /* this batch; 0: everything */
    struct tally *tallies;
    size_t tally_count;
    struct lines *lines; /* beside tallies */
    size_t line_count;
    struct books *books;
};

#define BALANCE "the books do not balance: "

static const char *query_for(const struct recount *r, const char *all, const char *one)
{
    return r->only == 0 ? all : one;
}

static struct query *ask(struct ledger *l, const struct recount *r, const char *all,
                         const char *one)
{
    struct query *q = db_query(l->db, query_for(r, all, one));
    if (r->only != 0)
        query_bind_int(q, r->only);
    return q;
}

static struct lines *lines_of(struct recount *r, int64_t batch)
{
    for (size_t i = r->line_count; i > 0; i--) {
        if (r->lines[i - 1].batch == batch)
            return &r->lines[i - 1];
    }
    r->lines = xreallocarray(r->lines, r->line_count + 1, sizeof(*r->lines));
    r->lines[r->line_count] = (struct lines){.batch = batch};
    return &r->lines[r->line_count++];
}

/* Lines came in order, so a line is new when its number is higher than any before. */
static void count_line(struct recount *r, int64_t batch, int64_t line, int64_t turn, bool open)
{
    struct lines *lines = lines_of(r, batch);
    lines->open += open;
    if (turn != 0 || line <= lines->last)
        return;
    lines->count++;
    lines->last = line;
}

static int count_row(struct ledger *l, struct recount *r, struct query *q, struct error *err)
{
    enum channel_kind channel = CHANNEL_EMAIL;
    enum delivery_state state = DELIVERY_WAITING;
    int64_t delivery = query_int(q);
    bool good = ledger_read_state(query_int(q), &state) && state != DELIVERY_IN_FLIGHT;
    good = ledger_read_channel(query_int(q), &channel) && good;
    if (!good)
        return ledger_damaged(l, "no channel and state are possible of delivery", delivery, err);
    int64_t batch = query_int(q);
    int64_t line = query_int(q);
    int64_t turn = query_int(q);
    bool awaits = patience_awaits(state, query_int(q));
    struct tally *tally = tally_of(&r->tallies, &r->tally_count, batch);
    tally->n[channel][state]++;
    tally->awaiting += awaits;
    if (batch != 0)
        count_line(r, batch, line, turn, awaits || !delivery_state_is_final(state));
    bool flying = flight_find(&l->flight, delivery) != NULL;
    r->books->deliveries[flying ? DELIVERY_IN_FLIGHT : state]++;
    return 0;
}

static int count_rows(struct ledger *l, struct recount *r, struct error *err)
{
    struct query *q = ask(l, r, all_rows_sql, batch_rows_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        rc = count_row(l, r, q, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

/* ---- counters ---- */

static int tell_difference(int channel, int state, int64_t booked, int64_t counted,
                           struct error *err)
{
    return error_set(err, ERR_INTERNAL,
                     BALANCE "by the counters %lld %s deliveries are %s, by the rows %lld",
                     (long long)booked, channel_kind_name((enum channel_kind)channel),
                     delivery_state_name((enum delivery_state)state), (long long)counted);
}

/* Takes the counters from what was counted: nothing may be left. */
static int subtract_counters(struct ledger *l, struct recount *r, struct error *err)
{
    struct query *q = ask(l, r, all_counters_sql, batch_counters_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        enum channel_kind channel = CHANNEL_EMAIL;
        enum delivery_state state = DELIVERY_WAITING;
        struct tally *tally = tally_of(&r->tallies, &r->tally_count, query_int(q));
        bool good = ledger_read_channel(query_int(q), &channel);
        good = ledger_read_state(query_int(q), &state) && good;
        int64_t booked = query_int(q);
        int64_t counted = good ? tally->n[channel][state] : 0;
        rc = 0;
        if (!good)
            rc = error_set(err, ERR_INTERNAL,
                           "the books hold a channel or state that does not exist");
        else if (counted != booked)
            rc = tell_difference((int)channel, (int)state, booked, counted, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        tally->n[channel][state] = 0;
    }
    return rc;
}

static int compare_counters(struct ledger *l, struct recount *r, struct error *err)
{
    int rc = subtract_counters(l, r, err);
    for (size_t i = 0; rc == 0 && i < r->tally_count; i++) {
        for (int c = 0; c < CHANNEL_KINDS; c++) {
            for (int s = 0; rc == 0 && s < DELIVERY_STATES; s++) {
                if (r->tallies[i].n[c][s] != 0)
                    rc = tell_difference(c, s, 0, r->tallies[i].n[c][s], err);
            }
        }
    }
    return rc;
}

/* ---- who waits for word ---- */

static int tell_awaiting(int64_t batch, int64_t booked, int64_t counted, struct error *err)
{
    return error_set(err, ERR_INTERNAL,
                     BALANCE "of the batch number %lld %lld deliveries wait for word by what is "
                             "kept, by the rows %lld",
                     (long long)batch, (long long)booked, (long long)counted);
}

static int compare_awaiting(struct ledger *l, struct recount *r, struct error *err)
{
    struct query *q = ask(l, r, all_awaiting_sql, batch_awaiting_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct tally *tally = tally_of(&r->tallies, &r->tally_count, query_int(q));
        int64_t booked = query_int(q);
        if (tally->awaiting != booked) {
            query_end(q);
            return tell_awaiting(tally->batch, booked, tally->awaiting, err);
        }
        tally->awaiting = 0;
    }
    for (size_t i = 0; rc == 0 && i < r->tally_count; i++) {
        if (r->tallies[i].awaiting != 0)
            rc = tell_awaiting(r->tallies[i].batch, 0, r->tallies[i].awaiting, err);
    }
    return rc;
}

/* ---- lines ---- */

static int compare_lines(struct recount *r, struct query *q, struct error *err)
{
    const struct lines *lines = lines_of(r, query_int(q));
    const char *id = ledger_read_text(q);
    bool whole = query_int(q) != BATCH_LOADING;
    int64_t total = query_int(q);
    bool finished = query_int(q) != 0;
    r->books->notices += lines->count;
    r->books->expected += whole ? total : lines->count;
    if (lines->last > total || (whole && lines->count != total))
        return error_set(err, ERR_INTERNAL,
                         BALANCE "the batch %s has %lld %s, in the rows %s %lld (up to line %lld)",
                         id, (long long)total, text_plural(total, "line", "lines"),
                         text_plural(lines->count, "is", "are"), (long long)lines->count,
                         (long long)lines->last);
    if (whole && finished != (lines->open == 0))
        return error_set(err, ERR_INTERNAL,
                         BALANCE "the batch %s %s, and %lld of its deliveries %s open", id,
                         finished ? "is finished" : "is not finished", (long long)lines->open,
                         text_plural(lines->open, "is", "are"));
    return 0;
}

static int compare_batches(struct ledger *l, struct recount *r, struct error *err)
{
    struct query *q = db_query(l->db, query_for(r, all_batches_sql, one_batch_sql));
    query_bind_int(q, r->only);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        rc = compare_lines(r, q, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

/* ---- notices ---- */

static int find_orphan(struct ledger *l, struct error *err)
{
    struct query *q = db_query(l->db, orphans_sql);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    rc = error_set(err, ERR_INTERNAL, "the notice %s was accepted and has no delivery",
                   ledger_read_text(q));
    query_end(q);
    return rc;
}

static int count_notices(struct ledger *l, struct books *books, struct error *err)
{
    int64_t count = 0;
    int rc = query_run_int(db_query(l->db, notices_sql), &count, err);
    books->notices += count;
    books->expected += count;
    return rc < 0 ? rc : 0;
}

/* ---- all of it ---- */

static int recount(struct ledger *l, struct recount *r, struct error *err)
{
    int rc = count_rows(l, r, err);
    if (rc == 0)
        rc = compare_batches(l, r, err);
    if (rc == 0)
        rc = compare_counters(l, r, err);
    if (rc == 0)
        rc = compare_awaiting(l, r, err);
    if (rc != 0 || r->only != 0)
        return rc;
    rc = count_notices(l, r->books, err);
    if (rc == 0)
        rc = find_orphan(l, err);
    return rc == 0 ? action_verify(l, err) : rc;
}

static int find_only(struct ledger *l, const char *batch, int64_t *out, struct error *err)
{
    *out = 0;
    int rc = batch != NULL ? ledger_find_batch(l, batch, out, err) : 0;
    if (rc == 0 && batch != NULL && *out == 0)
        rc = error_set(err, ERR_NOT_FOUND, "the ledger knows no batch with the id %s", batch);
    return rc;
}

int ledger_reconcile(struct ledger *l, const char *batch, struct books *out, struct error *err)
{
    bool own = false;
    *out = (struct books){0};
    struct recount r = {.books = out};
    int rc = l->in_transaction ? ledger_flush_counts(l, err) : 0;
    if (rc == 0)
        rc = ledger_look(l, &own, err);
    if (rc != 0)
        return rc;
    rc = find_only(l, batch, &r.only, err);
    if (rc == 0)
        rc = recount(l, &r, err);
    free(r.tallies);
    free(r.lines);
    return ledger_looked(l, own, rc, err);
}
