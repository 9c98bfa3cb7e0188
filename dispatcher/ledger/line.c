/*
 * The lines of a batch.
 *
 * A recipient's id is ID_RECIPIENT, and both may contain '_': c_17 of batch b and 17 of batch b_c
 * are the same. Such batches are relatives; they are rare, and only for them each recipient is also
 * looked for in the other one.
 */
#include "ledger/ledger.h"

#include <assert.h>

#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char known_sql[] = "SELECT 1 FROM delivery WHERE batch = ? AND recipient = ? LIMIT 1";
static const char relatives_sql[] =
    "SELECT EXISTS (SELECT 1 FROM batch WHERE seq <> ?1 AND"
    " (substr(id, 1, length(?2) + 1) = ?2 || '_' OR substr(?2, 1, length(id) + 1) = id || '_'))";

static int find_relatives(struct ledger *l, struct batch_memo *b, struct error *err)
{
    int64_t some = 0;
    if (b->relatives != RELATIVES_UNKNOWN)
        return 0;
    struct query *q = db_query(l->db, relatives_sql);
    query_bind_int(q, b->number);
    query_bind_text(q, b->id);
    int rc = query_run_int(q, &some, err);
    b->relatives = some != 0 ? RELATIVES_SOME : RELATIVES_NONE;
    return rc < 0 ? rc : 0;
}

static int find_in_relatives(struct ledger *l, struct batch_memo *b, const char *recipient,
                             bool *out_known, struct error *err)
{
    int rc = find_relatives(l, b, err);
    if (rc != 0 || b->relatives == RELATIVES_NONE)
        return rc;
    struct buf id = {0};
    struct named named;
    buf_printf(&id, "%s_%s", b->id, recipient);
    rc = ledger_find_recipient(l, buf_text(&id), b->number, false, &named, err);
    *out_known = rc == 0 && named.batch != 0;
    buf_free(&id);
    return rc;
}

static int find_known(struct ledger *l, struct batch_memo *b, const char *recipient,
                      bool *out_known, struct error *err)
{
    int64_t found = 0;
    struct query *q = db_query(l->db, known_sql);
    query_bind_int(q, b->number);
    query_bind_text(q, recipient);
    int rc = query_run_int(q, &found, err);
    *out_known = rc > 0;
    return rc != 0 ? (rc < 0 ? rc : 0) : find_in_relatives(l, b, recipient, out_known, err);
}

static int insert_all(struct ledger *l, struct new_delivery *d, const struct planned_line *line,
                      struct error *err)
{
    int rc = 0;
    int64_t refused = 0;
    for (size_t i = 0; rc == 0 && i < line->count; i++) {
        d->plan = &line->deliveries[i];
        refused += d->plan->state == DELIVERY_FAILED ? 1 : 0;
        rc = ledger_insert_delivery(l, d, NULL, err);
    }
    return rc == 0 ? ledger_add_untried(l, d->batch, refused, err) : rc;
}

static int insert_repeated(struct ledger *l, const struct new_delivery *d,
                           const struct planned_line *line, struct error *err)
{
    struct planned_delivery plan = line->deliveries[0];
    struct new_delivery repeated = *d;
    plan.state = DELIVERY_FAILED;
    plan.cause = "duplicate_recipient";
    plan.remark = "this recipient stands in the batch already, in a line before this one";
    repeated.recipient = NULL;
    repeated.rest = 0;
    repeated.more = false;
    repeated.plan = &plan;
    int rc = ledger_insert_delivery(l, &repeated, NULL, err);
    return rc == 0 ? ledger_add_untried(l, d->batch, 1, err) : rc;
}

static int put_line(struct ledger *l, int64_t batch, const struct planned_line *line,
                    int64_t now_ms, bool *out_known, struct error *err)
{
    struct batch_memo *b = NULL;
    int rc = ledger_read_batch(l, batch, &b, err);
    if (rc == 0 && line->recipient != NULL)
        rc = find_known(l, b, line->recipient, out_known, err);
    if (rc != 0)
        return rc;
    struct new_delivery d = {.batch = batch,
                             .line = line->line,
                             .start = line->offset,
                             .bytes = line->length,
                             .recipient = line->recipient,
                             .rest = line->rest,
                             .more = line->rest > 0,
                             .priority = b->priority,
                             .now_ms = now_ms};
    struct letter letter = {.template_name = line->template_name,
                            .locale = line->locale,
                            .zone = line->zone != NULL ? line->zone : "",
                            .fallback = line->fallback};
    rc = ledger_find_letter(l, &letter, &d.letter, err);
    if (rc != 0)
        return rc;
    return *out_known ? insert_repeated(l, &d, line, err) : insert_all(l, &d, line, err);
}

int ledger_put_line(struct ledger *l, int64_t batch, const struct planned_line *line,
                    int64_t now_ms, bool *out_known, struct error *err)
{
    assert(line->count > 0); /* a line without a delivery would be lost in the books */
    bool own = false;
    *out_known = false;
    ledger_note_time(l, now_ms);
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    if (rc != 0)
        return rc;
    return ledger_leave(l, own, put_line(l, batch, line, now_ms, out_known, err), err);
}
