#include "policy/bucket.h"

#include <assert.h>

#define US_PER_MS INT64_C(1000)
/* Far more than any clock shows, and far enough from the end to add to it. */
#define US_MAX (INT64_MAX / 4)

static int64_t to_us(int64_t now_ms)
{
    return now_ms < US_MAX / US_PER_MS ? now_ms * US_PER_MS : US_MAX;
}

static int64_t to_ms_up(int64_t us)
{
    return us >= 0 ? (us + US_PER_MS - 1) / US_PER_MS : us / US_PER_MS;
}

static bool is_unlimited(const struct rate *rate)
{
    /* Within these bounds count * per_us fits into 63 bits. */
    assert(rate->count >= 0 && rate->count <= RATE_COUNT_MAX);
    assert(rate->count == 0 || (rate->per_ms > 0 && rate->per_ms <= RATE_PER_MAX_MS));
    return rate->count == 0;
}

static int64_t per_us(const struct rate *rate)
{
    return rate->per_ms * US_PER_MS;
}

/* How many go in one go: what one second allows. */
static int64_t burst_of(const struct rate *rate)
{
    int64_t burst = rate->count * 1000 / rate->per_ms;
    return burst > 1 ? burst : 1;
}

/* By how much somebody may be early: all of the burst but the one itself. In parts of 1/count us.
 */
static int64_t tolerance_parts(const struct rate *rate)
{
    return (burst_of(rate) - 1) * per_us(rate);
}

static struct bucket_line later(struct bucket_line a, struct bucket_line b)
{
    return a.us > b.us || (a.us == b.us && a.rest > b.rest) ? a : b;
}

static struct bucket_line advance(struct bucket_line line, const struct rate *rate, int64_t count)
{
    int64_t periods = count / rate->count;
    int64_t parts = count % rate->count * per_us(rate) + line.rest % rate->count;
    if (periods > (US_MAX - line.us) / per_us(rate) - 2)
        return (struct bucket_line){.us = US_MAX};
    line.us += periods * per_us(rate) + parts / rate->count;
    line.rest = parts % rate->count;
    return line;
}

static struct bucket_line retreat(struct bucket_line line, const struct rate *rate, int64_t count)
{
    int64_t periods = count / rate->count;
    int64_t parts = count % rate->count * per_us(rate);
    if (periods > US_MAX / per_us(rate) - 2)
        return (struct bucket_line){0};
    line.us -= periods * per_us(rate) + parts / rate->count;
    line.rest -= parts % rate->count;
    if (line.rest < 0) {
        line.rest += rate->count;
        line.us--;
    }
    return line;
}

/* The first moment at which one more may go, in whole ms: never too early. */
static int64_t turn_ms(struct bucket_line line, const struct rate *rate)
{
    int64_t parts = tolerance_parts(rate);
    return to_ms_up(line.us - parts / rate->count + (line.rest > parts % rate->count ? 1 : 0));
}

int64_t bucket_room(const struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t wanted)
{
    if (wanted <= 0 || is_unlimited(rate))
        return wanted > 0 ? wanted : 0;
    int64_t room = burst_of(rate), ahead_us = b->went.us - to_us(now_ms);
    if (ahead_us >= 0) {
        if (turn_ms(b->went, rate) > now_ms)
            return 0;
        /* That one, and as many intervals as fit into what is left of the tolerance. */
        int64_t spare = tolerance_parts(rate) - ahead_us * rate->count - b->went.rest;
        room = 1 + spare / per_us(rate);
    }
    return room < wanted ? room : wanted;
}

void bucket_take(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t count)
{
    const struct bucket_line now = {.us = to_us(now_ms)};
    if (count <= 0 || is_unlimited(rate))
        return;
    b->went = advance(later(b->went, now), rate, count);
}

void bucket_give_back(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t count)
{
    const struct bucket_line now = {.us = to_us(now_ms)};
    if (count > 0 && !is_unlimited(rate) && b->went.us >= now.us)
        b->went = later(retreat(b->went, rate, count), now);
}

int64_t bucket_next_ms(const struct bucket *b, const struct rate *rate, int64_t now_ms)
{
    if (is_unlimited(rate))
        return now_ms;
    int64_t turn = turn_ms(b->went, rate);
    return turn > now_ms ? turn : now_ms;
}

static int64_t reserve(const struct bucket *b, struct bucket_line *promised,
                       const struct rate *rate, int64_t now_ms, int64_t horizon_ms)
{
    const struct bucket_line now = {.us = to_us(now_ms)};
    if (is_unlimited(rate))
        return now_ms;
    struct bucket_line place = later(later(*promised, b->went), now);
    int64_t turn = turn_ms(place, rate);
    if (turn > now_ms + horizon_ms)
        return now_ms + horizon_ms;
    *promised = advance(place, rate, 1);
    return turn > now_ms ? turn : now_ms;
}

int64_t bucket_reserve(struct bucket *b, const struct rate *rate, int64_t now_ms,
                       int64_t horizon_ms)
{
    return reserve(b, &b->promised, rate, now_ms, horizon_ms);
}

int64_t bucket_reserve_small(struct bucket *b, const struct rate *rate, int64_t now_ms,
                             int64_t horizon_ms)
{
    return reserve(b, &b->promised_small, rate, now_ms, horizon_ms);
}

bool bucket_is_idle(const struct bucket *b, int64_t now_ms)
{
    int64_t now_us = to_us(now_ms);
    return b->went.us < now_us && b->promised.us < now_us && b->promised_small.us < now_us;
}
