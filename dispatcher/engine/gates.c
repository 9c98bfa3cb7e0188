#include "engine/gates.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "model/job.h"
#include "policy/country.h"
#include "policy/window.h"
#include "render/zone.h"

/* Farther ahead no turn is promised: who stands behind asks again then. */
#define RATE_HORIZON_MS (INT64_C(3600) * 1000)
/* A destination that probes or ramps up is asked again about this soon. */
#define PROBE_AGAIN_MS 2000
/* What waited for a destination comes back at most this densely, not all in one moment. */
#define COMES_BACK_MS 1
#define SPREAD_MAX_MS (INT64_C(600) * 1000)
/* Where as many are under way as may be, the others ask again after this, and the later the more of
 * them there are. */
#define CROWD_AGAIN_MS 100
#define CROWD_MAX_MS   (INT64_C(60) * 1000)
/* The reload that brings a letter back makes due what waits for it; this is for whatever else may
 * bring it back. */
#define LETTER_AGAIN_MS (INT64_C(3600) * 1000)
/* The ledger could not tell whether an address is suppressed. */
#define ASK_AGAIN_MS 1000

static int64_t draw_up_to(int64_t limit)
{
    return limit > 0 ? (int64_t)(random_bits() % (uint64_t)limit) : 0;
}

/* Back to where it came from. What was never tried waits, everything else is deferred. */
static void send_back(const struct leased *row, int64_t due_ms, const char *cause,
                      struct gate_answer *out)
{
    /* No later than its expiry: then it is told what it is. */
    if (row->expires_at_ms != 0 && due_ms > row->expires_at_ms)
        due_ms = row->expires_at_ms;
    out->state = row->tries > 0 ? DELIVERY_DEFERRED : DELIVERY_WAITING;
    out->due_ms = due_ms;
    out->cause = cause;
}

static void stop(enum delivery_state state, const char *cause, struct gate_answer *out)
{
    out->state = state;
    out->due_ms = 0;
    out->cause = cause;
}

static void say(enum outcome outcome, const char *cause, const char *sentence,
                struct gate_answer *out)
{
    disposition_set(&out->said, outcome, 0, cause, sentence, strlen(sentence));
    out->has_said = true;
}

static bool pass_expiry(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    if (row->expires_at_ms == 0 || g->wall_ms < row->expires_at_ms)
        return true;
    stop(DELIVERY_EXPIRED, "expired", out);
    return false;
}

static bool parse_text(const struct leased *row, struct job **out)
{
    struct error ignored;
    *out = NULL;
    return row->job_text != NULL &&
           job_parse(row->job_text, strlen(row->job_text), "", 1, out, &ignored) == 0;
}

/* Few notices have one: only those are parsed. */
static int64_t find_start(const struct gates *g, const struct leased *row)
{
    struct job *job;
    if (row->batch != 0)
        return g->not_before_ms;
    if (row->job_text == NULL || strstr(row->job_text, "\"not_before\"") == NULL ||
        !parse_text(row, &job))
        return 0;
    int64_t start_ms = job->not_before_ms;
    job_free(job);
    return start_ms;
}

/* Intake gave it a time behind this; but what waited for its hours may have been made due since. */
static bool pass_start(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    int64_t start_ms = find_start(g, row);
    if (start_ms <= g->wall_ms)
        return true;
    send_back(row, start_ms, "", out);
    return false;
}

/* It was right when this was accepted. Before the suppression list: that asks the letter's
 * category.
 */
static bool pass_letter(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    const struct library *l = g->setup->library;
    struct error ignored;
    if (l == NULL || row->template_name == NULL ||
        library_refuse_letter(l, row->template_name, &ignored) == 0)
        return true;
    send_back(row, g->wall_ms + LETTER_AGAIN_MS, "letter", out);
    return false;
}

static bool pass_trial(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    const struct settings *s = g->setup->settings;
    if (!s->trial || settings_allows(s, row->address))
        return true;
    stop(DELIVERY_SUPPRESSED, "trial_mode", out);
    return false;
}

/* Who is not written to because nothing reaches them there may be told by another channel; who does
 * not want to be told is not asked again elsewhere. */
static bool may_be_told_otherwise(const char *cause)
{
    return !text_equal(cause, "opted_out") && !text_equal(cause, "complaint");
}

