/*
 * Rows are taken in groups, each by an index that holds little beside what is asked for:
 *
 *     0        numbers: of a notice that is named; of a cause, by delivery_cause, or of a rare
 *              domain, where it may stand (sketch.c), both in any state, and then nothing else is
 *              needed; or of delivery_trouble, where all states but waiting (and delivered, which
 *              nothing is moved from) stand in the order of numbers: a page merges those that are
 *              asked for
 *     lane     what is waiting or deferred in it, by delivery_due, for who asks for what waits
 *     -1-batch what has left and is waited for, by delivery_over, for who ends that
 *
 * A page looks at so many rows of one of them, whatever else the selector asks: its cost is bounded
 * by that, not by how much there is or how little fits. What is moved leaves the group or goes
 * back in it, so nothing is met twice.
 */
#include "ledger/act_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"

/* Does another delivery of a notice with single routing still run, or has it told the person? In
 * flight is waiting or deferred in the row. */
static const char told_sql[] =
    "SELECT 1 FROM notice n JOIN delivery d ON d.notice = n.seq"
    " WHERE n.seq = ? AND n.method = 0 AND d.seq <> ? AND d.state IN (0, 2, 3, 4, 9)";
/* Of a batch: only deliveries of single routing have different turns. */
static const char told_line_sql[] =
    "SELECT 1 FROM delivery d JOIN delivery o ON o.batch = d.batch AND o.recipient = d.recipient"
    " AND o.turn <> d.turn WHERE d.seq = ? AND o.state IN (0, 2, 3, 4, 9)";
/* The channel of the same person that a retry would begin again before this one. */
static const char siblings_sql[] = "SELECT seq FROM delivery WHERE notice = ? AND seq < ?";
static const char line_siblings_sql[] =
    "SELECT o.seq FROM delivery d JOIN delivery o ON o.batch = d.batch AND"
    " o.recipient = d.recipient AND o.turn <> d.turn AND o.seq < d.seq WHERE d.seq = ?";
static const char single_sql[] = "SELECT 1 FROM notice WHERE seq = ? AND method = 0";
/* From batch to batch: only those in which something is, and may be meant. */
static const char next_batch_sql[] =
    "WITH RECURSIVE o (batch) AS (SELECT * FROM (SELECT batch FROM delivery INDEXED BY"
    " delivery_over WHERE over_ms > 0 AND batch > ?1 ORDER BY batch LIMIT 1) UNION ALL SELECT"
    " (SELECT d.batch FROM delivery d INDEXED BY delivery_over WHERE d.over_ms > 0"
    "  AND d.batch > o.batch ORDER BY d.batch LIMIT 1) FROM o WHERE o.batch IS NOT NULL)"
    " SELECT o.batch FROM o LEFT JOIN batch b ON b.seq = o.batch WHERE o.batch IS NOT NULL"
    " AND (?2 = 0 OR o.batch = ?2) AND (?3 IS NULL OR o.batch = 0 OR b.campaign = ?3) LIMIT 1";
static const char newest_sql[] = "SELECT coalesce(max(seq), 0) FROM delivery";

#define PAGE 256
/* What a page costs beside its rows, in rows. */
#define PAGE_COST 32
/* So many rows that are not meant cost as much as one that is. */
#define PASSED 8

struct candidates {
    struct candidate rows[PAGE];
    size_t count;
    int64_t last_ms; /* where the last one stands */
};

/* ---- which ---- */

/* What waits is asked for: lane by lane, with what is deferred. */
static bool wants_open(const struct step *s)
{
    return s->selector->id == NULL && s->mover->is_about(s, DELIVERY_WAITING);
}

static bool wants_left(const struct step *s)
{
    return s->selector->id == NULL && s->mover->ends_next != NULL && s->mover->ends_next(s);
}

/* Numbers behind ?1 up to ?2, merged in order. */
static void put_trouble_places(struct buf *sql, const struct step *s)
{
    const char *join = "";
    for (int state = 0; state < DELIVERY_STATES; state++) {
        bool in_lane = state == DELIVERY_WAITING || (state == DELIVERY_DEFERRED && wants_open(s));
        if (in_lane || !s->mover->is_about(s, (enum delivery_state)state))
            continue;
        buf_printf(sql,
                   "%sSELECT seq, 0 FROM delivery INDEXED BY delivery_trouble WHERE state = %d"
                   " AND seq > ?1 AND seq <= ?2",
                   join, state);
        join = " UNION ALL ";
    }
    if (join[0] == '\0')
        buf_puts(sql, "SELECT seq, 0 FROM delivery WHERE seq > ?1 AND seq <= ?2 AND 0");
}

