#include "engine/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "engine/allowance.h"
#include "engine/approved.h"
#include "engine/gates.h"
#include "engine/settle.h"
#include "policy/failover.h"
#include "policy/window.h"
#include "render/zone.h"

/* Leases and time per call of dispatch_run(): a backlog of which nothing may be sent (trial mode,
 * expired) would otherwise be worked off while signals and workers wait. */
#define LEASES_PER_RUN 64
#define RUN_MS         20
/* One packet's notices, above their first. A frame has a limit, and so has a worker's memory. */
#define PACKET_BYTES_MAX ((size_t)8 * 1024 * 1024)
/* Lines that could not be read from the disk are tried again. */
#define READ_AGAIN_MS 30000

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- who carries it ---- */

/* The transport something stands in the lanes of, who may step in for it, and who of them may have
 * how much now. */
struct ways {
    struct carriers carriers;
    struct allowance allowances[CARRIERS_MAX];
    bool open[CARRIERS_MAX];
    size_t first; /* who gets what was never tried */
};

/* Whose turn it is while the home does not send: after faults those of its failover, at its pace
 * nobody. Where an operator paused it he said so: a failover may cost more, or be the thing that
 * must not be used. */
static bool lets_others(struct dispatch *d, const struct transport *home, int64_t mono_ms)
{
    const struct stopped_transport *stop = stops_find(&d->stops, home->name);
    return stop != NULL ? stop->over : allowance_rests(d, home, mono_ms);
}

/* The home, unless it is paused or its breaker keeps it from sending; where only its pace does, all
 * wait for that. False: nothing now. */
static bool find_ways(struct dispatch *d, const struct transport *home, int64_t mono_ms,
                      struct ways *out)
{
    carriers_list(d->setup->settings, home, &out->carriers);
    out->first = out->carriers.count;
    for (size_t i = 0; i < out->carriers.count; i++) {
        const struct transport *t = out->carriers.at[i];
        out->open[i] = stops_find(&d->stops, t->name) == NULL &&
                       allowance_find(d, t, mono_ms, &out->allowances[i]);
        if (out->open[i] && out->first > i)
            out->first = i;
        if (i == 0 && !out->open[0] && !lets_others(d, t, mono_ms))
            return false;
    }
    return out->first < out->carriers.count;
}

/* The first open one from where its tries say. */
static size_t find_way(const struct ways *w, const struct leased *row)
{
    size_t start = carriers_start(&w->carriers, row->tries);
    for (size_t i = 0; i < w->carriers.count; i++) {
        size_t at = (start + i) % w->carriers.count;
        if (w->open[at])
            return at;
    }
    return w->first;
}

/* ---- one packet ---- */

/* One packet on its way from the ledger to a worker. */
struct handout {
    struct dispatch *d;
    const struct transport *home;      /* in whose lane it stands */
    const struct transport *transport; /* who carries it */
    struct ways ways;
    size_t way; /* of `transport` */
    struct choice choice;
    struct gates gates;
    struct leased *rows;
    size_t count;
    bool past_gates;
    struct error missing; /* code 0 unless all of the batch is missing */
};

/* Keeps the rows `keep` says yes to; it has settled the others. */
static void filter(struct handout *h, bool (*keep)(struct handout *h, struct leased *row))
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (keep(h, &h->rows[i]))
            h->rows[kept++] = h->rows[i];
        else
            leased_clear(&h->rows[i]);
    }
    h->count = kept;
}

static bool passes_gates(struct handout *h, struct leased *row)
{
    struct gate_answer answer;
    if (gates_pass(&h->gates, row, &answer)) {
        if (answer.has_said && row->tries == 0)
            settle_note(h->d, row, &answer);
        return true;
    }
    settle_gated(h->d, h->transport, row, &answer);
    return false;
}

/* Back as if nothing had been. What the gates counted is only given back if they did. */
static void give_back(struct handout *h, const struct leased *row, int64_t due_ms,
                      const char *cause)
{
    const struct gate_answer to = {.state = row->tries > 0 ? DELIVERY_DEFERRED : DELIVERY_WAITING,
                                   .due_ms = due_ms,
                                   .cause = cause};
    if (h->past_gates)
        settle_returned(h->d, h->transport, row, due_ms, cause);
    else
        settle_gated(h->d, h->transport, row, &to);
}

