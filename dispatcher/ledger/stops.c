#include "ledger/stops.h"

#include <stdio.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char pause_sql[] =
    "INSERT INTO transport_stop (transport, since_ms, who, reason, over) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (transport) DO UPDATE SET since_ms = excluded.since_ms, who = excluded.who,"
    " reason = excluded.reason, over = excluded.over";
static const char resume_sql[] = "DELETE FROM transport_stop WHERE transport = ?";
static const char walk_sql[] =
    "SELECT transport, since_ms, who, reason, over FROM transport_stop ORDER BY transport";
static const char put_live_sql[] =
    "INSERT INTO live_switch (only, live, since_ms, who, reason) VALUES (1, ?, ?, ?, ?)"
    " ON CONFLICT (only) DO UPDATE SET live = excluded.live, since_ms = excluded.since_ms,"
    " who = excluded.who, reason = excluded.reason";
static const char find_live_sql[] = "SELECT live, since_ms, who, reason FROM live_switch";

/* Runs the statement and records the action, both or neither. */
static int change(struct ledger *l, struct query *q, const struct action *action, int64_t count,
                  struct error *err)
{
    int rc = query_run(q, err);
    return rc == 0 ? action_insert(l, action, count, NULL, err) : rc;
}

int ledger_pause_transport(struct ledger *l, const struct transport_stop *stop,
                           const struct action *action, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, pause_sql);
    query_bind_text(q, stop->transport);
    query_bind_int(q, stop->since_ms);
    query_bind_text(q, stop->who);
    query_bind_text(q, stop->reason);
    query_bind_int(q, stop->over);
    return ledger_leave(l, own, change(l, q, action, 0, err), err);
}

int ledger_resume_transport(struct ledger *l, const char *transport, const struct action *action,
                            struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, resume_sql);
    query_bind_text(q, transport);
    return ledger_leave(l, own, change(l, q, action, 0, err), err);
}

int ledger_walk_transport_stops(struct ledger *l, ledger_stop_fn *fn, void *context,
                                struct error *err)
{
    struct query *q = db_query(l->db, walk_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct transport_stop stop = {.transport = ledger_read_text(q)};
        stop.since_ms = query_int(q);
        stop.who = ledger_read_text(q);
        stop.reason = ledger_read_text(q);
        stop.over = query_int(q) != 0;
        fn(context, &stop);
    }
    return rc;
}

int ledger_put_live(struct ledger *l, const struct live_switch *live, const struct action *action,
                    int64_t count, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, put_live_sql);
    query_bind_int(q, live->word == LIVE_ON);
    query_bind_int(q, live->since_ms);
    query_bind_text(q, live->who);
    query_bind_text(q, live->reason);
    return ledger_leave(l, own, change(l, q, action, count, err), err);
}

int ledger_find_live(struct ledger *l, struct live_switch *out, struct error *err)
{
    struct query *q = db_query(l->db, find_live_sql);
    *out = (struct live_switch){.word = LIVE_UNSAID};
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->word = query_int(q) != 0 ? LIVE_ON : LIVE_OFF;
    out->since_ms = query_int(q);
    snprintf(out->who, sizeof(out->who), "%s", ledger_read_text(q));
    snprintf(out->reason, sizeof(out->reason), "%s", ledger_read_text(q));
    query_end(q);
    return 0;
}

int ledger_note_action(struct ledger *l, const struct action *action, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc == 0 ? ledger_leave(l, own, action_insert(l, action, 0, NULL, err), err) : rc;
}
