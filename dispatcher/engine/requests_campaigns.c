/*
 * Campaigns while they go:
 *
 *   campaigns        one row for each, drafts too
 *   campaign         one of them, with its approvals and what was decided
 *   campaign_stop    pauses all of it: its batches of now, those that are taken in, those to come
 *   campaign_go      lets it go on, and its batches that are halted or paused; go_on: whatever
 *                    fails, and whatever its letter says now
 *   campaign_pass    the first ones were looked at, all others may go
 *   campaign_cancel  for good
 */
#include "engine/requests_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "engine/approvals.h"
#include "engine/campaigns.h"
#include "engine/pacing.h"
#include "model/json.h"

#define PLAN_DEPTH     8
#define MANIFEST_DEPTH 4

/* ---- rows ---- */

struct listing {
    const struct request *r;
    struct error *err;
    int64_t count;
    const char *prefix;       /* `{"v":1` */
    bool open;                /* the caller closes the row */
    struct manifest manifest; /* of the last one, if it is `open` */
    int rc;
};

static void put_pace(const struct request *r, const struct pace *p, const struct pace_count *now)
{
    struct buf *out = r->out;
    struct pace_answer answer;
    const struct pacing pacing = {.zone = r->world->settings->timezone,
                                  .wall_ms = r->world->now_ms};
    pacing_decide(&pacing, p, now, &answer);
    buf_puts(out, ",\"canary\":");
    if (p->first > 0)
        buf_printf(out, "{\"first\":%lld,\"then\":\"%s\",\"taken\":%lld,\"passed\":%s}",
                   (long long)p->first, p->go_on ? "go_on" : "look",
                   (long long)(now->taken < p->first ? now->taken : p->first),
                   now->passed ? "true" : "false");
    else
        buf_puts(out, "null");
    buf_puts(out, ",\"wave\":");
    if (p->people == 0) {
        buf_puts(out, "null");
        return;
    }
    buf_printf(out, "{\"people\":%lld,\"taken\":%lld", (long long)p->people,
               (long long)now->wave_taken);
    answer_put_time(out, "next_at", answer.brake == PACE_WAVE ? answer.opens_ms : 0);
    buf_putc(out, '}');
}

