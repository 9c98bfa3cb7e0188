#include <dirent.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "engine/approved.h"
#include "engine/requests_backend.h"
#include "ledger/campaigns.h"
#include "model/json.h"

#define BATCHES_MAX 200
/* Notices of one step of a purge: the loop must not wait long, the command asks again. */
#define PURGE_STEP 2000

static const char *const state_names[] = {
    [BATCH_LOADING] = "loading", [BATCH_RUNNING] = "running", [BATCH_PURGED] = "purged"};
static const char *const stop_names[] = {
    [BATCH_GOES] = "goes", [BATCH_HALTED] = "halted", [BATCH_PAUSED] = "paused"};

const char *batch_stop_name(enum batch_stop stop)
{
    return stop_names[stop];
}

/* ---- what keeps it ---- */

struct standing {
    enum batch_stop stop;
    const char *because; /* borrowed from the row */
    const char *by;
};

/* Its own stop, else that of its letter, else that of its campaign. */
static struct standing find_standing(const struct batch_row *row)
{
    if (row->stop != BATCH_GOES)
        return (struct standing){row->stop, row->stop_reason, "batch"};
    if (row->letter_reason[0] != '\0')
        return (struct standing){BATCH_PAUSED, row->letter_reason, "letter"};
    if (row->campaign_stop != BATCH_GOES)
        return (struct standing){BATCH_PAUSED, row->campaign_reason, "campaign"};
    return (struct standing){BATCH_GOES, row->stop_reason, NULL};
}

/* ---- finding one ---- */

static void take_facts(void *context, const struct batch_row *row)
{
    struct batch_facts *out = context;
    const struct standing s = find_standing(row);
    out->stands = s.stop;
    out->stands_by = s.by;
    if (s.because != NULL)
        buf_puts(&out->stands_because, s.because);
    out->batch = row->batch;
    out->total = row->total;
    out->finished_ms = row->finished_ms;
    out->state = row->state;
    out->stop = row->stop;
    out->go_on = row->go_on;
    out->letter_stops = row->letter_reason[0] != '\0';
    buf_puts(&out->stop_reason, row->stop_reason);
    if (row->campaign != NULL)
        buf_puts(&out->campaign, row->campaign);
    if (row->text != NULL && row->state != BATCH_PURGED)
        buf_puts(&out->text, row->text);
}

int request_find_batch(const struct request *r, const char *id, struct batch_facts *out,
                       struct error *err)
{
    const struct batch_question question = {.id = id};
    *out = (struct batch_facts){0};
    int rc = ledger_walk_batches(r->world->ledger, &question, take_facts, out, err);
    if (rc == 0 && out->batch == 0)
        rc =
            error_set(err, ERR_NOT_FOUND,
                      "there is no batch \"%s\"; `dispatcher batches` lists them, and one that was "
                      "refused lies in %s/corrupt with the reason beside it",
                      id, r->world->settings->spool);
    return rc;
}

void batch_facts_clear(struct batch_facts *facts)
{
    buf_free(&facts->text);
    buf_free(&facts->stop_reason);
    buf_free(&facts->stands_because);
    buf_free(&facts->campaign);
    *facts = (struct batch_facts){0};
}

static const char *asked_batch(const struct request *r)
{
    return json_get_text(r->root, "batch", "");
}

/* ---- rows ---- */

struct listing {
    const struct request *r;
    struct error *err;
    int64_t limit, count, last;
    bool channels; /* each channel in a row of its own before the batch's */
    bool end;      /* the batch's row is the last line of the answer */
    int rc;
};

/* What still moves by itself. */
static int64_t count_open(const int64_t counts[DELIVERY_STATES])
{
    return counts[DELIVERY_WAITING] + counts[DELIVERY_IN_FLIGHT] + counts[DELIVERY_DEFERRED];
}

static int64_t count_all(const int64_t counts[DELIVERY_STATES])
{
    int64_t total = 0;
    for (int state = 0; state < DELIVERY_STATES; state++)
        total += counts[state];
    return total;
}

/* What is counted of a batch. */
struct numbers {
    int64_t counts[DELIVERY_STATES];
    int64_t refused; /* of the failed ones: at intake */
    bool trial;      /* of the suppressed ones: by trial mode; of a batch that is asked for alone */
    struct awaiting awaiting;
};

