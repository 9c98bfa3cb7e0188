#include "render/filter_backend.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "render/format.h"
#include "render/phone.h"

/* ---- dates and times ---- */

static bool parse_style(const char *argument, enum date_style *out)
{
    static const struct {
        const char *name;
        enum date_style style;
    } styles[] = {
        {"long", DATE_LONG},           {"full", DATE_FULL},   {"short", DATE_SHORT},
        {"day-month", DATE_DAY_MONTH}, {"month", DATE_MONTH}, {"weekday", DATE_WEEKDAY},
    };
    *out = DATE_LONG;
    if (filter_takes_no_argument(argument))
        return true;
    for (size_t i = 0; i < COUNT_OF(styles); i++) {
        *out = styles[i].style;
        if (strcmp(argument, styles[i].name) == 0)
            return true;
    }
    return false;
}

bool filter_date_ok(const char *argument)
{
    enum date_style style;
    return parse_style(argument, &style);
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

int filter_apply_date(struct filter_value *value, const char *argument, struct formatter *formatter,
                      struct error *err)
{
    struct buf out = {0};
    enum date_style style;
    int64_t moment_ms;
    int year, month, day;
    int rc = filter_need_formatter(formatter, "date", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    const char *text = filter_text_of(value);
    if (!parse_style(argument, &style))
        return error_set(err, ERR_INPUT,
                         "date has the styles long, full, short, day-month, month and weekday, not "
                         "\"%s\"",
                         argument);
    if (text != NULL && parse_calendar_date(text, &year, &month, &day))
        rc = format_date(formatter, year, month, day, style, &out, err);
    else if (text != NULL && clock_parse_rfc3339(text, &moment_ms))
        rc = format_moment_date(formatter, moment_ms, style, &out, err);
    else
        rc = filter_refuse(value, "date needs 2025-09-01 or 2025-09-01T10:00:00+09:00", err);
    return filter_finish(value, &out, rc);
}

bool filter_time_ok(const char *argument)
{
    return filter_argument_is(argument, "24h");
}

int filter_apply_time(struct filter_value *value, const char *argument, struct formatter *formatter,
                      struct error *err)
{
    struct buf out = {0};
    int64_t moment_ms;
    int rc = filter_need_formatter(formatter, "time", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    const char *text = filter_text_of(value);
    if (text == NULL || !clock_parse_rfc3339(text, &moment_ms))
        rc = filter_refuse(value, "time needs a moment like 2025-09-01T10:00:00+09:00", err);
    else if (filter_takes_no_argument(argument))
        rc = format_moment_time(formatter, moment_ms, &out, err);
    else
        rc = format_moment_clock(formatter, moment_ms, &out, err);
    return filter_finish(value, &out, rc);
}

/* ---- numbers ---- */

bool filter_number_ok(const char *argument)
{
    return filter_takes_no_argument(argument) ||
           (argument[0] >= '0' && argument[0] <= '0' + NUMBERS_DIGITS_MAX && argument[1] == '\0');
}

int filter_apply_number(struct filter_value *value, const char *argument,
                        struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    struct quantity number;
    int rc = filter_need_formatter(formatter, "number", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    if (!filter_quantity_of(value, &number))
        rc = filter_refuse(value, "number needs a number like 2970000, without quotation marks",
                           err);
    else if (filter_takes_no_argument(argument))
        rc = numbers_put(formatter_numbers(formatter), &number, &out, err);
    else
        rc =
            numbers_put_digits(formatter_numbers(formatter), &number, argument[0] - '0', &out, err);
    return filter_finish(value, &out, rc);
}

bool filter_compact_ok(const char *argument)
{
    return filter_argument_is(argument, "short");
}

int filter_apply_compact(struct filter_value *value, const char *argument,
                         struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    struct quantity number;
    enum compact_style style = filter_takes_no_argument(argument) ? COMPACT_LONG : COMPACT_SHORT;
    int rc = filter_need_formatter(formatter, "compact", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    if (filter_quantity_of(value, &number))
        rc = numbers_put_compact(formatter_numbers(formatter), &number, style, &out, err);
    else
        rc = filter_refuse(value, "compact needs a number like 2970000, without quotation marks",
                           err);
    return filter_finish(value, &out, rc);
}

/* ---- money ---- */

#define CODE_SIZE 4

static bool is_code(const char *text, size_t len)
{
    return len == CODE_SIZE - 1 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= len;
}

/* "compact", "EUR", or both with a space between them. */
static bool parse_money(const char *argument, enum money_style *out_style, char code[CODE_SIZE])
{
    *out_style = MONEY_DIGITS;
    code[0] = '\0';
    for (const char *at = argument != NULL ? argument : ""; *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        if (is_code(at, len) && code[0] == '\0') {
            memcpy(code, at, len);
            code[len] = '\0';
        } else if (len == strlen("compact") && strncmp(at, "compact", len) == 0) {
            *out_style = MONEY_COMPACT;
        } else {
            return false;
        }
        at += len;
    }
    return true;
}

bool filter_currency_ok(const char *argument)
{
    enum money_style style;
    char code[CODE_SIZE];
    return parse_money(argument, &style, code);
}

int filter_apply_currency(struct filter_value *value, const char *argument,
                          struct formatter *formatter, struct error *err)
{
    struct buf out = {0};
    struct quantity amount;
    enum money_style style;
    char code[CODE_SIZE];
    int rc = filter_need_formatter(formatter, "currency", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    bool known = parse_money(argument, &style, code);
    const char *own = json_string_value(json_object_get(value->json, "currency"));
    const char *currency = own != NULL && is_code(own, strlen(own)) ? own : code;
    struct filter_value part = {.json = own != NULL ? json_object_get(value->json, "amount")
                                                    : value->json};
    if (!known || !filter_quantity_of(&part, &amount) || *currency == '\0')
        rc = filter_refuse(value,
                           "currency needs a sum like {\"amount\": 50000, \"currency\": "
                           "\"KRW\"}, or a number and the code behind currency:",
                           err);
    else
        rc = numbers_put_money(formatter_numbers(formatter), &amount, currency, style, &out, err);
    return filter_finish(value, &out, rc);
}

/* ---- telephone numbers ---- */

int filter_apply_phone(struct filter_value *value, const char *argument UNUSED,
                       struct formatter *formatter, struct error *err)
{
    struct buf out = {0}, region = {0};
    int rc = filter_need_formatter(formatter, "phone", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    const char *number = filter_text_of(value);
    phone_put_region(locale_tag(formatter_locale(formatter)), &region);
    if (number != NULL)
        phone_put(number, buf_text(&region), &out);
    else
        rc = filter_refuse(value, "phone needs a number in quotation marks, like \"+821012345678\"",
                           err);
    buf_free(&region);
    return filter_finish(value, &out, rc);
}

/* ---- lists ---- */

static int put_items(const json_t *array, char **items, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < json_array_size(array) && rc == 0; i++) {
        struct buf text = {0};
        struct filter_value item = {.json = json_array_get(array, i), .present = true};
        rc = json_is_null(item.json) ? ERR_INPUT : filter_put_plain(&item, &text, err);
        items[i] = buf_steal(&text);
    }
    return rc == 0 ? 0
                   : error_set(err, ERR_INPUT,
                               "list needs a list of texts; one of them is a list, an object or "
                               "null");
}

bool filter_list_ok(const char *argument)
{
    return filter_argument_is(argument, "or");
}

int filter_apply_list(struct filter_value *value, const char *argument, struct formatter *formatter,
                      struct error *err)
{
    struct buf out = {0};
    enum list_style style = filter_takes_no_argument(argument) ? LIST_AND : LIST_OR;
    int rc = filter_need_formatter(formatter, "list", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    if (!json_is_array(value->json))
        return filter_refuse(value, "list needs a list like [\"a\", \"b\"]", err);
    size_t count = json_array_size(value->json);
    if (count == 0) {
        /* A sentence around nothing would be wrong: `| default` comes next, or an error. */
        filter_set_absent(value);
        return 0;
    }
    char **items = xcalloc(count, sizeof(*items));
    rc = put_items(value->json, items, err);
    if (rc == 0)
        rc = format_list(formatter, (const char *const *)items, count, style, &out, err);
    for (size_t i = 0; i < count; i++)
        free(items[i]);
    free(items);
    return filter_finish(value, &out, rc);
}

/* ---- case ---- */

int filter_apply_upper_first(struct filter_value *value, const char *argument UNUSED,
                             struct formatter *formatter, struct error *err)
{
    struct buf plain = {0}, out = {0};
    int rc = filter_need_formatter(formatter, "upper-first", err);
    if (rc != 0 || filter_is_nothing(value))
        return rc;
    rc = filter_put_plain(value, &plain, err);
    if (rc == 0)
        rc = format_upper_first(formatter, buf_text(&plain), &out, err);
    buf_free(&plain);
    return filter_finish(value, &out, rc);
}
