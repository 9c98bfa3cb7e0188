#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/attributes.h"

static int64_t read_clock_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_clock_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
    return read_clock_ms(CLOCK_MONOTONIC);
}

static int64_t split_ms(int64_t wall_ms, struct tm *out)
{
    int64_t ms = wall_ms % 1000;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    gmtime_r(&seconds, out);
    return ms;
}

const char *clock_format_rfc3339(int64_t wall_ms, char *out)
{
    struct tm t;
    int64_t ms = split_ms(wall_ms, &t);
    snprintf(out, CLOCK_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
             (t.tm_year + 1900) % 10000, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
             (int)ms);
    return out;
}

const char *clock_format_rfc5322(int64_t wall_ms, char *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm t;
    split_ms(wall_ms, &t);
    snprintf(out, CLOCK_TEXT_SIZE, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[t.tm_wday % 7],
             t.tm_mday, months[t.tm_mon % 12], (t.tm_year + 1900) % 10000, t.tm_hour, t.tm_min,
             t.tm_sec);
    return out;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool clock_days_from_date(int year, int month, int day, int64_t *out_days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || year < 1 || year > 9999)
        return false;
    int length = lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
    if (day < 1 || day > length)
        return false;
    /* Days before March 1 of the year, counted from 0000-03-01 (the leap day ends such a year). */
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = (month + 9) % 12;
    int64_t day_of_year = (153 * m + 2) / 5 + day - 1;
    *out_days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
    return true;
}

/* Reads exactly `count` digits; -1 if one is missing. */
static int read_digits(const char **at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *at += count;
    return value;
}

static bool read_char(const char **at, const char *accepted)
{
    if (**at == '\0' || strchr(accepted, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

/* ".123456" -> 123; no fraction -> 0; a dot without a digit -> -1. */
static int read_fraction_ms(const char **at)
{
    int ms = 0, digits = 0;
    if (**at != '.')
        return 0;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++) {
        if (digits < 3)
            ms = ms * 10 + (**at - '0');
        digits++;
    }
    for (int i = digits; i < 3; i++)
        ms *= 10;
    return digits > 0 ? ms : -1;
}

/* "Z" or "+09:00" as minutes east of UTC; false if neither. */
static bool read_offset(const char **at, int *out_minutes)
{
    if (**at == 'Z' || **at == 'z') {
        (*at)++;
        *out_minutes = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    if (!read_char(at, "+-"))
        return false;
    int hours = read_digits(at, 2);
    if (hours < 0 || hours > 23 || !read_char(at, ":"))
        return false;
    int minutes = read_digits(at, 2);
    *out_minutes = sign * (hours * 60 + minutes);
    return minutes >= 0 && minutes <= 59;
}

bool clock_parse_rfc3339(const char *text, int64_t *out_wall_ms)
{
    const char *at = text;
    int64_t days = 0;
    int year = read_digits(&at, 4);
    if (year < 0 || !read_char(&at, "-"))
        return false;
    int month = read_digits(&at, 2);
    if (month < 0 || !read_char(&at, "-"))
        return false;
    int day = read_digits(&at, 2);
    if (day < 0 || !clock_days_from_date(year, month, day, &days) || !read_char(&at, "Tt "))
        return false;
    int hour = read_digits(&at, 2);
    if (hour < 0 || hour > 23 || !read_char(&at, ":"))
        return false;
    int minute = read_digits(&at, 2);
    if (minute < 0 || minute > 59 || !read_char(&at, ":"))
        return false;
    int second = read_digits(&at, 2);
    int ms = read_fraction_ms(&at);
    int offset = 0;
    if (second < 0 || second > 60 || ms < 0 || !read_offset(&at, &offset) || *at != '\0')
        return false;
    if (second == 60) {
        second = 59;
        ms = 999;
    }
    int64_t minutes = days * 1440 + hour * 60 + minute - offset;
    *out_wall_ms = (minutes * 60 + second) * 1000 + ms;
    return true;
}
