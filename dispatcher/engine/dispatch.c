#include "engine/dispatch.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "policy/verdict.h"

/* Leases per call of dispatch_run(): a backlog of which nothing may be sent (trial mode, expired)
 * would otherwise be worked off while signals and workers wait. */
#define LEASES_PER_RUN 64
/* One packet's notices, above their first. A frame has a limit, and so has a worker's memory. */
#define PACKET_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* ---- health of transports ---- */

static struct transport_health *find_health(struct dispatch *d, const char *transport)
{
    for (size_t i = 0; i < d->health_count; i++) {
        if (strcmp(d->health[i].name, transport) == 0)
            return &d->health[i];
    }
    d->health = xreallocarray(d->health, d->health_count + 1, sizeof(*d->health));
    d->health[d->health_count] = (struct transport_health){.name = xstrdup(transport)};
    return &d->health[d->health_count++];
}

const struct transport_health *dispatch_health(const struct dispatch *d, const char *transport)
{
    for (size_t i = 0; i < d->health_count; i++) {
        if (strcmp(d->health[i].name, transport) == 0)
            return &d->health[i];
    }
    return NULL;
}

static void pause_transport(struct dispatch *d, const char *transport, int64_t least_ms,
                            const struct disposition *why)
{
    struct transport_health *h = find_health(d, transport);
    int64_t now = clock_mono_ms();
    if (h->paused_until_mono_ms > now)
        return; /* the rest of the same packet tells the same story */
    int64_t pause = transport_pause_ms(++h->faults);
    if (pause < least_ms)
        pause = least_ms;
    h->paused_until_mono_ms = now + pause;
    snprintf(h->reason, sizeof(h->reason), "%s", why->reply);
    log_event(LOG_ERR, "transport.paused", "transport=%s for_ms=%lld cause=%s reply=\"%s\"",
              transport, (long long)pause, why->cause, why->reply);
}

static void praise_transport(struct dispatch *d, const char *transport)
{
    struct transport_health *h = find_health(d, transport);
    if (h->faults > 0)
        log_event(LOG_INFO, "transport.recovered", "transport=%s", transport);
    h->faults = 0;
    h->paused_until_mono_ms = 0;
}

/* ---- settling ---- */

static void log_outcome(const struct leased *row, const struct transport *t,
                        const struct disposition *d, const struct verdict *v)
{
    enum log_level level = v->state == DELIVERY_DELIVERED ? LOG_INFO : LOG_WARN;
    log_event(level, "delivery.attempt",
              "id=%s channel=%s transport=%s try=%d outcome=%s state=%s code=%d cause=%s",
              row->notice_id, channel_kind_name(row->channel), t->name, row->tries + 1,
              outcome_name(d->outcome), delivery_state_name(v->state), d->code, d->cause);
}

static void settle_disposition(struct dispatch *d, const struct transport *t,
                               const struct leased *row, const struct disposition *disposition,
                               const struct report *report)
{
    struct verdict v;
    const struct verdict_question q = {
        .disposition = disposition,
        .schedule = &t->retry,
        .on_uncertain = t->on_uncertain,
        .tries = row->tries + 1,
        .now_ms = clock_wall_ms(),
        .expires_at_ms = row->expires_at_ms,
        .draw = random_bits(),
        .more_channels = row->more_channels,
    };
    verdict_decide(&q, &v);
    const struct settlement s = {
        .delivery = row->delivery,
        .state = v.state,
        .due_ms = v.due_ms,
        .counts = v.counts,
        .next_channel = v.next_channel,
        .jitter = v.jitter,
        .now_ms = q.now_ms,
        .duration_ms = report != NULL ? report->duration_ms : 0,
        .disposition = disposition,
        .cause = disposition->cause,
        .sha256 = report != NULL ? report->sha256 : "",
        .locale = report != NULL ? report->locale : "",
        .transport = t->name,
    };
    recorder_settle(&d->recorder, &s);
    log_outcome(row, t, disposition, &v);
    if (v.pause_transport)
        pause_transport(d, t->name, v.pause_ms, disposition);
    else if (disposition->outcome == OUTCOME_DELIVERED || disposition->code > 0)
        praise_transport(d, t->name); /* an answer, be it a refusal: the way there is open */
}

/* No attempt took place: the row goes where `state` says, with a word why. */
static void settle_quietly(struct dispatch *d, const struct leased *row, const char *transport,
                           enum delivery_state state, const char *cause)
{
    int64_t now = clock_wall_ms();
    const struct settlement s = {
        .delivery = row->delivery,
        .state = state,
        .due_ms = now,
        .now_ms = now,
        .jitter = 1.0,
        .cause = cause,
        .sha256 = "",
        .locale = "",
        .transport = transport,
    };
    recorder_settle(&d->recorder, &s);
    log_event(LOG_INFO, "delivery.settled", "id=%s channel=%s state=%s cause=%s", row->notice_id,
              channel_kind_name(row->channel), delivery_state_name(state), cause);
}

