/* Campaigns: made by their first approval (approval.c) or by their start, stopped, looked at. */
#include "ledger/campaigns.h"

#include <string.h>

#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"
#include "model/json.h"

#define PLAN_DEPTH 8

static const char read_sql[] =
    "SELECT seq, id, kind, template, file, plan, manifest, started_by, stop_reason, digest, people,"
    " created_ms, started_ms, send_at_ms, stop, first_passed, taken, taken_ms, first_held, wave_ms,"
    " wave_taken FROM campaign WHERE (?1 IS NULL OR id = ?1) ORDER BY seq";
static const char draft_sql[] =
    "INSERT INTO campaign (id, plan, manifest, kind, template, file, people, created_ms,"
    " started_ms, started_by, send_at_ms, stop, stop_reason, first_passed, taken, taken_ms,"
    " first_held, wave_ms, wave_taken)"
    " VALUES (?, '', '', '', '', '', 0, ?, 0, '', 0, 0, '', 0, 0, 0, 0, 0, 0)"
    " ON CONFLICT (id) DO NOTHING";
static const char start_sql[] =
    "UPDATE campaign SET plan = ?, manifest = ?, digest = ?, kind = ?, template = ?, file = ?,"
    " people = ?, started_ms = ?, started_by = ?, send_at_ms = ? WHERE id = ?";
static const char standing_sql[] =
    "SELECT started_ms, stop, first_passed, digest FROM campaign WHERE id = ?";
static const char stop_sql[] = "UPDATE campaign SET stop = ?, stop_reason = ? WHERE id = ?";
static const char pass_sql[] = "UPDATE campaign SET first_passed = 1 WHERE id = ?";
static const char batches_sql[] = "SELECT seq FROM batch WHERE campaign = ? ORDER BY seq";

/* ---- rows ---- */

static bool read_stop(int64_t number, enum campaign_stop *out)
{
    *out = number == CAMPAIGN_CANCELLED ? CAMPAIGN_CANCELLED
           : number == CAMPAIGN_PAUSED  ? CAMPAIGN_PAUSED
                                        : CAMPAIGN_GOES;
    return (int64_t)*out == number;
}

static void read_digest(struct query *q, char out[DIGEST_HEX_SIZE])
{
    size_t len = 0;
    const char *bytes = query_text_len(q, &len);
    unsigned char digest[DIGEST_SIZE];
    out[0] = '\0';
    if (bytes == NULL || len != DIGEST_SIZE)
        return;
    memcpy(digest, bytes, DIGEST_SIZE);
    digest_hex(digest, out);
}

/* What stands there was checked when it came in. */
static void read_plan(const char *plan, struct pace *out)
{
    struct json_t *root = NULL;
    struct error ignored;
    *out = (struct pace){0};
    if (plan[0] != '\0' &&
        json_parse(plan, strlen(plan), "plan", 1, PLAN_DEPTH, &root, &ignored) == 0 &&
        pace_read(root, out, &ignored) != 0)
        *out = (struct pace){0};
    json_free(root);
}

static int read_row(const struct ledger *l, struct query *q, struct campaign_row *out,
                    struct error *err)
{
    out->campaign = query_int(q);
    out->id = ledger_read_text(q);
    out->kind = ledger_read_text(q);
    out->template_name = ledger_read_text(q);
    out->file = ledger_read_text(q);
    out->plan = ledger_read_text(q);
    out->manifest = ledger_read_text(q);
    out->started_by = ledger_read_text(q);
    out->stop_reason = ledger_read_text(q);
    read_digest(q, out->digest);
    out->people = query_int(q);
    out->created_ms = query_int(q);
    out->started_ms = query_int(q);
    out->send_at_ms = query_int(q);
    bool good = read_stop(query_int(q), &out->stop);
    read_plan(out->plan, &out->pace);
    out->count.passed = query_int(q) != 0 || out->pace.first == 0;
    out->count.taken = query_int(q);
    out->count.taken_ms = query_int(q);
    out->count.held = query_int(q);
    out->count.wave_ms = query_int(q);
    out->count.wave_taken = query_int(q);
    return good ? 0 : ledger_damaged(l, "no standing is possible of campaign", out->campaign, err);
}

int ledger_walk_campaigns(struct ledger *l, const char *id, ledger_campaign_fn *fn, void *context,
                          struct error *err)
{
    struct query *q = db_query(l->db, read_sql);
    query_bind_text(q, id);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct campaign_row row;
        rc = read_row(l, q, &row, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        fn(context, &row);
    }
    return rc;
}

int ledger_walk_campaign_batches(struct ledger *l, const char *id, ledger_number_fn *fn,
                                 void *context, struct error *err)
{
    struct query *q = db_query(l->db, batches_sql);
    query_bind_text(q, id);
    int rc;
    while ((rc = query_step(q, err)) > 0)
        fn(context, query_int(q));
    return rc;
}

int campaign_find_standing(struct ledger *l, const char *id, struct campaign_standing *out,
                           struct error *err)
{
    *out = (struct campaign_standing){0};
    struct query *q = db_query(l->db, standing_sql);
    query_bind_text(q, id);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->known = true;
    out->started = query_int(q) != 0;
    bool good = read_stop(query_int(q), &out->stop);
    out->passed = query_int(q) != 0;
    read_digest(q, out->digest);
    query_end(q);
    return good ? 0 : ledger_damaged(l, "no standing is possible of campaign", 0, err);
}

