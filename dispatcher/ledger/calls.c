#include "ledger/calls.h"

#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char known_sql[] = "SELECT 1 FROM call WHERE sum = ?";
static const char put_sql[] =
    "INSERT INTO call (sum, notice, campaign, outcome, at_ms, note, who, action)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sum) DO NOTHING";
static const char campaign_sql[] = "SELECT coalesce((SELECT campaign FROM notice WHERE seq = ?1),"
                                   " (SELECT campaign FROM batch WHERE seq = ?2)),"
                                   " coalesce((SELECT accepted_ms FROM notice WHERE seq = ?1),"
                                   " (SELECT accepted_ms FROM batch WHERE seq = ?2))";
#define CALL_COLUMNS "SELECT sum, notice, campaign, outcome, at_ms, note, who FROM call"
static const char of_notice_sql[] = CALL_COLUMNS " WHERE notice = ? ORDER BY seq";
static const char of_campaign_sql[] = CALL_COLUMNS " WHERE campaign = ? ORDER BY seq";
static const char all_sql[] = CALL_COLUMNS " ORDER BY seq";
static const char count_sql[] =
    "SELECT outcome, count(*) FROM call c WHERE campaign = ?"
    " AND NOT EXISTS (SELECT 1 FROM call d WHERE d.notice = c.notice"
    "  AND (d.at_ms > c.at_ms OR (d.at_ms = c.at_ms AND d.seq > c.seq))) GROUP BY outcome";

static const char *const names[CALL_OUTCOMES] = {
    [CALL_REACHED] = "reached",
    [CALL_NO_ANSWER] = "no_answer",
    [CALL_WRONG_NUMBER] = "wrong_number",
    [CALL_REFUSED] = "refused",
    [CALL_BACK] = "call_back",
};

const char *call_outcome_name(enum call_outcome outcome)
{
    return names[outcome];
}

bool call_outcome_parse(const char *name, enum call_outcome *out)
{
    for (int i = 0; i < CALL_OUTCOMES; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *out = (enum call_outcome)i;
        return true;
    }
    return false;
}

int ledger_find_called(struct ledger *l, const char *notice, bool *out_found, struct buf *campaign,
                       int64_t *out_accepted_ms, struct error *err)
{
    struct named named;
    int rc = ledger_find_id(l, notice, &named, err);
    *out_found = rc == 0 && (named.notice != 0 || named.batch != 0);
    if (!*out_found)
        return rc;
    struct query *q = db_query(l->db, campaign_sql);
    query_bind_int(q, named.notice);
    query_bind_int(q, named.batch);
    rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    const char *text = query_text(q);
    buf_puts(campaign, text != NULL ? text : "");
    *out_accepted_ms = query_int(q);
    query_end(q);
    return 0;
}

/* ---- putting down ---- */

static int is_known(struct ledger *l, const struct call *c, bool *out, struct error *err)
{
    int64_t known = 0;
    struct query *q = db_query(l->db, known_sql);
    query_bind_bytes(q, c->sum, DIGEST_SIZE);
    int rc = query_run_int(q, &known, err);
    *out = rc > 0;
    return rc < 0 ? rc : 0;
}

static int insert(struct ledger *l, const struct call *c, int64_t action, struct error *err)
{
    struct query *q = db_query(l->db, put_sql);
    query_bind_bytes(q, c->sum, DIGEST_SIZE);
    query_bind_text(q, c->notice);
    query_bind_text(q, c->campaign);
    query_bind_int(q, c->outcome);
    query_bind_int(q, c->at_ms);
    query_bind_text(q, c->note);
    query_bind_text(q, c->who);
    query_bind_int(q, action);
    return query_run(q, err);
}

static int put(struct ledger *l, const struct call *calls, size_t count,
               const struct action *action, bool *out_new, int64_t *out_count, struct error *err)
{
    int64_t number = 0;
    int rc = 0;
    *out_count = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        bool known = false;
        rc = is_known(l, &calls[i], &known, err);
        for (size_t j = 0; j < i && !known; j++)
            known = out_new[j] && digest_equal(calls[j].sum, calls[i].sum, DIGEST_SIZE);
        out_new[i] = !known;
        *out_count += !known;
    }
    if (rc == 0 && *out_count > 0)
        rc = action_insert(l, action, *out_count, &number, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (out_new[i])
            rc = insert(l, &calls[i], number, err);
    }
    return rc;
}

int ledger_put_calls(struct ledger *l, const struct call *calls, size_t count,
                     const struct action *action, bool *out_new, int64_t *out_count,
                     struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc != 0
               ? rc
               : ledger_leave(l, own, put(l, calls, count, action, out_new, out_count, err), err);
}

/* ---- looking ---- */

static bool read_call(struct query *q, struct call *out)
{
    size_t len = 0;
    const char *sum = query_text_len(q, &len);
    if (sum == NULL || len != DIGEST_SIZE)
        return false;
    memcpy(out->sum, sum, DIGEST_SIZE);
    out->notice = ledger_read_text(q);
    out->campaign = query_text(q);
    int64_t outcome = query_int(q);
    out->outcome = (enum call_outcome)outcome;
    out->at_ms = query_int(q);
    out->note = ledger_read_text(q);
    out->who = ledger_read_text(q);
    return outcome >= 0 && outcome < CALL_OUTCOMES;
}

int ledger_walk_calls(struct ledger *l, const char *notice, const char *campaign,
                      ledger_call_fn *fn, void *context, struct error *err)
{
    const char *sql = notice != NULL ? of_notice_sql : campaign != NULL ? of_campaign_sql : all_sql;
    const char *of = notice != NULL ? notice : campaign;
    struct query *q = db_query(l->db, sql);
    int rc;
    if (of != NULL)
        query_bind_text(q, of);
    while ((rc = query_step(q, err)) > 0) {
        struct call c;
        if (read_call(q, &c)) {
            fn(context, &c);
            continue;
        }
        query_end(q);
        return ledger_damaged(l, "no outcome is possible of a call of action", 0, err);
    }
    return rc;
}

int ledger_count_calls(struct ledger *l, const char *campaign, int64_t out[CALL_OUTCOMES],
                       struct error *err)
{
    struct query *q = db_query(l->db, count_sql);
    int rc;
    memset(out, 0, CALL_OUTCOMES * sizeof(*out));
    query_bind_text(q, campaign);
    while ((rc = query_step(q, err)) > 0) {
        int64_t outcome = query_int(q);
        if (outcome >= 0 && outcome < CALL_OUTCOMES)
            out[outcome] = query_int(q);
    }
    return rc;
}
