#include "render/numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unicode/unumberformatter.h>
#include <unicode/upluralrules.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/unicode.h"

#define SKELETON_SIZE   160
#define CURRENCIES_KEPT 8 /* a letter has one, hardly any has two */

/* Opening one costs some hundred times what using it costs. */
struct currency {
    char code[4]; /* "": the place is free */
    UNumberFormatter *icu;
};

struct numbers {
    const struct locale *locale;
    char *icu_locale;
    UNumberFormatter *plain;
    UNumberFormatter *compact[2];                     /* by enum compact_style */
    UNumberFormatter *digits[NUMBERS_DIGITS_MAX + 1]; /* opened when first asked for */
    struct currency currencies[CURRENCIES_KEPT];
    size_t turn; /* which currency is given up next */
    UPluralRules *plurals;
    UFormattedNumber *scratch;
    int64_t compact_from; /* smaller numbers are written out */
    bool myriads;
};

/* Korean, Japanese and Chinese count by ten thousands; German and English prose writes numbers
 * below a million in digits. Korean writes a sum as 96억 2,000만 원. */
static const struct custom {
    const char *language;
    int64_t compact_from;
    bool myriads;
} customs[] = {{"ko", 10000, true}, {"ja", 10000, false}, {"zh", 10000, false}};

static int icu_failure(UErrorCode status, struct error *err)
{
    return error_set(err, ERR_INTERNAL, "ICU could not write a number: %s", u_errorName(status));
}

/* ---- opening ---- */

static void apply_custom(struct numbers *n)
{
    const char *tag = locale_tag(n->locale);
    size_t length = strcspn(tag, "-");
    n->compact_from = 1000000;
    for (size_t i = 0; i < COUNT_OF(customs); i++) {
        if (strlen(customs[i].language) != length ||
            strncasecmp(customs[i].language, tag, length) != 0)
            continue;
        n->compact_from = customs[i].compact_from;
        n->myriads = customs[i].myriads;
    }
}

/* The skeletons are ASCII. */
static UNumberFormatter *open_skeleton(const struct numbers *n, const char *skeleton,
                                       UErrorCode *status)
{
    UChar units[SKELETON_SIZE];
    size_t length = strnlen(skeleton, SKELETON_SIZE);
    for (size_t i = 0; i < length; i++)
        units[i] = (UChar)skeleton[i];
    return unumf_openForSkeletonAndLocale(units, (int32_t)length, n->icu_locale, status);
}

int numbers_open(const struct locale *locale, const char *icu_locale, struct numbers **out,
                 struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    struct numbers *n = xcalloc(1, sizeof(*n));
    *out = NULL;
    n->locale = locale;
    n->icu_locale = xstrdup(icu_locale);
    apply_custom(n);
    n->plain = open_skeleton(n, "", &status);
    n->compact[COMPACT_LONG] = open_skeleton(n, "compact-long @## group-auto", &status);
    n->compact[COMPACT_SHORT] = open_skeleton(n, "compact-short @## group-auto", &status);
    n->plurals = uplrules_open(icu_locale, &status);
    n->scratch = unumf_openResult(&status);
    if (U_FAILURE(status)) {
        numbers_close(n);
        return icu_failure(status, err);
    }
    *out = n;
    return 0;
}

void numbers_close(struct numbers *n)
{
    if (n == NULL)
        return;
    unumf_close(n->plain);
    unumf_close(n->compact[COMPACT_LONG]);
    unumf_close(n->compact[COMPACT_SHORT]);
    for (size_t i = 0; i < COUNT_OF(n->digits); i++)
        unumf_close(n->digits[i]);
    for (size_t i = 0; i < CURRENCIES_KEPT; i++)
        unumf_close(n->currencies[i].icu);
    uplrules_close(n->plurals);
    unumf_closeResult(n->scratch);
    free(n->icu_locale);
    free(n);
}

/* ---- numbers ---- */

