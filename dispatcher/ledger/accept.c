/* Accepting a notice: its row, its deliveries, its spare channels; and telling repeats from
 * conflicts. */
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char insert_notice_sql[] =
    "INSERT INTO notice (id, idempotency_key, digest, template, locale, fallback, method, campaign,"
    " priority, accepted_ms, expires_at_ms, source, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
static const char insert_spare_sql[] =
    "INSERT INTO spare (notice, position, channel, transport, state, address, cause, patience_ms,"
    " confirm) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char find_id_sql[] = "SELECT digest FROM notice WHERE id = ?";
static const char find_key_sql[] = "SELECT digest FROM notice WHERE idempotency_key = ?";
static const char find_batch_sql[] = "SELECT digest FROM batch WHERE id = ?";

/* *out is the new notice's number, or 0 if its id or its idempotency key is taken. */
static int insert_notice(struct ledger *l, const struct acceptance *a, int64_t *out,
                         struct error *err)
{
    struct query *q = db_query(l->db, insert_notice_sql);
    query_bind_text(q, a->job->id);
    query_bind_text(q, a->job->idempotency_key);
    query_bind_bytes(q, a->digest, DIGEST_SIZE);
    query_bind_text(q, a->template_name);
    query_bind_text(q, a->locale);
    query_bind_int(q, a->fallback);
    query_bind_int(q, a->method);
    query_bind_text(q, a->job->campaign);
    query_bind_int(q, a->job->priority);
    query_bind_int(q, a->now_ms);
    query_bind_int(q, a->job->expires_at_ms);
    query_bind_text(q, a->source);
    query_bind_text_len(q, a->text, a->len);
    int rc = query_run(q, err);
    *out = rc == 0 && db_changed(l->db) == 1 ? db_last_number(l->db) : 0;
    return rc;
}

static int insert_deliveries(struct ledger *l, const struct acceptance *a, int64_t notice,
                             struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->count; i++) {
        struct new_delivery d = {.notice = notice,
                                 .more = a->spare_count > 0,
                                 .priority = a->job->priority,
                                 .plan = &a->deliveries[i],
                                 .now_ms = a->now_ms};
        rc = ledger_insert_delivery(l, &d, NULL, err);
    }
    return rc;
}