/* Our disk, not the recipient, is at fault: again later. A line that is gone for good has failed.
 */
static void settle_unread(struct handout *h, const struct leased *row, const struct error *why)
{
    if (why->code == ERR_NOT_FOUND) {
        settle_missing(h->d, h->transport, row, "missing", why->text);
        return;
    }
    log_event(LOG_ERR, "batch.unreadable", "id=%s reason=\"%s\"", row->notice_id, why->text);
    give_back(h, row, h->gates.wall_ms + READ_AGAIN_MS, "unreadable");
}

static bool has_text(struct handout *h, struct leased *row)
{
    struct error why;
    if (row->job_text != NULL)
        return true;
    if (h->missing.code == 0) {
        int rc = shelf_read_line(h->d->shelf, row, &why);
        if (rc == 0)
            return true;
        if (rc != ERR_AGAIN) {
            settle_unread(h, row, &why);
            return false;
        }
        h->missing = why;
    }
    give_back(h, row, h->gates.wall_ms, "unreadable"); /* when somebody lets the batch go on */
    return false;
}

static void note_name(void *context, const struct batch_row *row)
{
    buf_puts(context, row->id);
}

/* A file system that is not mounted must not fail millions: nothing of the batch is leased until an
 * operator lets it go on. */
static void pause_missing(struct handout *h)
{
    const struct batch_question q = {.batch = h->choice.batch};
    struct ledger *l = h->d->recorder.ledger;
    struct buf id = {0};
    struct error why;
    if (h->missing.code == 0)
        return;
    int rc = ledger_walk_batches(l, &q, note_name, &id, &why);
    if (rc == 0)
        rc = ledger_stop_batch(l, buf_text(&id), BATCH_PAUSED, h->missing.text, false, NULL, &why);
    if (rc == 0)
        log_event(LOG_ERR, "batch.paused", "batch=%s reason=\"%s\"", buf_text(&id),
                  h->missing.text);
    else
        recorder_ledger_failed(&h->d->recorder, &why);
    buf_free(&id);
}

/* What they share cannot be had. */
static void settle_without_batch(struct handout *h, const struct error *why)
{
    static const struct gate_answer gone = {.state = DELIVERY_FAILED, .cause = "purged"};
    log_event(LOG_ERR, "batch.unreadable", "number=%lld reason=\"%s\"", (long long)h->choice.batch,
              why->text);
    for (size_t i = 0; i < h->count; i++) {
        if (why->code == ERR_NOT_FOUND && !h->past_gates)
            settle_gated(h->d, h->transport, &h->rows[i], &gone);
        else
            give_back(h, &h->rows[i], h->gates.wall_ms + READ_AGAIN_MS, "unreadable");
        leased_clear(&h->rows[i]);
    }
    h->count = 0;
}

/* What the batch shares is needed for its window and its beginning, and later for the packet. */
static void find_batch(struct handout *h)
{
    const struct shelved *shelved = NULL;
    struct error why;
    if (h->choice.batch == 0 || h->count == 0)
        return;
    if (shelf_find(h->d->shelf, h->choice.batch, &shelved, &why) == 0) {
        h->gates.batch_window = shelved->parsed->window;
        h->gates.suppressing.batch = shelved->parsed;
        h->gates.not_before_ms = shelved->parsed->not_before_ms;
        return;
    }
    settle_without_batch(h, &why);
}

static bool is_stopped(const struct handout *h)
{
    size_t count = 0;
    const struct lane *lanes = ledger_lanes(h->d->recorder.ledger, &count);
    for (size_t i = 0; i < count; i++) {
        if (lanes[i].lane == h->choice.lane)
            return lanes[i].stopped;
    }
    return true;
}

static bool is_approved(const struct handout *h, const struct batch *b)
{
    for (size_t i = 0; b->has_letter && i < h->count; i++) {
        if (!approved_is_same(b, h->d->setup, h->rows[i].template_name))
            return false;
    }
    return true;
}

/* The batch may have come to life again since its letter was looked at: a retry of what was over.
 */
