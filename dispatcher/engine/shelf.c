#include "engine/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/intake.h"

/* More than run at once on an ordinary day; a text is a few kilobytes. */
#define SHELF_PLACES 16

struct line_place {
    struct shelved shelved; /* batch 0: free */
    uint64_t used;
};

struct shelf {
    struct ledger *ledger;
    struct spool *spool;
    struct line_place places[SHELF_PLACES];
    uint64_t uses;
};

struct shelf *shelf_open(struct ledger *l, struct spool *spool)
{
    struct shelf *s = xcalloc(1, sizeof(*s));
    s->ledger = l;
    s->spool = spool;
    return s;
}

static void clear(struct line_place *p)
{
    free(p->shelved.text);
    batch_free(p->shelved.parsed);
    *p = (struct line_place){0};
}

void shelf_close(struct shelf *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < SHELF_PLACES; i++)
        clear(&s->places[i]);
    free(s);
}

/* The place of this batch; without one the place that was not wanted for the longest time. */
static struct line_place *find_place(struct shelf *s, int64_t batch)
{
    struct line_place *oldest = &s->places[0];
    for (size_t i = 0; i < SHELF_PLACES; i++) {
        if (s->places[i].shelved.batch == batch)
            return &s->places[i];
        if (s->places[i].used < oldest->used)
            oldest = &s->places[i];
    }
    return oldest;
}

static void copy_text(void *context, const struct batch_row *row)
{
    char **text = context;
    *text = xstrdup(row->text);
}

static int fetch(struct shelf *s, int64_t batch, struct line_place *p, struct error *err)
{
    const struct batch_question q = {.batch = batch};
    struct shelved found = {.batch = batch};
    int rc = ledger_walk_batches(s->ledger, &q, copy_text, &found.text, err);
    if (rc != 0)
        return rc;
    if (found.text == NULL)
        return error_set(err, ERR_NOT_FOUND, "the batch is gone: its retention is over");
    rc = batch_parse(found.text, strlen(found.text), "batch.json", false, &found.parsed, err);
    if (rc != 0) {
        free(found.text);
        return rc;
    }
    found.parsed->number = batch;
    clear(p);
    p->shelved = found;
    return 0;
}

int shelf_find(struct shelf *s, int64_t batch, const struct shelved **out, struct error *err)
{
    struct line_place *p = find_place(s, batch);
    *out = NULL;
    if (batch <= 0)
        return error_set(err, ERR_NOT_FOUND, "there is no batch %lld", (long long)batch);
    if (p->shelved.batch != batch) {
        int rc = fetch(s, batch, p, err);
        if (rc != 0)
            return rc;
    }
    p->used = ++s->uses;
    *out = &p->shelved;
    return 0;
}

static void note_purged(void *context, const struct batch_row *row)
{
    *(bool *)context = row->state == BATCH_PURGED;
}

/* A line that is not there: of a file that is, or is all of it missing? */
static int tell_missing(struct shelf *s, const struct leased *row, struct error *err)
{
    const struct batch_question q = {.batch = row->batch};
    struct buf first = {0};
    struct error ignored;
    bool purged = false;
    bool there = spool_read_line(s->spool, row->batch_id, 0, 1, &first, &ignored) == 0;
    buf_free(&first);
    if (there)
        return ERR_NOT_FOUND;
    int rc = ledger_walk_batches(s->ledger, &q, note_purged, &purged, err);
    if (rc != 0 || purged)
        return rc != 0 ? rc : error_set(err, ERR_NOT_FOUND, "its retention is over");
    return error_set(err, ERR_AGAIN,
                     "its notices are missing: there is no batches/%s/notices.jsonl in the spool "
                     "(or it is empty); mount or restore it and restart the daemon, then: "
                     "dispatcher resume %s",
                     row->batch_id, row->batch_id);
}

/* NULL if it cannot be read. Caller frees with free(). */
static char *read_line(struct shelf *s, const struct leased *row, int *out_rc, struct error *err)
{
    struct buf line = {0};
    *out_rc = row->batch_id != NULL
                  ? spool_read_line(s->spool, row->batch_id, row->offset, row->length, &line, err)
                  : error_set(err, ERR_NOT_FOUND, "%s is no recipient of a batch", row->notice_id);
    if (*out_rc == 0)
        return buf_steal(&line);
    buf_free(&line);
    if (*out_rc == ERR_NOT_FOUND && row->batch_id != NULL)
        *out_rc = tell_missing(s, row, err);
    return NULL;
}

int shelf_read_line(struct shelf *s, struct leased *row, struct error *err)
{
    int rc = 0;
    if (row->job_text == NULL)
        row->job_text = read_line(s, row, &rc, err);
    return rc;
}

/* ---- the next channel ---- */

/* As intake planned it, by today's configuration. */
static int plan_again(struct shelf *s, const struct setup *setup, const struct leased *row,
                      const struct batch *batch, struct intake_plan *out, struct error *err)
{
    struct job *job = NULL;
    int rc = 0;
    char *own = row->job_text == NULL ? read_line(s, row, &rc, err) : NULL;
    const char *text = own != NULL ? own : row->job_text;
    if (text == NULL)
        return rc;
    const struct intake_source from = {text, strlen(text), "notices.jsonl", (int)row->line};
    rc = batch_read_line(batch, text, from.len, from.shown, row->line, &job, NULL, err);
    if (rc == 0)
        rc = intake_plan_job(setup, job, &from, out, err);
    free(own);
    return rc;
}

static int choose_behind(const struct intake_plan *plan, enum channel_kind channel, size_t *out,
                         struct error *err)
{
    const struct route *route = &plan->route;
    size_t at = 0;
    while (at < route->channel_count && route->channels[at] != channel)
        at++;
    *out = at + 1;
    if (route->method == JOB_SINGLE && at + 1 < route->channel_count)
        return 0;
    return error_set(err, ERR_NOT_FOUND, "%s has no channel behind %s", plan->job->id,
                     channel_kind_name(channel));
}

int shelf_next_channel(struct shelf *s, const struct setup *setup, const struct leased *row,
                       int64_t now_ms, struct next_channel *out, struct error *err)
{
    const struct shelved *shelved = NULL;
    struct intake_plan plan = {0};
    size_t next = 0;
    *out = (struct next_channel){0};
    int rc = shelf_find(s, row->batch, &shelved, err);
    if (shelved == NULL)
        return rc;
    if (rc == 0)
        rc = plan_again(s, setup, row, shelved->parsed, &plan, err);
    if (rc == 0)
        rc = choose_behind(&plan, row->channel, &next, err);
    if (rc == 0) {
        intake_plan_delivery(setup, &plan, next, &shelved->parsed->window, now_ms, &out->planned);
        out->address = xstrdup(out->planned.address);
        out->planned.address = out->address;
        out->rest = (int)(plan.route.channel_count - next - 1);
    }
    intake_plan_clear(&plan);
    /* A line that cannot be planned any more has no further channel either. */
    return rc == ERR_INPUT ? ERR_NOT_FOUND : rc;
}

void next_channel_clear(struct next_channel *next)
{
    free(next->address);
    *next = (struct next_channel){0};
}
