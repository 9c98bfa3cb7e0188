#include <stdlib.h>

#include "base/alloc.h"
#include "engine/requests_backend.h"
#include "ledger/calls.h"
#include "ledger/campaigns.h"
#include "model/batch.h"
#include "model/json.h"

struct show {
    const struct request *r;
    const char *id;
    struct error *err;
    const struct batch_facts *batch; /* borrowed while the notice is put; NULL: of none */
    bool begun;                      /* the notice stands in the answer, deliveries follow */
    int rc;
};

/* ---- the text of a batch's line ---- */

static int read_line(const struct request *r, const struct delivery_row *row, struct buf *out,
                     struct error *err)
{
    if (r->world->spool == NULL)
        return error_set(err, ERR_DENIED, "the spool cannot be read from here");
    return spool_read_line(r->world->spool, row->batch_id, row->offset, row->length, out, err);
}

/* The notice a line stands for, merged and canonical. */
static int merge_line(const struct request *r, const struct delivery_row *row,
                      const struct batch_facts *facts, struct buf *out, struct error *err)
{
    struct buf line = {0};
    struct batch *batch = NULL;
    struct job *job = NULL;
    int rc = batch_parse(buf_text(&facts->text), facts->text.len, "batch.json", false, &batch, err);
    if (rc == 0)
        rc = read_line(r, row, &line, err);
    if (rc == 0)
        batch->number = facts->batch;
    if (rc == 0)
        rc = batch_read_line(batch, buf_text(&line), line.len, "notices.jsonl", row->line, &job,
                             NULL, err);
    if (rc == 0)
        job_put_canonical(job, out);
    job_free(job);
    batch_free(batch);
    buf_free(&line);
    return rc;
}

/* ---- the notice ---- */

/* {"v":1,"job":{...},"text":"there"}, or null and why. The rows behind it tell the story without
 * it.
 */
static void put_notice(const struct show *show, const struct delivery_row *row,
                       const struct buf *job, const char *text, const char *why)
{
    struct buf *out = show->r->out;
    buf_puts(out, "{\"v\":1,\"job\":");
    buf_puts(out, job->len > 0 ? job->data : "null");
    answer_put_text(out, "id", show->id);
    if (row->batch_id != NULL) {
        answer_put_text(out, "batch", row->batch_id);
        buf_printf(out, ",\"line\":%lld", (long long)row->line);
    }
    answer_put_text(out, "text", text);
    if (why[0] != '\0')
        answer_put_sentence(out, "why", why);
    if (show->batch != NULL && show->batch->stands != BATCH_GOES) {
        answer_put_text(out, "stop", batch_stop_name(show->batch->stands));
        answer_put_sentence(out, "stop_reason", buf_text(&show->batch->stands_because));
        answer_put_text(out, "stopped_by", show->batch->stands_by);
        answer_put_text(out, "campaign",
                        show->batch->campaign.len > 0 ? buf_text(&show->batch->campaign) : NULL);
    }
    buf_puts(out, "}\n");
}

