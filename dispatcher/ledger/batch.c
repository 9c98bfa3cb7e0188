/* Batches as a whole: begun, advanced, stopped, walked. Their lines are in line.c. */
#include "ledger/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char find_sql[] = "SELECT seq FROM batch WHERE id = ?";
static const char digest_sql[] = "SELECT seq, digest FROM batch WHERE id = ?";
static const char read_sql[] =
    "SELECT id, campaign, priority, total, accepted_ms, expires_at_ms, state, stop, finished_ms,"
    " (SELECT coalesce(sum(n), 0) FROM counter c WHERE c.batch = b.seq AND c.state IN (0, 1, 2, "
    "3)),"
    " coalesce((SELECT n FROM awaiting a WHERE a.batch = b.seq), 0), letter_reason"
    " FROM batch b WHERE seq = ?";
/* '`' is what follows '_': everything that begins with ID_. */
static const char rival_sql[] =
    "SELECT 1 FROM notice WHERE id = ?1 UNION ALL"
    " SELECT 1 FROM notice WHERE id >= ?1 || '_' AND id < ?1 || '`' LIMIT 1";
static const char insert_sql[] =
    "INSERT INTO batch (id, digest, campaign, priority, state, stop, stop_reason, go_on, total,"
    " bytes, next_line, next_offset, accepted_ms, expires_at_ms, finished_ms, body)"
    " VALUES (?, ?, ?, ?, 0, 0, '', 0, ?, ?, 1, 0, ?, ?, 0, ?)";
static const char advance_sql[] =
    "UPDATE batch SET next_line = ?, next_offset = ?, state = max(state, ?) WHERE seq = ?";
static const char finish_sql[] = "UPDATE batch SET finished_ms = ? WHERE seq = ?";
static const char stop_sql[] =
    "UPDATE batch SET stop = ?, stop_reason = ?, go_on = max(go_on, ?) WHERE seq = ?";
static const char letter_sql[] =
    "UPDATE batch SET letter_reason = ?, letter_allowed = coalesce(?, letter_allowed)"
    " WHERE seq = ?";
static const char withdraw_sql[] = "DELETE FROM batch WHERE id = ? AND state = 0 AND next_line = 1";
static const char walk_columns[] =
    "SELECT seq, id, body, campaign, state, stop, stop_reason, go_on, priority, total, bytes,"
    " next_line, next_offset, accepted_ms, expires_at_ms, finished_ms, letter_reason,"
    " letter_allowed, coalesce((SELECT c.stop FROM campaign c WHERE c.id = batch.campaign), 0),"
    " coalesce((SELECT c.stop_reason FROM campaign c WHERE c.id = batch.campaign), '')"
    " FROM batch WHERE seq > ?";

/* ---- memory ---- */

static struct batch_memo *keep(struct ledger *l, const struct batch_memo *b)
{
    struct batch_memo *memo = xmalloc(sizeof(*memo));
    *memo = *b;
    memo->id = xstrdup(b->id);
    memo->campaign = xstrdup(b->campaign);
    campaign_attach(l, memo);
    l->batches = xreallocarray(l->batches, l->batch_count + 1, sizeof(struct batch_memo *));
    l->batches[l->batch_count++] = memo;
    undo_note(l, &(struct undo){.kind = UNDO_NEW_BATCH});
    return memo;
}

void ledger_drop_batch(struct ledger *l)
{
    struct batch_memo *memo = l->batches[--l->batch_count];
    free(memo->id);
    free(memo->campaign);
    free(memo);
}

void ledger_note_batch(struct ledger *l, const struct batch_memo *b)
{
    undo_note(l, &(struct undo){.kind = UNDO_BATCH, .batch = {b->number, b->now}});
}

/* A column that is an enum of `count` values; -1: it is not. */
static int read_enum(struct query *q, int count)
{
    int64_t value = query_int(q);
    return value >= 0 && value < count ? (int)value : -1;
}

