/* The books: deliveries by batch, channel and state, kept with every change. The recount is in
 * reconcile.c. */
#include "ledger/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char add_sql[] =
    "INSERT INTO counter (batch, channel, state, n) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (batch, channel, state) DO UPDATE SET n = n + excluded.n";
static const char read_all_sql[] =
    "SELECT channel, state, sum(n) FROM counter GROUP BY channel, state";
static const char read_batch_sql[] = "SELECT channel, state, n FROM counter WHERE batch = ?";
static const char add_untried_sql[] =
    "UPDATE batch SET untried = max(untried + ?, 0) WHERE seq = ?";
static const char read_untried_sql[] = "SELECT untried FROM batch WHERE seq = ?";
/* By the index of what did not arrive. */
static const char find_trial_sql[] =
    "SELECT EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_trouble"
    " WHERE state = 6 AND batch = ? AND cause = 'trial_mode')";
static const char add_day_sql[] = "INSERT INTO day (transport, day, n) VALUES (?, ?, ?)"
                                  " ON CONFLICT (transport, day) DO UPDATE SET n = n + excluded.n";
static const char read_day_sql[] = "SELECT n FROM day WHERE transport = ? AND day = ?";

struct tally *tally_of(struct tally **tallies, size_t *count, int64_t batch)
{
    for (size_t i = *count; i > 0; i--) {
        if ((*tallies)[i - 1].batch == batch)
            return &(*tallies)[i - 1];
    }
    *tallies = xreallocarray(*tallies, *count + 1, sizeof(**tallies));
    struct tally *tally = &(*tallies)[(*count)++];
    *tally = (struct tally){.batch = batch};
    return tally;
}

void ledger_count_new(struct ledger *l, int64_t batch, enum channel_kind channel,
                      enum delivery_state state)
{
    assert(l->in_transaction);
    tally_of(&l->tallies, &l->tally_count, batch)->n[channel][state]++;
}

void ledger_count_move(struct ledger *l, int64_t batch, enum channel_kind channel,
                       enum delivery_state row, enum delivery_state from, enum delivery_state to)
{
    assert(l->in_transaction);
    assert(delivery_may_move(from, to));
    struct tally *tally = tally_of(&l->tallies, &l->tally_count, batch);
    tally->n[channel][row]--;
    tally->n[channel][to]++;
}

void ledger_count_delivered(struct ledger *l, int64_t transport)
{
    if (l->today < 0)
        return;
    for (size_t i = 0; i < l->day_count; i++) {
        if (l->days[i].transport == transport && l->days[i].day == l->today) {
            l->days[i].n++;
            return;
        }
    }
    l->days = xreallocarray(l->days, l->day_count + 1, sizeof(*l->days));
    l->days[l->day_count++] = (struct day_tally){.transport = transport, .day = l->today, .n = 1};
}

int ledger_add_untried(struct ledger *l, int64_t batch, int64_t change, struct error *err)
{
    if (change == 0)
        return 0;
    struct query *q = db_query(l->db, add_untried_sql);
    query_bind_int(q, change);
    query_bind_int(q, batch);
    return query_run(q, err);
}

void ledger_forget_counts(struct ledger *l)
{
    l->tally_count = 0;
    l->day_count = 0;
}

/* ---- into the file ---- */

static int add(struct ledger *l, int64_t batch, int channel, int state, int64_t change,
               struct error *err)
{
    if (change == 0)
        return 0;
    struct query *q = db_query(l->db, add_sql);
    query_bind_int(q, batch);
    query_bind_int(q, channel);
    query_bind_int(q, state);
    query_bind_int(q, change);
    return query_run(q, err);
}

static int flush_tally(struct ledger *l, const struct tally *tally, int64_t *out_open,
                       struct error *err)
{
    int rc = 0;
    *out_open = 0;
    for (int c = 0; c < CHANNEL_KINDS; c++) {
        for (int s = 0; rc == 0 && s < DELIVERY_STATES; s++) {
            rc = add(l, tally->batch, c, s, tally->n[c][s], err);
            if (!delivery_state_is_final((enum delivery_state)s))
                *out_open += tally->n[c][s];
        }
    }
    return rc;
}

static int flush_batch(struct ledger *l, const struct tally *tally, struct error *err)
{
    int64_t open_change = 0;
    struct batch_memo *b = NULL;
    /* Before the counters are written: a batch that was not in memory reads them. */
    int rc = tally->batch != 0 ? ledger_read_batch(l, tally->batch, &b, err) : 0;
    if (rc == 0)
        rc = flush_tally(l, tally, &open_change, err);
    if (rc == 0)
        rc = awaiting_flush(l, tally, err);
    if (rc == 0 && b != NULL)
        rc = ledger_judge_batch(l, b, open_change, tally->awaiting, err);
    return rc;
}

