/*
 * What became of the people of a campaign, each counted once with the last word on them:
 *
 *   {"verb":"report","campaign":"leak-2026"}
 *
 * answers a row for each group of those that share batch, language, channel, state and cause; their
 * counts add up to the people in the books. It reads every row of the campaign, so beside a daemon
 * only: a daemon counts small ones.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "engine/requests_backend.h"
#include "ledger/campaigns.h"
#include "model/json.h"

#define IN_DAEMON_MAX INT64_C(20000)
#define BUCKETS       1024

struct group {
    char *locale, *cause;
    bool fallback, second;
    enum channel_kind channel;
    enum delivery_state state;
    int64_t count;
    struct group *next; /* of the same bucket */
};

struct report {
    const struct request *r;
    struct error *err;
    int rc;
    const char *campaign;
    struct group *groups[BUCKETS]; /* of the batch that is counted */
    int64_t *delivered_ms;         /* of all */
    size_t delivered, room;
    int64_t people, lines, begun_ms;
    bool loading;
};

/* ---- one person ---- */

static size_t hash(const struct person_row *p)
{
    size_t h = 2166136261u ^ (size_t)p->channel ^ (size_t)p->state << 4 ^ (size_t)p->fallback << 8 ^
               (size_t)(p->turn > 0) << 9;
    for (const char *at = p->locale; *at != '\0'; at++)
        h = (h ^ (unsigned char)*at) * 16777619u;
    for (const char *at = p->cause; *at != '\0'; at++)
        h = (h ^ (unsigned char)*at) * 16777619u;
    return h % BUCKETS;
}

static bool is_of(const struct group *g, const struct person_row *p)
{
    return g->channel == p->channel && g->state == p->state && g->fallback == p->fallback &&
           g->second == (p->turn > 0) && strcmp(g->locale, p->locale) == 0 &&
           strcmp(g->cause, p->cause) == 0;
}

static void note_delivered(struct report *report, int64_t at_ms)
{
    if (report->delivered == report->room) {
        report->room = report->room * 2 + 1024;
        report->delivered_ms =
            xreallocarray(report->delivered_ms, report->room, sizeof(*report->delivered_ms));
    }
    report->delivered_ms[report->delivered++] = at_ms;
}

/* Of what arrived the reply of the server is no cause; that it only lies in a folder is one. */
static void count_person(void *context, const struct person_row *row)
{
    struct report *report = context;
    struct person_row p = *row;
    if (p.state == DELIVERY_DELIVERED) {
        note_delivered(report, p.changed_ms);
        p.cause = strcmp(p.cause, "outbox") == 0 ? "outbox" : "";
    }
    struct group **at = &report->groups[hash(&p)];
    while (*at != NULL && !is_of(*at, &p))
        at = &(*at)->next;
    if (*at == NULL) {
        *at = xcalloc(1, sizeof(**at));
        **at = (struct group){.locale = xstrdup(p.locale),
                              .cause = xstrdup(p.cause),
                              .fallback = p.fallback,
                              .second = p.turn > 0,
                              .channel = p.channel,
                              .state = p.state};
    }
    (*at)->count++;
    report->people++;
}

/* ---- one batch ---- */

static void put_group(const struct report *report, const char *batch, const char *cohort,
                      const struct group *g)
{
    struct buf *out = report->r->out;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "batch", batch);
    answer_put_text(out, "cohort", cohort);
    answer_put_text(out, "locale", g->locale);
    buf_printf(out, ",\"language_fallback\":%s", g->fallback ? "true" : "false");
    answer_put_text(out, "channel", channel_kind_name(g->channel));
    buf_printf(out, ",\"channel_fallback\":%s", g->second ? "true" : "false");
    answer_put_text(out, "state", delivery_state_name(g->state));
    answer_put_text(out, "cause", g->cause);
    buf_printf(out, ",\"count\":%lld}\n", (long long)g->count);
}