/* Texts are borrowed from the query. */
static int read_memo(const struct ledger *l, struct query *q, struct batch_memo *out,
                     struct error *err)
{
    const char *id = ledger_read_text(q);
    const char *campaign = query_text(q);
    int priority = read_enum(q, JOB_HIGH + 1);
    out->total = query_int(q);
    out->accepted_ms = query_int(q);
    out->expires_at_ms = query_int(q);
    int state = read_enum(q, BATCH_PURGED + 1);
    int stop = read_enum(q, BATCH_PAUSED + 1);
    int64_t finished_ms = query_int(q);
    int64_t open = query_int(q);
    int64_t awaiting = query_int(q);
    bool letter_changed = ledger_read_text(q)[0] != '\0';
    if (priority < 0 || state < 0 || stop < 0)
        return ledger_damaged(l, "no priority and state are possible of batch", out->number, err);
    out->priority = (enum job_priority)priority;
    out->now = (struct batch_standing){.state = (enum batch_state)state,
                                       .stop = (enum batch_stop)stop,
                                       .letter_changed = letter_changed,
                                       .finished_ms = finished_ms,
                                       .open = open,
                                       .awaiting = awaiting};
    /* The texts of a row stay where they are while its columns are read in order. */
    out->id = xstrdup(id);
    out->campaign = xstrdup(campaign);
    return 0;
}

static int recall(struct ledger *l, int64_t number, struct batch_memo **out, struct error *err)
{
    struct batch_memo memo = {.number = number};
    struct query *q = db_query(l->db, read_sql);
    query_bind_int(q, number);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "there is no batch", number, err);
    if (rc < 0)
        return rc;
    rc = read_memo(l, q, &memo, err);
    query_end(q);
    if (rc == 0)
        *out = keep(l, &memo);
    free(memo.id);
    free(memo.campaign);
    return rc;
}

int ledger_read_batch(struct ledger *l, int64_t number, struct batch_memo **out, struct error *err)
{
    for (size_t i = l->batch_count; i > 0; i--) {
        *out = l->batches[i - 1];
        if (l->batches[i - 1]->number == number)
            return 0;
    }
    return recall(l, number, out, err);
}

