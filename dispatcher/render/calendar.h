/*
 * ICU's calendar: what the clocks of a zone show at a moment. Gregorian at all times and in every
 * language (ICU itself would go Julian before 1582 and Buddhist in Thailand).
 */
#ifndef RENDER_CALENDAR_H
#define RENDER_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct calendar;

/* In UTC. Caller frees with calendar_close(). */
MUST_CHECK int calendar_open(const char *icu_locale, struct calendar **out, struct error *err);
void calendar_close(struct calendar *c);
/* Does ICU know this IANA name, in this spelling? */
bool calendar_zone_exists(const char *zone);
/* `zone` exists: ICU would take GMT for any other. */
MUST_CHECK int calendar_set_zone(struct calendar *c, const char *zone, struct error *err);
MUST_CHECK int calendar_set_moment(struct calendar *c, int64_t wall_ms, struct error *err);
/* Of the moment set: the minute of the hour, and local time minus UTC. */
int calendar_minute(struct calendar *c);
int64_t calendar_offset_ms(struct calendar *c);
/* The locale ICU found for the one it was opened with; "" if none. Borrowed from ICU. */
const char *calendar_locale(struct calendar *c);
/* The UCalendar, for ICU's date formats. Borrowed. */
void *calendar_handle(struct calendar *c);

#endif
