/*
 * Numbers, sums of money and plural classes as a language writes them: by ICU (CLDR), with the
 * words of the locale file for currencies. Belongs to a formatter (format.h).
 */
#ifndef RENDER_NUMBERS_H
#define RENDER_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/locale.h"

#define NUMBERS_DIGITS_MAX  6
#define NUMBERS_PLURAL_SIZE 16 /* of a class: zero, one, two, few, many, other */

struct numbers;

/* A number as JSON has it. */
struct quantity {
    bool whole;
    int64_t integer; /* if whole */
    double real;     /* else */
};

enum compact_style { COMPACT_LONG, COMPACT_SHORT }; /* 6,5 Millionen; 6,5 Mio. */
enum money_style {
    MONEY_DIGITS,  /* 50.000 Won, 50,000원; no decimals in a whole sum: 50 € */
    MONEY_COMPACT, /* 9,62 Milliarden Won (rounded), 96억 2,000만 원 (exact) */
};

/* `locale` is borrowed and outlives it; `icu_locale` is its name for ICU. */
MUST_CHECK int numbers_open(const struct locale *locale, const char *icu_locale,
                            struct numbers **out, struct error *err);
void numbers_close(struct numbers *n);

MUST_CHECK int numbers_put(struct numbers *n, const struct quantity *value, struct buf *out,
                           struct error *err);
/* With exactly so many decimals, half rounded up. */
MUST_CHECK int numbers_put_digits(struct numbers *n, const struct quantity *value, int digits,
                                  struct buf *out, struct error *err);
/* Rounded to three digits; what is small in the language is written out. */
MUST_CHECK int numbers_put_compact(struct numbers *n, const struct quantity *value,
                                   enum compact_style style, struct buf *out, struct error *err);
/* `currency` is three capitals. */
MUST_CHECK int numbers_put_money(struct numbers *n, const struct quantity *value,
                                 const char *currency, enum money_style style, struct buf *out,
                                 struct error *err);
/* The class by CLDR: "one" or "other" in German and English, "other" in Korean. */
MUST_CHECK int numbers_plural(struct numbers *n, const struct quantity *value,
                              char out[NUMBERS_PLURAL_SIZE], struct error *err);

#endif
