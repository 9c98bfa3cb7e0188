/*
 * When something may be sent: the hours of a send window in the recipient's zone, and the days of a
 * warm-up. Pure: the zone comes as its offset from UTC (local time minus UTC, in ms).
 */
#ifndef POLICY_WINDOW_H
#define POLICY_WINDOW_H

#include <stdint.h>

#include "model/batch.h"
#include "model/settings.h"

/* The offset of a zone at a moment; render's zone_offset_ms() is one. */
typedef int64_t window_offset_fn(const char *zone, int64_t wall_ms);

/* The first moment not before `wall_ms` that lies within the window, if the offset stays what it
 * is. A window without length (from == to) is always open. */
int64_t window_open_ms(const struct send_window *w, int64_t wall_ms, int64_t offset_ms);
/* The same in a zone, whose clocks may be changed before it opens: 08:00 is 08:00 on that morning
 * too. An opening that the clocks jump over is the moment they show that long after the jump. */
int64_t window_open_in_zone(const struct send_window *w, int64_t wall_ms, window_offset_fn *offset,
                            const char *zone);
/* The hours in which both are open (the longer part, if that is two); NULL or no length: the other
 * one. If they never meet, the first. */
struct send_window window_meet(const struct send_window *a, const struct send_window *b);

/* The day of a moment in a zone, counted from 1970: the key of warm-up counts. */
int64_t warmup_day(int64_t wall_ms, int64_t offset_ms);
/* How many may be sent on `day`: the table's row of the day since its start (day 0 is the first
 * row); INT64_MAX before it begins and behind its end. */
int64_t warmup_limit(const struct warmup *w, int64_t day);
/* When the day after that of `wall_ms` begins. */
int64_t warmup_next_day_ms(int64_t wall_ms, int64_t offset_ms);

#endif
