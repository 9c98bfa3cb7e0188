#include "engine/dispatch.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "policy/verdict.h"

/* The commit group of design.md 3: power loss repeats at most this much, or this long. */
#define SYNC_OUTCOMES   256
#define SYNC_MS         50
#define LEDGER_RETRY_MS 1000

/* A settlement that outlives the report it came from. */
struct settlement_copy {
    struct settlement settlement;
    struct disposition disposition;
    char sha256[DIGEST_HEX_SIZE];
    char locale[36];
    char cause[DISPOSITION_CAUSE_SIZE];
    char transport[80];
};

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
    snprintf(h->reason, sizeof(h->reason), "%.255s", why->reply);
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

/*
 * The ledger would not take an outcome: it is kept here, nothing new is leased, and it is tried
 * again every second until it is recorded. Losing it would mean telling somebody twice.
 */
static void keep_unrecorded(struct dispatch *d, const struct settlement *s)
{
    d->unrecorded = xreallocarray(d->unrecorded, d->unrecorded_count + 1, sizeof(*d->unrecorded));
    struct settlement_copy *copy = &d->unrecorded[d->unrecorded_count++];
    *copy = (struct settlement_copy){.settlement = *s};
    if (s->disposition != NULL)
        copy->disposition = *s->disposition;
    snprintf(copy->sha256, sizeof(copy->sha256), "%s", s->sha256);
    snprintf(copy->locale, sizeof(copy->locale), "%s", s->locale);
    snprintf(copy->cause, sizeof(copy->cause), "%s", s->cause);
    snprintf(copy->transport, sizeof(copy->transport), "%s", s->transport);
}

static void ledger_failed(struct dispatch *d, const struct error *why)
{
    if (!d->ledger_down)
        log_event(LOG_ERR, "ledger.unavailable",
                  "reason=\"%s\" action=\"sending stops until outcomes can be recorded again\"",
                  why->text);
    d->ledger_down = true;
    d->ledger_retry_mono_ms = clock_mono_ms() + LEDGER_RETRY_MS;
    ledger_rollback(d->ledger);
    d->in_transaction = false;
}

static int open_transaction(struct dispatch *d, struct error *err)
{
    if (d->in_transaction)
        return 0;
    int rc = ledger_begin(d->ledger, LEDGER_FAST, err);
    d->in_transaction = rc == 0;
    return rc;
}

/* Until the transaction of this wake-up is committed a copy stays, so that a failing commit loses
 * nothing. */
static void settle(struct dispatch *d, const struct settlement *s)
{
    struct error why;
    bool settled = false;
    keep_unrecorded(d, s);
    if (d->ledger_down)
        return;
    int rc = open_transaction(d, &why);
    if (rc == 0)
        rc = ledger_settle(d->ledger, s, &settled, &why);
    if (rc != 0)
        ledger_failed(d, &why);
    else if (!settled)
        log_event(LOG_WARN, "delivery.moved", "delivery=%lld note=\"no longer in flight\"",
                  (long long)s->delivery);
}

