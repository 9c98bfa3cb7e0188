#include "render/lint_numbers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"

#define PHONE_DIGITS_MIN 7
#define PHONE_KEY_DIGITS 8 /* the same with and without the code of the country */

struct reader {
    const struct locale *locale;
    const char *begin, *end;
};

static bool is_digit(const struct reader *r, const char *p)
{
    return p < r->end && *p >= '0' && *p <= '9';
}

static const char *skip_digits(const struct reader *r, const char *p)
{
    while (is_digit(r, p))
        p++;
    return p;
}

static const char *skip_blanks(const struct reader *r, const char *p)
{
    while (p < r->end && *p == ' ')
        p++;
    return p;
}

static bool follows(const struct reader *r, const char *p, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(r->end - p) >= len && memcmp(p, text, len) == 0;
}

/* Up to nine digits. */
static int read_digits(const char *p, const char *end)
{
    int value = 0;
    for (int i = 0; p < end && i < 9; p++, i++)
        value = value * 10 + (*p - '0');
    return value;
}

static void set_span(const struct reader *r, struct lint_number *out, const char *from,
                     const char *to)
{
    out->span = (struct lint_span){(size_t)(from - r->begin), (size_t)(to - r->begin)};
}

/* ---- dates ---- */

static bool set_date(const struct reader *r, struct lint_number *out, const char *from,
                     const char *to, int month, int day)
{
    if (month < 1 || month > 12 || day < 0 || day > 31)
        return false;
    out->kind = LINT_DATE;
    out->month = month;
    out->day = day;
    snprintf(out->key, sizeof(out->key), "date %d-%d", month, day);
    set_span(r, out, from, to);
    return true;
}

/* 2025-09-01, 01.09.2025, 1. 9. 2025, 9/1/2025: the order is told by where the year stands. */
static bool read_numeric_date(const struct reader *r, const char *at, struct lint_number *out)
{
    const char *part[3], *stop[3], *p = at;
    char sign = '\0';
    for (int i = 0; i < 3; i++) {
        part[i] = p;
        p = stop[i] = skip_digits(r, p);
        if (p == part[i] || (i < 2 && (p == r->end || strchr("-./", *p) == NULL)))
            return false;
        if (i == 2)
            break;
        if (i == 1 && *p != sign)
            return false;
        sign = *p++;
        p = sign == '.' ? skip_blanks(r, p) : p;
    }
    bool year_first = stop[0] - part[0] == 4, year_last = stop[2] - part[2] == 4;
    int a = read_digits(part[year_first ? 1 : 0], stop[year_first ? 1 : 0]);
    int b = read_digits(part[year_first ? 2 : 1], stop[year_first ? 2 : 1]);
    if (year_first)
        return set_date(r, out, at, p, a, b);
    return year_last &&
           (sign == '/' ? set_date(r, out, at, p, a, b) : set_date(r, out, at, p, b, a));
}

/* 9월 1일, with or without the year in front; 2025년 9월; 9월. */
static bool read_korean_date(const struct reader *r, const char *at, struct lint_number *out)
{
    static const char year[] = "년", month[] = "월", day[] = "일";
    const char *p = skip_digits(r, at), *from = at;
    if (follows(r, p, year)) {
        from = skip_blanks(r, p + strlen(year));
        p = skip_digits(r, from);
    }
    int m = read_digits(from, p);
    if (p == from || !follows(r, p, month))
        return false;
    p += strlen(month);
    from = skip_blanks(r, p);
    const char *end = skip_digits(r, from);
    if (end == from || !follows(r, end, day))
        return set_date(r, out, at, p, m, 0);
    return set_date(r, out, at, end + strlen(day), m, read_digits(from, end));
}

/* The number of the month whose name stands at `at`, 0 if none; *out_end behind it. */
static int read_month(const struct reader *r, const char *at, const char **out_end)
{
    const struct yaml_node *names =
        r->locale != NULL ? locale_list(r->locale, "lint.months") : NULL;
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        const char *name = names->items[i]->text;
        size_t len = 0;
        if (name != NULL && follows(r, at, name) &&
            lint_begins(at, (size_t)(r->end - at), name, &len)) {
            *out_end = at + len;
            return (int)(i % 12) + 1;
        }
    }
    return 0;
}

/* The year belongs to the date: 1 September 2025, September 1, 2025. */
static const char *skip_year(const struct reader *r, const char *at)
{
    const char *p = at + (at < r->end && *at == ',' ? 1 : 0), *from = skip_blanks(r, p);
    const char *end = skip_digits(r, from);
    return from > p && end - from == 4 ? end : at;
}

