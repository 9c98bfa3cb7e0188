#include "engine/gates.h"

#include <limits.h>
#include <string.h>

#include "base/attributes.h"
#include "base/id.h"
#include "model/job.h"
#include "policy/window.h"
#include "render/zone.h"

/* Farther ahead no turn is promised: who stands behind asks again then. */
#define RATE_HORIZON_MS (INT64_C(3600) * 1000)
/* A destination that probes or ramps up is asked again about this soon. */
#define PROBE_AGAIN_MS 2000
/* What waited for a destination comes back at most this densely, not all in one moment. */
#define COMES_BACK_MS 1
#define SPREAD_MAX_MS (INT64_C(600) * 1000)

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

static bool pass_expiry(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    if (row->expires_at_ms == 0 || g->wall_ms < row->expires_at_ms)
        return true;
    *out = (struct gate_answer){DELIVERY_EXPIRED, 0, "expired"};
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

static bool pass_trial(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    const struct settings *s = g->setup->settings;
    if (!s->trial || settings_allows(s, row->address))
        return true;
    *out = (struct gate_answer){DELIVERY_SUPPRESSED, 0, "trial_mode"};
    return false;
}

/* A row of a batch knows where its recipient lives, a notice of its own says so in its text.
 * *out_job is what the name is borrowed from. */
static const char *find_zone(const struct leased *row, struct job **out_job)
{
    *out_job = NULL;
    if (row->batch != 0 || row->zone != NULL || !parse_text(row, out_job))
        return row->zone;
    return (*out_job)->to.timezone;
}

static bool pass_window(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    if (g->window.from_minute == g->window.to_minute)
        return true;
    struct job *job;
    const char *zone = setup_zone(g->setup, find_zone(row, &job), row->locale);
    int64_t open_ms = window_open_in_zone(&g->window, g->wall_ms, zone_offset_ms, zone);
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
    if (d->breaker.state == BREAKER_CLOSED ||
        breaker_room(&d->breaker, g->mono_ms, d->under_way, INT_MAX) > 0)
        return true;
    send_back(row, g->wall_ms + rest_left_ms(g, d), "destination_rest", out);
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

bool gates_pass(const struct gates *g, const struct leased *row, struct gate_answer *out)
{
    if (!pass_expiry(g, row, out) || !pass_start(g, row, out) || !pass_trial(g, row, out) ||
        !pass_window(g, row, out))
        return false;
    struct destination *d = traffic_destination(g->traffic, g->transport, row->address, g->mono_ms);
    if (d == NULL)
        return true;
    if (!pass_destination(g, d, row, out) || !pass_rate(g, d, row, out))
        return false;
    d->under_way++;
    return true;
}

void gates_return(const struct gates *g, const struct leased *row)
{
    struct destination *d = traffic_destination(g->traffic, g->transport, row->address, g->mono_ms);
    if (d == NULL)
        return;
    d->under_way -= d->under_way > 0 ? 1 : 0;
    bucket_give_back(&d->bucket, domain_rate(g, row), g->mono_ms, 1);
}
