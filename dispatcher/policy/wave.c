#include "policy/wave.h"

#include <stdbool.h>

#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)
/* Steps of half a day at least: any hours on any day begin within them. */
#define STEPS_MAX 32

static const char *zone_of(const struct pace *p, const char *zone)
{
    return p->zone[0] != '\0' ? p->zone : zone;
}

/* ---- hours and days ---- */

/* Bit of the day in `days`; 1970 began on a Thursday. */
static bool is_day(const struct pace *p, int64_t local_day)
{
    int64_t weekday = (local_day + 3) % 7;
    return p->days == 0 || (p->days & (1U << (weekday < 0 ? weekday + 7 : weekday))) != 0;
}

/* Minutes since midnight that still belong to hours that began the day before; how many of them are
 * left, 0: none. */
static int64_t minutes_left(const struct pace *p, int64_t shown_ms)
{
    int64_t minute = (shown_ms - warmup_day(shown_ms, 0) * DAY_MS) / MINUTE_MS;
    bool spans = p->hours.from_minute > p->hours.to_minute;
    return spans && minute < p->hours.to_minute ? p->hours.to_minute - minute : 0;
}

/* Hours that span midnight belong to the day on which they began. */
static int64_t day_of(const struct pace *p, int64_t shown_ms)
{
    return warmup_day(shown_ms, 0) - (minutes_left(p, shown_ms) > 0 ? 1 : 0);
}

/* When the next day begins, by the clocks there. */
static int64_t next_midnight(window_offset_fn *offset, const char *zone, int64_t wall_ms)
{
    int64_t before = offset(zone, wall_ms);
    int64_t midnight = warmup_next_day_ms(wall_ms, before);
    int64_t corrected = midnight + before - offset(zone, midnight);
    return corrected > wall_ms ? corrected : midnight;
}

int64_t pace_open_ms(const struct pace *p, window_offset_fn *offset, const char *zone,
                     int64_t wall_ms)
{
    const char *of = zone_of(p, zone);
    int64_t at_ms = wall_ms;
    for (int i = 0; i < STEPS_MAX; i++) {
        at_ms = window_open_in_zone(&p->hours, at_ms, offset, of);
        int64_t shown_ms = at_ms + offset(of, at_ms);
        if (is_day(p, day_of(p, shown_ms)))
            return at_ms;
        int64_t left = minutes_left(p, shown_ms);
        at_ms = left > 0 ? at_ms + left * MINUTE_MS : next_midnight(offset, of, at_ms);
    }
    return INT64_MAX;
}

/* ---- room ---- */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A clock that was set back does not make a wave longer than it is: the ledger lets it begin anew
 * then, see ledger_rewind(). */
static int64_t wave_end(const struct pace *p, const struct pace_count *now, int64_t wall_ms)
{
    return smaller(now->wave_ms, wall_ms) + p->every_ms;
}

static void decide_wave(const struct pace *p, const struct pace_count *now,
                        window_offset_fn *offset, const char *zone, int64_t wall_ms,
                        struct pace_answer *out)
{
    bool fresh = now->wave_ms == 0 || wave_end(p, now, wall_ms) <= wall_ms;
    int64_t left = fresh ? p->people : p->people - now->wave_taken;
    int64_t from_ms = left > 0 ? wall_ms : wave_end(p, now, wall_ms);
    out->opens_ms = pace_open_ms(p, offset, zone, from_ms);
    out->wave_ms = fresh ? wall_ms : now->wave_ms;
    out->room = left > 0 && out->opens_ms <= wall_ms ? left : 0;
    out->brake = out->room > 0 ? PACE_GOES : PACE_WAVE;
}

void pace_decide(const struct pace *p, const struct pace_count *now, window_offset_fn *offset,
                 const char *zone, int64_t wall_ms, struct pace_answer *out)
{
    int64_t first = now->passed ? INT64_MAX : p->first - now->taken;
    *out = (struct pace_answer){.room = INT64_MAX, .wave_ms = now->wave_ms, .opens_ms = wall_ms};
    if (p->people > 0)
        decide_wave(p, now, offset, zone, wall_ms, out);
    if (first <= 0) {
        out->room = 0;
        out->opens_ms = INT64_MAX;
        out->brake = PACE_CANARY;
        return;
    }
    out->room = smaller(out->room, first);
}

/* ---- the first ones ---- */

enum first_verdict first_judge(const struct pace *p, const struct pace_count *now,
                               const int64_t counts[DELIVERY_STATES], int64_t untried,
                               int64_t wall_ms)
{
    int64_t deferred = counts[DELIVERY_DEFERRED];
    bool waits = counts[DELIVERY_IN_FLIGHT] > 0 ||
                 (deferred > 0 && wall_ms < now->taken_ms + p->patience_ms);
    if (now->taken < p->first || now->taken_ms == 0 || waits)
        return FIRST_OPEN;
    int64_t failed =
        counts[DELIVERY_FAILED] - untried + counts[DELIVERY_UNCERTAIN] + now->held + deferred;
    bool few = failed <= 0 || (double)failed < p->share * (double)p->first;
    return p->go_on && few ? FIRST_PASS : FIRST_LOOK;
}