/* 1. September, 1 September, 1st September; a year may follow. */
static bool read_named_date(const struct reader *r, const char *at, struct lint_number *out)
{
    static const char *const between[] = {". ", "st ", "nd ", "rd ", "th ", " "};
    const char *p = skip_digits(r, at), *end = NULL;
    int day = p - at <= 2 ? read_digits(at, p) : 0;
    for (size_t i = 0; day > 0 && i < sizeof(between) / sizeof(*between); i++) {
        if (!follows(r, p, between[i]))
            continue;
        int month = read_month(r, skip_blanks(r, p + strlen(between[i])), &end);
        return month > 0 && set_date(r, out, at, skip_year(r, end), month, day);
    }
    return false;
}

/* September 1, September 2025 */
static bool read_month_first(const struct reader *r, const char *at, struct lint_number *out)
{
    const char *p = NULL;
    bool inside = at > r->begin && lint_is_word((unsigned char)at[-1]);
    int month = inside ? 0 : read_month(r, at, &p);
    if (month == 0 || p == r->end || *p != ' ')
        return false;
    const char *from = skip_blanks(r, p), *end = skip_digits(r, from);
    int day = end - from <= 2 ? read_digits(from, end) : 0;
    return end > from && (end - from <= 2 || end - from == 4) &&
           set_date(r, out, at, skip_year(r, end), month, day);
}

/* ---- times of the day ---- */

static bool set_time(const struct reader *r, struct lint_number *out, const char *from,
                     const char *to)
{
    out->kind = LINT_TIME;
    snprintf(out->key, sizeof(out->key), "time");
    set_span(r, out, from, to);
    return true;
}

/* 14시 30분; but 24시간 is a number of hours. */
static bool read_korean_time(const struct reader *r, const char *at, const char *p,
                             struct lint_number *out)
{
    static const char hour[] = "시", hours[] = "시간", minute[] = "분";
    if (!follows(r, p, hour) || follows(r, p, hours))
        return false;
    const char *from = skip_blanks(r, p + strlen(hour)), *end = skip_digits(r, from);
    bool minutes = end > from && follows(r, end, minute);
    return set_time(r, out, at, minutes ? end + strlen(minute) : p + strlen(hour));
}

/* 14:30; 9 Uhr, 9 am: by the words of the language. */
static bool read_one_time(const struct reader *r, const char *at, struct lint_number *out)
{
    const struct yaml_node *words = r->locale != NULL ? locale_list(r->locale, "lint.hours") : NULL;
    const char *p = skip_digits(r, at);
    if (p - at > 2)
        return false;
    if (follows(r, p, ":") && skip_digits(r, p + 1) == p + 3)
        return set_time(r, out, at, p + 3);
    if (read_korean_time(r, at, p, out))
        return true;
    p = skip_blanks(r, p);
    for (size_t i = 0; words != NULL && i < words->count; i++) {
        size_t len = 0;
        const char *word = words->items[i]->text;
        if (word != NULL && lint_begins(p, (size_t)(r->end - p), word, &len))
            return set_time(r, out, at, p + len);
    }
    return false;
}

/* Also the 9 of "9 bis 17 Uhr": a short word, then a time. */
static bool read_time(const struct reader *r, const char *at, struct lint_number *out)
{
    struct lint_number second = {0};
    if (read_one_time(r, at, out))
        return true;
    const char *stop = skip_digits(r, at), *p = skip_blanks(r, stop), *word = p;
    while (p < r->end && *p != ' ' && !is_digit(r, p) && p - word < 4)
        p++;
    p = skip_blanks(r, p);
    return stop - at <= 2 && p > stop && is_digit(r, p) && read_one_time(r, p, &second) &&
           set_time(r, out, at, stop);
}

/* ---- telephone numbers ---- */

static bool read_phone(const struct reader *r, const char *at, struct lint_number *out)
{
    char digits[32];
    size_t count = 0, groups = 1;
    const char *p = at + (*at == '+' ? 1 : 0), *end = p;
    while (p < r->end && count < sizeof(digits) - 1) {
        if (is_digit(r, p)) {
            digits[count++] = *p++;
            end = p;
        } else if (p > at && strchr("- /", *p) != NULL && is_digit(r, p + 1)) {
            groups++;
            p++;
        } else {
            break;
        }
    }
    digits[count] = '\0';
    if (count < PHONE_DIGITS_MIN || (*at != '+' && groups < 2))
        return false;
    out->kind = LINT_PHONE;
    size_t skip = count > PHONE_KEY_DIGITS ? count - PHONE_KEY_DIGITS : 0;
    snprintf(out->key, sizeof(out->key), "phone %s", digits + skip);
    set_span(r, out, at, end);
    return true;
}