static int show_single(const struct show *show, const struct delivery_row *row, struct error *err)
{
    struct buf job = {0};
    int rc = ledger_read_notice(show->r->world->ledger, show->id, &job, err);
    if (rc == 0 || rc == ERR_NOT_FOUND)
        put_notice(show, row, &job, rc == 0 ? "there" : "purged", "");
    buf_free(&job);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int show_line(struct show *show, const struct delivery_row *row, struct error *err)
{
    struct batch_facts facts;
    struct buf job = {0};
    struct error why = {0};
    int rc = request_find_batch(show->r, row->batch_id, &facts, err);
    show->batch = &facts;
    if (rc == 0 && facts.text.len == 0)
        put_notice(show, row, &job, "purged", "");
    else if (rc == 0 && merge_line(show->r, row, &facts, &job, &why) != 0)
        put_notice(show, row, &job, "unread", why.text);
    else if (rc == 0)
        put_notice(show, row, &job, "there", "");
    show->batch = NULL;
    batch_facts_clear(&facts);
    buf_free(&job);
    return rc;
}

/* ---- the story of a delivery: attempts and reports as they happened ---- */

struct event {
    int64_t at_ms;
    size_t number; /* in the order they were told: of the same moment the first comes first */
    char *text;
};

struct story {
    struct event *events;
    size_t count, room;
    bool ended; /* a proven report of an end is among them: the first one counts */
};

static void add_event(struct story *s, int64_t at_ms, struct buf *text)
{
    if (s->count == s->room) {
        s->room = s->room * 2 + 16;
        s->events = xreallocarray(s->events, s->room, sizeof(*s->events));
    }
    s->events[s->count] = (struct event){at_ms, s->count, buf_steal(text)};
    s->count++;
}

static void add_attempt(void *context, const struct attempt_row *row)
{
    struct buf text = {0};
    answer_put_attempt(&text, row);
    add_event(context, row->ended_ms, &text);
}

static void add_receipt(void *context, const struct receipt *receipt, int64_t delivery)
{
    struct story *story = context;
    struct buf text = {0};
    bool report = receipt->proven && receipt->kind != RECEIPT_NOTE;
    answer_put_receipt(&text, receipt, delivery, report && story->ended);
    story->ended = story->ended || (report && receipt_kind_is_end(receipt->kind));
    add_event(context, receipt->at_ms, &text);
}

static int compare_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static int show_story(const struct show *show, int64_t delivery)
{
    struct ledger *l = show->r->world->ledger;
    struct story story = {0};
    int rc = ledger_walk_attempts(l, delivery, add_attempt, &story, show->err);
    if (rc == 0)
        rc = ledger_walk_receipts(l, delivery, add_receipt, &story, show->err);
    if (story.count > 0)
        qsort(story.events, story.count, sizeof(*story.events), compare_events);
    for (size_t i = 0; i < story.count; i++) {
        buf_puts(show->r->out, story.events[i].text);
        free(story.events[i].text);
    }
    free(story.events);
    return rc;
}

static void show_delivery(void *context, const struct delivery_row *row)
{
    struct show *show = context;
    if (show->rc == 0 && !show->begun)
        show->rc = row->batch_id != NULL ? show_line(show, row, show->err)
                                         : show_single(show, row, show->err);
    show->begun = true;
    answer_put_delivery(show->r, row);
    if (show->rc == 0)
        show->rc = show_story(show, row->delivery);
}

static void note_campaign(void *context, const struct campaign_row *row UNUSED)
{
    *(bool *)context = true;
}

static bool is_campaign(const struct request *r, const char *id)
{
    bool found = false;
    struct error ignored;
    return id[0] != '\0' &&
           ledger_walk_campaigns(r->world->ledger, id, note_campaign, &found, &ignored) == 0 &&
           found;
}

static int refuse_unknown(const struct request *r, const char *id, struct error *err)
{
    struct batch_facts facts;
    struct error ignored;
    bool is_batch = request_find_batch(r, id, &facts, &ignored) == 0;
    batch_facts_clear(&facts);
    const struct request_daemon *d = r->world->daemon;
    const char *letter =
        d != NULL && d->waits_for_letter != NULL ? d->waits_for_letter(d->context, id) : NULL;
    if (letter != NULL)
        return error_set(
            err, ERR_AGAIN,
            "\"%s\" waits until its letter is mended and read (`dispatcher reload`): %s", id,
            letter);
    if (is_batch)
        return error_set(err, ERR_NOT_FOUND,
                         "\"%s\" is a batch, not a notice; its recipients are %s_ID (`dispatcher "
                         "queue --batch %s` lists them), how far it is says `dispatcher watch %s`",
                         id, id, id, id);
    if (is_campaign(r, id))
        return error_set(err, ERR_NOT_FOUND,
                         "\"%s\" is a campaign, not a notice; how far it is says `dispatcher watch "
                         "%s`, what became of it `dispatcher campaign show %s`",
                         id, id, id);
    return error_set(err, ERR_NOT_FOUND, "there is no notice with the id \"%s\"", id);
}

/* The notice as accepted, then each delivery followed by its story. */
int request_show(const struct request *r, struct error *err)
{
    struct selector selector = SELECTOR_ALL;
    struct show show = {.r = r, .id = json_get_text(r->root, "id", ""), .err = err};
    size_t count = 0;
    int64_t last = 0;
    selector.id = show.id;
    int rc = ledger_walk(r->world->ledger, &selector, 0, ROWS_MAX, show_delivery, &show, &count,
                         &last, err);
    if (rc == 0)
        rc = show.rc;
    if (rc == 0 && count == 0)
        rc = refuse_unknown(r, show.id, err);
    if (rc == 0)
        rc = ledger_walk_calls(r->world->ledger, show.id, NULL, answer_put_call, r->out, err);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}
