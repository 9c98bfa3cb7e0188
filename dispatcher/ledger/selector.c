/* A selector as SQL. The order of the tables is fixed (CROSS JOIN, LEFT JOIN): a page of a walk by
 * number must not sort a whole campaign first. */
#include "ledger/ledger.h"

#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

/* From name to name by the index notice_letter, notice_campaign: few steps however many rows. */
#define LETTERS_OF_NOTICES                                                                         \
    "WITH RECURSIVE p (locale, template) AS (SELECT * FROM (SELECT locale, template FROM notice"   \
    " ORDER BY locale, template LIMIT 1) UNION ALL SELECT"                                         \
    " (SELECT n.locale FROM notice n WHERE (n.locale, n.template) > (p.locale, p.template)"        \
    "  ORDER BY n.locale, n.template LIMIT 1),"                                                    \
    " (SELECT n.template FROM notice n WHERE (n.locale, n.template) > (p.locale, p.template)"      \
    "  ORDER BY n.locale, n.template LIMIT 1) FROM p WHERE p.locale IS NOT NULL) "

static const char *const known_sql[SELECTOR_NAMES] = {
    [SELECTOR_CAMPAIGN] =
        "SELECT campaign FROM batch WHERE campaign IS NOT NULL UNION SELECT * FROM"
        " (WITH RECURSIVE p (name) AS (SELECT min(campaign) FROM notice WHERE campaign IS NOT NULL"
        " UNION ALL SELECT (SELECT min(campaign) FROM notice WHERE campaign > p.name) FROM p"
        " WHERE p.name IS NOT NULL) SELECT name FROM p WHERE name IS NOT NULL) ORDER BY 1 LIMIT ?",
    [SELECTOR_TEMPLATE] = "SELECT template FROM letter UNION SELECT * FROM (" LETTERS_OF_NOTICES
                          "SELECT template FROM p WHERE template IS NOT NULL) ORDER BY 1 LIMIT ?",
    [SELECTOR_LOCALE] = "SELECT locale FROM letter UNION SELECT * FROM (" LETTERS_OF_NOTICES
                        "SELECT locale FROM p WHERE locale IS NOT NULL) ORDER BY 1 LIMIT ?"};
static const char *const knows_sql[SELECTOR_NAMES] = {
    [SELECTOR_CAMPAIGN] = "SELECT 1 FROM batch WHERE campaign = ?1 UNION ALL"
                          " SELECT 1 FROM notice WHERE campaign = ?1 UNION ALL"
                          " SELECT 1 FROM campaign WHERE id = ?1 LIMIT 1",
    [SELECTOR_TEMPLATE] =
        "SELECT 1 FROM letter WHERE template = ?1 UNION ALL"
        " SELECT * FROM (" LETTERS_OF_NOTICES "SELECT 1 FROM p WHERE template = ?1) LIMIT 1",
    [SELECTOR_LOCALE] = "SELECT 1 FROM letter WHERE locale = ?1 UNION ALL"
                        " SELECT 1 FROM notice WHERE locale = ?1 LIMIT 1"};

/* Deliveries of a batch came together, and those of single notices in the order of these; the next
 * channels of both come later. */
static const char range_sql[] =
    "WITH r (first, last) AS (SELECT"
    " (SELECT min(d.seq) FROM delivery d WHERE d.batch = b.seq AND d.notice IS NULL),"
    " (SELECT max(d.seq) FROM delivery d WHERE d.batch = b.seq AND d.notice IS NULL)"
    " FROM batch b WHERE b.campaign = ?1 UNION ALL SELECT"
    " (SELECT min(d.seq) FROM delivery d WHERE d.notice ="
    "  (SELECT min(n.seq) FROM notice n WHERE n.campaign = ?1)),"
    " CASE WHEN EXISTS (SELECT 1 FROM notice WHERE campaign = ?1) THEN 9223372036854775807 END)"
    " SELECT coalesce(min(first), 0), coalesce(max(last), 0) FROM r";

