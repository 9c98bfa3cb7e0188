#include "desk/enqueue_campaign.h"

#include "base/text.h"
#include "campaign/campaign_read.h"
#include "letters/check_campaign.h"
#include "letters/check_scene.h"
#include "people/campaign_batch.h"

/* ---- is it right? ---- */

static int check(const struct invocation *inv, const char *path, struct error *err)
{
    struct check_scene scene;
    int rc = check_scene_open_brief(inv, &scene, err);
    if (rc == 0 && scene.settings != NULL)
        rc = check_scene_load_letter_of(&scene, path, err);
    if (rc == 0 && scene.library != NULL)
        rc = check_campaign(&scene, path, err);
    if (rc == 0 && scene.report.errors > 0)
        rc = error_set(err, ERR_INPUT, "%s has %zu %s: dispatcher check %s; nothing was queued",
                       path, scene.report.errors, scene.report.errors == 1 ? "mistake" : "mistakes",
                       path);
    check_scene_close(&scene);
    return rc;
}

/* ---- who gets it ---- */

/* "a, b or c" */
static void put_names(const struct campaign *c, struct buf *out)
{
    for (size_t i = 0; i < c->cohort_count; i++)
        text_put_choice(out, c->cohorts[i].name, i, c->cohort_count);
}

static int choose_cohort(struct enqueue_campaign *e, const char *wanted, struct error *err)
{
    const struct campaign *c = e->campaign;
    struct buf names = {0};
    int rc = 0;
    put_names(c, &names);
    e->cohort = wanted != NULL ? campaign_cohort(c, wanted) : NULL;
    if (c->cohort_count == 0)
        rc = error_set(err, ERR_INPUT, "%s names no people (cohorts): there is nobody to send to",
                       c->file);
    else if (wanted == NULL)
        rc = error_set(err, ERR_INPUT, "each cohort of %s is a batch of its own: say --cohort %s",
                       c->file, buf_text(&names));
    else if (e->cohort == NULL)
        rc = error_set(err, ERR_INPUT, "%s has no cohort \"%s\": say --cohort %s", c->file, wanted,
                       buf_text(&names));
    else if (e->cohort->audience == NULL)
        rc = error_set(err, ERR_INPUT, "%s:%d:%d: the cohort %s has no file with its people yet",
                       c->file, e->cohort->place.line, e->cohort->place.column, wanted);
    buf_free(&names);
    return rc;
}

/* What only `send` can keep to. */
static int refuse_plan(const struct settings *s, const struct campaign *c, struct error *err)
{
    if (c->approval_count == 0 && s->campaign_approval_count > 0)
        return error_set(err, ERR_DENIED,
                         "the configuration (`campaigns.approvals`) wants every campaign approved, "
                         "which enqueue does not ask for; nothing was queued. Send it with: "
                         "dispatcher send %s",
                         c->file);
    if (c->approval_count > 0)
        return error_set(err, ERR_DENIED,
                         "%s wants approvals, which enqueue does not ask for; nothing was queued. "
                         "Send it with: dispatcher send %s",
                         c->file, c->file);
    if (c->canary.first > 0 || c->waves.people > 0)
        return error_set(err, ERR_USAGE,
                         "%s leaves in portions (canary, waves), which enqueue does not know; "
                         "nothing was queued. Send it with: dispatcher send %s",
                         c->file, c->file);
    return 0;
}

/* ---- all of it ---- */

static void tell_nobody(void *context, const struct problem *p)
{
    (void)context;
    (void)p;
}

int enqueue_campaign_read(const struct invocation *inv, const struct settings *s,
                          struct enqueue_campaign *out, struct error *err)
{
    const char *path = option_value(inv, "campaign");
    struct problems quiet = {.tell = tell_nobody}; /* the check tells */
    *out = (struct enqueue_campaign){0};
    int rc = check(inv, path, err);
    if (rc == 0 && campaign_read(path, &quiet, &out->campaign) != 0)
        rc = error_set(err, ERR_INPUT, "%s has changed while it was read; try again", path);
    if (rc == 0)
        rc = refuse_plan(s, out->campaign, err);
    if (rc == 0)
        rc = choose_cohort(out, option_value(inv, "cohort"), err);
    if (rc == 0 && out->cohort != NULL)
        campaign_batch_put(out->campaign, out->cohort, out->campaign->send_at_ms, NULL,
                           &out->batch);
    return rc;
}

void enqueue_campaign_free(struct enqueue_campaign *c)
{
    campaign_free(c->campaign);
    buf_free(&c->batch);
    *c = (struct enqueue_campaign){0};
}