static bool pass_suppression(const struct gates *g, struct leased *row, struct gate_answer *out)
{
    enum suppressing_answer answer;
    char cause[DISPOSITION_CAUSE_SIZE] = "";
    struct buf note = {0};
    struct error why;
    if (suppressing_ask(&g->suppressing, row, g->wall_ms, &answer, cause, &note, &why) != 0) {
        log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
        send_back(row, g->wall_ms + ASK_AGAIN_MS, "", out);
        buf_free(&note);
        return false;
    }
    if (answer != SUPPRESSING_PASS)
        say(OUTCOME_SUPPRESS, cause, buf_text(&note), out);
    buf_free(&note);
    if (answer != SUPPRESSING_STOP)
        return true;
    stop(DELIVERY_SUPPRESSED, out->said.cause, out);
    out->passes_on = may_be_told_otherwise(out->said.cause);
    return false;
}

static const struct endpoint_health *find_health(const struct gates *g, const struct leased *row)
{
    return g->endpoints != NULL && row->channel == CHANNEL_WEBHOOK
               ? endpoints_find(g->endpoints, row->address)
               : NULL;
}

static bool pass_endpoint(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    const struct endpoint_health *h = find_health(g, row);
    if (h == NULL || !h->disabled)
        return true;
    stop(DELIVERY_HELD, "endpoint_disabled", out);
    say(OUTCOME_TRANSIENT, "endpoint_disabled", h->reason, out);
    return false;
}

/* A row of a batch knows where its recipient lives, a notice of its own says so in its text. `job`:
 * what the answers are borrowed from, NULL if it was not needed. */
static void find_clues(const struct gates *g, const struct leased *row, struct job **job,
                       struct country_clues *out)
{
    const char *zone = row->zone;
    *out = (struct country_clues){.locale = row->locale};
    *job = NULL;
    if (row->batch == 0 && parse_text(row, job)) {
        zone = zone != NULL ? zone : (*job)->to.timezone;
        out->phone = (*job)->to.phone;
        out->locale = (*job)->locale != NULL ? (*job)->locale : row->locale;
    }
    if (row->channel == CHANNEL_SMS)
        out->phone = row->address;
    out->zone = setup_zone(g->setup, zone, row->locale);
}

static bool has_hours(const struct send_window *w)
{
    return w->from_minute != w->to_minute;
}

static bool pass_window(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    struct country_clues clues;
    struct job *job;
    if (g->home->window_count == 0 && !has_hours(&g->home->window) && !has_hours(&g->batch_window))
        return true;
    find_clues(g, row, &job, &clues);
    const struct send_window hours = window_meet(country_window(g->home, &clues), &g->batch_window);
    int64_t open_ms = window_open_in_zone(&hours, g->wall_ms, zone_offset_ms, clues.zone);
    job_free(job);
    if (open_ms <= g->wall_ms)
        return true;
    send_back(row, open_ms, "window", out);
    return false;
}

/* Spread over some time, and the longer the more of them wait. */
static int64_t rest_left_ms(const struct gates *g, struct destination *d)
{
    int64_t left = breaker_next_ms(&d->breaker, g->mono_ms) - g->mono_ms;
    if (left <= 0)
        left = PROBE_AGAIN_MS;
    d->pushed_back++;
    int64_t spread = d->pushed_back * COMES_BACK_MS;
    return left + draw_up_to(left / 5 + (spread < SPREAD_MAX_MS ? spread : SPREAD_MAX_MS));
}

static bool pass_destination(const struct gates *g, struct destination *d, const struct leased *row,
                             struct gate_answer *out)
{
    const struct endpoint_health *h = find_health(g, row);
    if (h != NULL && endpoint_awaits_probe(h))
        breaker_probe(&d->breaker);
    if (d->breaker.state == BREAKER_CLOSED ||
        breaker_room(&d->breaker, g->mono_ms, d->under_way, INT_MAX) > 0)
        return true;
    send_back(row, g->wall_ms + rest_left_ms(g, d), "destination_rest", out);
    return false;
}

/* A limit of an endpoint is shared by the packets in flight. Where each of them had less than one
 * request, only one packet may go at a time. */
static int most_to_endpoint(const struct gates *g, const struct leased *row)
{
    const struct endpoint *e = settings_find_endpoint(g->setup->settings, row->address);
    return e != NULL && e->concurrency < g->transport->concurrency ? e->concurrency : 0;
}