int ledger_find_batch(struct ledger *l, const char *id, int64_t *out, struct error *err)
{
    for (size_t i = l->batch_count; i > 0; i--) {
        *out = l->batches[i - 1]->number;
        if (strcmp(l->batches[i - 1]->id, id) == 0)
            return 0;
    }
    *out = 0;
    struct query *q = db_query(l->db, find_sql);
    query_bind_text(q, id);
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

/* ---- begin ---- */

/* 1: the id is known as a batch, and *out says whether it is this one. */
static int find_repeat(struct ledger *l, const struct batch_acceptance *a, enum accept_result *out,
                       int64_t *out_batch, struct error *err)
{
    struct query *q = db_query(l->db, digest_sql);
    query_bind_text(q, a->id);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    size_t len = 0;
    int64_t number = query_int(q);
    const char *digest = query_text_len(q, &len);
    bool equal = len == DIGEST_SIZE && memcmp(digest, a->digest, DIGEST_SIZE) == 0;
    *out = equal ? ACCEPT_DUPLICATE : ACCEPT_CONFLICT;
    *out_batch = equal ? number : 0;
    query_end(q);
    return 1;
}

/* Is there a notice of this id, or one that a recipient of the batch might have? */
static int find_rival(struct ledger *l, const char *id, bool *out, struct error *err)
{
    int64_t found = 0;
    struct named named;
    struct query *q = db_query(l->db, rival_sql);
    query_bind_text(q, id);
    int rc = query_run_int(q, &found, err);
    if (rc == 0)
        rc = ledger_find_recipient(l, id, 0, false, &named, err);
    if (rc == 0)
        found = named.batch;
    *out = found != 0;
    return rc < 0 ? rc : 0;
}

static int insert(struct ledger *l, const struct batch_acceptance *a, struct error *err)
{
    struct query *q = db_query(l->db, insert_sql);
    query_bind_text(q, a->id);
    query_bind_bytes(q, a->digest, DIGEST_SIZE);
    query_bind_text(q, a->campaign);
    query_bind_int(q, a->priority);
    query_bind_int(q, a->total);
    query_bind_int(q, a->bytes);
    query_bind_int(q, a->now_ms);
    query_bind_int(q, a->expires_at_ms);
    query_bind_text_len(q, a->text, a->len);
    return query_run(q, err);
}

static int begin_batch(struct ledger *l, const struct batch_acceptance *a, enum accept_result *out,
                       int64_t *out_batch, struct error *err)
{
    bool rival = false;
    int rc = find_repeat(l, a, out, out_batch, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    *out = ACCEPT_CONFLICT;
    rc = find_rival(l, a->id, &rival, err);
    if (rc != 0 || rival)
        return rc;
    rc = insert(l, a, err);
    if (rc != 0)
        return rc;
    *out = ACCEPT_NEW;
    *out_batch = db_last_number(l->db);
    l->has_batches = true;
    for (size_t i = 0; i < l->batch_count; i++)
        l->batches[i]->relatives = RELATIVES_UNKNOWN;
    return 0;
}

int ledger_begin_batch(struct ledger *l, const struct batch_acceptance *a, enum accept_result *out,
                       int64_t *out_batch, struct error *err)
{
    bool own = false;
    *out_batch = 0;
    ledger_note_time(l, a->now_ms);
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, begin_batch(l, a, out, out_batch, err), err);
}

/* ---- go on, finish ---- */

static int write_finished(struct ledger *l, struct batch_memo *b, int64_t at_ms, struct error *err)
{
    struct query *q = db_query(l->db, finish_sql);
    query_bind_int(q, at_ms);
    query_bind_int(q, b->number);
    b->now.finished_ms = at_ms;
    return query_run(q, err);
}

int ledger_judge_batch(struct ledger *l, struct batch_memo *b, int64_t open_change,
                       int64_t awaiting_change, struct error *err)
{
    ledger_note_batch(l, b);
    b->now.open += open_change;
    b->now.awaiting += awaiting_change;
    bool over = b->now.open == 0 && b->now.awaiting == 0 && b->now.state != BATCH_LOADING;
    if (over == (b->now.finished_ms != 0))
        return 0;
    return write_finished(l, b, over ? (l->last_ms > 0 ? l->last_ms : 1) : 0, err);
}

static int advance(struct ledger *l, int64_t batch, int64_t next_line, int64_t next_offset,
                   bool finished, struct error *err)
{
    struct batch_memo *b = NULL;
    int rc = ledger_read_batch(l, batch, &b, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, advance_sql);
    query_bind_int(q, next_line);
    query_bind_int(q, next_offset);
    query_bind_int(q, finished ? BATCH_RUNNING : BATCH_LOADING);
    query_bind_int(q, batch);
    rc = query_run(q, err);
    if (rc != 0 || !finished || b->now.state != BATCH_LOADING)
        return rc;
    ledger_note_batch(l, b);
    b->now.state = BATCH_RUNNING;
    tally_of(&l->tallies, &l->tally_count, batch); /* judged at the commit: it may be over */
    return 0;
}

int ledger_advance_batch(struct ledger *l, int64_t batch, int64_t next_line, int64_t next_offset,
                         bool finished, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    return ledger_leave(l, own, advance(l, batch, next_line, next_offset, finished, err), err);
}

/* ---- stop ---- */

static const char *const stop_verbs[] = {
    [BATCH_GOES] = "resume", [BATCH_HALTED] = "halt", [BATCH_PAUSED] = "pause"};

static int record_stop(struct ledger *l, const char *id, enum batch_stop stop, const char *reason,
                       const struct action *action, struct error *err)
{
    struct buf selector = {0};
    buf_printf(&selector, "--batch %s", id);
    struct action own = {.verb = stop_verbs[stop],
                         .who = "dispatcher",
                         .reason = reason,
                         .selector = buf_text(&selector),
                         .now_ms = l->last_ms};
    int rc = action_insert(l, action != NULL ? action : &own, 0, NULL, err);
    buf_free(&selector);
    return rc;
}

static int stop_batch(struct ledger *l, struct batch_memo *b, enum batch_stop stop,
                      const char *reason, bool go_on, struct error *err)
{
    struct query *q = db_query(l->db, stop_sql);
    query_bind_int(q, stop);
    query_bind_text(q, stop == BATCH_GOES ? "" : reason);
    query_bind_int(q, go_on);
    query_bind_int(q, b->number);
    int rc = query_run(q, err);
    if (rc != 0)
        return rc;
    ledger_note_batch(l, b);
    b->now.stop = stop;
    campaign_refresh_lanes(l, b);
    return 0;
}

static int find_and_stop(struct ledger *l, const char *id, enum batch_stop stop, const char *reason,
                         bool go_on, const struct action *action, struct error *err)
{
    int64_t number = 0;
    struct batch_memo *b = NULL;
    int rc = ledger_find_batch(l, id, &number, err);
    if (rc == 0 && number == 0)
        rc = error_set(err, ERR_NOT_FOUND, "the ledger knows no batch with the id %s", id);
    if (rc == 0)
        rc = ledger_read_batch(l, number, &b, err);
    if (rc == 0 && b != NULL)
        rc = stop_batch(l, b, stop, reason, go_on, err);
    return rc != 0 ? rc : record_stop(l, id, stop, reason, action, err);
}

int ledger_stop_batch(struct ledger *l, const char *id, enum batch_stop stop, const char *reason,
                      bool go_on, const struct action *action, struct error *err)
{
    bool own = false;
    const char *why = reason != NULL ? reason : "";
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    return ledger_leave(l, own, find_and_stop(l, id, stop, why, go_on, action, err), err);
}

/* ---- its letter ---- */

static int record_letter(struct ledger *l, const char *id, const char *reason,
                         const struct action *action, struct error *err)
{
    struct buf selector = {0};
    buf_printf(&selector, "--batch %s", id);
    struct action own = {.verb = reason[0] != '\0' ? "pause" : "resume",
                         .who = "dispatcher",
                         .reason = reason[0] != '\0' ? reason : "its letter is what was approved",
                         .selector = buf_text(&selector),
                         .now_ms = l->last_ms};
    int rc = action_insert(l, action != NULL ? action : &own, 0, NULL, err);
    buf_free(&selector);
    return rc;
}

static int write_letter(struct ledger *l, struct batch_memo *b, const char *reason,
                        const char *allowed, struct error *err)
{
    struct query *q = db_query(l->db, letter_sql);
    query_bind_text(q, reason);
    query_bind_text(q, allowed);
    query_bind_int(q, b->number);
    int rc = query_run(q, err);
    if (rc != 0)
        return rc;
    ledger_note_batch(l, b);
    b->now.letter_changed = reason[0] != '\0';
    campaign_refresh_lanes(l, b);
    return 0;
}

static int judge_letter(struct ledger *l, const char *id, const char *reason, const char *allowed,
                        const struct action *action, struct error *err)
{
    int64_t number = 0;
    struct batch_memo *b = NULL;
    int rc = ledger_find_batch(l, id, &number, err);
    if (rc == 0 && number == 0)
        rc = error_set(err, ERR_NOT_FOUND, "the ledger knows no batch with the id %s", id);
    if (rc == 0)
        rc = ledger_read_batch(l, number, &b, err);
    if (rc == 0 && b != NULL)
        rc = write_letter(l, b, reason, allowed, err);
    return rc == 0 ? record_letter(l, id, reason, action, err) : rc;
}

int ledger_judge_letter(struct ledger *l, const char *id, const char *reason, const char *allowed,
                        const struct action *action, struct error *err)
{
    bool own = false;
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    if (rc != 0)
        return rc;
    return ledger_leave(l, own, judge_letter(l, id, reason, allowed, action, err), err);
}

/* ---- withdraw ---- */

static void forget_memo(struct ledger *l, const char *id)
{
    for (size_t i = 0; i < l->batch_count; i++) {
        if (strcmp(l->batches[i]->id, id) != 0)
            continue;
        struct batch_memo *last = l->batches[l->batch_count - 1];
        l->batches[l->batch_count - 1] = l->batches[i];
        l->batches[i] = last;
        ledger_drop_batch(l);
        return;
    }
}

static int withdraw(struct ledger *l, const char *id, const char *reason, int64_t now_ms,
                    struct error *err)
{
    struct buf selector = {0};
    buf_printf(&selector, "--batch %s", id);
    const struct action action = {.verb = "withdraw",
                                  .who = "dispatcher",
                                  .reason = reason,
                                  .selector = buf_text(&selector),
                                  .now_ms = now_ms};
    struct query *q = db_query(l->db, withdraw_sql);
    query_bind_text(q, id);
    int rc = query_run(q, err);
    if (rc == 0 && db_changed(l->db) != 1)
        rc = error_set(err, ERR_CONFLICT, "lines of the batch %s are in the books already", id);
    if (rc == 0)
        rc = action_insert(l, &action, 0, NULL, err);
    buf_free(&selector);
    return rc;
}

int ledger_withdraw_batch(struct ledger *l, const char *id, const char *reason, int64_t now_ms,
                          struct error *err)
{
    bool own = false;
    ledger_note_time(l, now_ms);
    int rc = ledger_enter(l, LEDGER_DURABLE, &own, err);
    assert(own || rc != 0); /* its memory is forgotten behind the commit */
    if (rc == 0)
        rc = ledger_leave(l, own, withdraw(l, id, reason, now_ms, err), err);
    if (rc == 0)
        forget_memo(l, id);
    return rc;
}

/* ---- walk ---- */

static int read_row(const struct ledger *l, struct query *q, struct batch_row *out,
                    struct error *err)
{
    out->batch = query_int(q);
    out->id = ledger_read_text(q);
    out->text = query_text(q);
    out->campaign = query_text(q);
    int state = read_enum(q, BATCH_PURGED + 1);
    int stop = read_enum(q, BATCH_PAUSED + 1);
    out->stop_reason = ledger_read_text(q);
    out->go_on = query_int(q) != 0;
    int priority = read_enum(q, JOB_HIGH + 1);
    out->total = query_int(q);
    out->bytes = query_int(q);
    out->next_line = query_int(q);
    out->next_offset = query_int(q);
    out->accepted_ms = query_int(q);
    out->expires_at_ms = query_int(q);
    out->finished_ms = query_int(q);
    out->letter_reason = ledger_read_text(q);
    out->letter_allowed = ledger_read_text(q);
    out->campaign_stop = query_int(q) != 0 ? BATCH_PAUSED : BATCH_GOES;
    out->campaign_reason = ledger_read_text(q);
    if (state < 0 || stop < 0 || priority < 0)
        return ledger_damaged(l, "no priority and state are possible of batch", out->batch, err);
    out->state = (enum batch_state)state;
    out->stop = (enum batch_stop)stop;
    out->priority = (enum job_priority)priority;
    return 0;
}

static void put_question(struct buf *sql, const struct batch_question *q)
{
    buf_puts(sql, walk_columns);
    if (q->id != NULL)
        buf_puts(sql, " AND id = ?");
    if (q->batch != 0)
        buf_puts(sql, " AND seq = ?");
    if (q->loading)
        buf_puts(sql, " AND state = 0");
    if (q->unfinished)
        buf_puts(sql, " AND finished_ms = 0");
    buf_puts(sql, " ORDER BY seq");
}

int ledger_walk_batches(struct ledger *l, const struct batch_question *question,
                        ledger_batch_fn *fn, void *context, struct error *err)
{
    struct buf sql = {0};
    put_question(&sql, question);
    struct query *q = db_query_once(l->db, buf_text(&sql));
    query_bind_int(q, question->after);
    if (question->id != NULL)
        query_bind_text(q, question->id);
    if (question->batch != 0)
        query_bind_int(q, question->batch);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct batch_row row;
        rc = read_row(l, q, &row, err);
        if (rc != 0) {
            query_end(q);
            break;
        }
        fn(context, &row);
    }
    buf_free(&sql);
    return rc;
}
