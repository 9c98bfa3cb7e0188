/*
 * A reader's language and time zone, ready to format: dates, times, lists, numbers (numbers.h) by
 * ICU (CLDR), overridden where a locale file says so. One per worker and language; opening costs
 * about 300 us, formatting about 1 us. Korean compact numbers are 297만; German 6,5 Millionen;
 * `list` never has an Oxford comma in en.
 */
#ifndef RENDER_FORMAT_H
#define RENDER_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/locale.h"
#include "render/numbers.h"

struct formatter;

enum date_style {
    DATE_LONG,      /* 1. September 2025 */
    DATE_FULL,      /* with the weekday */
    DATE_SHORT,     /* 1.9.2025 */
    DATE_DAY_MONTH, /* 1. September */
    DATE_MONTH,     /* September 2025 */
    DATE_WEEKDAY,   /* Montag */
};
enum list_style { LIST_AND, LIST_OR };

/* `locale` is borrowed and outlives the formatter; `zone` is an IANA name or NULL for the locale's.
 * ERR_CONFIG for an unknown zone (ICU itself would silently take GMT). */
MUST_CHECK int formatter_open(const struct locale *locale, const char *zone, struct formatter **out,
                              struct error *err);
void formatter_close(struct formatter *f);
const struct locale *formatter_locale(const struct formatter *f);
struct numbers *formatter_numbers(const struct formatter *f);
/* Another zone for the next formats; cached. Unknown zone: ERR_INPUT. NULL: the locale's. */
MUST_CHECK int formatter_set_zone(struct formatter *f, const char *zone, struct error *err);
bool formatter_zone_exists(const char *zone);

/* A calendar date, not shifted by any zone. */
MUST_CHECK int format_date(struct formatter *f, int year, int month, int day, enum date_style style,
                           struct buf *out, struct error *err);
/* A moment, in the formatter's zone. */
MUST_CHECK int format_moment_date(struct formatter *f, int64_t wall_ms, enum date_style style,
                                  struct buf *out, struct error *err);
/* "14:30 Uhr", "오후 2시 30분", "14:30". */
MUST_CHECK int format_moment_time(struct formatter *f, int64_t wall_ms, struct buf *out,
                                  struct error *err);
/* "14:30" in every language. */
MUST_CHECK int format_moment_clock(struct formatter *f, int64_t wall_ms, struct buf *out,
                                   struct error *err);
MUST_CHECK int format_list(struct formatter *f, const char *const *items, size_t count,
                           enum list_style style, struct buf *out, struct error *err);
/* First letter to upper case by the rules of the language. */
MUST_CHECK int format_upper_first(struct formatter *f, const char *text, struct buf *out,
                                  struct error *err);

#endif
