#include "render/format.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unicode/ucasemap.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/ulistformatter.h>
#include <unicode/uloc.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/unicode.h"
#include "render/calendar.h"

/* The shapes a date or a time can take: those of enum date_style, and times. */
enum shape {
    SHAPE_LONG = DATE_LONG,
    SHAPE_FULL = DATE_FULL,
    SHAPE_SHORT = DATE_SHORT,
    SHAPE_DAY_MONTH = DATE_DAY_MONTH,
    SHAPE_MONTH = DATE_MONTH,
    SHAPE_WEEKDAY = DATE_WEEKDAY,
    SHAPE_TIME,
    SHAPE_HOUR,
    SHAPE_CLOCK,
};
#define SHAPES 9

#define LOCALE_SIZE 64
#define MS_PER_DAY  86400000

struct formatter {
    const struct locale *locale;
    char icu_locale[LOCALE_SIZE];
    UDateFormat *shapes[SHAPES]; /* SHAPE_HOUR may be NULL: full hours look like any time */
    struct calendar *utc;        /* for calendar dates */
    struct calendar *zoned;      /* for moments, in the reader's zone */
    char *zone;                  /* of `zoned` */
    struct numbers *numbers;
    UListFormatter *lists[2]; /* by enum list_style */
    UCaseMap *casing;
};

/*
 * How a language differs from what CLDR offers for a skeleton. `en` is British: that is what the
 * letters are written in. German says "Uhr" behind the time, Korean names hours and minutes.
 */
static const struct {
    const char *language;
    const char *icu_locale; /* NULL: the tag itself */
    const char *time, *hour;
} customs[] = {
    {"en", "en_GB", NULL, NULL},
    {"de", NULL, "HH:mm 'Uhr'", NULL},
    {"ko", NULL, "a h시 m분", "a h시"},
    {"", NULL, NULL, NULL},
};

/* Each shape's key in a locale file and its skeleton: the fields; CLDR puts them in order. */
static const struct {
    const char *key;
    const char *skeleton;
} shapes[SHAPES] = {
    [SHAPE_LONG] = {"date.long", "yMMMMd"},
    [SHAPE_FULL] = {"date.full", "yMMMMEEEEd"},
    [SHAPE_SHORT] = {"date.short", "yMd"},
    [SHAPE_DAY_MONTH] = {"date.day_month", "MMMMd"},
    [SHAPE_MONTH] = {"date.month", "yMMMM"},
    [SHAPE_WEEKDAY] = {"date.weekday", "EEEE"},
    [SHAPE_TIME] = {"date.time", "jm"},
    [SHAPE_HOUR] = {"date.hour", NULL},
    [SHAPE_CLOCK] = {"", "Hm"},
};

/* The row of a tag's language; the last row is everybody else's. */
static size_t find_custom(const char *tag)
{
    size_t i = 0, length = strcspn(tag, "-");
    while (i < COUNT_OF(customs) - 1 && (strlen(customs[i].language) != length ||
                                         strncasecmp(customs[i].language, tag, length) != 0))
        i++;
    return i;
}

static int icu_failure(UErrorCode status, struct error *err)
{
    return error_set(err, ERR_INTERNAL, "ICU could not format: %s", u_errorName(status));
}

/* ---- zones ---- */

bool formatter_zone_exists(const char *zone)
{
    return calendar_zone_exists(zone);
}

static int refuse_zone(const struct formatter *f, const char *zone, int code, struct error *err)
{
    static const char advice[] = "the time zone %s is not known; write an IANA name like "
                                 "Europe/Berlin or Asia/Seoul, in this spelling";
    if (strcmp(zone, locale_zone(f->locale)) == 0)
        return locale_fail(f->locale, "zone", err, advice, zone);
    return error_set(err, code, advice, zone);
}

static int set_zone(struct formatter *f, const char *zone, int code, struct error *err)
{
    const char *wanted = zone != NULL ? zone : locale_zone(f->locale);
    if (f->zone != NULL && strcmp(f->zone, wanted) == 0)
        return 0;
    if (!formatter_zone_exists(wanted))
        return refuse_zone(f, wanted, code, err);
    int rc = calendar_set_zone(f->zoned, wanted, err);
    if (rc != 0)
        return rc;
    free(f->zone);
    f->zone = xstrdup(wanted);
    return 0;
}

int formatter_set_zone(struct formatter *f, const char *zone, struct error *err)
{
    return set_zone(f, zone, ERR_INPUT, err);
}

/* ---- opening ---- */

static bool is_skeleton(const char *text)
{
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0';
}

static const char *choose_pattern(const struct formatter *f, enum shape shape, size_t custom)
{
    const char *own = locale_text(f->locale, shapes[shape].key);
    const char *time = customs[custom].time;
    if (own != NULL)
        return own;
    if (shape == SHAPE_HOUR)
        return customs[custom].hour;
    return shape == SHAPE_TIME && time != NULL ? time : shapes[shape].skeleton;
}

#define PATTERN_SIZE 128