static int put_with(struct numbers *n, const UNumberFormatter *icu, const struct quantity *value,
                    struct buf *out, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar text[512];
    if (value->whole)
        unumf_formatInt(icu, value->integer, n->scratch, &status);
    else
        unumf_formatDouble(icu, value->real, n->scratch, &status);
    int32_t length = unumf_resultToString(n->scratch, text, (int32_t)COUNT_OF(text), &status);
    if (U_FAILURE(status))
        return icu_failure(status, err);
    unicode_put_utf16(out, text, (size_t)length);
    return 0;
}

static double as_real(const struct quantity *value)
{
    return value->whole ? (double)value->integer : value->real;
}

int numbers_put(struct numbers *n, const struct quantity *value, struct buf *out, struct error *err)
{
    return put_with(n, n->plain, value, out, err);
}

int numbers_put_digits(struct numbers *n, const struct quantity *value, int digits, struct buf *out,
                       struct error *err)
{
    static const char zeros[] = "000000";
    UErrorCode status = U_ZERO_ERROR;
    char skeleton[SKELETON_SIZE];
    if (n->digits[digits] == NULL) {
        if (digits == 0)
            snprintf(skeleton, sizeof skeleton, "precision-integer rounding-mode-half-up");
        else
            snprintf(skeleton, sizeof skeleton, ".%.*s rounding-mode-half-up", digits, zeros);
        n->digits[digits] = open_skeleton(n, skeleton, &status);
    }
    return U_FAILURE(status) ? icu_failure(status, err)
                             : put_with(n, n->digits[digits], value, out, err);
}

int numbers_put_compact(struct numbers *n, const struct quantity *value, enum compact_style style,
                        struct buf *out, struct error *err)
{
    bool small = fabs(as_real(value)) < (double)n->compact_from;
    return put_with(n, small ? n->plain : n->compact[style], value, out, err);
}

/* ---- money ---- */

/* Written by the language's pattern ("{0}원") the number stands alone; without one ICU puts the
 * code beside it. */
static int find_currency(struct numbers *n, const char *code, bool alone, UNumberFormatter **out,
                         struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    char skeleton[SKELETON_SIZE];
    for (size_t i = 0; i < CURRENCIES_KEPT; i++) {
        *out = n->currencies[i].icu;
        if (strcmp(n->currencies[i].code, code) == 0)
            return 0;
    }
    struct currency *place = &n->currencies[n->turn++ % CURRENCIES_KEPT];
    unumf_close(place->icu);
    *place = (struct currency){0};
    snprintf(skeleton, sizeof skeleton,
             "currency/%s %s precision-currency-standard/w rounding-mode-half-up", code,
             alone ? "unit-width-hidden" : "unit-width-iso-code");
    place->icu = open_skeleton(n, skeleton, &status);
    if (U_FAILURE(status))
        return error_set(err, ERR_INPUT, "\"%s\" is no currency; write its code, like EUR or KRW",
                         code);
    memcpy(place->code, code, sizeof place->code);
    *out = place->icu;
    return 0;
}

static struct quantity without_sign(const struct quantity *value)
{
    struct quantity q = *value;
    q.integer = value->integer == INT64_MIN ? INT64_MAX : llabs(value->integer);
    q.real = fabs(value->real);
    return q;
}

#define NO_BREAK_SPACE "\xc2\xa0"

/* Where the currency is hidden, ICU leaves the space beside it. */
static const char *trim(struct buf *number)
{
    size_t space = strlen(NO_BREAK_SPACE);
    const char *from = buf_text(number);
    if (text_ends_with(from, NO_BREAK_SPACE))
        buf_truncate(number, number->len - space);
    return text_starts_with(from, NO_BREAK_SPACE) ? from + space : from;
}

static void put_in_pattern(struct buf *out, const char *pattern, const char *number)
{
    const char *place = strstr(pattern, "{0}");
    buf_put(out, pattern, (size_t)(place - pattern));
    buf_puts(out, number);
    buf_puts(out, place + 3);
}

