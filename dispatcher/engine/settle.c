#include "engine/settle.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "channel/condition.h"
#include "engine/blame.h"
#include "engine/events.h"
#include "engine/metrics.h"
#include "engine/pulse.h"
#include "model/cause.h"
#include "policy/failover.h"
#include "policy/verdict.h"

/* A delivery that cost a worker is tried again whatever its schedule says: until it is clear
 * whether it is poison. */
#define CRASH_AGAIN_MS 60000
/* A worker died and nobody is to blame (memory ran out, somebody killed it). That says nothing
 * about its transport; only workers that die one after the other shall not do so as fast as they
 * can. */
#define CRASH_REST_MS 1000
/* The next channel could not be planned for our own reasons. */
#define PLAN_AGAIN_MS (INT64_C(300) * 1000)

/* What is known about an attempt beside the disposition. */
struct settling {
    struct dispatch *dispatch;
    const struct transport *transport; /* that carried it */
    const struct transport *home;      /* in whose lane it stands */
    struct carriers carriers;
    struct worker_slot *worker; /* NULL: it never reached one */
    const struct leased *row;
    const struct report *report; /* NULL: it said nothing */
    struct blame blame;
};

/* True: the probe was answered, so the way is open again, if not yet in its whole width. */
static bool praise(struct breaker *b, int64_t now_ms, int most)
{
    bool probed = b->state == BREAKER_PROBING;
    (void)breaker_success(b, now_ms, most);
    return probed && b->state != BREAKER_PROBING;
}

/* ---- what it tells about the transport ---- */

static void fault_transport(struct settling *s, const struct disposition *why)
{
    struct transport_traffic *t = traffic_transport(&s->dispatch->traffic, s->transport->name);
    int64_t now = clock_mono_ms();
    /* The rest of the same packet tells the same story. And where somebody was answered since it
     * began, the way is open: a connection too many, or one that broke. */
    if (s->worker == NULL || s->worker->said_fault ||
        t->answered_mono_ms >= s->worker->assigned_mono_ms)
        return;
    s->worker->said_fault = true;
    bool was_closed = t->breaker.state == BREAKER_CLOSED;
    bool opened = breaker_fault(&t->breaker, &breaker_transport, now, why->retry_after_s * 1000,
                                random_bits());
    snprintf(t->reason, sizeof(t->reason), "%s", why->reply);
    if (was_closed)
        t->since_wall_ms = clock_wall_ms();
    if (opened)
        log_event(LOG_ERR, "transport.paused", "transport=%s for_ms=%lld cause=%s reply=\"%s\"",
                  t->name, (long long)(t->breaker.until_ms - now), why->cause, why->reply);
}

static void praise_transport(struct settling *s)
{
    struct transport_traffic *t = traffic_transport(&s->dispatch->traffic, s->transport->name);
    t->answered_mono_ms = clock_mono_ms();
    if (s->worker == NULL || s->worker->said_answer)
        return;
    s->worker->said_answer = true;
    if (praise(&t->breaker, t->answered_mono_ms, s->transport->concurrency))
        log_event(LOG_INFO, "transport.recovered", "transport=%s", t->name);
}

/* It was asked about, and not sent: that tells nothing about transport, destination and address. */
static bool is_of_condition(const struct disposition *d)
{
    return strcmp(d->cause, CONDITION_SKIP) == 0 || strcmp(d->cause, CONDITION_WAIT) == 0;
}

/* A gateway that asks us to slow down asks all of us: where another one steps in, it rests. A mail
 * server says that of a domain, an endpoint of itself. */
static bool is_at_fault(const struct settling *s, const struct disposition *d)
{
    if (is_of_condition(d))
        return false;
    if (d->outcome == OUTCOME_NOT_TRIED || d->outcome == OUTCOME_CONFIG)
        return true;
    return d->outcome == OUTCOME_THROTTLE && s->transport->channel == CHANNEL_SMS &&
           s->carriers.count > 1;
}

static void note_transport(struct settling *s, const struct disposition *d)
{
    if (is_at_fault(s, d))
        fault_transport(s, d);
    else if (d->outcome == OUTCOME_DELIVERED || d->code > 0)
        praise_transport(s); /* an answer, be it a refusal: the way there is open */
}

/* Another transport steps in at once: this one rests by its breaker, or has had its tries with a
 * text that could go any way. A mail or request that is put off is put off everywhere. */
