/* Numbers with their unit, from text and back. Each parse is strict: the whole text, no spaces. */
#ifndef CONFIG_QUANTITY_H
#define CONFIG_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/settings.h"

/* "30s", "5m", "2h", "14d", "500ms": a whole number and a unit. */
bool quantity_parse_duration(const char *text, int64_t *out_ms);
void quantity_put_duration(struct buf *out, int64_t ms);
/* "50/s", "1200/min", "20000/h", "100000/d", "unlimited". */
bool quantity_parse_rate(const char *text, struct rate *out);
void quantity_put_rate(struct buf *out, const struct rate *rate);
/* "64MB" (a million bytes each), "64MiB" (2 to the 20th each), kB to TB and KiB to TiB, "512B". */
bool quantity_parse_size(const char *text, int64_t *out_bytes);
void quantity_put_size(struct buf *out, int64_t bytes);
/* "08:00-21:00", "21:00-08:00", "always". */
bool quantity_parse_window(const char *text, struct send_window *out);
void quantity_put_window(struct buf *out, const struct send_window *w);
/* "0.075" in millionths: at most nine digits, a point and six digits. */
bool quantity_parse_money(const char *text, int64_t *out_micros);
void quantity_put_money(struct buf *out, int64_t micros);
/* "2027-01-31" as days from 1970, behind that year; nothing is put for 0, which stands for no date.
 */
bool quantity_parse_date(const char *text, int64_t *out_day);
void quantity_put_date(struct buf *out, int64_t day);

#endif
