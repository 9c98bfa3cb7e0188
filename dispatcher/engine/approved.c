#include "engine/approved.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/campaigns.h"
#include "model/json.h"
#include "render/library_sources.h"

/* False: there is no such letter. */
static bool find_letter(const struct setup *setup, const char *name, unsigned char out[DIGEST_SIZE])
{
    int index = name != NULL ? library_find_template(setup->library, name) : -1;
    if (index >= 0)
        library_letter_digest(setup->library, index, out);
    return index >= 0;
}

bool approved_is_same(const struct batch *b, const struct setup *setup, const char *template_name)
{
    unsigned char now[DIGEST_SIZE];
    return !b->has_letter || (find_letter(setup, template_name, now) &&
                              memcmp(now, b->letter_sha256, DIGEST_SIZE) == 0);
}

/* ---- its campaign ---- */

#define PLAN_DEPTH 8

struct membership {
    const struct batch *batch;
    bool known, started, planned, other_letter;
};

static bool names_batch(const struct json_t *plan, const char *id)
{
    const struct json_t *cohorts = json_get(plan, "cohorts");
    for (size_t i = 0; i < json_count(cohorts); i++) {
        if (text_equal(json_get_text(json_at(cohorts, i), "batch", NULL), id))
            return true;
    }
    return false;
}

/* A plan that says nothing of the letter is for any. */
static bool has_other_letter(const struct json_t *plan, const struct batch *b)
{
    const char *sum = json_get_text(plan, "letter_sha256", NULL);
    char hex[DIGEST_HEX_SIZE] = "";
    if (b->has_letter)
        digest_hex(b->letter_sha256, hex);
    return sum != NULL && strcmp(sum, hex) != 0;
}

static void look_at_plan(struct membership *m, const char *text)
{
    struct json_t *plan = NULL;
    struct error ignored;
    if (json_parse(text, strlen(text), "plan", 1, PLAN_DEPTH, &plan, &ignored) == 0) {
        m->planned = names_batch(plan, m->batch->id);
        m->other_letter = has_other_letter(plan, m->batch);
    }
    json_free(plan);
}

static void look_at_campaign(void *context, const struct campaign_row *row)
{
    struct membership *m = context;
    m->known = true;
    m->started = row->started_ms != 0;
    if (m->started)
        look_at_plan(m, row->plan);
}

static int refuse_batch(const struct membership *m, struct error *err)
{
    const char *campaign = m->batch->campaign;
    if (!m->known)
        return error_set(err, ERR_INPUT,
                         "batch.json names the campaign %s, and the configuration "
                         "(`campaigns.approvals`) wants every campaign approved: send it with "
                         "`dispatcher send`, or give this batch no \"campaign\"",
                         campaign);
    if (!m->started)
        return error_set(err, ERR_INPUT,
                         "batch.json names the campaign %s, which is approved before it is sent: "
                         "what belongs to it is sent with `dispatcher send`",
                         campaign);
    if (!m->planned)
        return error_set(err, ERR_INPUT,
                         "batch.json names the campaign %s, which was sent without this batch: "
                         "nobody approved it. What belongs to that campaign is sent with "
                         "`dispatcher send`",
                         campaign);
    return error_set(err, ERR_INPUT,
                     "batch.json names the campaign %s, which was sent with another letter: hand "
                     "it over with `dispatcher send`",
                     campaign);
}

int approved_check_campaign(struct ledger *l, const struct settings *s, const struct batch *b,
                            struct error *err)
{
    struct membership m = {.batch = b};
    if (b->campaign == NULL)
        return 0;
    int rc = ledger_walk_campaigns(l, b->campaign, look_at_campaign, &m, err);
    if (rc != 0)
        return rc;
    bool free_name = !m.known && s->campaign_approval_count == 0;
    return free_name || (m.planned && !m.other_letter) ? 0 : refuse_batch(&m, err);
}

