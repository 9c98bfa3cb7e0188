/* Whom an id names. A recipient's id is ID_RECIPIENT, and ID may contain '_' itself: every '_' may
 * be the one between them. */
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char find_notice_sql[] = "SELECT seq FROM notice WHERE id = ?";
static const char find_recipient_sql[] =
    "SELECT 1 FROM delivery WHERE batch = ? AND recipient = ? LIMIT 1";

static int is_recipient(struct ledger *l, int64_t batch, const char *recipient, bool *out,
                        struct error *err)
{
    int64_t found = 0;
    struct query *q = db_query(l->db, find_recipient_sql);
    query_bind_int(q, batch);
    query_bind_text(q, recipient);
    int rc = query_run_int(q, &found, err);
    *out = rc > 0;
    return rc < 0 ? rc : 0;
}

/* Does it name a recipient if the '_' at `bar` is the one between batch and recipient? */
static int try_bar(struct ledger *l, const char *id, const char *bar, int64_t except, bool loading,
                   struct named *out, struct error *err)
{
    int64_t batch = 0;
    bool found = false;
    char *batch_id = xstrndup(id, (size_t)(bar - id));
    int rc = ledger_find_batch(l, batch_id, &batch, err);
    free(batch_id);
    if (rc != 0 || batch == 0 || batch == except)
        return rc;
    if (loading) {
        struct batch_memo *b = NULL;
        rc = ledger_read_batch(l, batch, &b, err);
        found = rc == 0 && b->now.state == BATCH_LOADING;
    }
    if (rc == 0 && !found)
        rc = is_recipient(l, batch, bar + 1, &found, err);
    if (rc == 0 && found)
        *out = (struct named){.batch = batch, .recipient = bar + 1};
    return rc;
}

int ledger_find_recipient(struct ledger *l, const char *id, int64_t except, bool loading,
                          struct named *out, struct error *err)
{
    *out = (struct named){0};
    if (l->mode == LEDGER_WRITE && !l->has_batches)
        return 0;
    int rc = 0;
    for (const char *bar = strchr(id, '_'); rc == 0 && bar != NULL && out->batch == 0;
         bar = strchr(bar + 1, '_'))
        rc = try_bar(l, id, bar, except, loading, out, err);
    return rc;
}

int ledger_find_id(struct ledger *l, const char *id, struct named *out, struct error *err)
{
    *out = (struct named){0};
    struct query *q = db_query(l->db, find_notice_sql);
    query_bind_text(q, id);
    int rc = query_run_int(q, &out->notice, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return ledger_find_recipient(l, id, 0, false, out, err);
}