/* Those of a named one, by its own index. */
static void put_named_places(struct buf *sql, const struct resolved *r)
{
    buf_puts(sql, "SELECT seq, 0 FROM delivery WHERE seq > ?1 AND seq <= ?2");
    buf_puts(sql, r->named.notice != 0 ? " AND notice = ?3" : " AND batch = ?3 AND recipient = ?4");
}

/* Behind the number ?1 of the time ?3, and behind that time: as one comparison of both, all of that
 * time would be passed again by each page. */
static void put_group_places(struct buf *sql, const struct step *s, int64_t group)
{
    static const char *const behind[] = {"= ?3 AND seq > ?1", "> ?3"};
    const char *time = group > 0 ? "due_ms" : "over_ms";
    for (size_t i = 0; i < COUNT_OF(behind); i++) {
        buf_printf(sql, "%sSELECT seq, %s FROM delivery INDEXED BY ", i > 0 ? " UNION ALL " : "",
                   time);
        if (group > 0)
            buf_printf(sql, "delivery_due WHERE state IN (0, 2) AND lane = %lld", (long long)group);
        else
            buf_printf(sql, "delivery_over WHERE over_ms > 0 AND batch = %lld",
                       (long long)(-1 - group));
        buf_printf(sql, " AND %s %s AND seq <= ?2 AND seq >= %lld", time, behind[i],
                   (long long)s->resolved.first);
    }
}

/* Of the selector's cause, whatever their state: how much a page looks at is bounded. */
static void put_cause_places(struct buf *sql)
{
    buf_puts(sql, "SELECT seq, 0 FROM delivery INDEXED BY delivery_cause"
                  " WHERE cause = ?3 AND " CAUSE_IS_RARE("cause") " AND seq > ?1 AND seq <= ?2");
}

/* Within a span. */
static void put_domain_places(struct buf *sql, const struct step *s)
{
    const char *join = "";
    buf_puts(sql, "SELECT seq, 0 FROM delivery NOT INDEXED WHERE seq > ?1 AND seq <= ?2"
                  " AND (state IN (");
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if (!s->mover->is_about(s, (enum delivery_state)state))
            continue;
        buf_printf(sql, "%s%d", join, state);
        join = ", ";
    }
    buf_puts(sql, wants_left(s) ? ") OR over_ms > 0)" : "))");
}

static void put_places(struct buf *sql, const struct step *s, int64_t group)
{
    if (group != 0)
        put_group_places(sql, s, group);
    else if (s->selector->id != NULL)
        put_named_places(sql, &s->resolved);
    else if (s->by_domain)
        put_domain_places(sql, s);
    else if (s->by_cause)
        put_cause_places(sql);
    else
        put_trouble_places(sql, s);
    buf_printf(sql, " ORDER BY %s LIMIT %d", group == 0 ? "1" : "2, 1", PAGE);
}

static void put_question(struct buf *sql, const struct step *s, int64_t group)
{
    buf_reset(sql);
    buf_puts(sql, "WITH place (seq, at_ms) AS (");
    put_places(sql, s, group);
    buf_puts(sql, ") SELECT p.at_ms, d.seq, coalesce(d.notice, 0), d.batch, d.lane, d.patience_ms,"
                  " d.due_ms, d.attempts, d.tried, d.channel, d.state,"
                  " coalesce(n.locale, (SELECT w.locale FROM letter w WHERE w.seq = d.letter)),");
    s->mover->put_bar(sql, s);
    buf_puts(sql, ", (1");
    selector_put_where(sql, &s->resolved);
    buf_puts(sql, ") FROM place p CROSS JOIN delivery d ON d.seq = p.seq"
                  " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
                  " ORDER BY p.at_ms, p.seq");
}

/* ---- reading ---- */

static int read_candidate(const struct ledger *l, struct query *q, struct candidate *out,
                          struct error *err)
{
    out->delivery = query_int(q);
    out->notice = query_int(q);
    out->batch = query_int(q);
    out->lane = query_int(q);
    out->patience_ms = query_int(q);
    out->due_ms = query_int(q);
    out->attempts = query_int(q);
    out->tried = query_int(q) != 0;
    bool good = ledger_read_channel(query_int(q), &out->channel);
    good = ledger_read_state(query_int(q), &out->state) && good;
    snprintf(out->locale, sizeof(out->locale), "%s", ledger_read_text(q));
    out->bar = (int)query_int(q);
    out->meant = query_int(q) != 0;
    out->flies = flight_find(&l->flight, out->delivery) != NULL;
    return good ? 0
                : ledger_damaged(l, "no channel and state are possible of delivery", out->delivery,
                                 err);
}

