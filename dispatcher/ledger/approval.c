/* Approvals: who agreed to which words, and who took that back. No row is ever changed: who
 * approves again adds one, who takes back ends those of the role that were there. */
#include "ledger/campaigns.h"

#include <string.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char approve_sql[] =
    "INSERT INTO approval (campaign, role, who, at_ms, digest, manifest, action)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char file_sql[] = "UPDATE campaign SET file = ? WHERE id = ? AND started_ms = 0";
static const char approvals_sql[] =
    "SELECT a.campaign, a.role, a.who, a.at_ms, a.digest, a.manifest, a.action,"
    " w.who, w.reason, w.at_ms, w.action FROM approval a LEFT JOIN withdrawal w ON w.seq ="
    " (SELECT min(seq) FROM withdrawal WHERE campaign = a.campaign AND role = a.role"
    " AND approval >= a.seq) WHERE a.campaign = ? ORDER BY a.seq";
static const char standing_sql[] =
    "SELECT max(seq) FROM approval WHERE campaign = ?1 AND role = ?2 AND seq >"
    " (SELECT ifnull(max(approval), 0) FROM withdrawal WHERE campaign = ?1 AND role = ?2)";
static const char withdraw_sql[] =
    "INSERT INTO withdrawal (campaign, role, who, reason, at_ms, approval, action)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";

/* ---- given ---- */

static int insert_approval(struct ledger *l, const struct approval *a, int64_t action,
                           struct error *err)
{
    struct query *q = db_query(l->db, approve_sql);
    query_bind_text(q, a->campaign);
    query_bind_text(q, a->role);
    query_bind_text(q, a->who);
    query_bind_int(q, a->at_ms);
    query_bind_bytes(q, a->digest, DIGEST_SIZE);
    query_bind_text(q, a->manifest);
    query_bind_int(q, action);
    return query_run(q, err);
}

/* Where it lies, so that it is found by its name before it is sent. */
static int note_file(struct ledger *l, const struct approval *a, struct error *err)
{
    if (a->file == NULL)
        return 0;
    struct query *q = db_query(l->db, file_sql);
    query_bind_text(q, a->file);
    query_bind_text(q, a->campaign);
    return query_run(q, err);
}

static int put_approval(struct ledger *l, const struct approval *a, const struct action *action,
                        struct error *err)
{
    int64_t number = 0;
    struct campaign_standing now;
    int rc = campaign_find_standing(l, a->campaign, &now, err);
    if (rc == 0 && now.started && now.stop == CAMPAIGN_CANCELLED)
        rc = error_set(err, ERR_CONFLICT,
                       "the campaign \"%s\" was cancelled, and that is for good: give it another "
                       "name (`campaign:` in its file) and have that approved",
                       a->campaign);
    if (rc == 0)
        rc = campaign_make_draft(l, a->campaign, a->at_ms, err);
    if (rc == 0)
        rc = note_file(l, a, err);
    if (rc == 0)
        rc = action_insert(l, action, 0, &number, err);
    return rc == 0 ? insert_approval(l, a, number, err) : rc;
}

int ledger_put_approval(struct ledger *l, const struct approval *a, const struct action *action,
                        struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, put_approval(l, a, action, err), err);
}

/* ---- asked for ---- */

static bool read_approval(struct query *q, unsigned char digest[DIGEST_SIZE], struct approval *out)
{
    size_t len = 0;
    *out = (struct approval){0};
    out->campaign = ledger_read_text(q);
    out->role = ledger_read_text(q);
    out->who = ledger_read_text(q);
    out->at_ms = query_int(q);
    const char *bytes = query_text_len(q, &len);
    if (bytes == NULL || len != DIGEST_SIZE)
        return false;
    memcpy(digest, bytes, DIGEST_SIZE);
    out->digest = digest;
    out->manifest = ledger_read_text(q);
    out->action = query_int(q);
    out->withdrawn.who = ledger_read_text(q);
    out->withdrawn.reason = ledger_read_text(q);
    out->withdrawn.at_ms = query_int(q);
    out->withdrawn.action = query_int(q);
    return true;
}

int ledger_walk_approvals(struct ledger *l, const char *campaign, ledger_approval_fn *fn,
                          void *context, struct error *err)
{
    struct query *q = db_query(l->db, approvals_sql);
    query_bind_text(q, campaign);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct approval a;
        unsigned char digest[DIGEST_SIZE];
        if (read_approval(q, digest, &a))
            fn(context, &a);
    }
    return rc;
}

/* ---- taken back ---- */

/* ERR_NOT_FOUND: nothing stands. */
static int find_last(struct ledger *l, const char *campaign, const char *role, int64_t *out,
                     struct error *err)
{
    struct query *q = db_query(l->db, standing_sql);
    *out = 0;
    query_bind_text(q, campaign);
    query_bind_text(q, role);
    int rc = query_run_int(q, out, err);
    if (rc >= 0 && *out == 0)
        return error_set(err, ERR_NOT_FOUND, "nobody has approved %s as %s", campaign, role);
    return rc < 0 ? rc : 0;
}

static int insert_withdrawal(struct ledger *l, const char *campaign, const char *role,
                             const struct action *action, int64_t last, int64_t number,
                             struct error *err)
{
    struct query *q = db_query(l->db, withdraw_sql);
    query_bind_text(q, campaign);
    query_bind_text(q, role);
    query_bind_text(q, action->who);
    query_bind_text(q, action->reason);
    query_bind_int(q, action->now_ms);
    query_bind_int(q, last);
    query_bind_int(q, number);
    return query_run(q, err);
}

static int withdraw(struct ledger *l, const char *campaign, const char *role,
                    const struct action *action, struct error *err)
{
    int64_t last = 0, number = 0;
    struct campaign_standing now;
    int rc = campaign_find_standing(l, campaign, &now, err);
    if (rc == 0 && now.started)
        rc = error_set(err, ERR_CONFLICT, "the campaign \"%s\" was sent", campaign);
    if (rc == 0)
        rc = find_last(l, campaign, role, &last, err);
    if (rc == 0)
        rc = action_insert(l, action, 0, &number, err);
    return rc == 0 ? insert_withdrawal(l, campaign, role, action, last, number, err) : rc;
}

int ledger_withdraw_approval(struct ledger *l, const char *campaign, const char *role,
                             const struct action *action, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, withdraw(l, campaign, role, action, err), err);
}