static bool other_steps_in(const struct settling *s, const struct disposition *d)
{
    const struct transport_traffic *t =
        traffic_transport(&s->dispatch->traffic, s->transport->name);
    if (s->carriers.count == 1)
        return false;
    if (is_at_fault(s, d))
        return t->breaker.state == BREAKER_OPEN;
    return s->transport->channel == CHANNEL_SMS && d->outcome == OUTCOME_TRANSIENT &&
           carriers_next_is_fresh(&s->carriers, s->row->tries + 1);
}

/* ---- what it tells about the destination ---- */

static void fault_destination(struct settling *s, struct destination *at,
                              const struct disposition *d, int64_t now_ms)
{
    if (!breaker_fault(&at->breaker, &breaker_destination, now_ms, d->retry_after_s * 1000,
                       random_bits()))
        return;
    at->pushed_back = 0;
    const struct resting_note note = {
        .kind = RESTING_DESTINATION,
        .transport = s->transport->name,
        .place = traffic_destination_name(s->transport->channel, s->row->address),
        .reason = d->reply,
        .until_ms = clock_wall_ms() + at->breaker.until_ms - now_ms};
    (void)resting_note(&s->dispatch->resting, &note, clock_wall_ms());
    log_event(LOG_WARN, "destination.resting",
              "transport=%s destination=%s for_ms=%lld cause=%s reply=\"%s\"", s->transport->name,
              traffic_destination_name(s->transport->channel, s->row->address),
              (long long)(at->breaker.until_ms - now_ms), d->cause, d->reply);
}

static void praise_destination(struct settling *s, struct destination *at, int64_t now_ms)
{
    if (!praise(&at->breaker, now_ms, INT_MAX))
        return;
    at->pushed_back = 0;
    (void)resting_end(&s->dispatch->resting, RESTING_DESTINATION, s->transport->name,
                      traffic_destination_name(s->transport->channel, s->row->address));
    log_event(LOG_INFO, "destination.recovered", "transport=%s destination=%s", s->transport->name,
              traffic_destination_name(s->transport->channel, s->row->address));
}

static void note_destination(struct settling *s, const struct disposition *d)
{
    int64_t now = clock_mono_ms();
    bool answered = false;
    struct destination *at =
        traffic_destination(&s->dispatch->traffic, s->transport, s->row->address, now);
    if (at == NULL)
        return;
    traffic_leave(at, s->row->packet);
    if (is_of_condition(d))
        return;
    if (traffic_is_destination_fault(s->transport->channel, d, &answered))
        fault_destination(s, at, d, now);
    else if (answered)
        praise_destination(s, at, now);
}

/* NULL: none, or one that the configuration does not know any more. */
static const struct endpoint *find_endpoint(const struct settling *s)
{
    return s->row->channel == CHANNEL_WEBHOOK
               ? settings_find_endpoint(s->dispatch->setup->settings, s->row->address)
               : NULL;
}

/* What the endpoint itself is known for, over restarts. */
static void note_endpoint(struct settling *s, const struct disposition *d, int64_t wall_ms)
{
    struct dispatch *at = s->dispatch;
    const struct endpoint *e = find_endpoint(s);
    struct error why;
    if (e != NULL && endpoints_note(&at->endpoints, e, d, wall_ms, at->recorder.ledger, &why) != 0)
        recorder_ledger_failed(&at->recorder, &why);
}

/* An address that will never work, or whose owner said no to the gateway, is not written to again.
 */
static void note_address(struct settling *s, const struct disposition *d, int64_t wall_ms)
{
    struct recorder *r = &s->dispatch->recorder;
    int64_t keep_ms = s->dispatch->setup->settings->bounce_suppress_ms;
    bool said_no = d->outcome == OUTCOME_SUPPRESS;
    bool lasting = d->outcome == OUTCOME_PERMANENT && d->code > 0 && cause_is_lasting(d->cause);
    struct buf key = {0};
    if ((!said_no && !lasting) || s->row->channel == CHANNEL_WEBHOOK)
        return;
    suppression_put_key(s->row->channel, s->row->address, &key);
    const struct suppression entry = {
        .channel = s->row->channel,
        .address = buf_text(&key),
        .cause = said_no ? "opted_out" : d->cause,
        .reason = d->reply,
        .source = "reply",
        .since_ms = wall_ms,
        .expires_ms = lasting && keep_ms > 0 ? wall_ms + keep_ms : 0,
    };
    recorder_suppress(r, &entry);
    buf_free(&key);
    log_event(LOG_INFO, "address.suppressed", "id=%s channel=%s cause=%s source=reply",
              s->row->notice_id, channel_kind_name(s->row->channel), entry.cause);
}

