/* Time zones, by ICU: what local time is somewhere. */
#ifndef RENDER_ZONE_H
#define RENDER_ZONE_H

#include <stdint.h>

/* Local time minus UTC in ms at a moment, daylight saving included. `zone` is an IANA name; NULL or
 * unknown: 0 (UTC). Keeps the zones of the last few names. */
int64_t zone_offset_ms(const char *zone, int64_t wall_ms);

#endif
