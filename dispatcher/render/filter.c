#include "render/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "render/filter_backend.h"
#include "render/josa.h"

/* ---- values ---- */

void filter_set_text(struct filter_value *value, struct buf *text)
{
    buf_free(&value->text);
    value->text = *text;
    value->json = NULL;
    value->present = true;
    *text = (struct buf){0};
}

void filter_set_absent(struct filter_value *value)
{
    value->json = NULL;
    value->present = false;
    buf_reset(&value->text);
}

int filter_finish(struct filter_value *value, struct buf *text, int rc)
{
    if (rc == 0)
        filter_set_text(value, text);
    buf_free(text);
    return rc;
}

bool filter_is_nothing(const struct filter_value *value)
{
    return !value->present || json_is_null(value->json);
}

const char *filter_text_of(const struct filter_value *value)
{
    if (value->json == NULL)
        return buf_text(&value->text);
    return json_string_value(value->json);
}

bool filter_quantity_of(const struct filter_value *value, struct quantity *out)
{
    *out = (struct quantity){.whole = json_is_integer(value->json),
                             .integer = json_integer_value(value->json),
                             .real = json_real_value(value->json)};
    return json_is_number(value->json);
}

#define SHOWN_MAX 60

/* The value as messages show it, cut to a readable length. */
static char *show(const struct filter_value *value)
{
    struct buf whole = {0}, shown = {0};
    char *json =
        value->json != NULL ? json_dumps(value->json, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (value->json == NULL)
        buf_put_json(&whole, buf_text(&value->text));
    else
        buf_puts(&whole, json != NULL ? json : "?");
    free(json);
    const char *at = buf_text(&whole), *end = at + whole.len;
    for (int i = 0; i < SHOWN_MAX && at < end; i++)
        utf8_next(&at, end);
    text_put_visible(&shown, buf_text(&whole), (size_t)(at - buf_text(&whole)));
    buf_puts(&shown, at < end ? "..." : "");
    buf_free(&whole);
    return buf_steal(&shown);
}

int filter_refuse(const struct filter_value *value, const char *needs, struct error *err)
{
    char *shown = show(value);
    int rc = error_set(err, ERR_INPUT, "%s, got %s", needs, shown);
    free(shown);
    return rc;
}

int filter_need_formatter(const struct formatter *formatter, const char *filter, struct error *err)
{
    if (formatter != NULL)
        return 0;
    return error_set(err, ERR_INPUT,
                     "%s needs to know the reader's language; it works in letters only", filter);
}

bool filter_takes_no_argument(const char *argument)
{
    return argument == NULL || argument[0] == '\0';
}

bool filter_argument_is(const char *argument, const char *word)
{
    return filter_takes_no_argument(argument) || strcmp(argument, word) == 0;
}

/* ---- plain text ---- */

/* The fewest digits that read back as the same number; no locale is ever set, so the point is a
 * point. */
static void put_real(struct buf *out, double number)
{
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    buf_puts(out, digits);
}

static int put_json_plain(const json_t *json, struct buf *out, struct error *err)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        buf_put(out, json_string_value(json), json_string_length(json));
        return 0;
    case JSON_INTEGER:
        buf_printf(out, "%lld", (long long)json_integer_value(json));
        return 0;
    case JSON_REAL:
        put_real(out, json_real_value(json));
        return 0;
    case JSON_TRUE:
        buf_puts(out, "true");
        return 0;
    case JSON_FALSE:
        buf_puts(out, "false");
        return 0;
    case JSON_NULL:
        return 0;
    case JSON_ARRAY:
        return error_set(err, ERR_INPUT,
                         "it is a list; write {{name | list}} or put it in a section");
    case JSON_OBJECT:
        return error_set(err, ERR_INPUT,
                         "it is an object; name one of its members, like "
                         "{{name.member}}");
    }
    return error_set(err, ERR_INTERNAL, "unknown kind of JSON value");
}

int filter_put_plain(const struct filter_value *value, struct buf *out, struct error *err)
{
    if (!value->present)
        return 0;
    if (value->json != NULL)
        return put_json_plain(value->json, out, err);
    buf_put(out, buf_text(&value->text), value->text.len);
    return 0;
}

/* ---- the table ---- */

static const struct filter filters[] = {
    {"date", false, filter_apply_date, filter_date_ok,
     "A date in the reader's language: date or date:long (1. September 2025), date:full (with the "
     "weekday), date:short, date:day-month, date:month, date:weekday. A moment is taken in the "
     "reader's time zone."},
    {"time", false, filter_apply_time, filter_time_ok,
     "The time of a moment in the reader's time zone: 14:30 Uhr, 오후 2시 30분, 14:30; time:24h is "
     "14:30 everywhere."},
    {"number", false, filter_apply_number, filter_number_ok,
     "A number with the language's separators: 2.970.000; number:2 with two decimals (up to 6)."},
    {"compact", false, filter_apply_compact, filter_compact_ok,
     "A large number in words, rounded to three digits: 6,5 Millionen, 297만, 6.5 million; "
     "compact:short is 6,5 Mio."},
    {"currency", false, filter_apply_currency, filter_currency_ok,
     "A sum of money: 1.234,56 €, 50,000원, £50; currency:compact is 6,5 Millionen Euro, 96억 "
     "2,000만 원. A plain number needs its code: currency:EUR."},
    {"phone", false, filter_apply_phone, filter_takes_no_argument,
     "A telephone number as it is written in its country: +821012345678 is 010-1234-5678 in "
     "Korean letters and +82 10-1234-5678 in others."},
    {"mask", false, filter_apply_mask, filter_mask_ok,
     "A value that is only hinted at: 김*수, k***@example.com, ****-1234. mask:name, mask:email "
     "and mask:number say what it is."},
    {"list", false, filter_apply_list, filter_list_ok,
     "A list as a phrase: A, B und C; list:or is A, B oder C."},
    {"josa", true, filter_apply_josa, josa_pair_known,
     "The value with the Korean particle that fits its last sound: josa:은/는."},
    {"select", true, filter_apply_select, filter_select_ok,
     "Words chosen by the value: select:female=Kundin, male=Kunde, other=Kundschaft. Without other "
     "only true=..., false=... is enough."},
    {"plural", true, filter_apply_plural, filter_plural_ok,
     "Words chosen by a number, # is the number: plural:one=# Datensatz, other=# Datensätze; also "
     "0=..., 1=..."},
    {"default", true, filter_apply_default, NULL,
     "Another text where the value is missing or empty: default:\"unknown\"."},
    {"upper-first", false, filter_apply_upper_first, filter_takes_no_argument,
     "The first letter as a capital, for the beginning of a sentence."},
    {"nbsp", false, filter_apply_nbsp, filter_takes_no_argument,
     "No line breaks at the spaces of the value: 010 1234 5678 stays on one line."},
    {"trunc_bytes", true, filter_apply_trunc_bytes, filter_trunc_bytes_ok,
     "Cut to so many bytes, never within a character: trunc_bytes:40 (UTF-8), trunc_bytes:40 "
     "euc-kr, trunc_bytes:40 cp949."},
};

const struct filter *filter_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        if (strcmp(filters[i].name, name) == 0)
            return &filters[i];
    }
    return NULL;
}

const struct filter *filter_table(size_t *out_count)
{
    *out_count = COUNT_OF(filters);
    return filters;
}
