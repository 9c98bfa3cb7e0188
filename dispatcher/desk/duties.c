#include "desk/duties.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "campaign/fact_sheet_read.h"
#include "cli/output.h"
#include "cli/say.h"
#include "letters/check_chain.h"
#include "model/json.h"

struct sending {
    char *campaign;
    int64_t at_ms;
};

struct looking {
    const struct invocation *inv;
    duty_fn *tell;     /* of what is open; or */
    law_duty_fn *walk; /* of everything */
    void *context;
    int64_t now_ms;
    struct sending *sent; /* all campaigns that told somebody */
    size_t count;
    struct buf *unknown;
};

/* ---- what the books say ---- */

/* RFC 3339 as milliseconds; 0: it does not say. */
static int64_t time_of(const struct json_t *row, const char *name)
{
    int64_t at_ms;
    const char *at = json_get_text(row, name, NULL);
    return at != NULL && clock_parse_rfc3339(at, &at_ms) ? at_ms : 0;
}

/* A notice is one only when it told somebody: what was cancelled first, held back by trial mode or
 * waits for its day tells nobody. It began when it was sent, or at the time it was sent for. */
static void note_sent(void *context, const struct json_t *row)
{
    struct looking *l = context;
    int64_t at_ms = time_of(row, "started_at"), due_ms = time_of(row, "send_at");
    if (at_ms == 0 || json_get_int(row, "delivered", 0) == 0)
        return;
    l->sent = xreallocarray(l->sent, l->count + 1, sizeof(*l->sent));
    l->sent[l->count++] = (struct sending){xstrdup(json_get_text(row, "campaign", "")),
                                           due_ms > at_ms ? due_ms : at_ms};
}

static int ask_sent(struct looking *l, struct session *s, struct error *err)
{
    struct buf rows = {0};
    struct json_t *end = NULL;
    int rc = session_ask(s, "{\"v\":1,\"verb\":\"campaigns\"}", &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, note_sent, l);
    json_free(end);
    buf_free(&rows);
    return rc;
}

static int64_t sent_ms(void *context, const char *campaign)
{
    const struct looking *l = context;
    for (size_t i = 0; i < l->count; i++) {
        if (text_equal(l->sent[i].campaign, campaign))
            return l->sent[i].at_ms;
    }
    return 0;
}

/* ---- its files ---- */

static void take_duty(void *context, const char *rule, const char *what, int64_t due_ms)
{
    const struct looking *l = context;
    l->tell(l->context, rule, what, due_ms);
}

/* The first mistake is the reason; the others come of it. */
static void note_mistake(void *context, const struct problem *p)
{
    const struct looking *l = context;
    if (p->level == PROBLEM_ERROR && l->unknown->len == 0)
        buf_printf(l->unknown, "%s: %s", p->position, p->text);
}

static int read_sheet(struct check_scene *scene, const char *path, struct fact_sheet **out)
{
    return path != NULL ? fact_sheet_read(path, &scene->problems, out) : 0;
}

/* Whom no channel reaches is a duty, too: that stands in the table of people alone. */
static bool has_people(struct looking *l, const struct campaign *c)
{
    for (size_t i = 0; i < c->cohort_count; i++) {
        const char *path = c->cohorts[i].audience;
        if (!text_equal(c->category, "breach_notice") || path == NULL || access(path, R_OK) == 0)
            continue;
        say_put(l->inv, l->unknown, "%s cannot be read", path);
        return false;
    }
    return true;
}

static void look(struct looking *l, struct check_scene *scene, const char *file)
{
    struct campaign *campaign = NULL, *earlier = NULL;
    struct fact_sheet *sheet = NULL, *earlier_sheet = NULL;
    int rc = campaign_read(file, &scene->problems, &campaign);
    if (rc == 0)
        rc = read_sheet(scene, campaign->facts, &sheet);
    if (rc == 0 && campaign->supersedes != NULL)
        rc = campaign_read(campaign->supersedes, &scene->problems, &earlier);
    if (rc == 0 && earlier != NULL)
        rc = read_sheet(scene, earlier->facts, &earlier_sheet);
    const struct campaign_check k = {.scene = scene,
                                     .campaign = campaign,
                                     .sheet = sheet,
                                     .earlier = earlier,
                                     .earlier_sheet = earlier_sheet};
    bool known = rc == 0 && has_people(l, campaign);
    if (known && l->walk != NULL)
        check_chain_duties(&k, l->walk, l->context);
    else if (known)
        check_chain_owed(&k);
    check_scene_keep(scene, campaign, sheet);
    check_scene_keep(scene, earlier, earlier_sheet);
}

/* ---- the whole ---- */

static void find(struct looking *l, struct session *s, const struct json_t *row, const char *file)
{
    struct check_scene scene;
    struct error err = {0};
    bool sent = json_get_text(row, "started_at", NULL) != NULL;
    int rc = check_scene_open_brief(l->inv, &scene, &err);
    bool broken = rc == 0 && (scene.settings == NULL || scene.report.errors > 0);
    scene.problems = (struct problems){.tell = note_mistake, .context = l};
    scene.open = l->tell != NULL ? take_duty : NULL;
    scene.open_context = l;
    scene.sent_ms = sent ? sent_ms : NULL;
    l->now_ms = scene.now_ms;
    if (rc == 0 && sent)
        rc = ask_sent(l, s, &err);
    if (broken)
        say_put(l->inv, l->unknown, "the rules of law cannot be read");
    else if (rc == 0)
        look(l, &scene, file);
    else
        buf_puts(l->unknown, err.text);
    check_scene_close(&scene);
    for (size_t i = 0; i < l->count; i++)
        free(l->sent[i].campaign);
    free(l->sent);
}

void duties_find(const struct invocation *inv, struct session *s, const struct json_t *row,
                 const char *file, duty_fn *tell, void *context, struct buf *out_unknown)
{
    struct looking l = {.inv = inv, .tell = tell, .context = context, .unknown = out_unknown};
    find(&l, s, row, file);
}

void duties_walk(const struct invocation *inv, struct session *s, const struct json_t *row,
                 const char *file, law_duty_fn *tell, void *context, int64_t *out_now_ms,
                 struct buf *out_unknown)
{
    struct looking l = {.inv = inv, .walk = tell, .context = context, .unknown = out_unknown};
    find(&l, s, row, file);
    *out_now_ms = l.now_ms;
}