/* Its lines are not read: a letter of it was left out. False: that is not so. */
static bool put_letter_wait(const struct request *r, const char *id)
{
    const struct request_daemon *d = r->world->daemon;
    const char *reason =
        d != NULL && d->waits_for_letter != NULL ? d->waits_for_letter(d->context, id) : NULL;
    if (reason == NULL)
        return false;
    answer_put_text(r->out, "waits_for", "letter");
    answer_put_text(r->out, "rests_because", reason);
    answer_put_time(r->out, "next_attempt_at", 0);
    return true;
}

/* Nothing of it is left to be sent, and it waits for word: so does `waits_for`. */
static int put_waits(const struct listing *list, const struct batch_row *row,
                     const struct numbers *n)
{
    struct buf *out = list->r->out;
    bool all_left = row->state == BATCH_RUNNING && count_open(n->counts) == 0;
    buf_printf(out, ",\"awaiting\":%lld", (long long)n->awaiting.count);
    answer_put_time(out, "next_channel_at", n->awaiting.first_ms);
    answer_put_time(out, "last_channel_at", n->awaiting.last_ms);
    if (row->state == BATCH_LOADING && put_letter_wait(list->r, row->id))
        return 0;
    if (n->awaiting.count == 0 || !all_left)
        return answer_put_waits(list->r, row->batch, list->err);
    answer_put_text(out, "waits_for", "confirmation");
    answer_put_text(out, "rests_because", NULL);
    answer_put_time(out, "next_attempt_at", n->awaiting.first_ms);
    return 0;
}

static const char *put_stop(struct buf *out, const struct batch_row *row)
{
    const struct standing s = find_standing(row);
    answer_put_text(out, "stop", stop_names[s.stop]);
    answer_put_sentence(out, "stop_reason", s.because);
    return s.by;
}

static int put_batch(const struct listing *list, const struct batch_row *row,
                     const struct numbers *n)
{
    struct buf *out = list->r->out;
    int64_t taken = row->state == BATCH_LOADING ? row->next_line - 1 : row->total;
    buf_puts(out, list->end ? "{\"v\":1,\"end\":true" : "{\"v\":1");
    answer_put_text(out, "batch", row->id);
    answer_put_text(out, "campaign", row->campaign);
    answer_put_text(out, "state", state_names[row->state]);
    const char *by = put_stop(out, row);
    buf_printf(out, ",\"go_on\":%s,\"lines\":%lld,\"lines_taken\":%lld",
               row->go_on ? "true" : "false", (long long)row->total,
               (long long)(taken > 0 ? taken : 0));
    buf_printf(out, ",\"deliveries\":%lld,\"open\":%lld", (long long)count_all(n->counts),
               (long long)count_open(n->counts));
    answer_put_counts(out, n->counts);
    buf_printf(out, ",\"refused\":%lld", (long long)n->refused);
    answer_put_time(out, "accepted_at", row->accepted_ms);
    answer_put_time(out, "expires_at", row->expires_at_ms);
    answer_put_time(out, "finished_at", row->finished_ms);
    answer_put_time(out, "at", list->r->world->now_ms);
    answer_put_text(out, "stopped_by", by);
    if (list->end)
        buf_printf(out, ",\"trial\":%s", n->trial ? "true" : "false");
    int rc = put_waits(list, row, n);
    buf_puts(out, "}\n");
    return rc;
}

static void put_channels(struct buf *out, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES])
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        buf_puts(out, "{\"v\":1");
        answer_put_text(out, "channel", channel_kind_name((enum channel_kind)kind));
        answer_put_counts(out, counts[kind]);
        buf_puts(out, "}\n");
    }
}

static void list_batch(void *context, const struct batch_row *row)
{
    struct listing *list = context;
    struct ledger *l = list->r->world->ledger;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct numbers n = {0};
    if (list->rc != 0 || list->count++ >= list->limit)
        return; /* only counted to know that there is more */
    list->last = row->batch;
    list->rc = ledger_count_batch(l, row->batch, counts, list->err);
    if (list->rc == 0)
        list->rc = ledger_count_untried(l, row->batch, &n.refused, list->err);
    if (list->rc == 0)
        list->rc = ledger_count_awaiting(l, row->batch, &n.awaiting, list->err);
    if (list->rc != 0)
        return;
    answer_sum_channels(counts, n.counts);
    if (list->end && n.counts[DELIVERY_SUPPRESSED] > 0 && count_open(n.counts) == 0)
        list->rc = ledger_find_trial(l, row->batch, &n.trial, list->err);
    if (list->rc != 0)
        return;
    if (list->channels)
        put_channels(list->r->out, counts);
    list->rc = put_batch(list, row, &n);
}