static int insert_spares(struct ledger *l, const struct acceptance *a, int64_t notice,
                         struct error *err)
{
    for (size_t i = 0; i < a->spare_count; i++) {
        const struct planned_delivery *p = &a->spare[i];
        int64_t transport = 0;
        int rc = ledger_find_transport(l, p->transport, true, &transport, err);
        if (rc != 0)
            return rc;
        struct query *q = db_query(l->db, insert_spare_sql);
        query_bind_int(q, notice);
        query_bind_int(q, (int64_t)i);
        query_bind_int(q, p->channel);
        query_bind_int(q, transport);
        query_bind_int(q, p->state);
        query_bind_text(q, p->address);
        query_bind_text(q, p->cause);
        query_bind_int(q, p->patience_ms);
        query_bind_int(q, p->confirm);
        rc = query_run(q, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int read_digest(struct ledger *l, const char *sql, const char *name, bool *out_known,
                       unsigned char out[DIGEST_SIZE], struct error *err)
{
    struct query *q = db_query(l->db, sql);
    query_bind_text(q, name);
    *out_known = false;
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    size_t len = 0;
    const char *digest = query_text_len(q, &len);
    *out_known = len == DIGEST_SIZE;
    if (*out_known)
        memcpy(out, digest, DIGEST_SIZE);
    query_end(q);
    return *out_known ? 0
                      : error_set(err, ERR_IO, "the ledger %s is damaged: a digest has %zu bytes",
                                  l->path, len);
}

/* The insert was refused: by the id, or else by the idempotency key. The id decides if both are
 * known. */
static int judge_repeat(struct ledger *l, const struct acceptance *a, enum accept_result *out,
                        struct error *err)
{
    unsigned char known[DIGEST_SIZE];
    bool found = false;
    int rc = read_digest(l, find_id_sql, a->job->id, &found, known, err);
    if (rc == 0 && !found)
        rc = read_digest(l, find_key_sql, a->job->idempotency_key, &found, known, err);
    if (rc != 0)
        return rc;
    assert(found);
    *out = memcmp(known, a->digest, DIGEST_SIZE) == 0 ? ACCEPT_DUPLICATE : ACCEPT_CONFLICT;
    return 0;
}

/* The id of a batch, or of one of its recipients? ACCEPT_NEW: of neither. While a batch is taken in
 * nobody knows yet whom it may name. */
static int find_rival(struct ledger *l, const char *id, enum accept_result *out, struct error *err)
{
    int64_t batch = 0;
    struct named named = {0}, coming = {0};
    int rc = l->has_batches ? ledger_find_batch(l, id, &batch, err) : 0;
    if (rc == 0 && batch == 0)
        rc = ledger_find_recipient(l, id, 0, false, &named, err);
    if (rc == 0 && batch == 0 && named.batch == 0)
        rc = ledger_find_recipient(l, id, 0, true, &coming, err);
    *out = batch != 0 || named.batch != 0 ? ACCEPT_CONFLICT
           : coming.batch != 0            ? ACCEPT_LATER
                                          : ACCEPT_NEW;
    return rc;
}

static int accept_notice(struct ledger *l, const struct acceptance *a, enum accept_result *out,
                         struct error *err)
{
    int64_t notice = 0;
    int rc = find_rival(l, a->job->id, out, err);
    if (rc != 0 || *out != ACCEPT_NEW)
        return rc;
    rc = insert_notice(l, a, &notice, err);
    if (rc != 0)
        return rc;
    if (notice == 0)
        return judge_repeat(l, a, out, err);
    rc = insert_deliveries(l, a, notice, err);
    return rc != 0 ? rc : insert_spares(l, a, notice, err);
}

int ledger_accept(struct ledger *l, const struct acceptance *a, enum accept_result *out,
                  struct error *err)
{
    assert(a->count > 0); /* a notice without a delivery would be lost in the books */
    bool own = false;
    ledger_note_time(l, a->now_ms);
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, accept_notice(l, a, out, err), err);
}

/* A recipient of a batch is known by what was handed over: the batch. */
static int read_recipient_digest(struct ledger *l, const char *id, bool *out_known,
                                 unsigned char out[DIGEST_SIZE], struct error *err)
{
    struct named named;
    struct batch_memo *b = NULL;
    int rc = ledger_find_recipient(l, id, 0, false, &named, err);
    if (rc == 0 && named.batch != 0)
        rc = ledger_read_batch(l, named.batch, &b, err);
    return rc != 0 || b == NULL ? rc : read_digest(l, find_batch_sql, b->id, out_known, out, err);
}

int ledger_find_digest(struct ledger *l, const char *id, bool *out_known,
                       unsigned char out[DIGEST_SIZE], struct error *err)
{
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc != 0)
        return rc;
    rc = read_digest(l, find_id_sql, id, out_known, out, err);
    if (rc == 0 && !*out_known)
        rc = read_digest(l, find_batch_sql, id, out_known, out, err);
    if (rc == 0 && !*out_known)
        rc = read_recipient_digest(l, id, out_known, out, err);
    return ledger_looked(l, own, rc, err);
}

int ledger_find_key_digest(struct ledger *l, const char *key, bool *out_known,
                           unsigned char out[DIGEST_SIZE], struct error *err)
{
    bool own = false;
    int rc = ledger_look(l, &own, err);
    if (rc != 0)
        return rc;
    rc = read_digest(l, find_key_sql, key, out_known, out, err);
    return ledger_looked(l, own, rc, err);
}