static void bind_question(struct query *q, const struct step *s, const struct step_place *at)
{
    const struct named *named = &s->resolved.named;
    query_bind_int(q, at->after);
    query_bind_int(q, at->until);
    if (at->group != 0)
        query_bind_int(q, at->at_ms);
    else if (s->by_cause)
        query_bind_text(q, s->selector->cause);
    if (s->selector->id != NULL) {
        query_bind_int(q, named->notice != 0 ? named->notice : named->batch);
        if (named->notice == 0)
            query_bind_text(q, named->recipient);
    }
    selector_bind(q, &s->resolved);
}

/* The next ones behind the place, whether they are meant or not. */
static int read_page(struct ledger *l, const struct step *s, const struct step_place *at,
                     struct candidates *out, struct error *err)
{
    struct query *q = db_query_once(l->db, buf_text(at->group == 0 ? &s->numbers : &s->group));
    out->count = 0;
    bind_question(q, s, at);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct candidate *row = &out->rows[out->count++];
        out->last_ms = query_int(q);
        rc = read_candidate(l, q, row, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        s->mover->judge(s, row);
        if (at->group < 0) /* the others were met before */
            row->meant = row->meant && row->bar == s->mover->left_bar;
    }
    return rc;
}

/* ---- nobody twice ---- */

/* With single routing a failed channel hands over to the next one: while that one runs, or after it
 * told the person, this one would tell the person twice. */
static int is_told(struct ledger *l, const struct candidate *row, bool *out, struct error *err)
{
    int64_t told = 0;
    struct query *q = db_query(l->db, row->notice != 0 ? told_sql : told_line_sql);
    if (row->notice != 0)
        query_bind_int(q, row->notice);
    query_bind_int(q, row->delivery);
    int rc = query_run_int(q, &told, err);
    *out = rc > 0;
    return rc < 0 ? rc : 0;
}

/* Numbers of earlier channels of the same person that do not run at the same time. */
static int ask_siblings(struct ledger *l, const struct candidate *row, struct query **out,
                        struct error *err)
{
    int64_t single = 0;
    *out = NULL;
    if (row->notice != 0) {
        struct query *q = db_query(l->db, single_sql);
        query_bind_int(q, row->notice);
        int rc = query_run_int(q, &single, err);
        if (rc <= 0)
            return rc;
    }
    *out = db_query(l->db, row->notice != 0 ? siblings_sql : line_siblings_sql);
    if (row->notice != 0)
        query_bind_int(*out, row->notice);
    query_bind_int(*out, row->delivery);
    return 0;
}

/* Would another channel of this person be taken before, so that this one is told then? */
static int is_preceded(struct ledger *l, const struct step *s, const struct candidate *row,
                       bool *out, struct error *err)
{
    struct query *q = NULL;
    *out = false;
    int rc = ask_siblings(l, row, &q, err);
    if (rc != 0 || q == NULL)
        return rc;
    while ((rc = query_step(q, err)) > 0) {
        struct candidates one;
        int64_t sibling = query_int(q);
        const struct step_place at = {.after = sibling - 1, .until = sibling};
        rc = read_page(l, s, &at, &one, err);
        *out =
            rc == 0 && one.count == 1 && one.rows[0].meant && one.rows[0].bar == s->mover->free_bar;
        if (rc != 0 || *out) {
            query_end(q);
            return rc;
        }
    }
    return rc;
}

int step_is_told(struct ledger *l, const struct step *s, const struct candidate *row, bool earlier,
                 bool *out, struct error *err)
{
    int rc = is_told(l, row, out, err);
    return rc == 0 && !*out && earlier ? is_preceded(l, s, row, out, err) : rc;
}

/* ---- pages ---- */

static int take_page(struct ledger *l, const struct step *s, struct candidates *page,
                     struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < page->count; i++)
        rc = s->mover->take(l, s, &page->rows[i], err);
    return rc;
}