/* ERR_NOT_FOUND unless it was started. */
static int find_started(struct ledger *l, const char *id, struct campaign_standing *out,
                        struct error *err)
{
    int rc = campaign_find_standing(l, id, out, err);
    if (rc == 0 && !out->known)
        return error_set(err, ERR_NOT_FOUND,
                         "there is no campaign \"%s\"; `dispatcher campaign list` lists them", id);
    if (rc == 0 && !out->started)
        return error_set(
            err, ERR_NOT_FOUND,
            "the campaign \"%s\" has not been sent yet: nothing of it goes; what is next: "
            "dispatcher campaign show %s",
            id, id);
    return rc;
}

/* ---- drafts ---- */

int campaign_make_draft(struct ledger *l, const char *id, int64_t now_ms, struct error *err)
{
    struct query *q = db_query(l->db, draft_sql);
    query_bind_text(q, id);
    query_bind_int(q, now_ms);
    return query_run(q, err);
}

/* ---- start ---- */

static int write_start(struct ledger *l, const struct campaign_start *s,
                       const struct action *action, struct error *err)
{
    struct query *q = db_query(l->db, start_sql);
    query_bind_text(q, s->plan);
    query_bind_text(q, s->manifest);
    query_bind_bytes(q, s->digest, DIGEST_SIZE);
    query_bind_text(q, s->kind);
    query_bind_text(q, s->template_name);
    query_bind_text(q, s->file);
    query_bind_int(q, s->people);
    query_bind_int(q, action->now_ms);
    query_bind_text(q, action->who);
    query_bind_int(q, s->send_at_ms);
    query_bind_text(q, s->id);
    return query_run(q, err);
}

static int start(struct ledger *l, const struct campaign_start *s, const struct action *action,
                 bool *out_started, struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    struct campaign_standing now;
    int rc = campaign_find_standing(l, s->id, &now, err);
    if (rc != 0)
        return rc;
    if (now.started && now.stop == CAMPAIGN_CANCELLED)
        return error_set(err, ERR_CONFLICT,
                         "the campaign \"%s\" was cancelled; send under a new name", s->id);
    if (now.started && strcmp(now.digest, digest_hex(s->digest, hex)) != 0)
        return error_set(err, ERR_CONFLICT,
                         "the campaign \"%s\" was sent already, with other words, facts or people; "
                         "send under a new name",
                         s->id);
    if (now.started)
        return 0;
    rc = campaign_make_draft(l, s->id, action->now_ms, err);
    if (rc == 0)
        rc = write_start(l, s, action, err);
    if (rc == 0)
        rc = action_insert(l, action, s->people, NULL, err);
    if (rc == 0)
        rc = campaign_begin(l, s->id, err);
    *out_started = rc == 0;
    return rc;
}

int ledger_start_campaign(struct ledger *l, const struct campaign_start *s,
                          const struct action *action, bool *out_started, struct error *err)
{
    bool own = false;
    *out_started = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, start(l, s, action, out_started, err), err);
}

/* ---- stop, go on, cancel ---- */

static int write_stop(struct ledger *l, const char *id, enum campaign_stop stop, const char *reason,
                      struct error *err)
{
    struct query *q = db_query(l->db, stop_sql);
    query_bind_int(q, stop);
    query_bind_text(q, stop == CAMPAIGN_GOES ? "" : reason);
    query_bind_text(q, id);
    return query_run(q, err);
}

static int stop_campaign(struct ledger *l, const char *id, enum campaign_stop stop,
                         const char *reason, const struct action *action,
                         enum campaign_stop *out_was, struct error *err)
{
    struct campaign_standing now;
    int rc = find_started(l, id, &now, err);
    if (rc != 0)
        return rc;
    *out_was = now.stop;
    if (now.stop == stop)
        return 0;
    if (now.stop == CAMPAIGN_CANCELLED)
        return error_set(err, ERR_CONFLICT, "the campaign \"%s\" was cancelled: that is for good",
                         id);
    rc = write_stop(l, id, stop, reason, err);
    if (rc == 0)
        campaign_set(l, id, stop, false);
    return rc == 0 ? action_insert(l, action, 0, NULL, err) : rc;
}

int ledger_stop_campaign(struct ledger *l, const char *id, enum campaign_stop stop,
                         const char *reason, const struct action *action,
                         enum campaign_stop *out_was, struct error *err)
{
    bool own = false;
    *out_was = CAMPAIGN_GOES;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    return ledger_leave(l, own, stop_campaign(l, id, stop, reason, action, out_was, err), err);
}

static int pass(struct ledger *l, const char *id, const struct action *action, bool *out_was_passed,
                struct error *err)
{
    struct campaign_standing now;
    int rc = find_started(l, id, &now, err);
    *out_was_passed = now.passed;
    if (rc != 0 || now.passed)
        return rc;
    struct query *q = db_query(l->db, pass_sql);
    query_bind_text(q, id);
    rc = query_run(q, err);
    if (rc == 0)
        campaign_set(l, id, now.stop, true);
    return rc == 0 ? action_insert(l, action, 0, NULL, err) : rc;
}

int ledger_pass_campaign(struct ledger *l, const char *id, const struct action *action,
                         bool *out_was_passed, struct error *err)
{
    bool own = false;
    *out_was_passed = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, pass(l, id, action, out_was_passed, err), err);
}
