/* Receivers of webhooks, as they are remembered over restarts. */
#include "ledger/ledger.h"

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char put_sql[] =
    "INSERT INTO endpoint (name, disabled, reason, since_ms, failing_since_ms, last_ok_ms)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET disabled = excluded.disabled,"
    " reason = excluded.reason, since_ms = excluded.since_ms,"
    " failing_since_ms = excluded.failing_since_ms, last_ok_ms = excluded.last_ok_ms";
static const char walk_sql[] =
    "SELECT name, disabled, reason, since_ms, failing_since_ms, last_ok_ms FROM endpoint"
    " ORDER BY name";

static int put(struct ledger *l, const struct endpoint_state *state, struct error *err)
{
    struct query *q = db_query(l->db, put_sql);
    query_bind_text(q, state->name);
    query_bind_int(q, state->disabled);
    query_bind_text(q, state->reason != NULL ? state->reason : "");
    query_bind_int(q, state->since_ms);
    query_bind_int(q, state->failing_since_ms);
    query_bind_int(q, state->last_ok_ms);
    return query_run(q, err);
}

int ledger_put_endpoint(struct ledger *l, const struct endpoint_state *state,
                        const struct action *action, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, action != NULL ? LEDGER_DURABLE : LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    rc = put(l, state, err);
    if (rc == 0 && action != NULL)
        rc = action_insert(l, action, 0, NULL, err);
    return ledger_leave(l, own, rc, err);
}

int ledger_walk_endpoints(struct ledger *l, ledger_endpoint_fn *fn, void *context,
                          struct error *err)
{
    struct query *q = db_query(l->db, walk_sql);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct endpoint_state state = {.name = ledger_read_text(q)};
        state.disabled = query_int(q) != 0;
        state.reason = ledger_read_text(q);
        state.since_ms = query_int(q);
        state.failing_since_ms = query_int(q);
        state.last_ok_ms = query_int(q);
        fn(context, &state);
    }
    return rc;
}
