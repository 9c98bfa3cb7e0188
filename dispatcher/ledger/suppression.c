/* Addresses that are not written to any more. */
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

#define UPSERT                                                                                     \
    "INSERT INTO suppression (channel, address, cause, reason, source, since_ms, expires_ms)"      \
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (channel, address) DO UPDATE SET"                   \
    " cause = excluded.cause, reason = excluded.reason, source = excluded.source,"                 \
    " since_ms = excluded.since_ms, expires_ms = excluded.expires_ms"
static const char replace_sql[] = UPSERT;
/* What nobody decided of this address does not shorten what is there: a bounce, or the list of an
 * older system, is no leave to write again to somebody who said no. */
static const char extend_sql[] = UPSERT
    " WHERE suppression.expires_ms > 0 AND (excluded.expires_ms = 0 OR excluded.expires_ms >="
    " suppression.expires_ms)";
static const char delete_sql[] = "DELETE FROM suppression WHERE channel = ? AND address = ?";
static const char any_sql[] = "SELECT EXISTS (SELECT 1 FROM suppression)";
static const char find_sql[] = "SELECT cause, reason, source, since_ms, expires_ms FROM suppression"
                               " WHERE channel = ? AND address = ?"
                               " AND (expires_ms = 0 OR expires_ms > ?)";
static const char walk_sql[] =
    "SELECT channel, address, cause, reason, source, since_ms, expires_ms FROM suppression"
    " WHERE (channel, address) > (?, ?) ORDER BY channel, address LIMIT ?";

int ledger_load_suppressions(struct ledger *l, struct error *err)
{
    int64_t any = 0;
    int rc = query_run_int(db_query(l->db, any_sql), &any, err);
    l->memory.suppressions = any != 0;
    return rc < 0 ? rc : 0;
}

/* ---- changing ---- */

static int put(struct ledger *l, const struct suppression *s, struct error *err)
{
    bool decided = strcmp(s->source, SUPPRESSION_OPERATOR) == 0 && !s->imported;
    struct query *q = db_query(l->db, decided ? replace_sql : extend_sql);
    query_bind_int(q, s->channel);
    query_bind_text(q, s->address);
    query_bind_text(q, s->cause);
    query_bind_text(q, s->reason != NULL ? s->reason : "");
    query_bind_text(q, s->source);
    query_bind_int(q, s->since_ms);
    query_bind_int(q, s->expires_ms);
    l->memory.suppressions = true;
    return query_run(q, err);
}

int ledger_suppress(struct ledger *l, const struct suppression *s, const struct action *action,
                    struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, action != NULL ? LEDGER_DURABLE : LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    rc = put(l, s, err);
    if (rc == 0 && action != NULL)
        rc = action_insert(l, action, 0, NULL, err);
    return ledger_leave(l, own, rc, err);
}

static int take_off(struct ledger *l, enum channel_kind channel, const char *key,
                    const struct action *action, bool *out_found, struct error *err)
{
    struct query *q = db_query(l->db, delete_sql);
    query_bind_int(q, channel);
    query_bind_text(q, key);
    int rc = query_run(q, err);
    *out_found = rc == 0 && db_changed(l->db) == 1;
    if (rc != 0 || !*out_found)
        return rc;
    rc = ledger_load_suppressions(l, err);
    return rc == 0 && action != NULL ? action_insert(l, action, 0, NULL, err) : rc;
}

int ledger_unsuppress(struct ledger *l, enum channel_kind channel, const char *key,
                      const struct action *action, bool *out_found, struct error *err)
{
    bool own = false;
    *out_found = false;
    int rc = ledger_enter(l, action != NULL ? LEDGER_DURABLE : LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    return ledger_leave(l, own, take_off(l, channel, key, action, out_found, err), err);
}

/* ---- looking ---- */

static const char *keep(char **slot, const char *text)
{
    free(*slot);
    *slot = xstrdup(text);
    return *slot;
}

bool ledger_has_suppressions(const struct ledger *l)
{
    return l->memory.suppressions;
}

int ledger_find_suppression(struct ledger *l, enum channel_kind channel, const char *key,
                            int64_t now_ms, bool *out_found, struct suppression *out,
                            struct error *err)
{
    *out_found = false;
    if (l->mode == LEDGER_WRITE && !l->memory.suppressions)
        return 0;
    struct query *q = db_query(l->db, find_sql);
    query_bind_int(q, channel);
    query_bind_text(q, key);
    query_bind_int(q, now_ms);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out_found = true;
    *out = (struct suppression){.channel = channel, .address = keep(&l->found[0], key)};
    out->cause = keep(&l->found[1], ledger_read_text(q));
    out->reason = keep(&l->found[2], ledger_read_text(q));
    out->source = keep(&l->found[3], ledger_read_text(q));
    out->since_ms = query_int(q);
    out->expires_ms = query_int(q);
    query_end(q);
    return 0;
}

static int read_row(const struct ledger *l, struct query *q, struct suppression *out,
                    struct error *err)
{
    int64_t channel = query_int(q);
    if (!ledger_read_channel(channel, &out->channel))
        return ledger_damaged(l, "no channel of a suppressed address is", channel, err);
    out->address = ledger_read_text(q);
    out->cause = ledger_read_text(q);
    out->reason = ledger_read_text(q);
    out->source = ledger_read_text(q);
    out->since_ms = query_int(q);
    out->expires_ms = query_int(q);
    return 0;
}

int ledger_walk_suppressions(struct ledger *l, enum channel_kind channel, const char *after,
                             size_t limit, ledger_suppression_fn *fn, void *context,
                             size_t *out_count, struct error *err)
{
    struct query *q = db_query(l->db, walk_sql);
    query_bind_int(q, channel);
    query_bind_text(q, after != NULL ? after : "");
    query_bind_int(q, (int64_t)limit);
    *out_count = 0;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct suppression s;
        rc = read_row(l, q, &s, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        fn(context, &s);
        ++*out_count;
    }
    return rc;
}