static int64_t count_planned(const char *plan)
{
    struct json_t *root = NULL;
    struct error ignored;
    int64_t count = 0;
    if (plan[0] != '\0' &&
        json_parse(plan, strlen(plan), "plan", 1, PLAN_DEPTH, &root, &ignored) == 0)
        count = (int64_t)json_count(json_get(root, "cohorts"));
    json_free(root);
    return count;
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* What has to be mended first: nobody lets another letter go. */
static const char *stopped_by(const struct campaign_row *row, const struct campaign_sum *sum)
{
    if (sum->other_letter)
        return "letter";
    if (row->stop != CAMPAIGN_GOES)
        return "campaign";
    return sum->paused || sum->halted ? "batch" : NULL;
}

static void put_row(const struct listing *list, const struct campaign_row *row,
                    const struct campaign_sum *sum)
{
    struct buf *out = list->r->out;
    enum campaign_state state =
        campaign_find_state(row, sum, count_planned(row->plan), list->r->world->now_ms);
    bool over = state == CAMPAIGN_FINISHED || state == CAMPAIGN_COMPLETED_WITH_FAILURES;
    buf_puts(out, list->prefix);
    answer_put_text(out, "campaign", row->id);
    answer_put_text(out, "state", campaign_state_name(state));
    answer_put_text(out, "kind", text_or_null(row->kind));
    answer_put_text(out, "template", text_or_null(row->template_name));
    answer_put_text(out, "file", text_or_null(row->file));
    answer_put_text(out, "digest", text_or_null(row->digest));
    buf_printf(out, ",\"people\":%lld", (long long)row->people);
    answer_put_time(out, "created_at", row->created_ms);
    answer_put_time(out, "send_at", row->send_at_ms);
    answer_put_time(out, "started_at", row->started_ms);
    answer_put_text(out, "started_by", text_or_null(row->started_by));
    answer_put_time(out, "finished_at", over ? sum->finished_ms : 0);
    buf_printf(out, ",\"batches\":[%s],\"loading\":%s", buf_text(&sum->ids),
               sum->loading > 0 ? "true" : "false");
    answer_put_counts(out, sum->counts);
    buf_printf(out, ",\"refused\":%lld", (long long)sum->refused);
    answer_put_sentence(out, "stop_reason",
                        row->stop != CAMPAIGN_GOES ? row->stop_reason : buf_text(&sum->reason));
    answer_put_text(out, "stopped_by", stopped_by(row, sum));
    put_pace(list->r, &row->pace, &row->count);
    answer_put_time(out, "at", list->r->world->now_ms);
    buf_puts(out, list->open ? "" : "}\n");
}

static void read_manifest(const char *text, struct manifest *out)
{
    struct json_t *root = NULL;
    struct error ignored;
    if (text[0] != '\0' &&
        json_parse(text, strlen(text), "manifest", 1, MANIFEST_DEPTH, &root, &ignored) == 0 &&
        manifest_read(root, out, &ignored) != 0)
        manifest_free(out);
    json_free(root);
}

static void list_campaign(void *context, const struct campaign_row *row)
{
    struct listing *list = context;
    struct campaign_sum sum;
    if (list->rc != 0)
        return;
    list->count++;
    list->rc = campaign_add_up(list->r->world->ledger, row->id, &sum, list->err);
    if (list->rc == 0)
        put_row(list, row, &sum);
    if (list->rc == 0 && list->open)
        read_manifest(row->manifest, &list->manifest);
    campaign_sum_clear(&sum);
}

int request_campaigns(const struct request *r, struct error *err)
{
    struct listing list = {.r = r, .err = err, .prefix = "{\"v\":1"};
    int rc = ledger_walk_campaigns(r->world->ledger, NULL, list_campaign, &list, err);
    if (rc == 0)
        rc = list.rc;
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%lld}\n", (long long)list.count);
    return rc;
}

/* ---- what its pace says ---- */

static void decide_pace(void *context, const struct campaign_row *row)
{
    const struct request *r = context;
    const struct pacing pacing = {.zone = r->world->settings->timezone,
                                  .wall_ms = r->world->now_ms};
    r->known->has_pace = row->started_ms != 0 && pace_is_set(&row->pace);
    if (r->known->has_pace)
        pacing_decide(&pacing, &row->pace, &row->count, &r->known->answer);
}

bool request_find_pace(const struct request *r, const char *campaign, struct pace_answer *out)
{
    struct request asked = *r;
    struct error ignored;
    if (campaign == NULL || r->known == NULL || strlen(campaign) > ID_MAX)
        return false;
    if (strcmp(r->known->campaign, campaign) != 0) {
        *r->known = (struct known_pace){0};
        snprintf(r->known->campaign, sizeof(r->known->campaign), "%s", campaign);
        if (ledger_walk_campaigns(r->world->ledger, campaign, decide_pace, &asked, &ignored) != 0)
            return false;
    }
    *out = r->known->answer;
    return r->known->has_pace && r->known->answer.room == 0;
}

/* ---- one of them ---- */

struct decisions {
    struct buf *out;
    const char *campaign;
    int64_t count;
};

static bool is_about(const struct decisions *d, const char *selector)
{
    struct json_t *root = NULL;
    struct error ignored;
    bool about =
        json_parse(selector, strlen(selector), "selector", 1, PLAN_DEPTH, &root, &ignored) == 0 &&
        text_equal(json_get_text(root, "campaign", NULL), d->campaign);
    json_free(root);
    return about;
}

static void put_decision(void *context, const struct action_row *row)
{
    struct decisions *d = context;
    if (!is_about(d, row->action.selector))
        return;
    buf_printf(d->out, "%s{\"action\":%lld", d->count++ > 0 ? "," : "", (long long)row->number);
    answer_put_time(d->out, "at", row->action.now_ms);
    answer_put_text(d->out, "who", row->action.who);
    answer_put_text(d->out, "verb", row->action.verb);
    answer_put_text(d->out, "selector", row->action.selector);
    answer_put_sentence(d->out, "reason", row->action.reason);
    buf_printf(d->out, ",\"count\":%lld}", (long long)row->count);
}