static int put_sum(struct numbers *n, const struct quantity *value, const char *currency,
                   struct buf *out, struct error *err)
{
    const char *pattern = locale_member(n->locale, "currency", currency);
    struct buf number = {0};
    UNumberFormatter *icu;
    int rc = find_currency(n, currency, pattern != NULL, &icu, err);
    if (rc == 0)
        rc = put_with(n, icu, value, &number, err);
    if (rc == 0 && pattern != NULL)
        put_in_pattern(out, pattern, trim(&number));
    else if (rc == 0)
        buf_puts(out, buf_text(&number));
    buf_free(&number);
    return rc;
}

#define MYRIAD 10000

/* 9620000000: "96억 2,000만"; every group that is not zero is written. True if the last of them has
 * no unit: "1만 5,500". */
static int put_myriads(struct numbers *n, int64_t value, bool *out_ends_in_digits, struct buf *out,
                       struct error *err)
{
    static const char *const units[] = {"", "만", "억", "조", "경"};
    int64_t weight = INT64_C(10000000000000000);
    int rc = 0;
    for (int i = 4; i >= 0 && rc == 0; i--, weight /= MYRIAD) {
        struct quantity group = {true, value / weight % MYRIAD, 0};
        if (group.integer == 0)
            continue;
        buf_puts(out, out->len > 0 ? " " : "");
        rc = put_with(n, n->plain, &group, out, err);
        buf_puts(out, units[i]);
        *out_ends_in_digits = i == 0;
    }
    return rc;
}

/* 96억 2,000만 원, 1만 5,500원; a currency without a word of its own: 100만 CHF. */
static int put_korean_sum(struct numbers *n, int64_t value, const char *currency, struct buf *out,
                          struct error *err)
{
    const char *name = locale_member(n->locale, "currency_names", currency);
    struct buf number = {0};
    bool ends_in_digits = false;
    int rc = put_myriads(n, value, &ends_in_digits, &number, err);
    if (rc == 0)
        buf_printf(out, "%s%s%s", buf_text(&number), ends_in_digits && name != NULL ? "" : " ",
                   name != NULL ? name : currency);
    buf_free(&number);
    return rc;
}

/* 6,5 Millionen Euro by the name of the currency, €6.5 million by its pattern. */
static int put_compact_sum(struct numbers *n, const struct quantity *value, const char *currency,
                           struct buf *out, struct error *err)
{
    const char *name = locale_member(n->locale, "currency_names", currency);
    const char *pattern = locale_member(n->locale, "currency", currency);
    struct buf number = {0};
    int rc = numbers_put_compact(n, value, COMPACT_LONG, &number, err);
    if (rc == 0 && name == NULL && pattern != NULL)
        put_in_pattern(out, pattern, buf_text(&number));
    else if (rc == 0)
        buf_printf(out, "%s %s", buf_text(&number), name != NULL ? name : currency);
    buf_free(&number);
    return rc;
}

int numbers_put_money(struct numbers *n, const struct quantity *value, const char *currency,
                      enum money_style style, struct buf *out, struct error *err)
{
    struct quantity sum = without_sign(value);
    double amount = as_real(&sum);
    bool large = style == MONEY_COMPACT && amount >= (double)n->compact_from;
    if (as_real(value) < 0)
        buf_puts(out, "-");
    if (!large)
        return put_sum(n, &sum, currency, out, err);
    if (n->myriads && (sum.whole || (amount < 9e15 && floor(amount) == amount)))
        return put_korean_sum(n, sum.whole ? sum.integer : (int64_t)amount, currency, out, err);
    return n->myriads ? put_sum(n, &sum, currency, out, err)
                      : put_compact_sum(n, &sum, currency, out, err);
}

/* ---- plural ---- */

int numbers_plural(struct numbers *n, const struct quantity *value, char out[NUMBERS_PLURAL_SIZE],
                   struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar keyword[NUMBERS_PLURAL_SIZE];
    int32_t length =
        uplrules_select(n->plurals, as_real(value), keyword, NUMBERS_PLURAL_SIZE - 1, &status);
    if (U_FAILURE(status))
        return icu_failure(status, err);
    for (int32_t i = 0; i < length; i++)
        out[i] = (char)keyword[i];
    out[length] = '\0';
    return 0;
}