static void check_letter(struct handout *h)
{
    const struct shelved *shelved = NULL;
    struct error why;
    if (h->choice.batch == 0 || h->count == 0 ||
        shelf_find(h->d->shelf, h->choice.batch, &shelved, &why) != 0 ||
        is_approved(h, shelved->parsed))
        return;
    if (approved_judge(h->d->recorder.ledger, h->d->setup, shelved->parsed->id, &why) != 0)
        recorder_ledger_failed(&h->d->recorder, &why);
    if (!h->d->recorder.down && !is_stopped(h))
        return; /* an operator lets it go */
    for (size_t i = 0; i < h->count; i++) {
        give_back(h, &h->rows[i], h->gates.wall_ms, "");
        leased_clear(&h->rows[i]);
    }
    h->count = 0;
}

/* Where a repeat costs money the lease is on the disk before the first byte leaves; but not before
 * the gates: what they send back is no byte. */
static void make_durable(struct handout *h)
{
    if (h->count > 0 && carriers_hold(&h->ways.carriers) && !h->d->recorder.down)
        recorder_sync(&h->d->recorder); /* if it failed nothing is kept */
}

/* As many of the rows as make one packet; what is too much goes back, and all of it if the ledger
 * failed meanwhile. */
static void keep_fitting(struct handout *h)
{
    size_t kept = 0, bytes = 0;
    while (!h->d->recorder.down && kept < h->count && (kept == 0 || bytes < PACKET_BYTES_MAX))
        bytes += strlen(h->rows[kept++].job_text);
    for (size_t i = kept; i < h->count; i++) {
        give_back(h, &h->rows[i], h->gates.wall_ms, "");
        leased_clear(&h->rows[i]);
    }
    h->count = kept;
}

static void assign(struct handout *h, struct worker_slot *w)
{
    const struct shelved *shelved = NULL;
    struct error why;
    if (h->choice.batch != 0 && shelf_find(h->d->shelf, h->choice.batch, &shelved, &why) != 0) {
        settle_without_batch(h, &why);
        return;
    }
    const struct pool_packet packet = {.transport = h->transport,
                                       .home = h->home,
                                       .rows = h->rows,
                                       .count = h->count,
                                       .batch_text = shelved != NULL ? shelved->text : NULL};
    pool_assign(w, &packet, h->gates.mono_ms);
    bucket_take(&traffic_transport(&h->d->traffic, h->transport->name)->bucket, &h->transport->rate,
                h->gates.mono_ms, (int64_t)h->count);
    slots_account(&traffic_transport(&h->d->traffic, h->home->name)->slots, h->choice.big,
                  h->choice.pays, (int64_t)h->count);
}

static struct pacing pacing_of(const struct dispatch *d, int64_t wall_ms)
{
    return (struct pacing){
        .ledger = d->recorder.ledger, .zone = d->setup->settings->timezone, .wall_ms = wall_ms};
}

static void grant_lease(const struct handout *h, struct pace_grant *out)
{
    size_t count = 0;
    const struct lane *lanes = ledger_lanes(h->d->recorder.ledger, &count);
    const struct pacing pacing = pacing_of(h->d, h->gates.wall_ms);
    *out = (struct pace_grant){0};
    for (size_t i = 0; i < count; i++) {
        if (lanes[i].lane == h->choice.lane) {
            pacing_grant(&pacing, &lanes[i], out);
            return;
        }
    }
}

static void make_room(struct dispatch *d, size_t limit)
{
    if (limit <= d->room)
        return;
    d->rows = xreallocarray(d->rows, limit, sizeof(*d->rows));
    d->room = limit;
}

/* False if the ledger failed, or nothing was due after all. */
static bool lease(struct handout *h, size_t limit)
{
    struct recorder *r = &h->d->recorder;
    struct pace_grant grant;
    struct error why;
    make_room(h->d, limit);
    h->rows = h->d->rows;
    grant_lease(h, &grant);
    int rc = ledger_lease_paced(r->ledger, h->choice.lane, limit, &grant, h->gates.wall_ms,
                                LEDGER_FAST, h->rows, &h->count, &why);
    if (rc != 0)
        recorder_ledger_failed(r, &why);
    else if (h->count > 0)
        recorder_ledger_wrote(r);
    return rc == 0 && h->count > 0;
}

static bool goes_this_way(struct handout *h, struct leased *row)
{
    if (find_way(&h->ways, row) == h->way)
        return true;
    give_back(h, row, h->gates.wall_ms, "");
    return false;
}