/* ---- what still stands at the door ---- */

/* A directory in new/ that may be a batch and is none of the ledger's. Nothing is read in it. */
static bool is_at_the_door(const struct request *r, const struct dirent *entry)
{
    struct batch_facts facts;
    struct error ignored;
    if (entry->d_type != DT_DIR || !id_valid(entry->d_name, strlen(entry->d_name)) ||
        spool_find_batch(r->world->spool, entry->d_name) != BATCH_PLACE_NEW)
        return false;
    bool known = request_find_batch(r, entry->d_name, &facts, &ignored) == 0;
    batch_facts_clear(&facts);
    return !known;
}

static void put_new(const struct request *r, const char *id)
{
    static const int64_t none[DELIVERY_STATES] = {0};
    struct buf *out = r->out;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "batch", id);
    answer_put_text(out, "campaign", NULL);
    buf_puts(out, ",\"state\":\"new\",\"stop\":\"goes\",\"stop_reason\":\"\",\"stopped_by\":null,"
                  "\"go_on\":false"
                  ",\"lines\":0,\"lines_taken\":0,\"deliveries\":0,\"open\":0");
    answer_put_counts(out, none);
    buf_puts(out, ",\"refused\":0,\"accepted_at\":null,\"expires_at\":null,\"finished_at\":null");
    answer_put_time(out, "at", r->world->now_ms);
    buf_puts(out, ",\"awaiting\":0,\"next_channel_at\":null,\"last_channel_at\":null");
    if (!put_letter_wait(r, id))
        buf_puts(out, ",\"waits_for\":null,\"rests_because\":null,\"next_attempt_at\":null");
    buf_puts(out, "}\n");
}

/* In no order, and so many at most: it is a list for people. */
static void put_door(const struct request *r)
{
    DIR *d = r->world->spool != NULL ? opendir(spool_new_path(r->world->spool)) : NULL;
    const struct dirent *entry;
    int count = 0;
    while (d != NULL && count < BATCHES_MAX && (entry = readdir(d)) != NULL) {
        if (!is_at_the_door(r, entry))
            continue;
        put_new(r, entry->d_name);
        count++;
    }
    if (d != NULL)
        closedir(d);
}

int request_batches(const struct request *r, struct error *err)
{
    const struct batch_question question = {
        .after = json_get_int(r->root, "after", 0),
        .unfinished = json_get_bool(r->root, "unfinished", false),
    };
    struct listing list = {.r = r, .err = err, .limit = BATCHES_MAX, .last = question.after};
    int rc = ledger_walk_batches(r->world->ledger, &question, list_batch, &list, err);
    bool more = list.count > list.limit;
    if (rc == 0)
        rc = list.rc;
    if (rc == 0 && !more)
        put_door(r);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%lld,\"last\":%lld,\"more\":%s}\n",
                   (long long)(more ? list.limit : list.count), (long long)list.last,
                   more ? "true" : "false");
    return rc;
}

/* ---- progress ---- */

/* It stands in new/ and the daemon has not looked at it yet, or is still checking its sum. */
static bool is_coming(const struct request *r, const char *id)
{
    return r->world->spool != NULL && spool_find_batch(r->world->spool, id) == BATCH_PLACE_NEW;
}

/* Counts by channel, then the batch. `watch` asks this twice a second: counters, no scan. */
int request_progress(const struct request *r, struct error *err)
{
    const struct batch_question question = {.id = asked_batch(r)};
    struct listing list = {.r = r, .err = err, .limit = 1, .channels = true, .end = true};
    struct batch_facts facts;
    int rc = ledger_walk_batches(r->world->ledger, &question, list_batch, &list, err);
    if (rc == 0)
        rc = list.rc;
    if (rc != 0 || list.count > 0)
        return rc;
    if (!is_coming(r, question.id)) {
        rc = request_find_batch(r, question.id, &facts, err); /* its sentence */
        batch_facts_clear(&facts);
        return rc;
    }
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    answer_put_text(r->out, "batch", question.id);
    buf_puts(r->out, ",\"state\":\"new\"}\n");
    return 0;
}

