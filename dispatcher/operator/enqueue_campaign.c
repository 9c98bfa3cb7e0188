#include "operator/enqueue_campaign.h"

#include "base/clock.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "operator/check_campaign.h"
#include "operator/check_scene.h"

/* ---- is it right? ---- */

static int check(const struct invocation *inv, const char *path, struct error *err)
{
    struct check_scene scene;
    int rc = check_scene_open_brief(inv, &scene, err);
    if (rc == 0 && scene.settings != NULL)
        rc = check_scene_load_letters(&scene, err);
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

/* ---- batch.json ---- */

static void put_member(struct buf *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text);
}

/* The first that a reader has an address for, in this order. */
static void put_channels(const struct campaign *c, struct buf *out)
{
    bool first = true;
    buf_puts(out, ",\"routing\":{\"method\":\"single\",\"channels\":[");
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (!c->channels[kind])
            continue;
        buf_printf(out, "%s\"%s\"", first ? "" : ",", channel_kind_name((enum channel_kind)kind));
        first = false;
    }
    buf_puts(out, "]}");
}

static void put_hours(const struct send_window *w, struct buf *out)
{
    if (w->from_minute != w->to_minute)
        buf_printf(out, ",\"window\":\"%02d:%02d-%02d:%02d\"", w->from_minute / 60,
                   w->from_minute % 60, w->to_minute / 60, w->to_minute % 60);
}

static void put_halt(const struct halt_rule *h, struct buf *out)
{
    if (h->set)
        buf_printf(out, ",\"halt\":{\"failures\":%lld,\"share\":%g}", (long long)h->failures,
                   h->share);
}

static void put_batch(struct enqueue_campaign *e)
{
    const struct campaign *c = e->campaign;
    struct buf id = {0};
    char at[CLOCK_TEXT_SIZE];
    buf_printf(&id, "%s-%s", c->id, e->cohort->name);
    buf_puts(&e->batch, "{\"version\":1");
    put_member(&e->batch, "id", buf_text(&id));
    put_member(&e->batch, "template", c->template_name);
    put_member(&e->batch, "category", c->category);
    put_member(&e->batch, "campaign", c->id);
    put_member(&e->batch, "reference", c->reference);
    if (c->send_at_ms != 0)
        put_member(&e->batch, "not_before", clock_format_rfc3339(c->send_at_ms, at));
    if (c->expires_at_ms != 0)
        put_member(&e->batch, "expires_at", clock_format_rfc3339(c->expires_at_ms, at));
    put_hours(&c->window, &e->batch);
    put_halt(&c->halt, &e->batch);
    put_channels(c, &e->batch);
    buf_putc(&e->batch, '}');
    buf_free(&id);
}

/* ---- all of it ---- */

static void tell_nobody(void *context, const struct problem *p)
{
    (void)context;
    (void)p;
}

int enqueue_campaign_read(const struct invocation *inv, struct enqueue_campaign *out,
                          struct error *err)
{
    const char *path = option_value(inv, "campaign");
    struct problems quiet = {.tell = tell_nobody}; /* the check tells */
    *out = (struct enqueue_campaign){0};
    int rc = check(inv, path, err);
    if (rc == 0 && campaign_read(path, &quiet, &out->campaign) != 0)
        rc = error_set(err, ERR_INPUT, "%s has changed while it was read; try again", path);
    if (rc == 0)
        rc = choose_cohort(out, option_value(inv, "cohort"), err);
    if (rc == 0 && out->cohort != NULL)
        put_batch(out);
    return rc;
}

void enqueue_campaign_free(struct enqueue_campaign *c)
{
    campaign_free(c->campaign);
    buf_free(&c->batch);
    *c = (struct enqueue_campaign){0};
}