/* A batch behind `behind` that may hold something. *out is left alone if none does. */
static int find_batch(struct ledger *l, const struct step *s, int64_t behind, int64_t *out,
                      struct error *err)
{
    struct query *q = db_query(l->db, next_batch_sql);
    query_bind_int(q, behind);
    query_bind_int(q, s->resolved.batch);
    query_bind_text(q, s->resolved.batch == 0 ? s->selector->campaign : NULL);
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

/* Lanes, then batches. */
static int next_group(struct ledger *l, const struct step *s, struct step_place *place,
                      struct error *err)
{
    int64_t lane = 0;
    int64_t batch = -1;
    int rc = 0;
    bool all = s->by_cause || s->by_domain;
    if (!all && place->group >= 0 && wants_open(s))
        rc = selector_next_lane(l, &s->resolved, place->group, &lane, err);
    if (rc == 0 && !all && lane == 0 && wants_left(s))
        rc = find_batch(l, s, place->group >= 0 ? -1 : -1 - place->group, &batch, err);
    place->group = lane != 0 ? lane : -1 - batch;
    place->at_ms = -1;
    place->after = 0;
    place->more = place->group != 0;
    return rc;
}

/* Behind the last one that was read; `until`: as far as it was looked. */
static int move_on(struct ledger *l, const struct step *s, const struct candidates *page,
                   int64_t until, struct step_place *place, struct error *err)
{
    if (page->count < PAGE && until < place->until) {
        place->after = until;
        return 0;
    }
    if (page->count < PAGE)
        return next_group(l, s, place, err);
    place->after = page->rows[PAGE - 1].delivery;
    place->at_ms = page->last_ms;
    return 0;
}

static size_t cost_of(const struct candidates *page)
{
    size_t meant = 0;
    for (size_t i = 0; i < page->count; i++)
        meant += page->rows[i].meant;
    return PAGE_COST + meant + (page->count - meant) / PASSED;
}

/* Where the next page looks: a rare domain only where it may stand. */
static int find_page(struct ledger *l, const struct step *s, const struct step_place *place,
                     struct step_place *out, struct error *err)
{
    struct extent span;
    *out = *place;
    if (!s->by_domain)
        return 0;
    int rc = sketch_find(l, s->selector->domain, place->after, place->until, &span, err);
    if (rc != 0)
        return rc;
    out->after = span.first <= span.last ? span.first - 1 : place->until;
    out->until = span.first <= span.last ? span.last : place->until;
    return 0;
}

static int take_pages(struct ledger *l, struct step *s, struct step_place *place, struct error *err)
{
    struct step_place at;
    struct candidates page;
    size_t looked = 0;
    int rc = 0;
    put_question(&s->numbers, s, 0);
    while (rc == 0 && place->more && (looked == 0 || looked < place->limit)) {
        if (place->group != 0)
            put_question(&s->group, s, place->group);
        rc = find_page(l, s, place, &at, err);
        if (rc == 0)
            rc = read_page(l, s, &at, &page, err);
        if (rc == 0)
            rc = take_page(l, s, &page, err);
        if (rc != 0)
            break;
        looked += cost_of(&page);
        rc = move_on(l, s, &page, at.until, place, err);
    }
    return rc;
}

/* The same in all steps: what came since the first one is behind `until`. */
static int choose_way(struct ledger *l, struct step *s, int64_t until, struct error *err)
{
    s->by_cause = selector_has_cause(s->selector);
    if (s->selector->domain == NULL || s->selector->id != NULL || s->by_cause)
        return 0;
    return sketch_is_rare(l, s->selector->domain, s->resolved.first, until, &s->by_domain, err);
}

int step_take(struct ledger *l, struct step *s, struct step_place *place, struct error *err)
{
    place->more = true;
    int rc = selector_resolve(l, s->selector, &s->resolved, err);
    if (rc == 0 && place->until == 0)
        rc = query_run_int(db_query(l->db, newest_sql), &place->until, err);
    if (rc < 0)
        return rc;
    if (s->resolved.nobody) {
        place->more = false;
        return 0;
    }
    if (place->group == 0 && place->after < s->resolved.first - 1)
        place->after = s->resolved.first - 1;
    if (place->until > s->resolved.last)
        place->until = s->resolved.last;
    rc = choose_way(l, s, place->until, err);
    if (rc == 0)
        rc = take_pages(l, s, place, err);
    buf_free(&s->numbers);
    buf_free(&s->group);
    return rc == 0 && !s->count_only ? ledger_refresh_lanes(l, err) : rc;
}

/* The first step that moves something begins the record; if it is the last one too, that is all. */
int step_record(struct ledger *l, const struct action *action, int64_t count, bool more,
                int64_t *number, struct error *err)
{
    if (*number != 0)
        return action_add(l, action, *number, count, !more, err);
    if (count == 0)
        return 0;
    int rc = action_close_idle(l, action->now_ms - STEP_IDLE_MS, action->now_ms, err);
    if (rc != 0)
        return rc;
    return more ? action_open(l, action, count, number, err)
                : action_insert(l, action, count, number, err);
}

/* ---- shares ---- */

void shares_add(struct shares *all, enum channel_kind channel, const char *locale)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++) {
        if (all->at[i].channel == channel && strcmp(all->at[i].locale, locale) == 0) {
            all->at[i].count++;
            return;
        }
    }
    all->at = xreallocarray(all->at, all->count + 1, sizeof(*all->at));
    struct share *new = &all->at[all->count++];
    *new = (struct share){.channel = channel, .count = 1};
    snprintf(new->locale, sizeof(new->locale), "%s", locale);
}

void shares_free(struct shares *all)
{
    free(all->at);
    *all = (struct shares){0};
}
