/*
 * When something may be sent: the hours of a send window in the recipient's zone, and the days of a
 * warm-up. Pure: the zone comes as its offset from UTC.
 */
#ifndef POLICY_WINDOW_H
#define POLICY_WINDOW_H

#include <stdint.h>

#include "model/batch.h"
#include "model/settings.h"

/* The first moment not before `wall_ms` that lies within the window. `offset_ms`: local time minus
 * UTC at that moment. A window without length (from == to) is always open. */
int64_t window_open_ms(const struct send_window *w, int64_t wall_ms, int64_t offset_ms);
/* The hours in which both are open; NULL or no length: the other one. If they never meet, the
 * first. */
struct send_window window_meet(const struct send_window *a, const struct send_window *b);

/* The day of a moment in a zone, counted from 1970: the key of warm-up counts. */
int64_t warmup_day(int64_t wall_ms, int64_t offset_ms);
/* How many may be sent on `day`: the table's row of the day since its start (day 0 is the first
 * row); INT64_MAX before it begins and behind its end. */
int64_t warmup_limit(const struct warmup *w, int64_t day);
/* When the day after `wall_ms` begins. */
int64_t warmup_next_day_ms(int64_t wall_ms, int64_t offset_ms);

#endif