/* A packet goes one way: that of its first; who has to go another one comes with the next. */
static void choose_way(struct handout *h)
{
    h->way = find_way(&h->ways, &h->rows[0]);
    h->transport = h->gates.transport = h->ways.carriers.at[h->way];
    if (h->ways.carriers.count == 1)
        return;
    filter(h, goes_this_way);
    size_t limit = h->ways.allowances[h->way].limit;
    for (size_t i = limit; i < h->count; i++) {
        give_back(h, &h->rows[i], h->gates.wall_ms, "");
        leased_clear(&h->rows[i]);
    }
    h->count = h->count < limit ? h->count : limit;
}

/* One packet for one transport; false if nothing was due (or the ledger is down). */
static bool hand_out(struct handout *h, size_t limit, struct worker_slot *w)
{
    if (!lease(h, limit))
        return false;
    choose_way(h);
    find_batch(h);
    check_letter(h);
    filter(h, passes_gates);
    h->past_gates = true;
    filter(h, has_text);
    pause_missing(h);
    make_durable(h);
    keep_fitting(h);
    if (h->count > 0)
        assign(h, w);
    recorder_tend(&h->d->recorder, h->gates.mono_ms);
    return true;
}

static bool serve_transport(struct dispatch *d, const struct transport *t, struct worker_slot *w,
                            int64_t mono_ms, int64_t wall_ms)
{
    size_t count = 0;
    const struct lane *lanes = ledger_lanes(d->recorder.ledger, &count);
    struct handout h = {
        .d = d,
        .home = t,
        .transport = t,
        .gates = {
            .setup = d->setup,
            .home = t,
            .transport = t,
            .traffic = &d->traffic,
            .endpoints = &d->endpoints,
            .suppressing = {.setup = d->setup, .ledger = d->recorder.ledger, .shelf = d->shelf},
            .mono_ms = mono_ms,
            .wall_ms = wall_ms}};
    const struct pacing pacing = pacing_of(d, wall_ms);
    /* Asked first, because it costs least. */
    if (chooser_next_due(lanes, count, t->name, &pacing) > wall_ms ||
        !find_ways(d, t, mono_ms, &h.ways))
        return false;
    const struct allowance *allowance = &h.ways.allowances[h.ways.first];
    const struct slots *slots = &traffic_transport(&d->traffic, t->name)->slots;
    lanes = ledger_lanes(d->recorder.ledger, &count);
    return chooser_pick(&d->chooser, slots, lanes, count, t->name, allowance->small_only, &pacing,
                        &h.choice) &&
           hand_out(&h, allowance->limit, w);
}

/* One lease for the next transport that has something due and may have it; false if there is none.
 * The search goes on behind the last one that got its turn, so that none starves. */
static bool hand_out_next(struct dispatch *d, int64_t mono_ms, int64_t wall_ms)
{
    const struct settings *s = d->setup->settings;
    for (size_t i = 0; i < s->transport_count && !d->recorder.down; i++) {
        size_t at = (d->turn + i) % s->transport_count;
        struct worker_slot *w = pool_find_idle(&d->pool, d->setup);
        if (w == NULL)
            return false;
        if (serve_transport(d, &s->transports[at], w, mono_ms, wall_ms)) {
            d->turn = at + 1;
            return true;
        }
    }
    return false;
}

/* ---- when next ---- */

static int64_t carrier_opens_ms(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                                int64_t wall_ms)
{
    return stops_find(&d->stops, t->name) != NULL ? INT64_MAX
                                                  : allowance_opens_ms(d, t, mono_ms, wall_ms);
}

/* When one of those who may carry what stands in its lanes may do so; INT64_MAX: when an operator
 * says so. */
static int64_t way_opens_ms(struct dispatch *d, const struct transport *home, int64_t mono_ms,
                            int64_t wall_ms)
{
    struct carriers c;
    int64_t opens = carrier_opens_ms(d, home, mono_ms, wall_ms);
    if (!lets_others(d, home, mono_ms))
        return opens;
    carriers_list(d->setup->settings, home, &c);
    for (size_t i = 1; i < c.count; i++)
        opens = smaller(opens, carrier_opens_ms(d, c.at[i], mono_ms, wall_ms));
    return opens;
}