/* ---- stop and go ---- */

static void count_approval(void *context, const struct approval *a UNUSED)
{
    size_t *count = context;
    (*count)++;
}

int request_check_letter_may_change(const struct request *r, const char *campaign,
                                    struct error *err)
{
    size_t approvals = 0;
    int rc =
        campaign != NULL && campaign[0] != '\0'
            ? ledger_walk_approvals(r->world->ledger, campaign, count_approval, &approvals, err)
            : 0;
    if (rc == 0 && approvals > 0)
        rc = error_set(err, ERR_DENIED,
                       "the letter of %s is not the one that was approved, and nothing goes on: "
                       "put it back as it was and `dispatcher reload`, or cancel the campaign and "
                       "have a new one approved",
                       campaign);
    return rc;
}

int request_refuse_letter(const struct request *r, const char *campaign, const char *name,
                          struct error *err)
{
    int rc = request_check_letter_may_change(r, campaign, err);
    return rc != 0 ? rc
                   : error_set(err, ERR_DENIED,
                               "the letter of %s is not the one it was handed over with, and "
                               "nothing goes on: put it back as it was and `dispatcher reload`, or "
                               "let it go as it is now with --go-on",
                               name);
}

int request_allow_letter(const struct request *r, const char *id, const struct action *action,
                         struct error *err)
{
    const struct request_daemon *d = r->world->daemon;
    if (d == NULL || d->setup == NULL)
        return error_set(err, ERR_DOWN,
                         "the letter of %s is not what was approved; the daemon has to read it "
                         "before it can go as it is: dispatcher run",
                         id);
    return approved_allow(r->world->ledger, d->setup, id, action, err);
}

static int move_batch(const struct request *r, enum batch_stop stop, bool go_on, const char *verb,
                      struct error *err)
{
    const char *id = asked_batch(r);
    struct batch_facts facts;
    struct buf selector = {0};
    int rc = request_find_batch(r, id, &facts, err);
    buf_puts(&selector, "{\"batch\":");
    buf_put_json(&selector, id);
    buf_puts(&selector, go_on ? ",\"go_on\":true" : "");
    buf_puts(&selector, go_on && facts.letter_stops ? ",\"changed_letter\":true}" : "}");
    const struct action action = request_action(r, verb, buf_text(&selector));
    bool change = facts.stop != stop || (go_on && !facts.go_on);
    if (rc == 0 && go_on && facts.letter_stops)
        rc = request_check_letter_may_change(r, buf_text(&facts.campaign), err);
    else if (rc == 0 && stop == BATCH_GOES && facts.letter_stops)
        rc = request_refuse_letter(r, buf_text(&facts.campaign), id, err);
    if (rc == 0 && change)
        rc = ledger_stop_batch(r->world->ledger, id, stop, stop == BATCH_GOES ? "" : action.reason,
                               go_on, &action, err);
    if (rc == 0 && go_on && facts.letter_stops) {
        rc = request_allow_letter(r, id, &action, err);
        change = true;
    }
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"changed\":%s,\"was\":\"%s\"",
                   change ? "true" : "false", stop_names[facts.stop]);
        buf_printf(r->out, ",\"now\":\"%s\",\"go_on\":%s}\n", stop_names[stop],
                   go_on || facts.go_on ? "true" : "false");
    }
    batch_facts_clear(&facts);
    buf_free(&selector);
    return rc;
}

int request_stop(const struct request *r, struct error *err)
{
    return move_batch(r, BATCH_PAUSED, false, "pause", err);
}

int request_go(const struct request *r, struct error *err)
{
    bool go_on = json_get_bool(r->root, "go_on", false);
    return move_batch(r, BATCH_GOES, go_on, "resume", err);
}

/* ---- purge ---- */

struct purging {
    const struct request *r;
    int64_t before_ms;
    int64_t batches;
    struct error problem; /* the first */
    int rc;
};

static void put_purged(struct buf *out, const char *id)
{
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "batch", id);
    buf_puts(out, "}\n");
}