/* ---- one attempt ---- */

static void log_outcome(const struct settling *s, const struct disposition *d,
                        const struct verdict *v)
{
    enum log_level level = v->state == DELIVERY_DELIVERED ? LOG_INFO : LOG_WARN;
    log_event(level, "delivery.attempt",
              "id=%s channel=%s transport=%s try=%d outcome=%s state=%s code=%d cause=%s",
              s->row->notice_id, channel_kind_name(s->row->channel), s->transport->name,
              s->row->tries + 1, outcome_name(d->outcome), delivery_state_name(v->state), d->code,
              d->cause);
}

static struct event event_of(const char *name, const struct leased *row, const struct transport *t,
                             enum delivery_state state)
{
    struct event e = EVENT_OF(name);
    e.id = row->notice_id;
    e.batch = row->batch_id;
    e.campaign = row->campaign;
    e.template_name = row->template_name;
    e.locale = row->locale;
    e.address = row->address;
    e.transport = t->name;
    e.channel = (int)row->channel;
    e.state = (int)state;
    return e;
}

static void note_attempt(const struct settling *s, const struct disposition *d,
                         enum delivery_state state, int64_t wall_ms)
{
    struct event e = event_of("attempt", s->row, s->transport, state);
    e.at_ms = wall_ms;
    e.outcome = outcome_name(d->outcome);
    e.cause = d->cause;
    e.text = d->reply;
    e.code = d->code;
    e.duration_ms = s->report != NULL ? s->report->duration_ms : 0;
    events_note(&e);
}

/*
 * Single routing of a batch: the channel behind this one, from the line. True: *next is to be
 * cleared. If it cannot be found now, for reasons that may pass, the delivery is not given up: it
 * is tried once more later, and its next channel planned then.
 */
static bool find_next_channel(struct settling *s, struct verdict *v, int64_t wall_ms,
                              struct next_channel *next)
{
    struct error why;
    if (!v->next_channel || s->row->batch == 0)
        return false;
    int rc =
        shelf_next_channel(s->dispatch->shelf, s->dispatch->setup, s->row, wall_ms, next, &why);
    if (rc == 0)
        return true;
    if (rc == ERR_NOT_FOUND)
        v->next_channel = false;
    else
        *v = (struct verdict){.state = DELIVERY_DEFERRED,
                              .due_ms = wall_ms + PLAN_AGAIN_MS,
                              .counts = v->counts,
                              .jitter = 1.0};
    log_event(LOG_WARN, "delivery.no_next_channel", "id=%s state=%s reason=\"%s\"",
              s->row->notice_id, delivery_state_name(v->state), why.text);
    return false;
}

/* Whose turn it was and who rests: nothing was tried over them, so no attempt of theirs tells. */
static void put_detour(const struct settling *s, struct buf *out)
{
    size_t start = carriers_start(&s->carriers, s->row->tries);
    for (size_t i = 0; i < s->carriers.count; i++) {
        const char *name = s->carriers.at[(start + i) % s->carriers.count]->name;
        if (strcmp(name, s->transport->name) == 0)
            return;
        const struct transport_traffic *t = traffic_look(&s->dispatch->traffic, name);
        if (t != NULL && t->breaker.state != BREAKER_CLOSED)
            buf_printf(out, "%s%s rests: %s", out->len > 0 ? ", " : "", name, t->reason);
    }
}

/* Why it went another way stands in front of what was answered there: a campaign over a stand-in
 * costs no further rows, and the story of each delivery has it. */
static void tell_detour(const struct settling *s, const struct disposition *said,
                        struct disposition *out)
{
    struct buf why = {0}, text = {0};
    *out = *said;
    put_detour(s, &why);
    if (why.len > 0) {
        buf_printf(&text, "over %s, because %.240s; %s", s->transport->name, why.data, said->reply);
        disposition_set_reply(out, buf_text(&text), text.len);
    }
    buf_free(&why);
    buf_free(&text);
}

