/* What is in flight, between the leases in the file and `struct flight`. */
#include "ledger/ledger.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char leases_sql[] = "SELECT packet, taken_ms, deliveries FROM lease ORDER BY packet";
static const char delivery_sql[] =
    "SELECT d.lane, d.batch, coalesce(n.accepted_ms, b.accepted_ms, 0), coalesce(d.notice, 0),"
    " d.attempts, d.channel, d.state, d.tried, d.confirm, d.over_ms, d.packet FROM delivery d"
    " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch WHERE d.seq = ?";

void ledger_take_off(struct ledger *l, const struct flying *row)
{
    flight_add(&l->flight, row);
    undo_note(l, &(struct undo){.kind = UNDO_TAKE_OFF, .flying = *row});
}

size_t ledger_land(struct ledger *l, int64_t delivery)
{
    undo_note(l, &(struct undo){.kind = UNDO_LAND, .flying = *flight_find(&l->flight, delivery)});
    return flight_remove(&l->flight, delivery);
}

/* 1: it is in flight in this packet; 0: it was settled meanwhile. */
static int read_flying(struct ledger *l, struct flying *out, struct error *err)
{
    struct query *q = db_query(l->db, delivery_sql);
    query_bind_int(q, out->delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->lane = query_int(q);
    out->batch = query_int(q);
    out->accepted_ms = query_int(q);
    out->notice = query_int(q);
    out->attempts = query_int(q);
    bool good = ledger_read_channel(query_int(q), &out->channel);
    good = ledger_read_state(query_int(q), &out->state) && good;
    out->tried = query_int(q) != 0;
    out->confirm = query_int(q) != 0;
    out->over_ms = query_int(q);
    bool settled = query_int(q) >= out->packet;
    query_end(q);
    if (!good)
        return ledger_damaged(l, "no channel and state are possible of delivery", out->delivery,
                              err);
    return !settled && delivery_may_move(out->state, DELIVERY_IN_FLIGHT);
}

/* Of two leases that name a delivery the later one has it. */
static int take(struct ledger *l, struct flying *row, struct error *err)
{
    int rc = read_flying(l, row, err);
    if (rc <= 0)
        return rc;
    if (flight_find(&l->flight, row->delivery) != NULL)
        flight_remove(&l->flight, row->delivery);
    flight_add(&l->flight, row);
    return 0;
}

/* The next number of "[1,2,3]"; 0: there is none, -1: this is no such list. */
static int64_t next_number(const char **at)
{
    char *end;
    if (**at == ']')
        return (*at)[1] == '\0' ? 0 : -1;
    if (**at != '[' && **at != ',')
        return -1;
    errno = 0;
    long long number = strtoll(*at + 1, &end, 10);
    if (errno != 0 || end == *at + 1 || number <= 0)
        return -1;
    *at = end;
    return number;
}

static int load_lease(struct ledger *l, struct query *q, struct error *err)
{
    struct flying row = {.packet = query_int(q)};
    row.taken_ms = query_int(q);
    const char *at = ledger_read_text(q);
    int64_t number;
    while ((number = next_number(&at)) > 0) {
        row.delivery = number;
        int rc = take(l, &row, err);
        if (rc != 0)
            return rc;
    }
    return number == 0 ? 0 : ledger_damaged(l, "no list of deliveries is lease", row.packet, err);
}

int ledger_load_flight(struct ledger *l, struct error *err)
{
    struct query *q = db_query(l->db, leases_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        rc = load_lease(l, q, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}