static void end_groups(struct report *report, const char *batch, const char *cohort)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct group *next;
        for (struct group *g = report->groups[i]; g != NULL; g = next) {
            next = g->next;
            put_group(report, batch, cohort, g);
            free(g->locale);
            free(g->cause);
            free(g);
        }
        report->groups[i] = NULL;
    }
}

const char *report_cohort(const char *campaign, const char *batch)
{
    size_t len = strlen(campaign);
    return strncmp(batch, campaign, len) == 0 && batch[len] == '-' && batch[len + 1] != '\0'
               ? batch + len + 1
               : batch;
}

struct batch_note {
    char *id;
    int64_t lines, accepted_ms;
    bool loading;
};

static void note_batch(void *context, const struct batch_row *row)
{
    *(struct batch_note *)context = (struct batch_note){
        xstrdup(row->id), row->total, row->accepted_ms, row->state == BATCH_LOADING};
}

static int refuse_large(const struct report *report, struct error *err)
{
    if (report->r->world->daemon == NULL || report->lines <= IN_DAEMON_MAX)
        return 0;
    return error_set(err, ERR_DENIED,
                     "%s has more than %lld people: they are counted in the ledger itself, beside "
                     "the daemon that goes on sending, by somebody who may read it (its owner, or "
                     "root)",
                     report->campaign, (long long)IN_DAEMON_MAX);
}

static void count_batch(void *context, int64_t number)
{
    struct report *report = context;
    const struct batch_question q = {.batch = number};
    struct batch_note note = {0};
    if (report->rc != 0)
        return;
    report->rc = ledger_walk_batches(report->r->world->ledger, &q, note_batch, &note, report->err);
    report->lines += note.lines;
    report->loading = report->loading || note.loading;
    if (report->begun_ms == 0 || (note.accepted_ms > 0 && note.accepted_ms < report->begun_ms))
        report->begun_ms = note.accepted_ms;
    if (report->rc == 0)
        report->rc = refuse_large(report, report->err);
    if (report->rc == 0 && note.id != NULL)
        report->rc =
            ledger_walk_people(report->r->world->ledger, number, count_person, report, report->err);
    end_groups(report, note.id, note.id != NULL ? report_cohort(report->campaign, note.id) : NULL);
    free(note.id);
}

/* ---- the whole ---- */

static int compare_times(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void put_end(const struct report *report)
{
    struct buf *out = report->r->out;
    size_t count = report->delivered;
    if (count > 0)
        qsort(report->delivered_ms, count, sizeof(*report->delivered_ms), compare_times);
    const int64_t *ms = report->delivered_ms;
    buf_printf(out, "{\"v\":1,\"end\":true,\"people\":%lld,\"lines\":%lld,\"loading\":%s",
               (long long)report->people, (long long)report->lines,
               report->loading ? "true" : "false");
    answer_put_time(out, "accepted_at", report->begun_ms);
    answer_put_time(out, "first_at", count > 0 ? ms[0] : 0);
    answer_put_time(out, "median_at", count > 0 ? ms[(count - 1) / 2] : 0);
    answer_put_time(out, "last_at", count > 0 ? ms[count - 1] : 0);
    answer_put_time(out, "at", report->r->world->now_ms);
    buf_puts(out, "}\n");
}

int request_report(const struct request *r, struct error *err)
{
    struct report report = {.r = r, .err = err, .campaign = json_get_text(r->root, "campaign", "")};
    int rc =
        ledger_walk_campaign_batches(r->world->ledger, report.campaign, count_batch, &report, err);
    if (rc == 0)
        rc = report.rc;
    if (rc == 0 && report.lines == 0)
        rc =
            error_set(err, ERR_NOT_FOUND,
                      "nothing that was sent under the name \"%s\" is in the books; what is there: "
                      "dispatcher campaign list",
                      report.campaign);
    if (rc == 0)
        put_end(&report);
    free(report.delivered_ms);
    return rc;
}
