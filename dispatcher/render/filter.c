#include "render/filter.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "render/format.h"
#include "render/josa.h"
#include "render/locale.h"

/* ---- values ---- */

static void set_text(struct filter_value *value, struct buf *text)
{
    buf_free(&value->text);
    value->text = *text;
    value->json = NULL;
    value->present = true;
    *text = (struct buf){0};
}

static void set_absent(struct filter_value *value)
{
    value->json = NULL;
    value->present = false;
    buf_reset(&value->text);
}

/* The end of a filter: its text takes the place of the value if all went well. */
static int finish(struct filter_value *value, struct buf *text, int rc)
{
    if (rc == 0)
        set_text(value, text);
    buf_free(text);
    return rc;
}

/* Absent or null: nothing a filter could change; `default` or the caller decides what that means.
 */
static bool is_nothing(const struct filter_value *value)
{
    return !value->present || json_is_null(value->json);
}

/* NULL if the value is not text. Borrowed. */
static const char *text_of(const struct filter_value *value)
{
    if (value->json == NULL)
        return buf_text(&value->text);
    return json_string_value(value->json);
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

static int refuse(const struct filter_value *value, const char *needs, struct error *err)
{
    char *shown = show(value);
    int rc = error_set(err, ERR_INPUT, "%s, got %s", needs, shown);
    free(shown);
    return rc;
}

static int need_formatter(const struct formatter *formatter, const char *filter, struct error *err)
{
    if (formatter != NULL)
        return 0;
    return error_set(err, ERR_INPUT,
                     "%s needs to know the reader's language; it works in letters only", filter);
}

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

/* ---- dates and times ---- */

static bool parse_style(const char *argument, enum date_style *out)
{
    static const struct {
        const char *name;
        enum date_style style;
    } styles[] = {{"long", DATE_LONG}, {"full", DATE_FULL}, {"short", DATE_SHORT}};
    *out = DATE_LONG;
    if (argument == NULL || argument[0] == '\0')
        return true;
    for (size_t i = 0; i < COUNT_OF(styles); i++) {
        *out = styles[i].style;
        if (strcmp(argument, styles[i].name) == 0)
            return true;
    }
    return false;
}

static bool is_date_style(const char *argument)
{
    enum date_style style;
    return parse_style(argument, &style);
}

static bool takes_no_argument(const char *argument)
{
    return argument == NULL || argument[0] == '\0';
}

/* "2025-09-01" and nothing else; whether the day exists is format_date()'s question. */
static bool parse_calendar_date(const char *text, int *year, int *month, int *day)
{
    static const char shape[] = "dddd-dd-dd";
    if (strlen(text) != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return false;
    }
    *year = (int)strtol(text, NULL, 10);
    *month = (int)strtol(text + 5, NULL, 10);
    *day = (int)strtol(text + 8, NULL, 10);
    return true;
}

static int apply_date(struct filter_value *value, const char *argument, struct formatter *formatter,
                      struct error *err)
{
    struct buf out = {0};
    enum date_style style;
    int64_t moment_ms;
    int year, month, day;
    int rc = need_formatter(formatter, "date", err);
    if (rc != 0 || is_nothing(value))
        return rc;
    const char *text = text_of(value);
    if (!parse_style(argument, &style))
        return error_set(err, ERR_INPUT, "date has the styles long, full and short, not \"%s\"",
                         argument);
    if (text != NULL && parse_calendar_date(text, &year, &month, &day))
        rc = format_date(formatter, year, month, day, style, &out, err);
    else if (text != NULL && clock_parse_rfc3339(text, &moment_ms))
        rc = format_moment_date(formatter, moment_ms, style, &out, err);
    else
        rc = refuse(value, "date needs 2025-09-01 or 2025-09-01T10:00:00+09:00", err);
    return finish(value, &out, rc);
}

static int apply_time(struct filter_value *value, const char *argument UNUSED,
                      struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    int64_t moment_ms;
    int rc = need_formatter(formatter, "time", err);
    if (rc != 0 || is_nothing(value))
        return rc;
    const char *text = text_of(value);
    if (text != NULL && clock_parse_rfc3339(text, &moment_ms))
        rc = format_moment_time(formatter, moment_ms, &out, err);
    else
        rc = refuse(value, "time needs a moment like 2025-09-01T10:00:00+09:00", err);
    return finish(value, &out, rc);
}

/* ---- numbers ---- */

static int apply_number(struct filter_value *value, const char *argument UNUSED,
                        struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    int rc = need_formatter(formatter, "number", err);
    if (rc != 0 || is_nothing(value))
        return rc;
    if (json_is_integer(value->json))
        rc = format_integer(formatter, json_integer_value(value->json), &out, err);
    else if (json_is_real(value->json))
        rc = format_real(formatter, json_real_value(value->json), &out, err);
    else
        rc = refuse(value, "number needs a number like 2970000, without quotation marks", err);
    return finish(value, &out, rc);
}

static int apply_compact(struct filter_value *value, const char *argument UNUSED,
                         struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    int rc = need_formatter(formatter, "compact", err);
    if (rc != 0 || is_nothing(value))
        return rc;
    if (json_is_integer(value->json))
        rc = format_compact(formatter, json_integer_value(value->json), &out, err);
    else
        rc = refuse(value, "compact needs a whole number like 2970000, without quotation marks",
                    err);
    return finish(value, &out, rc);
}

/* ---- lists ---- */

static int put_items(const json_t *array, char **items, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < json_array_size(array) && rc == 0; i++) {
        struct buf item = {0};
        const json_t *json = json_array_get(array, i);
        rc = json_is_null(json) ? ERR_INPUT : put_json_plain(json, &item, err);
        items[i] = buf_steal(&item);
    }
    return rc == 0 ? 0
                   : error_set(err, ERR_INPUT,
                               "list needs a list of texts; one of them is a list, an object or "
                               "null");
}