int approved_check_notice(const struct settings *s, const struct job *job, struct error *err)
{
    if (job->campaign == NULL || s->campaign_approval_count == 0)
        return 0;
    return error_set(err, ERR_INPUT,
                     "the notice names the campaign %s, and the configuration "
                     "(`campaigns.approvals`) wants every campaign approved: send it with "
                     "`dispatcher send`, or leave \"campaign\" out",
                     job->campaign);
}

/* ---- all of them ---- */

/* One whose standing is not what it should be. */
struct judged {
    char *id;
    char *reason;  /* "": it may go */
    char *allowed; /* NULL: as before */
};

struct judging {
    const struct setup *setup;
    bool allow;
    struct judged *at;
    size_t count;
};

static void note(struct judging *j, const struct batch_row *row, const char *reason,
                 const char *allowed)
{
    j->at = xreallocarray(j->at, j->count + 1, sizeof(*j->at));
    j->at[j->count++] = (struct judged){
        .id = xstrdup(row->id), .reason = xstrdup(reason), .allowed = xstrdup(allowed)};
}

static void put_difference(const struct library *l, const char *name, struct buf *out)
{
    struct error why;
    if (name != NULL && library_refuse_letter(l, name, &why) == ERR_CONFIG)
        buf_puts(out, why.text);
    else
        buf_printf(out, "the letter %s has changed since it was approved",
                   name != NULL ? name : "that was approved");
}

static void compare(struct judging *j, const struct batch_row *row, const struct batch *b)
{
    unsigned char now[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE] = "";
    struct buf reason = {0};
    const char *name = b->shared->template_name;
    bool there = find_letter(j->setup, name, now);
    if (there)
        digest_hex(now, hex);
    bool same = there && (memcmp(now, b->letter_sha256, DIGEST_SIZE) == 0 ||
                          strcmp(row->letter_allowed, hex) == 0);
    bool stopped = row->letter_reason[0] != '\0';
    if (!same && !j->allow)
        put_difference(j->setup->library, name, &reason);
    if (same || !j->allow) {
        if (same == stopped)
            note(j, row, buf_text(&reason), NULL);
    } else if (there) {
        note(j, row, "", hex);
    }
    buf_free(&reason);
}

static void look_at(void *context, const struct batch_row *row)
{
    struct judging *j = context;
    struct batch *b = NULL;
    struct error ignored;
    if (row->text == NULL || row->state == BATCH_PURGED)
        return;
    if (batch_parse(row->text, strlen(row->text), "batch.json", true, &b, &ignored) == 0 &&
        b->has_letter)
        compare(j, row, b);
    batch_free(b);
}

static int book(struct ledger *l, const struct judged *one, const struct action *action,
                struct error *err)
{
    int rc = ledger_judge_letter(l, one->id, one->reason, one->allowed, action, err);
    if (rc == 0 && one->reason[0] != '\0')
        log_event(LOG_ERR, "batch.paused", "batch=%s reason=\"%s\"", one->id, one->reason);
    else if (rc == 0)
        log_event(LOG_INFO, "batch.letter", "batch=%s reason=\"%s\"", one->id,
                  one->allowed != NULL ? "an operator lets the changed letter go"
                                       : "its letter is what was approved");
    return rc;
}

static int judge(struct ledger *l, struct judging *j, const struct batch_question *q,
                 const struct action *action, struct error *err)
{
    int rc = ledger_walk_batches(l, q, look_at, j, err);
    for (size_t i = 0; i < j->count; i++) {
        if (rc == 0)
            rc = book(l, &j->at[i], action, err);
        free(j->at[i].id);
        free(j->at[i].reason);
        free(j->at[i].allowed);
    }
    free(j->at);
    return rc;
}

int approved_judge(struct ledger *l, const struct setup *setup, const char *id, struct error *err)
{
    const struct batch_question q = {.id = id, .unfinished = id == NULL};
    struct judging j = {.setup = setup};
    return judge(l, &j, &q, NULL, err);
}

int approved_allow(struct ledger *l, const struct setup *setup, const char *id,
                   const struct action *action, struct error *err)
{
    const struct batch_question q = {.id = id};
    struct judging j = {.setup = setup, .allow = true};
    return judge(l, &j, &q, action, err);
}