static const char batch_range_sql[] =
    "SELECT coalesce((SELECT min(seq) FROM delivery WHERE batch = ?1 AND notice IS NULL), 0),"
    " coalesce((SELECT max(seq) FROM delivery WHERE batch = ?1 AND notice IS NULL), 0)";
/* From lane to lane: only those in which something is, and may be meant. */
static const char next_lane_sql[] =
    "SELECT l.seq FROM lane l LEFT JOIN batch b ON b.seq = l.batch WHERE l.seq > ?1"
    " AND (?2 = 0 OR l.batch = ?2) AND (?3 IS NULL OR l.batch = 0 OR b.campaign = ?3) AND EXISTS"
    " (SELECT 1 FROM delivery d INDEXED BY delivery_due WHERE d.state IN (0, 2)"
    "  AND d.lane = l.seq) ORDER BY l.seq LIMIT 1";

int selector_next_lane(struct ledger *l, const struct resolved *r, int64_t behind, int64_t *out,
                       struct error *err)
{
    struct query *q = db_query(l->db, next_lane_sql);
    query_bind_int(q, behind);
    query_bind_int(q, r->batch);
    query_bind_text(q, r->batch == 0 ? r->selector->campaign : NULL);
    *out = 0;
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

/* One campaign or batch among millions of others: only where it stands is looked. */
static int find_range(struct ledger *l, struct resolved *out, struct error *err)
{
    struct query *q = db_query(l->db, out->batch != 0 ? batch_range_sql : range_sql);
    if (out->batch != 0)
        query_bind_int(q, out->batch);
    else
        query_bind_text(q, out->selector->campaign);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    out->first = query_int(q);
    out->last = query_int(q);
    query_end(q);
    return 0;
}

int selector_resolve(struct ledger *l, const struct selector *selector, struct resolved *out,
                     struct error *err)
{
    int rc = 0;
    *out = (struct resolved){.selector = selector, .last = INT64_MAX};
    if (selector->id != NULL) {
        rc = ledger_find_id(l, selector->id, &out->named, err);
        out->nobody = out->named.notice == 0 && out->named.batch == 0;
    }
    if (rc == 0 && selector->batch != NULL) {
        rc = ledger_find_batch(l, selector->batch, &out->batch, err);
        out->nobody = out->nobody || out->batch == 0;
    }
    bool ranged = out->batch != 0 || (selector->campaign != NULL && selector->batch == NULL);
    return rc == 0 && ranged && selector->id == NULL ? find_range(l, out, err) : rc;
}

bool selector_has_cause(const struct selector *s)
{
    static const char *const usual[] = {"", "accepted", "confirmed"}; /* CAUSE_IS_RARE() */
    for (size_t i = 0; s->cause != NULL && i < COUNT_OF(usual); i++) {
        if (strcmp(s->cause, usual[i]) == 0)
            return false;
    }
    return s->cause != NULL && s->id == NULL;
}

void selector_put_from(struct buf *sql, const char *index)
{
    buf_printf(sql,
               " FROM delivery d%s%s LEFT JOIN notice n ON n.seq = d.notice"
               " LEFT JOIN batch b ON b.seq = d.batch",
               index != NULL ? " INDEXED BY " : "", index != NULL ? index : "");
}

/* The end of an address with its '@', whatever the case of its letters. */
static void put_domain(struct buf *sql)
{
    buf_printf(sql,
               " AND (d.channel = %d AND substr(d.address, -length('@' || ?)) = '@' || ? COLLATE"
               " NOCASE OR d.channel = %d AND d.address = ?)",
               CHANNEL_EMAIL, CHANNEL_WEBHOOK);
}

/* What the row itself tells. */
static void put_own_where(struct buf *sql, const struct selector *s)
{
    if (s->cause != NULL)
        buf_puts(sql, " AND d.cause = ?");
    if (s->address != NULL)
        buf_puts(sql, " AND d.address = ?");
    if (s->domain != NULL)
        put_domain(sql);
    if (s->channel >= 0)
        buf_printf(sql, " AND d.channel = %d", s->channel);
    if (s->actions != NULL)
        acted_put_where(sql, s->actions);
}

/* Who asks lane by lane knows the batch. */
static void put_line_where(struct buf *sql, const struct selector *s)
{
    if (s->template_name != NULL)
        buf_puts(sql, " AND d.letter IN (SELECT seq FROM letter WHERE template = ?)");
    if (s->locale != NULL)
        buf_puts(sql, " AND d.letter IN (SELECT seq FROM letter WHERE locale = ?)");
    put_own_where(sql, s);
}

void selector_put_where(struct buf *sql, const struct resolved *r)
{
    const struct selector *s = r->selector;
    if (r->lines_only) {
        put_line_where(sql, s);
        return;
    }
    if (r->named.notice != 0)
        buf_puts(sql, " AND d.notice = ?");
    if (r->named.batch != 0)
        buf_puts(sql, " AND d.batch = ? AND d.recipient = ?");
    /* "notice IS NULL" as in the index delivery_batch, or SQLite would not use it. */
    if (r->batch != 0)
        buf_puts(sql, " AND d.batch = ? AND d.notice IS NULL");
    /* What a batch or a letter has in common is found once: a row of a batch is told by its number,
     * before anything is joined. */
    if (s->campaign != NULL)
        buf_puts(sql, " AND (d.batch IN (SELECT seq FROM batch WHERE campaign = ?)"
                      " OR n.campaign = ?)");
    if (s->template_name != NULL)
        buf_puts(sql, " AND (d.letter IN (SELECT seq FROM letter WHERE template = ?)"
                      " OR n.template = ?)");
    if (s->locale != NULL)
        buf_puts(sql, " AND (d.letter IN (SELECT seq FROM letter WHERE locale = ?)"
                      " OR n.locale = ?)");
    if (s->accepted_before_ms > 0)
        buf_printf(sql,
                   " AND (d.batch IN (SELECT seq FROM batch WHERE accepted_ms < %lld)"
                   " OR n.accepted_ms < %lld)",
                   (long long)s->accepted_before_ms, (long long)s->accepted_before_ms);
    put_own_where(sql, s);
}

/* A literal, not a ?: only then SQLite sees that a partial index covers it. */
void selector_put_state(struct buf *sql, int state)
{
    if (state == DELIVERY_IN_FLIGHT)
        buf_puts(sql, " AND d.state IN (0, 2)");
    else if (state >= 0)
        buf_printf(sql, " AND d.state = %d", state);
}

static void bind_times(struct query *q, const char *text, int times)
{
    for (int i = 0; text != NULL && i < times; i++)
        query_bind_text(q, text);
}

void selector_bind(struct query *q, const struct resolved *r)
{
    const struct selector *s = r->selector;
    if (r->named.notice != 0)
        query_bind_int(q, r->named.notice);
    if (r->named.batch != 0) {
        query_bind_int(q, r->named.batch);
        query_bind_text(q, r->named.recipient);
    }
    if (r->batch != 0 && !r->lines_only)
        query_bind_int(q, r->batch);
    bind_times(q, r->lines_only ? NULL : s->campaign, 2);
    bind_times(q, s->template_name, r->lines_only ? 1 : 2);
    bind_times(q, s->locale, r->lines_only ? 1 : 2);
    bind_times(q, s->cause, 1);
    bind_times(q, s->address, 1);
    bind_times(q, s->domain, 3);
}

/* ---- what there is ---- */

int ledger_knows(struct ledger *l, enum selector_name which, const char *name, bool *out,
                 struct error *err)
{
    int64_t found = 0;
    struct query *q = db_query(l->db, knows_sql[which]);
    query_bind_text(q, name);
    int rc = query_run_int(q, &found, err);
    *out = found != 0;
    return rc < 0 ? rc : 0;
}

int ledger_walk_known(struct ledger *l, enum selector_name which, size_t limit, ledger_name_fn *fn,
                      void *context, struct error *err)
{
    struct query *q = db_query(l->db, known_sql[which]);
    query_bind_int(q, (int64_t)limit);
    int rc;
    while ((rc = query_step(q, err)) > 0)
        fn(context, ledger_read_text(q));
    return rc;
}