/* How many may be under way there at once; 0: any number. */
static int most_at_once(const struct gates *g, const struct leased *row)
{
    const struct domain_rate *d;
    switch (row->channel) {
    case CHANNEL_EMAIL:
        d = g->transport->domain_count > 0
                ? settings_find_domain(g->transport,
                                       traffic_destination_name(CHANNEL_EMAIL, row->address))
                : NULL;
        return d != NULL ? d->concurrency : 0;
    case CHANNEL_WEBHOOK:
        return most_to_endpoint(g, row);
    case CHANNEL_SMS:
        break;
    }
    return 0;
}

/* A worker keeps to the limit of an endpoint by itself: of the own packet none counts. */
static int under_way_beside(const struct destination *d, const struct leased *row)
{
    bool own = row->channel == CHANNEL_WEBHOOK && d->packet == row->packet;
    return d->under_way - (own ? d->in_packet : 0);
}

static bool pass_crowd(const struct gates *g, struct destination *d, const struct leased *row,
                       struct gate_answer *out)
{
    int most = most_at_once(g, row);
    if (most <= 0 || under_way_beside(d, row) < most) {
        d->crowd -= d->crowd > 0 ? 1 : 0;
        return true;
    }
    const struct transport_traffic *t = traffic_look(g->traffic, g->transport->name);
    double each_ms = t != NULL && t->ms_each > 1 ? t->ms_each : 1;
    double spread_ms = (double)++d->crowd * each_ms;
    send_back(row,
              g->wall_ms + CROWD_AGAIN_MS +
                  draw_up_to(spread_ms < CROWD_MAX_MS ? (int64_t)spread_ms : CROWD_MAX_MS),
              "rate", out);
    return false;
}

static const struct rate *domain_rate(const struct gates *g, const struct leased *row)
{
    static const struct rate unlimited = {0};
    const char *domain = g->transport->domain_count > 0
                             ? traffic_destination_name(CHANNEL_EMAIL, row->address)
                             : NULL;
    return domain != NULL ? settings_domain_rate(g->transport, domain) : &unlimited;
}

/* A pace that was slower when the last one went must not hold longer than the one of now would. */
static void shorten(struct bucket *b, const struct rate *rate, int64_t mono_ms)
{
    int64_t each_ms = rate->per_ms / rate->count + 1;
    const struct bucket_line most = {.us = (mono_ms + (each_ms > 1000 ? each_ms : 1000)) * 1000};
    if (b->went.us > most.us)
        b->went = most;
}

static bool pass_rate(const struct gates *g, struct destination *d, const struct leased *row,
                      struct gate_answer *out)
{
    const struct rate *rate = domain_rate(g, row);
    if (rate->count == 0)
        return true;
    shorten(&d->bucket, rate, g->mono_ms);
    if (bucket_room(&d->bucket, rate, g->mono_ms, 1) > 0) {
        bucket_take(&d->bucket, rate, g->mono_ms, 1);
        return true;
    }
    /* A single notice does not stand behind a campaign of millions to the same domain. */
    int64_t turn_ms = row->batch == 0
                          ? bucket_reserve_small(&d->bucket, rate, g->mono_ms, RATE_HORIZON_MS)
                          : bucket_reserve(&d->bucket, rate, g->mono_ms, RATE_HORIZON_MS);
    send_back(row, g->wall_ms + (turn_ms - g->mono_ms), "rate", out);
    return false;
}

static void count_under_way(struct destination *d, const struct leased *row)
{
    d->under_way++;
    if (d->packet != row->packet)
        d->in_packet = 0;
    d->packet = row->packet;
    d->in_packet++;
}

bool gates_pass(const struct gates *g, struct leased *row, struct gate_answer *out)
{
    out->has_said = out->passes_on = false;
    if (!pass_expiry(g, row, out) || !pass_start(g, row, out) || !pass_letter(g, row, out) ||
        !pass_trial(g, row, out) || !pass_suppression(g, row, out) || !pass_endpoint(g, row, out) ||
        !pass_window(g, row, out))
        return false;
    struct destination *d = traffic_destination(g->traffic, g->transport, row->address, g->mono_ms);
    if (d == NULL)
        return true;
    if (!pass_destination(g, d, row, out) || !pass_crowd(g, d, row, out) ||
        !pass_rate(g, d, row, out))
        return false;
    count_under_way(d, row);
    return true;
}

void gates_return(const struct gates *g, const struct leased *row)
{
    struct destination *d = traffic_destination(g->traffic, g->transport, row->address, g->mono_ms);
    if (d == NULL)
        return;
    traffic_leave(d, row->packet);
    bucket_give_back(&d->bucket, domain_rate(g, row), g->mono_ms, 1);
}