/* A pattern in UTF-16: written as one, or found by CLDR for a skeleton. */
static int32_t put_pattern(UDateTimePatternGenerator *generator, const char *text, UChar *out,
                           UErrorCode *status)
{
    uint16_t *units;
    size_t count = unicode_to_utf16(text, strlen(text), &units);
    int32_t length = (int32_t)count;
    if (is_skeleton(text))
        length = udatpg_getBestPattern(generator, units, length, out, PATTERN_SIZE, status);
    else if (count < PATTERN_SIZE)
        memcpy(out, units, count * sizeof(UChar));
    else
        *status = U_BUFFER_OVERFLOW_ERROR;
    free(units);
    return length;
}

static int open_shape(struct formatter *f, enum shape shape, const char *text,
                      UDateTimePatternGenerator *generator, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar pattern[PATTERN_SIZE];
    int32_t length = put_pattern(generator, text, pattern, &status);
    f->shapes[shape] =
        udat_open(UDAT_PATTERN, UDAT_PATTERN, f->icu_locale, NULL, 0, pattern, length, &status);
    if (U_FAILURE(status))
        return locale_fail(f->locale, shapes[shape].key, err,
                           "\"%s\" is no date pattern of ICU (%s)", text, u_errorName(status));
    return 0;
}

static int open_dates(struct formatter *f, size_t custom, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UDateTimePatternGenerator *generator = udatpg_open(f->icu_locale, &status);
    int rc = U_FAILURE(status) ? icu_failure(status, err) : 0;
    if (rc == 0)
        rc = calendar_open(f->icu_locale, &f->utc, err);
    if (rc == 0)
        rc = calendar_open(f->icu_locale, &f->zoned, err);
    for (int shape = 0; shape < SHAPES && rc == 0; shape++) {
        const char *pattern = choose_pattern(f, (enum shape)shape, custom);
        if (pattern != NULL)
            rc = open_shape(f, (enum shape)shape, pattern, generator, err);
    }
    udatpg_close(generator);
    return rc;
}

static int open_rest(struct formatter *f, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    f->lists[LIST_AND] =
        ulistfmt_openForType(f->icu_locale, ULISTFMT_TYPE_AND, ULISTFMT_WIDTH_WIDE, &status);
    f->lists[LIST_OR] =
        ulistfmt_openForType(f->icu_locale, ULISTFMT_TYPE_OR, ULISTFMT_WIDTH_WIDE, &status);
    f->casing =
        ucasemap_open(f->icu_locale, U_TITLECASE_NO_LOWERCASE | U_TITLECASE_WHOLE_STRING, &status);
    return U_FAILURE(status) ? icu_failure(status, err)
                             : numbers_open(f->locale, f->icu_locale, &f->numbers, err);
}

/* For a tag it does not know, ICU formats in the language of the process's environment, without a
 * word. */
static int check_language(const struct formatter *f, struct error *err)
{
    const char *valid = calendar_locale(f->utc);
    size_t length = strcspn(f->icu_locale, "_");
    if (length == 0 || strncmp(valid, f->icu_locale, length) != 0 || strcspn(valid, "_") != length)
        return locale_fail(f->locale, "", err,
                           "%s is not a language ICU knows; write a tag like de, ko or en-GB",
                           locale_tag(f->locale));
    return 0;
}

static void name_icu_locale(struct formatter *f, size_t custom)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *tag = locale_tag(f->locale);
    const char *own = strchr(tag, '-') == NULL ? customs[custom].icu_locale : NULL;
    if (own != NULL)
        memcpy(f->icu_locale, own, strlen(own) + 1);
    else
        uloc_forLanguageTag(tag, f->icu_locale, LOCALE_SIZE, NULL, &status);
}

int formatter_open(const struct locale *locale, const char *zone, struct formatter **out,
                   struct error *err)
{
    struct formatter *f = xcalloc(1, sizeof(*f));
    size_t custom = find_custom(locale_tag(locale));
    *out = NULL;
    f->locale = locale;
    name_icu_locale(f, custom);
    int rc = open_dates(f, custom, err);
    if (rc == 0)
        rc = open_rest(f, err);
    if (rc == 0)
        rc = check_language(f, err);
    if (rc == 0)
        rc = set_zone(f, zone, ERR_CONFIG, err);
    if (rc == 0)
        *out = f;
    else
        formatter_close(f);
    return rc;
}

void formatter_close(struct formatter *f)
{
    if (f == NULL)
        return;
    for (int i = 0; i < SHAPES; i++)
        udat_close(f->shapes[i]);
    calendar_close(f->utc);
    calendar_close(f->zoned);
    numbers_close(f->numbers);
    ulistfmt_close(f->lists[LIST_AND]);
    ulistfmt_close(f->lists[LIST_OR]);
    ucasemap_close(f->casing);
    free(f->zone);
    free(f);
}

const struct locale *formatter_locale(const struct formatter *f)
{
    return f->locale;
}

struct numbers *formatter_numbers(const struct formatter *f)
{
    return f->numbers;
}

/* ---- dates and times ---- */

#define DATE_SIZE 256