static int64_t next_due(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                        int64_t wall_ms)
{
    size_t count = 0;
    const struct lane *lanes = ledger_lanes(d->recorder.ledger, &count);
    const struct pacing pacing = pacing_of(d, wall_ms);
    int64_t due = chooser_next_due(lanes, count, t->name, &pacing);
    if (due == INT64_MAX)
        return due;
    int64_t opens = way_opens_ms(d, t, mono_ms, wall_ms);
    due = due > opens ? due : opens;
    /* Due already, but every place is taken: a report will wake us. */
    return due <= wall_ms ? INT64_MAX : due;
}

static void tend_halting(struct dispatch *d, int64_t mono_ms)
{
    if (mono_ms < halting_next(&d->halting))
        return;
    recorder_commit(&d->recorder, mono_ms); /* what was noted shall count */
    if (!d->recorder.down)
        halting_tend(&d->halting, d->recorder.ledger, d->shelf, d->setup, mono_ms);
}

/* What is settled and not committed counts, too. */
static void tend_firsts(struct dispatch *d, int64_t mono_ms, int64_t wall_ms)
{
    if (!d->recorder.down)
        firsts_tend(&d->firsts, d->recorder.ledger, mono_ms, wall_ms);
}

static void tend_endpoints(struct dispatch *d)
{
    struct error why;
    if (!d->recorder.down && endpoints_catch_up(&d->endpoints, d->recorder.ledger, &why) != 0)
        recorder_ledger_failed(&d->recorder, &why);
}

int64_t dispatch_run(struct dispatch *d, int64_t mono_ms, int64_t wall_ms)
{
    const struct settings *s = d->setup->settings;
    int leases = 0;
    int64_t end_ms = clock_mono_ms() + RUN_MS;
    bool more = true;
    allowance_tend_day(d, wall_ms);
    tend_halting(d, mono_ms);
    tend_firsts(d, mono_ms, wall_ms);
    tend_endpoints(d);
    allowance_tend_warmups(d, mono_ms);
    while (more && leases < LEASES_PER_RUN && (leases == 0 || clock_mono_ms() < end_ms)) {
        more = hand_out_next(d, mono_ms, wall_ms);
        leases += more ? 1 : 0;
    }
    if (d->recorder.down)
        return INT64_MAX; /* recorder_next() tells when to try again */
    if (more)
        return wall_ms;
    int64_t look_ms = halting_next(&d->halting);
    look_ms = smaller(look_ms, firsts_next(&d->firsts));
    int64_t soonest = look_ms != INT64_MAX ? wall_ms + look_ms - mono_ms : INT64_MAX;
    for (size_t i = 0; i < s->transport_count; i++)
        soonest = smaller(soonest, next_due(d, &s->transports[i], mono_ms, wall_ms));
    return soonest;
}

/* Its pace keeps all of it, whoever else could carry it. */
static bool find_pace(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                      int64_t wall_ms, struct transport_rest *out)
{
    const char *brake = allowance_brake(d, t, mono_ms);
    if (brake[0] == '\0')
        return false;
    out->until_ms = allowance_opens_ms(d, t, mono_ms, wall_ms);
    snprintf(out->word, sizeof(out->word), "%s",
             strcmp(brake, "rate") == 0 ? "transport_rate" : brake);
    return true;
}

/* True if none of those who might step in can. */
static bool all_others_rest(struct dispatch *d, const struct transport *home, int64_t mono_ms)
{
    struct carriers c;
    carriers_list(d->setup->settings, home, &c);
    for (size_t i = 1; i < c.count; i++) {
        if (stops_find(&d->stops, c.at[i]->name) == NULL && !allowance_rests(d, c.at[i], mono_ms))
            return false;
    }
    return true;
}

bool dispatch_find_rest(struct dispatch *d, const char *home, int64_t mono_ms, int64_t wall_ms,
                        struct transport_rest *out)
{
    const struct transport *t = settings_find_transport(d->setup->settings, home);
    const struct stopped_transport *stop = stops_find(&d->stops, home);
    *out = (struct transport_rest){0};
    if (t == NULL)
        return false;
    if (stop == NULL && !allowance_rests(d, t, mono_ms))
        return find_pace(d, t, mono_ms, wall_ms, out);
    if (lets_others(d, t, mono_ms) && !all_others_rest(d, t, mono_ms))
        return false;
    if (stop != NULL) {
        stops_put_rest(stop, out);
        return true;
    }
    out->until_ms = way_opens_ms(d, t, mono_ms, wall_ms);
    snprintf(out->word, sizeof(out->word), "transport_rest");
    snprintf(out->reason, sizeof(out->reason), "%s", traffic_transport(&d->traffic, home)->reason);
    return true;
}

