#include "policy/window.h"

#include <stdbool.h>
#include <stddef.h>

#define MINUTE_MS   INT64_C(60000)
#define DAY_MS      INT64_C(86400000)
#define DAY_MINUTES 1440

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t time_of_day(int64_t wall_ms, int64_t offset_ms)
{
    int64_t local = wall_ms + offset_ms;
    return local - floor_div(local, DAY_MS) * DAY_MS;
}

static bool has_length(const struct send_window *w)
{
    return w != NULL && w->from_minute != w->to_minute;
}

/* ---- send windows ---- */

/* How many minutes it is open: 21:00-08:00 is 11 hours. */
static int length_minutes(const struct send_window *w)
{
    int length = w->to_minute - w->from_minute;
    return length > 0 ? length : length + DAY_MINUTES;
}

int64_t window_open_ms(const struct send_window *w, int64_t wall_ms, int64_t offset_ms)
{
    if (!has_length(w))
        return wall_ms;
    int64_t since_opening = time_of_day(wall_ms, offset_ms) - w->from_minute * MINUTE_MS;
    if (since_opening < 0)
        since_opening += DAY_MS;
    if (since_opening < length_minutes(w) * MINUTE_MS)
        return wall_ms;
    return wall_ms + DAY_MS - since_opening;
}

int64_t window_open_in_zone(const struct send_window *w, int64_t wall_ms, window_offset_fn *offset,
                            const char *zone)
{
    if (!has_length(w))
        return wall_ms;
    int64_t before = offset(zone, wall_ms);
    int64_t opens = window_open_ms(w, wall_ms, before), after = offset(zone, opens);
    if (opens == wall_ms || after == before)
        return opens;
    int64_t corrected = opens + before - after;
    return corrected >= wall_ms && offset(zone, corrected) == after ? corrected : opens;
}

static bool closes(const struct send_window *w)
{
    return has_length(w) && length_minutes(w) < DAY_MINUTES;
}

/* The part of `b`, taken as beginning `shift` minutes behind `a`'s opening, that lies within `a`.
 */
static struct send_window overlap(const struct send_window *a, const struct send_window *b,
                                  int shift)
{
    int from = shift > 0 ? shift : 0, to = shift + length_minutes(b);
    int end = length_minutes(a) < to ? length_minutes(a) : to;
    if (end <= from)
        return (struct send_window){0};
    return (struct send_window){.from_minute = (a->from_minute + from) % DAY_MINUTES,
                                .to_minute = (a->from_minute + end) % DAY_MINUTES};
}

struct send_window window_meet(const struct send_window *a, const struct send_window *b)
{
    const struct send_window always = {0};
    if (!closes(a) || !closes(b))
        return closes(a) ? *a : closes(b) ? *b : always;
    int shift = b->from_minute - a->from_minute;
    if (shift < 0)
        shift += DAY_MINUTES;
    /* Today's hours of b, and those that began the day before. */
    struct send_window today = overlap(a, b, shift), before = overlap(a, b, shift - DAY_MINUTES);
    if (!has_length(&today) && !has_length(&before))
        return *a;
    if (!has_length(&today) || !has_length(&before))
        return has_length(&today) ? today : before;
    return length_minutes(&today) >= length_minutes(&before) ? today : before;
}

/* ---- warm-up ---- */

int64_t warmup_day(int64_t wall_ms, int64_t offset_ms)
{
    return floor_div(wall_ms + offset_ms, DAY_MS);
}

int64_t warmup_limit(const struct warmup *w, int64_t day)
{
    if (day < w->start_day || (uint64_t)(day - w->start_day) >= w->days)
        return INT64_MAX;
    return w->limits[day - w->start_day];
}

int64_t warmup_next_day_ms(int64_t wall_ms, int64_t offset_ms)
{
    return (warmup_day(wall_ms, offset_ms) + 1) * DAY_MS - offset_ms;
}