/* By what it was started with; a draft is asked about with "approvals". */
static int put_history(const struct request *r, const char *id, const struct manifest *manifest,
                       struct error *err)
{
    struct approvals all;
    struct decisions d = {.out = r->out, .campaign = id};
    int rc = approvals_find(r->world->ledger, id, manifest->count > 0 ? manifest : NULL, &all, err);
    if (rc == 0) {
        approvals_put(&all, r->out);
        buf_puts(r->out, ",\"manifest\":");
        manifest_put(manifest, r->out);
        buf_puts(r->out, ",\"decisions\":[");
        rc = ledger_walk_campaign_actions(r->world->ledger, id, put_decision, &d, err);
        buf_puts(r->out, "]}\n");
    }
    approvals_free(&all);
    return rc;
}

int request_campaign(const struct request *r, struct error *err)
{
    struct listing list = {.r = r, .err = err, .prefix = "{\"v\":1,\"end\":true", .open = true};
    const char *id = NULL;
    int rc = request_read_campaign(r, &id, err);
    if (rc == 0)
        rc = ledger_walk_campaigns(r->world->ledger, id, list_campaign, &list, err);
    if (rc == 0)
        rc = list.rc;
    if (rc == 0 && list.count == 0)
        rc = error_set(err, ERR_NOT_FOUND,
                       "there is no campaign \"%s\"; `dispatcher campaign list` lists them", id);
    if (rc == 0)
        rc = put_history(r, id, &list.manifest, err);
    manifest_free(&list.manifest);
    return rc;
}

/* ---- stop and go ---- */

static const char *stop_name(enum campaign_stop stop)
{
    return stop == CAMPAIGN_CANCELLED ? "cancelled" : stop == CAMPAIGN_PAUSED ? "paused" : "goes";
}

static void put_selector(struct buf *out, const char *id, bool go_on)
{
    buf_puts(out, "{\"campaign\":");
    buf_put_json(out, id);
    buf_puts(out, go_on ? ",\"go_on\":true}" : "}");
}

static int move_campaign(const struct request *r, enum campaign_stop stop, const char *verb,
                         bool go_on, enum campaign_stop *out_was, struct error *err)
{
    struct buf selector = {0};
    const char *id = NULL;
    int rc = request_read_campaign(r, &id, err);
    put_selector(&selector, id, go_on);
    const struct action action = request_action(r, verb, buf_text(&selector));
    if (rc == 0)
        rc = ledger_stop_campaign(r->world->ledger, id, stop, action.reason, &action, out_was, err);
    buf_free(&selector);
    return rc;
}

static int stop_campaign(const struct request *r, enum campaign_stop stop, const char *verb,
                         struct error *err)
{
    enum campaign_stop was = CAMPAIGN_GOES;
    int rc = move_campaign(r, stop, verb, false, &was, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"changed\":%s,\"was\":\"%s\",\"now\":\"%s\"}\n",
                   was != stop ? "true" : "false", stop_name(was), stop_name(stop));
    return rc;
}

int request_campaign_stop(const struct request *r, struct error *err)
{
    return stop_campaign(r, CAMPAIGN_PAUSED, "campaign pause", err);
}

int request_campaign_cancel(const struct request *r, struct error *err)
{
    return stop_campaign(r, CAMPAIGN_CANCELLED, "campaign cancel", err);
}

/* Its batches that are stopped themselves. */
struct resuming {
    const struct request *r;
    bool go_on;
    bool other_letter; /* of one of its batches: it is not what was approved */
    char **ids;
    bool *letters; /* of each: its letter is to go as it is */
    size_t count;
    struct error *err;
    int rc;
};

