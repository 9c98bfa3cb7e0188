/*
 * Whom to telephone: {"verb":"call_list","campaign":"leak-2026","cohort":"a","phoned":["a"],
 * "everybody":false,"again":false}
 *
 * answers a row for each person of a cohort that is phoned, and of each other one whom no channel
 * reached; who was talked to already is left out unless `again`.
 *
 * {"verb":"people","campaign":"leak-2026","cohort":"a","states":["failed"]}
 *
 * answers a row for each person on whom one of these is the last word, with what was known of them.
 *
 * Like the report both read all rows, so of large campaigns only beside a daemon.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "engine/requests_backend.h"
#include "ledger/calls.h"
#include "ledger/campaigns.h"
#include "model/batch.h"
#include "model/json.h"

#define IN_DAEMON_MAX INT64_C(20000)

struct call_list {
    const struct request *r;
    struct error *err;
    int rc;
    const char *campaign, *cohort_wanted; /* NULL: all */
    bool everybody, again;
    bool whole; /* "people": with what was handed over, whatever came of calls */
    /* The batch that is looked at. */
    struct batch *batch;
    char *batch_id;
    bool phoned;
    int64_t lines, count;
};

/* ---- one person ---- */

static bool is_unreached(enum delivery_state state)
{
    return state == DELIVERY_FAILED || state == DELIVERY_SUPPRESSED || state == DELIVERY_EXPIRED ||
           state == DELIVERY_UNCERTAIN;
}

/* Calls so far, and what came of the last. */
struct calls_so_far {
    int64_t count, at_ms;
    enum call_outcome last;
};

static void count_call(void *context, const struct call *c)
{
    struct calls_so_far *so_far = context;
    so_far->count++;
    if (c->at_ms < so_far->at_ms)
        return;
    so_far->at_ms = c->at_ms;
    so_far->last = c->outcome;
}

static bool is_settled(const struct calls_so_far *c)
{
    return c->count > 0 && (c->last == CALL_REACHED || c->last == CALL_REFUSED);
}

static struct job *read_job(const struct call_list *list, const struct person_row *p)
{
    struct buf line = {0};
    struct job *job = NULL;
    struct error ignored;
    if (list->batch != NULL && list->r->world->spool != NULL &&
        spool_read_line(list->r->world->spool, list->batch_id, p->offset, p->length, &line,
                        &ignored) == 0 &&
        batch_read_line(list->batch, buf_text(&line), line.len, "notices.jsonl", p->line, &job,
                        NULL, &ignored) != 0)
        job = NULL;
    buf_free(&line);
    return job;
}

/* Under the id they had, in the language they asked for. */
static void put_whole(const struct call_list *list, const struct person_row *p,
                      const struct job *job, struct buf *out)
{
    size_t len = strlen(list->batch_id);
    bool own = strncmp(p->notice_id, list->batch_id, len) == 0 && p->notice_id[len] == '_';
    answer_put_text(out, "recipient", own ? p->notice_id + len + 1 : NULL);
    answer_put_text(out, "asked_locale",
                    job != NULL && job->locale != NULL ? job->locale : p->locale);
    buf_puts(out, ",\"to\":");
    if (job != NULL)
        json_put(out, json_get(job->root, "to"));
    else
        buf_puts(out, "null");
}

static void put_person(struct call_list *list, const struct person_row *p,
                       const struct calls_so_far *calls)
{
    struct buf *out = list->r->out;
    struct job *job = read_job(list, p);
    const char *zone = p->zone[0] != '\0' ? p->zone : job != NULL ? job->to.timezone : NULL;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "id", p->notice_id);
    answer_put_text(out, "reference", job != NULL ? job->reference : NULL);
    answer_put_text(out, "name", job != NULL ? job->to.name : NULL);
    answer_put_text(out, "phone", job != NULL ? job->to.phone : NULL);
    answer_put_text(out, "locale", p->locale);
    answer_put_text(out, "zone", zone);
    answer_put_text(out, "cohort", report_cohort(list->campaign, list->batch_id));
    answer_put_text(out, "state", delivery_state_name(p->state));
    answer_put_text(out, "cause", p->state == DELIVERY_DELIVERED ? "" : p->cause);
    buf_printf(out, ",\"calls\":%lld", (long long)calls->count);
    answer_put_text(out, "last_call", calls->count > 0 ? call_outcome_name(calls->last) : NULL);
    if (list->whole)
        put_whole(list, p, job, out);
    buf_puts(out, "}\n");
    list->count++;
    job_free(job);
}