static int flush_day(struct ledger *l, const struct day_tally *day, struct error *err)
{
    struct query *q = db_query(l->db, add_day_sql);
    query_bind_int(q, day->transport);
    query_bind_int(q, day->day);
    query_bind_int(q, day->n);
    return query_run(q, err);
}

int ledger_flush_counts(struct ledger *l, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->tally_count; i++)
        rc = flush_batch(l, &l->tallies[i], err);
    for (size_t i = 0; rc == 0 && i < l->day_count; i++)
        rc = flush_day(l, &l->days[i], err);
    if (rc == 0)
        ledger_forget_counts(l);
    return rc;
}

/* ---- questions ---- */

void ledger_add_flight(const struct ledger *l, int64_t batch,
                       int64_t counts[CHANNEL_KINDS][DELIVERY_STATES])
{
    const struct flying *row;
    size_t at = 0;
    while ((row = flight_next(&l->flight, &at)) != NULL) {
        if (batch >= 0 && row->batch != batch)
            continue;
        counts[row->channel][row->state]--;
        counts[row->channel][DELIVERY_IN_FLIGHT]++;
    }
}

static void add_tallies(const struct ledger *l, int64_t batch,
                        int64_t counts[CHANNEL_KINDS][DELIVERY_STATES])
{
    for (size_t i = 0; i < l->tally_count; i++) {
        if (batch >= 0 && l->tallies[i].batch != batch)
            continue;
        for (int c = 0; c < CHANNEL_KINDS; c++) {
            for (int s = 0; s < DELIVERY_STATES; s++)
                counts[c][s] += l->tallies[i].n[c][s];
        }
    }
}

/* Numbers from a file: a row out of range is left out, ledger_reconcile() will tell. */
static int add_rows(struct query *q, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                    struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        enum channel_kind channel = CHANNEL_EMAIL;
        enum delivery_state state = DELIVERY_WAITING;
        bool good = ledger_read_channel(query_int(q), &channel);
        good = ledger_read_state(query_int(q), &state) && good;
        if (good)
            counts[channel][state] += query_int(q);
    }
    return rc;
}

static int count(struct ledger *l, int64_t batch, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                 struct error *err)
{
    bool own = false;
    memset(counts, 0, sizeof(int64_t) * CHANNEL_KINDS * DELIVERY_STATES);
    int rc = ledger_look(l, &own, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, batch < 0 ? read_all_sql : read_batch_sql);
    if (batch >= 0)
        query_bind_int(q, batch);
    rc = add_rows(q, counts, err);
    add_tallies(l, batch, counts);
    ledger_add_flight(l, batch, counts);
    return ledger_looked(l, own, rc, err);
}

int ledger_count(struct ledger *l, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                 struct error *err)
{
    return count(l, -1, counts, err);
}

int ledger_count_batch(struct ledger *l, int64_t batch,
                       int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], struct error *err)
{
    return count(l, batch < 0 ? 0 : batch, counts, err);
}

int ledger_count_untried(struct ledger *l, int64_t batch, int64_t *out, struct error *err)
{
    *out = 0;
    struct query *q = db_query(l->db, read_untried_sql);
    query_bind_int(q, batch);
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

int ledger_find_trial(struct ledger *l, int64_t batch, bool *out, struct error *err)
{
    int64_t found = 0;
    struct query *q = db_query(l->db, find_trial_sql);
    query_bind_int(q, batch);
    int rc = query_run_int(q, &found, err);
    *out = found != 0;
    return rc < 0 ? rc : 0;
}

void ledger_set_day(struct ledger *l, int64_t day)
{
    l->today = day;
}

int ledger_count_day(struct ledger *l, const char *transport, int64_t day, int64_t *out,
                     struct error *err)
{
    int64_t number = 0;
    *out = 0;
    int rc = ledger_find_transport(l, transport, false, &number, err);
    if (rc != 0 || number == 0)
        return rc;
    struct query *q = db_query(l->db, read_day_sql);
    query_bind_int(q, number);
    query_bind_int(q, day);
    rc = query_run_int(q, out, err);
    for (size_t i = 0; rc >= 0 && i < l->day_count; i++) {
        if (l->days[i].transport == number && l->days[i].day == day)
            *out += l->days[i].n;
    }
    return rc < 0 ? rc : 0;
}