static void on_report(void *context, struct worker_slot *w, struct assignment *a,
                      const struct report *r)
{
    settle_disposition(context, w->transport, &a->lease, &r->disposition, r);
}

/*
 * Who is to blame when a worker dies (or hangs): a delivery whose bytes may be on the wire is
 * uncertain; the one being rendered pays an attempt; when neither is known the transport hung
 * before anyone's turn; all others go back as if nothing had been.
 */
static void settle_silence(struct dispatch *d, struct worker_slot *w, struct assignment *a,
                           enum packet_end how, const char *detail, bool anyone_to_blame)
{
    struct disposition said;
    const char *cause = how == PACKET_DEADLINE ? "deadline" : "worker_crash";
    char text[160];
    snprintf(text, sizeof(text), "the worker was %s%s",
             how == PACKET_DEADLINE ? "" : "lost: ", detail);
    if (a->started) {
        disposition_set(&said, OUTCOME_UNCERTAIN, 0, cause, text, strlen(text));
        settle_disposition(d, w->transport, &a->lease, &said, NULL);
    } else if (w->working_on == a->lease.delivery) {
        disposition_set(&said, OUTCOME_TRANSIENT, 0, cause, text, strlen(text));
        settle_disposition(d, w->transport, &a->lease, &said, NULL);
    } else if (!anyone_to_blame) {
        disposition_set(&said, OUTCOME_NOT_TRIED, 0, cause, text, strlen(text));
        settle_disposition(d, w->transport, &a->lease, &said, NULL);
    } else {
        settle_quietly(d, &a->lease, w->transport->name, DELIVERY_WAITING, "");
    }
}

static void on_packet_end(void *context, struct worker_slot *w, enum packet_end how,
                          const char *detail)
{
    struct dispatch *d = context;
    bool blame = w->working_on != 0;
    if (how == PACKET_FINISHED)
        detail = "done, but said nothing about this delivery";
    for (size_t i = 0; i < w->assignment_count; i++)
        blame = blame || w->assignments[i].started;
    for (size_t i = 0; i < w->assignment_count; i++) {
        if (!w->assignments[i].done)
            settle_silence(d, w, &w->assignments[i], how, detail, blame);
    }
}

/* ---- leasing ---- */

/* The gates every delivery passes right before it is handed out, whatever was true when it was
 * accepted. */
static bool pass_gates(struct dispatch *d, const struct transport *t, const struct leased *row,
                       int64_t wall_ms)
{
    const struct settings *s = d->setup->settings;
    if (row->expires_at_ms != 0 && wall_ms >= row->expires_at_ms) {
        settle_quietly(d, row, t->name, DELIVERY_EXPIRED, "expired");
        return false;
    }
    if (s->trial && !settings_allows(s, row->address)) {
        settle_quietly(d, row, t->name, DELIVERY_SUPPRESSED, "trial_mode");
        return false;
    }
    return true;
}

static size_t keep_passing(struct dispatch *d, const struct transport *t, struct leased *rows,
                           size_t count, int64_t wall_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (pass_gates(d, t, &rows[i], wall_ms))
            rows[kept++] = rows[i];
        else
            leased_clear(&rows[i]);
    }
    return kept;
}

/* As many of the rows as make one packet; what is too much goes back, and all of it if the ledger
 * failed meanwhile. */
static size_t keep_fitting(struct dispatch *d, const struct transport *t, struct leased *rows,
                           size_t count)
{
    size_t kept = 0, bytes = 0;
    while (!d->recorder.down && kept < count && (kept == 0 || bytes < PACKET_BYTES_MAX))
        bytes += strlen(rows[kept++].job_text);
    for (size_t i = kept; i < count; i++) {
        settle_quietly(d, &rows[i], t->name, DELIVERY_WAITING, "");
        leased_clear(&rows[i]);
    }
    return kept;
}

/* One packet for one transport; false if nothing was due (or the ledger is down). */
static bool hand_out(struct dispatch *d, const struct transport *t, struct worker_slot *w,
                     int64_t mono_ms, int64_t wall_ms)
{
    size_t limit = (size_t)t->packet_size, count = 0;
    struct leased *rows = xcalloc(limit, sizeof(*rows));
    /* Where a repeat costs money the lease is on the disk before the first byte leaves. */
    bool hold = t->on_uncertain == UNCERTAIN_HOLD;
    struct error why;
    int rc = ledger_lease(d->recorder.ledger, t->name, limit, wall_ms,
                          hold ? LEDGER_DURABLE : LEDGER_FAST, rows, &count, &why);
    if (rc != 0)
        recorder_ledger_failed(&d->recorder, &why);
    else if (count > 0)
        recorder_ledger_wrote(&d->recorder);
    size_t kept = rc == 0 ? keep_passing(d, t, rows, count, wall_ms) : 0;
    kept = keep_fitting(d, t, rows, kept);
    if (kept > 0)
        pool_assign(&d->pool, w, t, rows, kept, mono_ms);
    recorder_commit(&d->recorder, mono_ms);
    free(rows);
    return rc == 0 && count > 0;
}