/* ---- numbers ---- */

static char decimal_sign(const struct reader *r)
{
    const char *sign = r->locale != NULL ? locale_text(r->locale, "lint.decimal") : NULL;
    return sign != NULL ? sign[0] : '.';
}

/* 2.970.000, 6,5: reads on behind signs that belong to the number. */
static const char *read_value(const struct reader *r, const char *at, struct lint_number *out)
{
    char decimal = decimal_sign(r), group = decimal == ',' ? '.' : ',', plain[64];
    const char *p = at;
    size_t len = 0;
    for (bool fraction = false; p < r->end && len < sizeof(plain) - 1; p++) {
        bool next = is_digit(r, p + 1);
        if (is_digit(r, p)) {
            plain[len++] = *p;
        } else if (!fraction && *p == group && next && skip_digits(r, p + 1) == p + 4) {
            out->counts = true;
        } else if (!fraction && *p == decimal && next) {
            plain[len++] = '.';
            fraction = true;
        } else {
            break;
        }
    }
    plain[len] = '\0';
    out->value = strtod(plain, NULL);
    return p;
}

/* Millionen, 만, million, %: read with the number. */
static const char *read_multiplier(const struct reader *r, const char *at, struct lint_number *out)
{
    const struct yaml_node *words =
        r->locale != NULL ? locale_map(r->locale, "lint.multipliers") : NULL;
    const char *p = skip_blanks(r, at);
    for (size_t i = 0; words != NULL && i < words->count; i++) {
        size_t len = 0;
        int64_t factor = 0;
        if (!lint_begins(p, (size_t)(r->end - p), words->items[i]->key, &len) ||
            words->items[i]->text == NULL || !text_parse_int(words->items[i]->text, &factor))
            continue;
        out->value *= (double)factor;
        out->counts = true;
        return p + len;
    }
    if (p < r->end && *p == '%')
        out->counts = true;
    return at;
}

static bool read_number(const struct reader *r, const char *at, struct lint_number *out)
{
    const char *end = read_value(r, at, out), *next = end;
    end = read_multiplier(r, end, out);
    bool glued = r->end > next && next == end && lint_is_word((unsigned char)*next);
    if (glued && next == at + 1 && (unsigned char)*next < 0x80)
        return false; /* 2FA, 3D; but 200GB */
    out->kind = LINT_NUMBER;
    snprintf(out->key, sizeof(out->key), "%.12g", out->value);
    set_span(r, out, at, end);
    return true;
}

/* ---- all ---- */

typedef bool read_fn(const struct reader *r, const char *at, struct lint_number *out);

bool lint_number_is_month(const struct locale *locale, int month, const char *plain, size_t len)
{
    const struct yaml_node *names = locale_list(locale, "lint.months");
    struct lint_span span;
    for (size_t i = 0; names != NULL && i < names->count; i++)
        if ((int)(i % 12) + 1 == month && lint_find(plain, len, names->items[i]->text, 0, &span))
            return true;
    return false;
}

/* The first that fits: a date looks like a telephone number, and both like numbers. */
static read_fn *const readers[] = {read_numeric_date, read_korean_date, read_named_date,
                                   read_time,         read_phone,       read_number};

static bool read_here(const struct reader *r, const char *at, struct lint_number *out)
{
    *out = (struct lint_number){.kind = LINT_NUMBER};
    if (*at == '+')
        return is_digit(r, at + 1) && read_phone(r, at, out);
    if (!is_digit(r, at))
        return *at >= 'A' && *at <= 'Z' && read_month_first(r, at, out);
    for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
        *out = (struct lint_number){.kind = LINT_NUMBER};
        if (readers[i](r, at, out))
            return true;
    }
    return false;
}

bool lint_number_next(const struct locale *locale, const char *plain, size_t len, size_t from,
                      struct lint_number *out)
{
    struct reader r = {.locale = locale, .begin = plain, .end = plain + len};
    for (const char *at = plain + from; at < r.end; at++) {
        if (read_here(&r, at, out))
            return true;
        /* digits of a word: none of them begins a number */
        if (lint_is_word((unsigned char)*at) && *at > 0)
            while (at + 1 < r.end && at[1] > 0 && lint_is_word((unsigned char)at[1]))
                at++;
    }
    return false;
}
