/* The books: deliveries by channel and state, kept with every change and recounted on demand. */
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char add_sql[] = "UPDATE counter SET n = n + ? WHERE channel = ? AND state = ?";
static const char read_sql[] = "SELECT channel, state, n FROM counter";
static const char differences_sql[] =
    "SELECT c.channel, c.state, c.n, coalesce(r.n, 0) FROM counter c"
    " LEFT JOIN (SELECT channel, state, count(*) AS n FROM delivery GROUP BY channel, state) r"
    " ON r.channel = c.channel AND r.state = c.state"
    " WHERE c.n <> coalesce(r.n, 0) ORDER BY c.channel, c.state";
static const char orphans_sql[] = "SELECT n.id FROM notice n WHERE NOT EXISTS"
                                  " (SELECT 1 FROM delivery d WHERE d.notice = n.seq) LIMIT 1";

void ledger_count_new(struct ledger *l, enum channel_kind channel, enum delivery_state state)
{
    assert(l->in_transaction);
    l->delta[channel][state]++;
}

void ledger_count_move(struct ledger *l, enum channel_kind channel, enum delivery_state from,
                       enum delivery_state to)
{
    assert(l->in_transaction);
    assert(delivery_may_move(from, to));
    l->delta[channel][from]--;
    l->delta[channel][to]++;
}

static int add(struct ledger *l, int channel, int state, int64_t change, struct error *err)
{
    struct query *q = db_query(l->db, add_sql);
    query_bind_int(q, change);
    query_bind_int(q, channel);
    query_bind_int(q, state);
    return query_run(q, err);
}

int ledger_flush_counts(struct ledger *l, struct error *err)
{
    for (int c = 0; c < CHANNEL_KINDS; c++) {
        for (int s = 0; s < DELIVERY_STATES; s++) {
            if (l->delta[c][s] == 0)
                continue;
            int rc = add(l, c, s, l->delta[c][s], err);
            if (rc != 0)
                return rc;
            l->delta[c][s] = 0;
        }
    }
    return 0;
}

/* Numbers from a file: whatever stands there, they are in range or the row is left out. */
static bool in_books(int64_t channel, int64_t state)
{
    return channel >= 0 && channel < CHANNEL_KINDS && state >= 0 && state < DELIVERY_STATES;
}

int ledger_count(struct ledger *l, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                 struct error *err)
{
    memcpy(counts, l->delta, sizeof(l->delta));
    struct query *q = db_query(l->db, read_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        int64_t channel = query_int(q);
        int64_t state = query_int(q);
        if (in_books(channel, state))
            counts[channel][state] += query_int(q);
    }
    return rc;
}

static int compare_counters(struct ledger *l, struct error *err)
{
    struct query *q = db_query(l->db, differences_sql);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    int64_t channel = query_int(q);
    int64_t state = query_int(q);
    long long booked = (long long)query_int(q);
    long long counted = (long long)query_int(q);
    query_end(q);
    if (!in_books(channel, state))
        return error_set(err, ERR_INTERNAL,
                         "the books hold a channel or state that does not exist");
    return error_set(err, ERR_INTERNAL,
                     "the books do not balance: by the counters %lld %s deliveries are %s, by the "
                     "rows %lld",
                     booked, channel_kind_name((enum channel_kind)channel),
                     delivery_state_name((enum delivery_state)state), counted);
}

static int find_orphan(struct ledger *l, struct error *err)
{
    struct query *q = db_query(l->db, orphans_sql);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    rc = error_set(err, ERR_INTERNAL, "the notice %s was accepted and has no delivery",
                   query_text(q));
    query_end(q);
    return rc;
}

int ledger_reconcile(struct ledger *l, struct error *err)
{
    int rc = l->in_transaction ? ledger_flush_counts(l, err) : 0;
    if (rc == 0)
        rc = compare_counters(l, err);
    if (rc == 0)
        rc = find_orphan(l, err);
    if (rc == 0)
        rc = action_verify(l, err);
    return rc;
}