static bool names(const struct json_t *list, const char *wanted)
{
    for (size_t i = 0; i < json_count(list); i++) {
        struct buf name = {0};
        bool same = json_put_plain(&name, json_at(list, i)) && strcmp(buf_text(&name), wanted) == 0;
        buf_free(&name);
        if (same)
            return true;
    }
    return false;
}

static void look_at(void *context, const struct person_row *p)
{
    struct call_list *list = context;
    struct calls_so_far calls = {0};
    if (list->whole) {
        if (names(json_get(list->r->root, "states"), delivery_state_name(p->state)))
            put_person(list, p, &calls);
        return;
    }
    if (list->rc != 0 || !(list->phoned || list->everybody || is_unreached(p->state)))
        return;
    list->rc = ledger_walk_calls(list->r->world->ledger, p->notice_id, NULL, count_call, &calls,
                                 list->err);
    if (list->rc == 0 && (list->again || !is_settled(&calls)))
        put_person(list, p, &calls);
}

/* ---- one batch ---- */

static void read_batch(void *context, const struct batch_row *row)
{
    struct call_list *list = context;
    struct error ignored;
    list->batch_id = xstrdup(row->id);
    list->lines += row->total;
    if (row->text != NULL &&
        batch_parse(row->text, strlen(row->text), "batch.json", false, &list->batch, &ignored) == 0)
        list->batch->number = row->batch;
}

static int look_at_batch(struct call_list *list, int64_t number)
{
    const char *cohort = report_cohort(list->campaign, list->batch_id);
    if (list->cohort_wanted != NULL && strcmp(list->cohort_wanted, cohort) != 0)
        return 0;
    if (list->r->world->daemon != NULL && list->lines > IN_DAEMON_MAX)
        return error_set(list->err, ERR_DENIED,
                         "the list of a campaign of more than %lld people is made by somebody who "
                         "may read the ledger (its owner, or root)",
                         (long long)IN_DAEMON_MAX);
    list->phoned = names(json_get(list->r->root, "phoned"), cohort);
    int rc = ledger_walk_people(list->r->world->ledger, number, look_at, list, list->err);
    return rc == 0 ? list->rc : rc;
}

static void take_batch(void *context, int64_t number)
{
    struct call_list *list = context;
    const struct batch_question q = {.batch = number};
    if (list->rc != 0)
        return;
    list->rc = ledger_walk_batches(list->r->world->ledger, &q, read_batch, list, list->err);
    if (list->rc == 0 && list->batch_id != NULL)
        list->rc = look_at_batch(list, number);
    batch_free(list->batch);
    free(list->batch_id);
    list->batch = NULL;
    list->batch_id = NULL;
}

static int answer(const struct request *r, bool whole, struct error *err)
{
    struct call_list list = {
        .r = r,
        .err = err,
        .whole = whole,
        .campaign = json_get_text(r->root, "campaign", ""),
        .cohort_wanted = json_get_text(r->root, "cohort", NULL),
        .everybody = json_get_bool(r->root, "everybody", false),
        .again = json_get_bool(r->root, "again", false),
    };
    int rc = ledger_walk_campaign_batches(r->world->ledger, list.campaign, take_batch, &list, err);
    if (rc == 0)
        rc = list.rc;
    if (rc == 0 && list.lines == 0)
        rc =
            error_set(err, ERR_NOT_FOUND,
                      "nothing that was sent under the name \"%s\" is in the books; what is there: "
                      "dispatcher campaign list",
                      list.campaign);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%lld}\n", (long long)list.count);
    return rc;
}

int request_call_list(const struct request *r, struct error *err)
{
    return answer(r, false, err);
}

int request_people(const struct request *r, struct error *err)
{
    return answer(r, true, err);
}