static int remove_notices(void *context, const char *id)
{
    struct purging *p = context;
    struct error why = {0};
    int rc = spool_remove_batch(p->r->world->spool, id, &why);
    if (rc == 0) {
        put_purged(p->r->out, id);
        return 0;
    }
    log_event(LOG_WARN, "batch.kept", "batch=%s reason=\"%s\"", id, why.text);
    if (p->problem.code == 0)
        error_set(&p->problem, why.code, "%s", why.text);
    return rc;
}

/* What ledger_purge() would take: over for long enough, and nothing in it that waits for a person.
 */
static void list_ripe(void *context, const struct batch_row *row)
{
    struct purging *p = context;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], sums[DELIVERY_STATES];
    if (p->rc != 0 || row->state != BATCH_RUNNING || row->finished_ms == 0 ||
        row->finished_ms >= p->before_ms)
        return;
    p->rc = ledger_count_batch(p->r->world->ledger, row->batch, counts, &p->problem);
    answer_sum_channels(counts, sums);
    if (p->rc != 0 || count_open(sums) + sums[DELIVERY_HELD] + sums[DELIVERY_UNCERTAIN] > 0)
        return;
    p->batches++;
    put_purged(p->r->out, row->id);
}

/* What is old enough and left all the same, because its next channel may follow. */
static int put_kept(const struct request *r, int64_t before_ms, struct error *err)
{
    struct purge_kept kept;
    int rc = ledger_count_kept(r->world->ledger, before_ms, &kept, err);
    buf_printf(r->out, ",\"awaiting_batches\":%lld,\"awaiting_notices\":%lld",
               (long long)kept.batches, (long long)kept.notices);
    return rc;
}

static int list_purge(const struct request *r, int64_t before_ms, struct error *err)
{
    const struct batch_question everything = {0};
    struct purging p = {.r = r, .before_ms = before_ms};
    int rc = ledger_walk_batches(r->world->ledger, &everything, list_ripe, &p, err);
    if (rc == 0 && p.rc != 0)
        rc = error_set(err, p.rc, "%s", p.problem.text);
    if (rc != 0)
        return rc;
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"batches\":%lld", (long long)p.batches);
    rc = put_kept(r, before_ms, err);
    buf_puts(r->out, "}\n");
    return rc;
}

static int step_purge(const struct request *r, int64_t before_ms, struct error *err)
{
    struct purging p = {.r = r};
    struct purge step = {.after = json_get_int(r->root, "after", 0),
                         .seen_ms = json_get_int(r->root, "seen_ms", 0),
                         .seen = json_get_int(r->root, "seen", 0)};
    struct buf selector = {0};
    if (r->world->spool == NULL)
        return error_set(err, ERR_INTERNAL, "the spool is not open for the request");
    buf_puts(&selector, "{\"finished_before\":");
    char when[CLOCK_TEXT_SIZE];
    buf_put_json(&selector, clock_format_rfc3339(before_ms, when));
    buf_putc(&selector, '}');
    const struct action action = request_action(r, "purge", buf_text(&selector));
    int rc = ledger_purge(r->world->ledger, &step, before_ms, PURGE_STEP, remove_notices, &p,
                          &action, err);
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"notices\":%lld,\"batches\":%lld,\"kept\":%lld",
                   (long long)step.notices, (long long)step.batches, (long long)step.kept);
        buf_printf(r->out, ",\"after\":%lld,\"more\":%s", (long long)step.after,
                   step.more ? "true" : "false");
        answer_put_text(r->out, "problem", p.problem.code != 0 ? p.problem.text : NULL);
        buf_printf(r->out, ",\"seen_ms\":%lld,\"seen\":%lld", (long long)step.seen_ms,
                   (long long)step.seen);
        rc = put_kept(r, before_ms, err);
        buf_puts(r->out, "}\n");
    }
    buf_free(&selector);
    return rc;
}

int request_purge(const struct request *r, struct error *err)
{
    int64_t retention_ms = r->world->settings->retention_ms;
    int64_t older_ms = json_get_int(r->root, "older_than_ms", retention_ms > 0 ? retention_ms : -1);
    if (older_ms < 0)
        return error_set(err, ERR_USAGE,
                         "texts are kept for good (retention: in the configuration); say which may "
                         "go with --older-than 30d");
    int64_t before_ms = r->world->now_ms - older_ms;
    return json_get_bool(r->root, "dry_run", false) ? list_purge(r, before_ms, err)
                                                    : step_purge(r, before_ms, err);
}