/* `next`: of a batch, NULL if none follows. */
static void record(struct settling *s, const struct disposition *said, const struct verdict *v,
                   int64_t wall_ms, const struct next_channel *next)
{
    struct disposition kept;
    tell_detour(s, said, &kept);
    const struct report *r = s->report;
    bool held = v->state == DELIVERY_HELD && endpoint_says_gone(said);
    const struct settlement to = {
        .delivery = s->row->delivery,
        .state = v->state,
        .due_ms = v->due_ms,
        .counts = v->counts,
        .crashed = s->blame.crashed,
        .suspect = s->blame.suspect || s->blame.crashed,
        .next_channel = v->next_channel,
        .next = next != NULL ? &next->planned : NULL,
        .next_rest = next != NULL ? next->rest : 0,
        .jitter = v->jitter,
        .now_ms = wall_ms,
        .duration_ms = r != NULL ? r->duration_ms : 0,
        .disposition = &kept,
        .cause = held ? "endpoint_disabled" : said->cause,
        .sha256 = r != NULL ? r->sha256 : "",
        .locale = r != NULL ? r->locale : "",
        .transport = s->transport->name,
    };
    recorder_settle(&s->dispatch->recorder, &to);
    if (carriers_hold(&s->carriers))
        recorder_hurry(&s->dispatch->recorder);
}

static void count_for_day(struct settling *s, enum delivery_state state)
{
    struct transport_traffic *t = traffic_transport(&s->dispatch->traffic, s->transport->name);
    if (state == DELIVERY_DELIVERED && t->day == s->dispatch->day)
        t->day_count++;
}

static void give_turn_back(struct settling *s, const struct verdict *v)
{
    struct transport_traffic *t = traffic_transport(&s->dispatch->traffic, s->transport->name);
    if (v->pause_transport) /* not tried: the other side never saw it */
        bucket_give_back(&t->bucket, &s->transport->rate, clock_mono_ms(), 1);
}

/* A long text is several to the gateway, and its rate counts those. */
static void charge_parts(struct settling *s, const struct disposition *said)
{
    struct transport_traffic *t = traffic_transport(&s->dispatch->traffic, s->transport->name);
    if (said->parts > 1)
        bucket_take(&t->bucket, &s->transport->rate, clock_mono_ms(), said->parts - 1);
}

/* Of its endpoint, if that has one. */
static const struct retry_schedule *find_schedule(const struct settling *s)
{
    const struct endpoint *e = find_endpoint(s);
    return e != NULL && e->retry.count > 0 ? &e->retry : &s->home->retry;
}

/* That the receiver is gone disables it, and then what was told so waits like what was not sent any
 * more: it never arrived. Where a next channel can tell the person, that one does. */
static bool waits_for_endpoint(const struct settling *s, const struct disposition *said,
                               const struct verdict *v)
{
    return endpoint_says_gone(said) && !v->next_channel && find_endpoint(s) != NULL;
}

static void decide(const struct settling *s, const struct disposition *said, int64_t wall_ms,
                   struct verdict *out)
{
    const struct verdict_question q = {
        .disposition = said,
        .schedule = find_schedule(s),
        .on_uncertain = carriers_hold(&s->carriers) ? UNCERTAIN_HOLD : UNCERTAIN_RESEND,
        .tries = carriers_schedule_tries(&s->carriers, s->row->tries + 1),
        .now_ms = wall_ms,
        .expires_at_ms = s->row->expires_at_ms,
        .draw = said->outcome == OUTCOME_DELIVERED ? 0 : random_bits(),
        .more_channels = s->row->more_channels,
        .other_way = other_steps_in(s, said),
    };
    verdict_decide(&q, out);
    if (waits_for_endpoint(s, said, out))
        out->state = DELIVERY_HELD;
}

static void note_metrics(const struct settling *s, const struct disposition *said,
                         enum delivery_state state, int64_t wall_ms)
{
    const struct metrics_attempt a = {.channel = s->row->channel,
                                      .disposition = said,
                                      .state = state,
                                      .duration_ms = s->report != NULL ? s->report->duration_ms : 0,
                                      .accepted_ms = s->row->accepted_ms,
                                      .now_ms = wall_ms};
    int64_t mono_ms = clock_mono_ms();
    metrics_note_attempt(&a);
    pulse_note(PULSE_TRANSPORT, s->transport->name, state, a.duration_ms, mono_ms);
    if (s->row->batch_id != NULL)
        pulse_note(PULSE_BATCH, s->row->batch_id, state, a.duration_ms, mono_ms);
}