void dispatch_view(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                   struct transport_view *out)
{
    struct transport_traffic *traffic = traffic_transport(&d->traffic, t->name);
    *out = (struct transport_view){
        .in_flight = pool_in_flight(&d->pool, t->name),
        .paused_ms = breaker_next_ms(&traffic->breaker, mono_ms) - mono_ms,
        .breaker = breaker_state_name(traffic->breaker.state),
        .stop = stops_find(&d->stops, t->name),
    };
    out->reason = traffic->breaker.state != BREAKER_CLOSED ? traffic->reason : "";
    out->since_wall_ms = traffic->breaker.state != BREAKER_CLOSED ? traffic->since_wall_ms : 0;
    out->waits_for = allowance_brake(d, t, mono_ms);
}

/* ---- life ---- */

int dispatch_use_stops(struct dispatch *d, struct error *err)
{
    int rc = stops_load(&d->stops, d->recorder.ledger, err);
    if (rc == 0)
        stops_use(&d->stops.live, d->setup->settings);
    return rc;
}

/* Letters that are not what was approved are not sent. */
static void judge_letters(struct dispatch *d)
{
    struct error why;
    if (!d->recorder.down && approved_judge(d->recorder.ledger, d->setup, NULL, &why) != 0)
        recorder_ledger_failed(&d->recorder, &why);
}

void dispatch_init(struct dispatch *d, struct ledger *l, struct shelf *shelf, struct setup *s)
{
    const struct pool_events events = {.context = d,
                                       .report = settle_report,
                                       .rests = settle_rest,
                                       .packet_end = settle_packet_end};
    *d = (struct dispatch){.recorder = {.ledger = l}, .setup = s, .shelf = shelf};
    traffic_init(&d->traffic, random_bits());
    pool_init(&d->pool, &events);
    struct error why;
    if (endpoints_load(&d->endpoints, l, &why) != 0)
        log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
    judge_letters(d);
    /* Nobody knows which letters the last daemon lacked. */
    releasing_begin(&d->releasing, s->settings, s->settings, true, clock_wall_ms());
    allowance_tend_day(d, clock_wall_ms()); /* what is settled from now on counts under it */
}

/* Turns that were promised at the old pace, and a breaker's rest on the old way, would keep those
 * who are released waiting. What went stays counted, so the pace is kept. */
static void forget_waits(struct traffic *t, struct release_causes causes)
{
    for (size_t i = 0; i < t->destination_room; i++) {
        struct destination *d = &t->destinations[i];
        if (causes.rate)
            d->bucket.promised = d->bucket.promised_small = (struct bucket_line){0};
        if (causes.destination_rest)
            d->breaker.until_ms = 0; /* it may probe at once */
    }
}

/* Destinations are not known by their transport: all of them, which costs the others nothing but a
 * new turn and a probe. */
static void release_waiting(struct dispatch *d, const struct setup *s)
{
    const struct settings *old = d->setup->settings, *new = s->settings;
    bool letters = library_mends(s->library, d->setup->library);
    for (size_t i = 0; i < new->transport_count; i++)
        forget_waits(&d->traffic, release_compare(old, new, new->transports[i].name));
    releasing_begin(&d->releasing, old, new, letters, clock_wall_ms());
}

void dispatch_use(struct dispatch *d, struct setup *s)
{
    release_waiting(d, s);
    d->setup = s;
    stops_use(&d->stops.live, s->settings);
    /* A new configuration is a new chance for every transport. */
    traffic_give_chance(&d->traffic);
    d->day_to_ms = 0; /* its zone may be another one */
    pool_retire(&d->pool, s);
    judge_letters(d);
}

void dispatch_end(struct dispatch *d)
{
    pool_kill(&d->pool);
    recorder_end(&d->recorder);
    traffic_free(&d->traffic);
    chooser_free(&d->chooser);
    halting_free(&d->halting);
    firsts_free(&d->firsts);
    releasing_free(&d->releasing);
    endpoints_free(&d->endpoints);
    resting_free(&d->resting);
    stops_free(&d->stops);
    free(d->rows);
}