static int put_shape(const struct formatter *f, enum shape shape, struct calendar *calendar,
                     struct buf *out, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar text[DATE_SIZE];
    int32_t length = udat_formatCalendar(f->shapes[shape], calendar_handle(calendar), text,
                                         DATE_SIZE, NULL, &status);
    if (U_FAILURE(status))
        return icu_failure(status, err);
    unicode_put_utf16(out, text, (size_t)length);
    return 0;
}

int format_date(struct formatter *f, int year, int month, int day, enum date_style style,
                struct buf *out, struct error *err)
{
    int64_t days;
    if (!clock_days_from_date(year, month, day, &days))
        return error_set(err, ERR_INPUT, "the date %04d-%02d-%02d does not exist", year, month,
                         day);
    int rc = calendar_set_moment(f->utc, days * MS_PER_DAY, err);
    return rc != 0 ? rc : put_shape(f, (enum shape)style, f->utc, out, err);
}

int format_moment_date(struct formatter *f, int64_t wall_ms, enum date_style style, struct buf *out,
                       struct error *err)
{
    int rc = calendar_set_moment(f->zoned, wall_ms, err);
    return rc != 0 ? rc : put_shape(f, (enum shape)style, f->zoned, out, err);
}

int format_moment_time(struct formatter *f, int64_t wall_ms, struct buf *out, struct error *err)
{
    int rc = calendar_set_moment(f->zoned, wall_ms, err);
    if (rc != 0)
        return rc;
    bool full_hour = calendar_minute(f->zoned) == 0;
    bool own_shape = full_hour && f->shapes[SHAPE_HOUR] != NULL;
    return put_shape(f, own_shape ? SHAPE_HOUR : SHAPE_TIME, f->zoned, out, err);
}

int format_moment_clock(struct formatter *f, int64_t wall_ms, struct buf *out, struct error *err)
{
    int rc = calendar_set_moment(f->zoned, wall_ms, err);
    return rc != 0 ? rc : put_shape(f, SHAPE_CLOCK, f->zoned, out, err);
}

/* ---- lists ---- */

/* "{0} und {1}" with `first` and `second` in place. */
static void put_pattern_text(struct buf *out, const char *pattern, const char *first,
                             const char *second)
{
    for (const char *at = pattern; *at != '\0';) {
        if (strncmp(at, "{0}", 3) == 0 || strncmp(at, "{1}", 3) == 0) {
            buf_puts(out, at[1] == '0' ? first : second);
            at += 3;
        } else {
            buf_putc(out, *at++);
        }
    }
}

static void put_own_list(const char *pattern, const char *const *items, size_t count,
                         struct buf *out)
{
    struct buf head = {0};
    for (size_t i = 0; i + 1 < count; i++) {
        buf_puts(&head, i > 0 ? ", " : "");
        buf_puts(&head, items[i]);
    }
    put_pattern_text(out, pattern, buf_text(&head), items[count - 1]);
    buf_free(&head);
}

static int put_icu_list(const UListFormatter *list, const char *const *items, size_t count,
                        struct buf *out, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar **texts = xcalloc(count, sizeof(*texts));
    int32_t *lengths = xcalloc(count, sizeof(*lengths));
    size_t room = 0;
    for (size_t i = 0; i < count; i++) {
        lengths[i] = (int32_t)unicode_to_utf16(items[i], strlen(items[i]), &texts[i]);
        room += (size_t)lengths[i] + 32; /* no conjunction is longer */
    }
    UChar *joined = xreallocarray(NULL, room, sizeof(UChar));
    int32_t length = ulistfmt_format(list, (const UChar *const *)texts, lengths, (int32_t)count,
                                     joined, (int32_t)room, &status);
    if (U_SUCCESS(status))
        unicode_put_utf16(out, joined, (size_t)length);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
    free(lengths);
    free(joined);
    return U_FAILURE(status) ? icu_failure(status, err) : 0;
}

int format_list(struct formatter *f, const char *const *items, size_t count, enum list_style style,
                struct buf *out, struct error *err)
{
    const char *pattern = locale_text(f->locale, count == 2 ? "list.two" : "list.last");
    if (count == 0)
        return 0;
    if (count > 1 && style == LIST_AND && pattern != NULL) {
        put_own_list(pattern, items, count, out);
        return 0;
    }
    return put_icu_list(f->lists[style], items, count, out, err);
}

/* ---- case ---- */

/* ucasemap_utf8ToTitle() or one of its kind. */
typedef int32_t case_fn(UCaseMap *casing, char *out, int32_t room, const char *text, int32_t len,
                        UErrorCode *status);

static int map_case(struct formatter *f, case_fn *map, const char *text, struct buf *out,
                    struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    size_t len = strlen(text);
    /* Case mapping grows UTF-8 at most threefold. */
    buf_reserve(out, len * 3);
    int32_t length =
        map(f->casing, out->data + out->len, (int32_t)(len * 3 + 1), text, (int32_t)len, &status);
    if (U_FAILURE(status))
        return icu_failure(status, err);
    out->len += (size_t)length;
    out->data[out->len] = '\0';
    return 0;
}

int format_upper_first(struct formatter *f, const char *text, struct buf *out, struct error *err)
{
    return map_case(f, ucasemap_utf8ToTitle, text, out, err);
}