static void log_outcome(const struct leased *row, const struct transport *t,
                        const struct disposition *d, const struct verdict *v)
{
    enum log_level level = v->state == DELIVERY_DELIVERED ? LOG_INFO : LOG_WARN;
    log_event(level, "delivery.attempt",
              "id=%s channel=%s transport=%s attempt=%d outcome=%s state=%s code=%d cause=%s",
              row->notice_id, channel_kind_name(row->channel), t->name, row->attempts + 1,
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
        .attempts = row->attempts + 1,
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
    settle(d, &s);
    log_outcome(row, t, disposition, &v);
    if (v.pause_transport)
        pause_transport(d, t->name, v.pause_ms, disposition);
    else if (disposition->outcome == OUTCOME_DELIVERED)
        praise_transport(d, t->name);
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
    settle(d, &s);
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

/* ---- recording ---- */

static void retry_unrecorded(struct dispatch *d)
{
    struct error why;
    bool settled;
    int rc = open_transaction(d, &why);
    for (size_t i = 0; rc == 0 && i < d->unrecorded_count; i++) {
        struct settlement_copy *copy = &d->unrecorded[i];
        copy->settlement.disposition =
            copy->settlement.disposition != NULL ? &copy->disposition : NULL;
        copy->settlement.sha256 = copy->sha256;
        copy->settlement.locale = copy->locale;
        copy->settlement.cause = copy->cause;
        copy->settlement.transport = copy->transport;
        rc = ledger_settle(d->ledger, &copy->settlement, &settled, &why);
    }
    if (rc != 0)
        ledger_failed(d, &why);
}

static void commit_outcomes(struct dispatch *d, int64_t mono_ms)
{
    struct error why;
    if (!d->in_transaction)
        return;
    d->in_transaction = false;
    if (ledger_commit(d->ledger, &why) != 0) {
        ledger_failed(d, &why);
        return;
    }
    if (d->ledger_down)
        log_event(LOG_INFO, "ledger.available", "outcomes=%zu", d->unrecorded_count);
    d->ledger_down = false;
    if (d->unsynced == 0)
        d->unsynced_since_mono_ms = mono_ms;
    d->unsynced += d->unrecorded_count;
    d->unrecorded_count = 0;
}

static void sync_outcomes(struct dispatch *d)
{
    struct error why;
    if (d->unsynced == 0 || d->ledger_down)
        return;
    if (ledger_sync(d->ledger, &why) != 0)
        ledger_failed(d, &why);
    else
        d->unsynced = 0;
}

void dispatch_record(struct dispatch *d, int64_t mono_ms)
{
    if (d->ledger_down && mono_ms >= d->ledger_retry_mono_ms)
        retry_unrecorded(d);
    commit_outcomes(d, mono_ms);
    if (d->unsynced >= SYNC_OUTCOMES || mono_ms - d->unsynced_since_mono_ms >= SYNC_MS)
        sync_outcomes(d);
}

int64_t dispatch_next_sync(const struct dispatch *d)
{
    if (d->ledger_down)
        return d->ledger_retry_mono_ms;
    return d->unsynced > 0 ? d->unsynced_since_mono_ms + SYNC_MS : INT64_MAX;
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

/* One packet for one transport; false if nothing was due (or the ledger is down). */
static bool hand_out(struct dispatch *d, const struct transport *t, struct worker_slot *w,
                     int64_t mono_ms, int64_t wall_ms)
{
    size_t limit = (size_t)t->packet_size, count = 0;
    struct leased *rows = xcalloc(limit, sizeof(*rows));
    /* Where a repeat costs money the lease is on the disk before the first byte leaves. */
    bool hold = t->on_uncertain == UNCERTAIN_HOLD;
    struct error why;
    int rc = ledger_lease(d->ledger, t->name, limit, wall_ms, hold ? LEDGER_DURABLE : LEDGER_FAST,
                          rows, &count, &why);
    if (rc != 0)
        ledger_failed(d, &why);
    size_t kept = rc == 0 ? keep_passing(d, t, rows, count, wall_ms) : 0;
    if (kept > 0)
        pool_assign(&d->pool, w, t, rows, kept, mono_ms);
    commit_outcomes(d, mono_ms);
    free(rows);
    return rc == 0 && count > 0;
}

static bool may_lease(struct dispatch *d, const struct transport *t, int64_t mono_ms)
{
    const struct transport_health *h = find_health(d, t->name);
    size_t in_flight = pool_in_flight(&d->pool, t->name);
    if (h->paused_until_mono_ms > mono_ms)
        return false;
    /* After a fault one packet probes; the others wait for its news. */
    return in_flight < (h->faults > 0 ? 1 : (size_t)t->concurrency);
}

static int64_t next_due(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                        int64_t wall_ms)
{
    int64_t due = -1;
    struct error why;
    const struct transport_health *h = find_health(d, t->name);
    if (ledger_next_due(d->ledger, t->name, &due, &why) != 0 || due < 0)
        return INT64_MAX;
    if (h->paused_until_mono_ms > mono_ms && due < wall_ms + h->paused_until_mono_ms - mono_ms)
        due = wall_ms + h->paused_until_mono_ms - mono_ms;
    /* Due already, but every place is taken: a report will wake us. */
    return due <= wall_ms ? INT64_MAX : due;
}

int64_t dispatch_run(struct dispatch *d, int64_t mono_ms, int64_t wall_ms)
{
    const struct settings *s = d->setup->settings;
    int64_t soonest = INT64_MAX;
    if (d->ledger_down)
        return INT64_MAX;
    bool handed_out = true;
    while (handed_out) {
        handed_out = false;
        for (size_t i = 0; i < s->transport_count && !d->ledger_down; i++) {
            const struct transport *t = &s->transports[(d->turn + i) % s->transport_count];
            struct worker_slot *w = pool_find_idle(&d->pool, d->setup);
            if (w != NULL && may_lease(d, t, mono_ms))
                handed_out = hand_out(d, t, w, mono_ms, wall_ms) || handed_out;
        }
        d->turn++;
    }
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
    *d = (struct dispatch){.ledger = l, .setup = s};
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
    dispatch_record(d, clock_mono_ms());
    sync_outcomes(d);
    for (size_t i = 0; i < d->health_count; i++)
        free(d->health[i].name);
    free(d->health);
    free(d->unrecorded);
}
