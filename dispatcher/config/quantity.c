#include "config/quantity.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"

#define DAY_MS         INT64_C(86400000)
#define MONEY_DECIMALS 6

struct unit {
    const char *name;
    int64_t size;
};

/* Largest first: what is put takes the first one that divides. */
static const struct unit durations[] = {
    {"d", DAY_MS}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit periods[] = {
    {"/d", DAY_MS}, {"/h", 3600000}, {"/min", 60000}, {"/s", 1000}};
static const struct unit sizes[] = {
    {"TiB", INT64_C(1) << 40}, {"TB", 1000000000000}, {"GiB", INT64_C(1) << 30},
    {"GB", 1000000000},        {"MiB", 1 << 20},      {"MB", 1000000},
    {"KiB", 1 << 10},          {"kB", 1000},          {"B", 1}};

/* Up to nine digits and a unit; NULL if it is anything else. */
static const struct unit *parse(const char *text, const struct unit *units, size_t unit_count,
                                int64_t *out_count)
{
    char number[16];
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9)
        return NULL;
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < unit_count; i++) {
        if (strcmp(text + digits, units[i].name) == 0 && text_parse_int(number, out_count))
            return &units[i];
    }
    return NULL;
}

static void put(struct buf *out, int64_t value, const struct unit *units, const char *zero)
{
    if (value == 0) {
        buf_puts(out, zero);
        return;
    }
    while (value % units->size != 0) /* ends: the last one is 1 */
        units++;
    buf_printf(out, "%lld%s", (long long)(value / units->size), units->name);
}

bool quantity_parse_duration(const char *text, int64_t *out_ms)
{
    int64_t count = 0;
    const struct unit *unit = parse(text, durations, COUNT_OF(durations), &count);
    if (unit != NULL)
        *out_ms = count * unit->size; /* nine digits of days still fit */
    return unit != NULL;
}

void quantity_put_duration(struct buf *out, int64_t ms)
{
    put(out, ms, durations, "0s");
}

bool quantity_parse_rate(const char *text, struct rate *out)
{
    int64_t count = 0;
    if (strcmp(text, "unlimited") == 0) {
        *out = (struct rate){0};
        return true;
    }
    const struct unit *period = parse(text, periods, COUNT_OF(periods), &count);
    if (period == NULL || count == 0 || count > RATE_COUNT_MAX)
        return false;
    *out = (struct rate){.count = count, .per_ms = period->size};
    return true;
}

void quantity_put_rate(struct buf *out, const struct rate *rate)
{
    if (rate->count == 0) {
        buf_puts(out, "unlimited");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        if (periods[i].size == rate->per_ms)
            buf_printf(out, "%lld%s", (long long)rate->count, periods[i].name);
    }
}

bool quantity_parse_size(const char *text, int64_t *out_bytes)
{
    int64_t count = 0, bytes = 0;
    const struct unit *unit = parse(text, sizes, COUNT_OF(sizes), &count);
    if (unit == NULL || __builtin_mul_overflow(count, unit->size, &bytes))
        return false;
    *out_bytes = bytes;
    return true;
}

void quantity_put_size(struct buf *out, int64_t bytes)
{
    put(out, bytes, sizes, "0B");
}

bool quantity_parse_window(const char *text, struct send_window *out)
{
    if (strcmp(text, "always") != 0)
        return send_window_parse(text, out);
    *out = (struct send_window){0};
    return true;
}

void quantity_put_window(struct buf *out, const struct send_window *w)
{
    if (w->from_minute == w->to_minute)
        buf_puts(out, "always");
    else
        buf_printf(out, "%02d:%02d-%02d:%02d", w->from_minute / 60, w->from_minute % 60,
                   w->to_minute / 60, w->to_minute % 60);
}

bool quantity_parse_money(const char *text, int64_t *out_micros)
{
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    size_t decimals = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    const char *end = *point == '.' ? point + 1 + decimals : point;
    int64_t micros = 0;
    if (whole == 0 || whole > 9 || decimals > MONEY_DECIMALS || *end != '\0' ||
        (*point == '.' && decimals == 0))
        return false;
    for (const char *c = text; c < end; c++)
        micros = *c == '.' ? micros : micros * 10 + (*c - '0');
    for (size_t i = decimals; i < MONEY_DECIMALS; i++)
        micros *= 10;
    *out_micros = micros;
    return true;
}

void quantity_put_money(struct buf *out, int64_t micros)
{
    char decimals[16];
    snprintf(decimals, sizeof(decimals), "%06lld", (long long)(micros % 1000000));
    size_t len = strlen(decimals);
    while (len > 0 && decimals[len - 1] == '0')
        len--;
    buf_printf(out, "%lld%s%.*s", (long long)(micros / 1000000), len > 0 ? "." : "", (int)len,
               decimals);
}

/* Whether the day exists is known to the clock. */
bool quantity_parse_date(const char *text, int64_t *out_day)
{
    struct buf moment = {0};
    int64_t wall_ms = 0;
    buf_printf(&moment, "%sT00:00:00Z", text);
    bool right = strlen(text) == strlen("2027-01-31") &&
                 clock_parse_rfc3339(moment.data, &wall_ms) && wall_ms > 0;
    buf_free(&moment);
    if (right)
        *out_day = wall_ms / DAY_MS;
    return right;
}

void quantity_put_date(struct buf *out, int64_t day)
{
    char moment[CLOCK_TEXT_SIZE];
    if (day > 0)
        buf_put(out, clock_format_rfc3339(day * DAY_MS, moment), strlen("2027-01-31"));
}