static void note_stopped(void *context, const struct batch_row *row)
{
    struct resuming *to = context;
    bool by_letter = row->letter_reason[0] != '\0';
    to->other_letter = to->other_letter || by_letter;
    if (row->stop == BATCH_GOES && !(to->go_on && (!row->go_on || by_letter)))
        return;
    to->letters = xreallocarray(to->letters, to->count + 1, sizeof(*to->letters));
    to->letters[to->count] = to->go_on && by_letter;
    to->ids = xreallocarray(to->ids, to->count + 1, sizeof(*to->ids));
    to->ids[to->count++] = xstrdup(row->id);
}

static void note_number(void *context, int64_t number)
{
    struct resuming *to = context;
    const struct batch_question q = {.batch = number};
    if (to->rc == 0)
        to->rc = ledger_walk_batches(to->r->world->ledger, &q, note_stopped, to, to->err);
}

/* Also whether all of them may: a letter that was approved is not replaced by saying go on, and
 * whoever does not say so is told that nothing would leave. */
static int find_stopped(struct resuming *to, const char *campaign, struct error *err)
{
    int rc = ledger_walk_campaign_batches(to->r->world->ledger, campaign, note_number, to, err);
    if (rc == 0)
        rc = to->rc;
    if (rc != 0 || !to->other_letter)
        return rc;
    return to->go_on ? request_check_letter_may_change(to->r, campaign, err)
                     : request_refuse_letter(to->r, campaign, campaign, err);
}

static void forget_stopped(struct resuming *to)
{
    for (size_t i = 0; i < to->count; i++)
        free(to->ids[i]);
    free(to->ids);
    free(to->letters);
}

static int resume_batches(struct resuming *to, const char *campaign, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < to->count; i++) {
        struct buf selector = {0};
        buf_puts(&selector, "{\"campaign\":");
        buf_put_json(&selector, campaign);
        answer_put_text(&selector, "batch", to->ids[i]);
        buf_puts(&selector, to->go_on ? ",\"go_on\":true" : "");
        buf_puts(&selector, to->letters[i] ? ",\"changed_letter\":true}" : "}");
        const struct action action = request_action(to->r, "resume", buf_text(&selector));
        rc = ledger_stop_batch(to->r->world->ledger, to->ids[i], BATCH_GOES, "", to->go_on, &action,
                               err);
        if (rc == 0 && to->letters[i])
            rc = request_allow_letter(to->r, to->ids[i], &action, err);
        buf_free(&selector);
    }
    return rc;
}

int request_campaign_go(const struct request *r, struct error *err)
{
    struct resuming to = {.r = r, .go_on = json_get_bool(r->root, "go_on", false), .err = err};
    enum campaign_stop was = CAMPAIGN_GOES;
    int rc = find_stopped(&to, json_get_text(r->root, "campaign", ""), err);
    if (rc == 0)
        rc = move_campaign(r, CAMPAIGN_GOES, "campaign resume", to.go_on, &was, err);
    if (rc == 0)
        rc = resume_batches(&to, json_get_text(r->root, "campaign", ""), err);
    if (rc == 0)
        buf_printf(r->out,
                   "{\"v\":1,\"end\":true,\"changed\":%s,\"was\":\"%s\",\"now\":\"goes\""
                   ",\"batches\":%zu,\"go_on\":%s}\n",
                   was != CAMPAIGN_GOES || to.count > 0 ? "true" : "false", stop_name(was),
                   to.count, to.go_on ? "true" : "false");
    forget_stopped(&to);
    return rc;
}

/* ---- the look ---- */

int request_campaign_pass(const struct request *r, struct error *err)
{
    struct buf selector = {0};
    struct resuming to = {.r = r, .err = err};
    const char *id = NULL;
    bool was = false;
    int rc = request_read_campaign(r, &id, err);
    put_selector(&selector, id, false);
    const struct action action = request_action(r, "canary passed", buf_text(&selector));
    if (rc == 0)
        rc = find_stopped(&to, id, err);
    forget_stopped(&to);
    if (rc == 0)
        rc = ledger_pass_campaign(r->world->ledger, id, &action, &was, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"changed\":%s,\"passed\":true}\n",
                   was ? "false" : "true");
    buf_free(&selector);
    return rc;
}
