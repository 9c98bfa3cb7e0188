#include "engine/allowance.h"

#include "base/clock.h"
#include "base/log.h"
#include "policy/window.h"
#include "render/zone.h"

/* From this concurrency on big batches leave one place of a transport to small ones. */
#define CONCURRENCY_SHARED 4
/* A transport at its rate gets what this time allows as one packet, not a session for each. */
#define RATE_PORTION_MS 200
/* The ledger could not tell what was delivered today. */
#define ASK_AGAIN_MS 1000

/* The day warm-ups count by. */
void allowance_tend_day(struct dispatch *d, int64_t wall_ms)
{
    if (wall_ms >= d->day_from_ms && wall_ms < d->day_to_ms)
        return;
    int64_t offset = zone_offset_ms(d->setup->settings->timezone, wall_ms);
    d->day = warmup_day(wall_ms, offset);
    d->day_from_ms = wall_ms;
    d->day_to_ms = warmup_next_day_ms(wall_ms, offset);
    ledger_set_day(d->recorder.ledger, d->day);
}

static int64_t limit_of_day(const struct dispatch *d, const struct transport *t)
{
    return t->warmup.days > 0 ? warmup_limit(&t->warmup, d->day) : INT64_MAX;
}

/* Asks the ledger once a day what was delivered on it. Before anything is chosen: what waits must
 * be committed or the count lacks it, and a commit changes the lanes. */
void allowance_tend_warmups(struct dispatch *d, int64_t mono_ms)
{
    const struct settings *s = d->setup->settings;
    struct error why;
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        struct transport_traffic *traffic = traffic_transport(&d->traffic, t->name);
        if (traffic->day == d->day || limit_of_day(d, t) == INT64_MAX)
            continue;
        recorder_commit(&d->recorder, mono_ms);
        if (d->recorder.down)
            return;
        if (ledger_count_day(d->recorder.ledger, t->name, d->day, &traffic->day_count, &why) == 0)
            traffic->day = d->day;
        else
            log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
    }
}

/* Nothing while the ledger has not told what was delivered today. */
static int64_t warmup_room(const struct dispatch *d, const struct transport *t,
                           const struct transport_traffic *traffic)
{
    int64_t limit = limit_of_day(d, t);
    if (limit == INT64_MAX || traffic->day != d->day)
        return limit == INT64_MAX ? limit : 0;
    return limit - traffic->day_count - (int64_t)pool_deliveries(&d->pool, t->name);
}

/* How many of `wanted` the transport's rate allows; nothing until a portion of it came together. */
static int64_t rate_room(const struct transport *t, const struct transport_traffic *traffic,
                         int64_t mono_ms, int64_t wanted)
{
    if (t->rate.count == 0)
        return wanted;
    int64_t portion = t->rate.count * RATE_PORTION_MS / t->rate.per_ms;
    int64_t least = portion < 1 ? 1 : portion < wanted ? portion : wanted;
    int64_t room = bucket_room(&traffic->bucket, &t->rate, mono_ms, wanted);
    return room >= least ? room : 0;
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

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool allowance_find(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                    struct allowance *out)
{
    struct transport_traffic *traffic = traffic_transport(&d->traffic, t->name);
    size_t in_flight = pool_in_flight(&d->pool, t->name);
    if (traffic->rest_mono_ms > mono_ms)
        return false;
    if (breaker_room(&traffic->breaker, mono_ms, (int)in_flight, t->concurrency) <= 0)
        return false;
    if (in_flight > 0 && pool_idle(&d->pool, d->setup) <= seats_kept(d, t))
        return false;
    int64_t limit =
        smaller((int64_t)traffic_packet_size(traffic, (size_t)t->packet_size), PROGRESS_ITEMS_MAX);
    if (traffic->breaker.state == BREAKER_PROBING)
        limit = 1; /* one shows as much as a hundred */
    limit = smaller(limit, warmup_room(d, t, traffic));
    limit = limit > 0 ? rate_room(t, traffic, mono_ms, limit) : 0;
    out->limit = limit > 0 ? (size_t)limit : 0;
    out->small_only =
        t->concurrency >= CONCURRENCY_SHARED && in_flight + 1 >= (size_t)t->concurrency;
    return limit > 0;
}

bool allowance_rests(struct dispatch *d, const struct transport *t, int64_t mono_ms)
{
    struct transport_traffic *traffic = traffic_transport(&d->traffic, t->name);
    int in_flight = (int)pool_in_flight(&d->pool, t->name);
    return breaker_room(&traffic->breaker, mono_ms, in_flight, t->concurrency) <= 0 &&
           traffic->breaker.state != BREAKER_CLOSED;
}

/* When a transport that has something due may have it; now if only a worker's word is awaited. */
int64_t allowance_opens_ms(struct dispatch *d, const struct transport *t, int64_t mono_ms,
                           int64_t wall_ms)
{
    struct transport_traffic *traffic = traffic_transport(&d->traffic, t->name);
    int64_t rest_ms = breaker_next_ms(&traffic->breaker, mono_ms) - mono_ms;
    if (traffic->rest_mono_ms - mono_ms > rest_ms)
        rest_ms = traffic->rest_mono_ms - mono_ms;
    if (rest_ms > 0)
        return wall_ms + rest_ms;
    if (warmup_room(d, t, traffic) <= 0)
        return traffic->day == d->day ? d->day_to_ms : wall_ms + ASK_AGAIN_MS;
    if (rate_room(t, traffic, mono_ms, t->packet_size) <= 0) {
        int64_t next_ms = bucket_next_ms(&traffic->bucket, &t->rate, mono_ms) - mono_ms;
        return wall_ms + (next_ms > RATE_PORTION_MS / 4 ? next_ms : RATE_PORTION_MS / 4);
    }
    return wall_ms;
}

const char *allowance_brake(struct dispatch *d, const struct transport *t, int64_t mono_ms)
{
    const struct transport_traffic *traffic = traffic_transport(&d->traffic, t->name);
    if (warmup_room(d, t, traffic) <= 0)
        return "warmup";
    return bucket_room(&traffic->bucket, &t->rate, mono_ms, 1) == 0 ? "rate" : "";
}