static int apply_list(struct filter_value *value, const char *argument UNUSED,
                      struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    int rc = need_formatter(formatter, "list", err);
    if (rc != 0 || is_nothing(value))
        return rc;
    if (!json_is_array(value->json))
        return refuse(value, "list needs a list like [\"a\", \"b\"]", err);
    size_t count = json_array_size(value->json);
    if (count == 0) {
        /* A sentence around nothing would be wrong: `| default` comes next, or an error. */
        set_absent(value);
        return 0;
    }
    char **items = xcalloc(count, sizeof(*items));
    rc = put_items(value->json, items, err);
    if (rc == 0)
        rc = format_list(formatter, (const char *const *)items, count, &out, err);
    for (size_t i = 0; i < count; i++)
        free(items[i]);
    free(items);
    return finish(value, &out, rc);
}

/* ---- words ---- */

static int apply_josa(struct filter_value *value, const char *argument, struct formatter *formatter,
                      struct error *err)
{
    struct buf out = {0};
    bool known;
    if (is_nothing(value))
        return 0;
    const struct locale *locale = formatter != NULL ? formatter_locale(formatter) : NULL;
    int rc = filter_put_plain(value, &out, err);
    if (rc == 0) {
        struct buf particle = {0};
        rc = josa_put(buf_text(&out), out.len, argument != NULL ? argument : "",
                      locale != NULL ? locale_josa_unit : NULL, locale, &particle, &known, err);
        buf_puts(&out, buf_text(&particle));
        buf_free(&particle);
    }
    return finish(value, &out, rc);
}

static bool is_empty(const struct filter_value *value)
{
    const char *text = text_of(value);
    return is_nothing(value) || (text != NULL && text[0] == '\0') ||
           (json_is_array(value->json) && json_array_size(value->json) == 0);
}

static int apply_default(struct filter_value *value, const char *argument,
                         struct formatter *formatter UNUSED, struct error *err UNUSED)
{
    struct buf out = {0};
    if (!is_empty(value))
        return 0;
    buf_puts(&out, argument != NULL ? argument : "");
    set_text(value, &out);
    return 0;
}

/* What remains of a filter that makes another text of any text, by the rules of the language. */
static int change_text(struct filter_value *value, const char *filter, struct formatter *formatter,
                       int (*change)(struct formatter *, const char *, struct buf *,
                                     struct error *),
                       struct error *err)
{
    struct buf plain = {0}, out = {0};
    int rc = need_formatter(formatter, filter, err);
    if (rc != 0 || is_nothing(value))
        return rc;
    rc = filter_put_plain(value, &plain, err);
    if (rc == 0)
        rc = change(formatter, buf_text(&plain), &out, err);
    buf_free(&plain);
    return finish(value, &out, rc);
}

static int apply_upper_first(struct filter_value *value, const char *argument UNUSED,
                             struct formatter *formatter, struct error *err)
{
    return change_text(value, "upper-first", formatter, format_upper_first, err);
}

#define NO_BREAK_SPACE "\xc2\xa0"

static int apply_nbsp(struct filter_value *value, const char *argument UNUSED,
                      struct formatter *formatter UNUSED, struct error *err)
{
    struct buf plain = {0}, out = {0};
    if (is_nothing(value))
        return 0;
    int rc = filter_put_plain(value, &plain, err);
    for (const char *at = buf_text(&plain); *at != '\0'; at++) {
        if (*at == ' ')
            buf_puts(&out, NO_BREAK_SPACE);
        else
            buf_putc(&out, *at);
    }
    buf_free(&plain);
    return finish(value, &out, rc);
}

/* ---- the table ---- */

static const struct filter filters[] = {
    {"date", false, apply_date, is_date_style,
     "A date in the reader's language: date or date:long (1. September 2025), date:full (with the "
     "weekday), date:short. A moment is taken in the reader's time zone."},
    {"time", false, apply_time, takes_no_argument,
     "The time of a moment in the reader's time zone: 14:30 Uhr, 오후 2시 30분, 14:30."},
    {"number", false, apply_number, takes_no_argument,
     "A number with the language's separators: 2.970.000."},
    {"compact", false, apply_compact, takes_no_argument,
     "A large number in words, rounded to three digits: 6,5 Millionen, 297만, 6.5 million."},
    {"list", false, apply_list, takes_no_argument, "A list as a phrase: A, B und C."},
    {"josa", true, apply_josa, josa_pair_known,
     "The value with the Korean particle that fits its last sound: josa:은/는."},
    {"default", true, apply_default, NULL,
     "Another text where the value is missing or empty: default:\"unknown\"."},
    {"upper-first", false, apply_upper_first, takes_no_argument,
     "The first letter as a capital, for the beginning of a sentence."},
    {"nbsp", false, apply_nbsp, takes_no_argument,
     "No line breaks at the spaces of the value: 010 1234 5678 stays on one line."},
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