static void finish(struct settling *s, const struct disposition *said, struct verdict *v,
                   int64_t wall_ms)
{
    struct next_channel next = {0};
    bool passed_on = find_next_channel(s, v, wall_ms, &next);
    record(s, said, v, wall_ms, passed_on ? &next : NULL);
    next_channel_clear(&next);
    log_outcome(s, said, v);
    note_attempt(s, said, v->state, wall_ms);
    note_metrics(s, said, v->state, wall_ms);
    note_destination(s, said);
    if (!is_of_condition(said)) {
        note_endpoint(s, said, wall_ms);
        note_address(s, said, wall_ms);
    }
    count_for_day(s, v->state);
    give_turn_back(s, v);
    charge_parts(s, said);
    if (s->row->batch != 0 && (v->state == DELIVERY_FAILED || v->state == DELIVERY_UNCERTAIN))
        halting_note(&s->dispatch->halting, s->row->batch);
}

static void settle(struct settling *s, const struct disposition *said)
{
    int64_t wall = clock_wall_ms();
    struct verdict v;
    note_transport(s, said); /* first: it decides whether another one steps in */
    decide(s, said, wall, &v);
    finish(s, said, &v, wall);
}

/* `home` NULL: it is the transport. */
static struct settling begin(struct dispatch *d, const struct transport *t,
                             const struct transport *home, const struct leased *row)
{
    struct settling s = {
        .dispatch = d, .transport = t, .home = home != NULL ? home : t, .row = row};
    carriers_list(d->setup->settings, s.home, &s.carriers);
    return s;
}

void settle_report(void *context, struct worker_slot *w, struct assignment *a,
                   const struct report *r)
{
    struct settling s = begin(context, w->transport, w->home, &a->lease);
    s.worker = w;
    s.report = r;
    settle(&s, &r->disposition);
}

void settle_rest(void *context, struct worker_slot *w, const struct report *r)
{
    struct dispatch *d = context;
    const struct resting_note note = {.kind = RESTING_HOST,
                                      .transport = w->transport->name,
                                      .place = r->place,
                                      .reason = r->disposition.reply,
                                      .until_ms = r->until_ms};
    /* Every worker finds out for itself; it is told once. */
    if (note.until_ms == 0 && resting_end(&d->resting, note.kind, note.transport, note.place))
        log_event(LOG_WARN, "host.recovered", "transport=%s host=%s", note.transport, note.place);
    else if (note.until_ms != 0 && resting_note(&d->resting, &note, clock_wall_ms()))
        log_event(LOG_WARN, "host.resting", "transport=%s host=%s reply=\"%s\"", note.transport,
                  note.place, note.reason);
}

void settle_missing(struct dispatch *d, const struct transport *t, const struct leased *row,
                    const char *cause, const char *sentence)
{
    struct settling s = begin(d, t, NULL, row);
    struct disposition said;
    disposition_set(&said, OUTCOME_PERMANENT, 0, cause, sentence, strlen(sentence));
    settle(&s, &said);
}

/* ---- no attempt ---- */

/* The verdict of a gate that passes the notice on to its next channel; `next` is to be cleared. */
static bool find_next_behind_gate(struct dispatch *d, const struct transport *t,
                                  const struct leased *row, struct gate_answer *to,
                                  struct next_channel *next)
{
    struct settling s = begin(d, t, NULL, row);
    struct verdict v = {.state = to->state, .next_channel = to->passes_on && row->more_channels};
    bool found = find_next_channel(&s, &v, clock_wall_ms(), next);
    to->state = v.state;
    to->due_ms = v.due_ms;
    to->passes_on = v.next_channel;
    return found;
}

static void note_state(const struct leased *row, const struct transport *t,
                       const struct settlement *s)
{
    struct event e = event_of("state", row, t, s->state);
    e.at_ms = s->now_ms;
    e.cause = s->cause;
    events_note(&e);
}