/*
 * Workers kept for transports that have nothing in flight: one each, up to a quarter of the
 * workers. Without them a mail server that hangs would hold every worker up to its deadline, and
 * texts and webhooks with them.
 */
static size_t seats_kept(const struct dispatch *d, const struct transport *t)
{
    const struct settings *s = d->setup->settings;
    size_t kept = 0, most = (size_t)s->workers / 4 > 1 ? (size_t)s->workers / 4 : 1;
    for (size_t i = 0; i < s->transport_count && kept < most; i++) {
        const struct transport *other = &s->transports[i];
        kept += other != t && pool_in_flight(&d->pool, other->name) == 0 ? 1 : 0;
    }
    return kept;
}

static bool may_lease(struct dispatch *d, const struct transport *t, int64_t mono_ms)
{
    const struct transport_health *h = find_health(d, t->name);
    size_t in_flight = pool_in_flight(&d->pool, t->name);
    if (h->paused_until_mono_ms > mono_ms)
        return false;
    /* After a fault one packet probes; the others wait for its news. */
    if (in_flight >= (h->faults > 0 ? 1 : (size_t)t->concurrency))
        return false;
    return in_flight == 0 || pool_idle(&d->pool, d->setup) > seats_kept(d, t);
}

/* Asked before leasing: an empty lease is a transaction for nothing, and where the lease is durable
 * it would sync the outcomes of all other transports one by one. */
static bool is_due(struct dispatch *d, const struct transport *t, int64_t wall_ms)
{
    int64_t due = -1;
    struct error ignored; /* the lease will say it */
    int rc = ledger_next_due(d->recorder.ledger, t->name, &due, &ignored);
    return rc != 0 || (due >= 0 && due <= wall_ms);
}

static int64_t next_due(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                        int64_t wall_ms)
{
    int64_t due = -1;
    struct error why;
    const struct transport_health *h = find_health(d, t->name);
    if (ledger_next_due(d->recorder.ledger, t->name, &due, &why) != 0 || due < 0)
        return INT64_MAX;
    if (h->paused_until_mono_ms > mono_ms && due < wall_ms + h->paused_until_mono_ms - mono_ms)
        due = wall_ms + h->paused_until_mono_ms - mono_ms;
    /* Due already, but every place is taken: a report will wake us. */
    return due <= wall_ms ? INT64_MAX : due;
}

/* One lease for the next transport that has something due and may have it; false if there is none.
 * The search goes on behind the last one that got its turn, so that none starves. */
static bool hand_out_next(struct dispatch *d, int64_t mono_ms, int64_t wall_ms)
{
    const struct settings *s = d->setup->settings;
    for (size_t i = 0; i < s->transport_count && !d->recorder.down; i++) {
        size_t at = (d->turn + i) % s->transport_count;
        struct worker_slot *w = pool_find_idle(&d->pool, d->setup);
        if (w != NULL && may_lease(d, &s->transports[at], mono_ms) &&
            is_due(d, &s->transports[at], wall_ms) &&
            hand_out(d, &s->transports[at], w, mono_ms, wall_ms)) {
            d->turn = at + 1;
            return true;
        }
    }
    return false;
}

int64_t dispatch_run(struct dispatch *d, int64_t mono_ms, int64_t wall_ms)
{
    const struct settings *s = d->setup->settings;
    int64_t soonest = INT64_MAX;
    int leases = 0;
    while (leases < LEASES_PER_RUN && hand_out_next(d, mono_ms, wall_ms))
        leases++;
    if (d->recorder.down)
        return INT64_MAX; /* recorder_next() tells when to try again */
    if (leases == LEASES_PER_RUN)
        return wall_ms;
    for (size_t i = 0; i < s->transport_count; i++) {
        int64_t due = next_due(d, &s->transports[i], mono_ms, wall_ms);
        soonest = due < soonest ? due : soonest;
    }
    return soonest;
}

/* ---- life ---- */

void dispatch_init(struct dispatch *d, struct ledger *l, struct setup *s)
{
    const struct pool_events events = {d, on_report, on_packet_end};
    *d = (struct dispatch){.recorder = {.ledger = l}, .setup = s};
    pool_init(&d->pool, &events);
}

void dispatch_use(struct dispatch *d, struct setup *s)
{
    d->setup = s;
    /* A new configuration is a new chance for every transport. */
    for (size_t i = 0; i < d->health_count; i++)
        d->health[i].paused_until_mono_ms = 0;
    pool_retire(&d->pool, s);
}

void dispatch_end(struct dispatch *d)
{
    pool_kill(&d->pool);
    recorder_end(&d->recorder);
    for (size_t i = 0; i < d->health_count; i++)
        free(d->health[i].name);
    free(d->health);
}
