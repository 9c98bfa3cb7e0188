/*
 * Reading the clock and writing times. Only engine/ and the floors above read the clock;
 * everything below takes times as parameters. Wall times are milliseconds since 1970-01-01 UTC.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 80 /* far more than needed: gcc cannot know that a month has two digits */

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);

/* RFC 3339 in UTC with milliseconds, "2026-11-24T00:00:01.000Z", into `out` (CLOCK_TEXT_SIZE
 * bytes). */
const char *clock_format_rfc3339(int64_t wall_ms, char *out);
/*
 * Parses an RFC 3339 date-time; an offset or Z is required, because a time without one means
 * something else in every office. Leap second 60 is read as 59.999. Returns false on anything else.
 */
bool clock_parse_rfc3339(const char *text, int64_t *out_wall_ms);
/* RFC 5322 date in UTC: "Tue, 24 Nov 2026 00:00:01 +0000"; never in the process locale. */
const char *clock_format_rfc5322(int64_t wall_ms, char *out);
/* Days since 1970-01-01 of a proleptic Gregorian date; false if the date does not exist. */
bool clock_days_from_date(int year, int month, int day, int64_t *out_days);

#endif