static void settle_quietly(struct dispatch *d, const struct transport *t, const struct leased *row,
                           const struct gate_answer *answer)
{
    struct gate_answer to = *answer;
    struct next_channel next = {0};
    bool planned = to.passes_on && find_next_behind_gate(d, t, row, &to, &next);
    bool goes_on = to.state == DELIVERY_WAITING || to.state == DELIVERY_DEFERRED;
    const struct settlement s = {
        .delivery = row->delivery,
        .state = to.state,
        .due_ms = to.due_ms,
        .suspect = goes_on && row->suspect,
        .next_channel = to.passes_on,
        .next = planned ? &next.planned : NULL,
        .next_rest = planned ? next.rest : 0,
        .now_ms = clock_wall_ms(),
        .jitter = 1.0,
        .disposition = to.has_said ? &to.said : NULL,
        .cause = to.has_said ? to.said.cause : to.cause,
        .sha256 = "",
        .locale = "",
        .transport = t->name,
    };
    recorder_settle(&d->recorder, &s);
    next_channel_clear(&next);
    /* A campaign at its pace comes by here with every delivery. */
    if (!goes_on)
        note_state(row, t, &s);
    log_event(goes_on ? LOG_DEBUG : LOG_INFO, "delivery.settled",
              "id=%s channel=%s state=%s cause=%s", row->notice_id, channel_kind_name(row->channel),
              delivery_state_name(s.state), s.cause);
}

void settle_gated(struct dispatch *d, const struct transport *t, const struct leased *row,
                  const struct gate_answer *answer)
{
    settle_quietly(d, t, row, answer);
}

void settle_note(struct dispatch *d, const struct leased *row, const struct gate_answer *answer)
{
    struct receipt note = {.kind = RECEIPT_NOTE, .channel = row->channel, .source = "dispatcher"};
    const struct receipt_booking b = {.receipt = &note,
                                      .delivery = row->delivery,
                                      .state = DELIVERY_IN_FLIGHT,
                                      .now_ms = clock_wall_ms()};
    struct error why;
    note.at_ms = b.now_ms;
    memcpy(note.cause, answer->said.cause, sizeof(note.cause));
    memcpy(note.text, answer->said.reply, sizeof(note.text));
    if (ledger_book_receipt(d->recorder.ledger, &b, &why) != 0)
        recorder_ledger_failed(&d->recorder, &why);
    log_event(LOG_INFO, "delivery.overrides", "id=%s channel=%s cause=%s", row->notice_id,
              channel_kind_name(row->channel), answer->said.cause);
}

void settle_returned(struct dispatch *d, const struct transport *t, const struct leased *row,
                     int64_t due_ms, const char *cause)
{
    const struct gates g = {.setup = d->setup,
                            .home = t,
                            .transport = t,
                            .traffic = &d->traffic,
                            .mono_ms = clock_mono_ms()};
    const struct gate_answer to = {.state = row->tries > 0 ? DELIVERY_DEFERRED : DELIVERY_WAITING,
                                   .due_ms = due_ms,
                                   .cause = cause};
    gates_return(&g, row);
    settle_quietly(d, t, row, &to);
}

/* ---- a packet that ended without all its outcomes ---- */

struct silence {
    enum packet_end how;
    enum progress_stage stage;
    const char *detail; /* "ended by signal 11 (SEGV)" */
};

static void describe(const struct silence *why, const struct blame *blame, enum outcome outcome,
                     struct disposition *out)
{
    static const char *const causes[] = {[PACKET_FINISHED] = "no_report",
                                         [PACKET_CRASHED] = "worker_crash",
                                         [PACKET_DEADLINE] = "deadline"};
    char text[200];
    if (why->how == PACKET_FINISHED)
        snprintf(text, sizeof(text), "the worker ended the packet without a word about this one");
    else
        snprintf(text, sizeof(text), "the worker was %s%s%s%s",
                 why->how == PACKET_CRASHED ? "lost: " : "", why->detail,
                 blame->role == BLAME_TRANSPORT ? "" : " while ",
                 blame->role == BLAME_TRANSPORT ? "" : progress_stage_name(why->stage));
    disposition_set(out, outcome, 0, causes[why->how], text, strlen(text));
}

/* The third worker lost with it: set aside. Where it may have arrived and must not be repeated it
 * is uncertain, and that says enough. */
static void set_aside(const struct settling *s, const struct silence *why, struct disposition *said,
                      struct verdict *v)
{
    static const char ended[] = "ended ";
    const char *detail = why->detail;
    char text[200];
    if (strncmp(detail, ended, sizeof(ended) - 1) == 0)
        detail += sizeof(ended) - 1;
    snprintf(text, sizeof(text), "crashed three workers, last %s while %s", detail,
             progress_stage_name(why->stage));
    disposition_set(said, said->outcome, 0, "poison", text, strlen(text));
    *v = (struct verdict){.state = DELIVERY_HELD, .counts = true, .jitter = 1.0};
    log_event(LOG_ERR, "delivery.poison",
              "id=%s channel=%s transport=%s how=\"%s\" note=\"held; it goes on only when an "
              "operator retries it\"",
              s->row->notice_id, channel_kind_name(s->row->channel), s->transport->name, text);
}

static void settle_blamed(struct settling *s, const struct silence *why)
{
    static const enum outcome outcomes[] = {[BLAME_TRANSPORT] = OUTCOME_NOT_TRIED,
                                            [BLAME_FAULTY] = OUTCOME_TRANSIENT,
                                            [BLAME_UNCERTAIN] = OUTCOME_UNCERTAIN};
    int64_t wall = clock_wall_ms();
    struct disposition said;
    struct verdict v;
    describe(why, &s->blame, outcomes[s->blame.role], &said);
    note_transport(s, &said);
    decide(s, &said, wall, &v);
    if (s->blame.crashed && v.state != DELIVERY_UNCERTAIN) {
        if (s->row->crashes + 1 >= BLAME_MAX)
            set_aside(s, why, &said, &v);
        else if (v.state == DELIVERY_FAILED)
            v = (struct verdict){.state = DELIVERY_DEFERRED,
                                 .due_ms = wall + CRASH_AGAIN_MS,
                                 .counts = true,
                                 .jitter = 1.0};
    }
    finish(s, &said, &v, wall);
}

static void settle_silence(struct settling *s, const struct silence *why)
{
    struct transport_traffic *t = traffic_transport(&s->dispatch->traffic, s->transport->name);
    bool nobody = s->blame.role == BLAME_TRANSPORT && why->how == PACKET_CRASHED;
    if (s->blame.role != BLAME_INNOCENT && !nobody) {
        settle_blamed(s, why);
        return;
    }
    if (nobody)
        t->rest_mono_ms = clock_mono_ms() + CRASH_REST_MS;
    bucket_give_back(&t->bucket, &s->transport->rate, clock_mono_ms(), 1);
    settle_returned(s->dispatch, s->transport, s->row, clock_wall_ms(), "");
}

/* A worker that finished and forgot some: no crash, but each of those pays an attempt, or it could
 * go on like this for ever. */
static void judge_forgotten(const struct blame_case *c, struct blame *out)
{
    for (size_t i = 0; i < c->count; i++)
        out[i] = (struct blame){.role = progress_page_has_started(c->page, i) ? BLAME_UNCERTAIN
                                                                              : BLAME_FAULTY};
}

static void judge(const struct worker_slot *w, struct silence *why, struct blame *out)
{
    bool *done = xcalloc(w->assignment_count, sizeof(*done));
    const struct blame_case c = {.page = w->page,
                                 .count = w->assignment_count,
                                 .done = done,
                                 .deadline = why->how == PACKET_DEADLINE};
    for (size_t i = 0; i < c.count; i++)
        done[i] = w->assignments[i].done;
    if (why->how == PACKET_FINISHED)
        judge_forgotten(&c, out);
    else
        blame_judge(&c, out, &why->stage);
    free(done);
}

static void measure(struct dispatch *d, const struct worker_slot *w)
{
    size_t told = w->assignment_count - w->open;
    if (told > 0)
        traffic_measure(traffic_transport(&d->traffic, w->transport->name),
                        clock_mono_ms() - w->assigned_mono_ms, told);
}

void settle_packet_end(void *context, struct worker_slot *w, enum packet_end how,
                       const char *detail)
{
    struct dispatch *d = context;
    struct silence why = {how, PROGRESS_SENDING, detail};
    measure(d, w);
    if (w->open == 0)
        return;
    struct blame *blames = xcalloc(w->assignment_count, sizeof(*blames));
    judge(w, &why, blames);
    for (size_t i = 0; i < w->assignment_count; i++) {
        struct settling s = begin(d, w->transport, w->home, &w->assignments[i].lease);
        s.worker = w;
        s.blame = blames[i];
        if (!w->assignments[i].done)
            settle_silence(&s, &why);
    }
    free(blames);
}
