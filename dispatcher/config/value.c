#include "config/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "config/path.h"
#include "config/quantity.h"
#include "config/secret.h"
#include "config/value_parts.h"
#include "model/settings.h"

struct type {
    void (*read)(struct load *l, const struct setting *s);
    void (*show)(const struct setting *s, bool json, struct buf *out);
};

void value_put_word(struct buf *out, const char *text, bool json)
{
    if (json)
        buf_put_json(out, text);
    else if (text == NULL)
        buf_puts(out, "(not set)");
    else
        text_put_visible(out, text, strlen(text));
}

void value_complain(struct load *l, const struct setting *s, const char *what)
{
    load_problem(l, s->place, "`%s` %s", s->key, what);
}

/* ---- scalars ---- */

bool value_is_empty(const struct yaml_node *node)
{
    return node->text[0] == '\0' || yaml_is_null(node);
}

/* The text of a scalar; NULL after a problem. */
static const char *scalar_text(struct load *l, const struct setting *s)
{
    const char *text = s->node == NULL ? s->text : s->node->text;
    if (s->node != NULL && s->node->kind != YAML_SCALAR) {
        value_complain(l, s, "must be a single value, not a list or a map");
        return NULL;
    }
    if (s->node != NULL ? value_is_empty(s->node) : text[0] == '\0') {
        value_complain(l, s, "has no value");
        return NULL;
    }
    return text;
}

bool value_is_one_line(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

static void replace_text(const struct setting *s, char *text)
{
    char **target = s->target;
    free(*target);
    *target = text;
}

static void read_text(struct load *l, const struct setting *s)
{
    struct error why = {0};
    const char *text = scalar_text(l, s);
    if (text == NULL)
        return;
    if (!value_is_one_line(text))
        value_complain(l, s, "must be one line without control characters");
    else if (s->param->check != NULL && s->param->check(text, &why) != 0)
        load_problem(l, s->place, "`%s`: %s", s->key, why.text);
    else
        replace_text(s, xstrdup(text));
}

static void read_path(struct load *l, const struct setting *s)
{
    const char *text = scalar_text(l, s);
    if (text == NULL)
        return;
    if (value_is_one_line(text))
        replace_text(s, path_resolve(s->directory, text));
    else
        value_complain(l, s, "must be one line without control characters");
}

bool value_integer_in_range(struct load *l, const struct setting *s, const char *text, int64_t *out)
{
    if (!text_parse_int(text, out))
        load_problem(l, s->place, "`%s` must be a whole number, not `%s`", s->key, text);
    else if (*out < s->param->min || *out > s->param->max)
        load_problem(l, s->place, "`%s` must be between %lld and %lld, not %s", s->key,
                     (long long)s->param->min, (long long)s->param->max, text);
    else
        return true;
    return false;
}

static void read_integer(struct load *l, const struct setting *s)
{
    int64_t number = 0;
    const char *text = scalar_text(l, s);
    if (text != NULL && value_integer_in_range(l, s, text, &number))
        *(int *)s->target = (int)number;
}

static void read_count(struct load *l, const struct setting *s)
{
    int64_t number = 0;
    const char *text = scalar_text(l, s);
    if (text != NULL && value_integer_in_range(l, s, text, &number))
        *(int64_t *)s->target = number;
}

static void read_fraction(struct load *l, const struct setting *s)
{
    const char *text = scalar_text(l, s);
    if (text == NULL)
        return;
    /* The process keeps the C locale (base/unicode.h does what languages need): the point is a
     * point. */
    size_t digits = strspn(text, "0123456789");
    bool shaped = digits > 0 && strspn(text, "0123456789.") == strlen(text) &&
                  strchr(text, '.') == strrchr(text, '.') && strlen(text) < 16;
    double number = shaped ? strtod(text, NULL) : -1.0;
    double min = (double)s->param->min / 1000.0, max = (double)s->param->max / 1000.0;
    if (!shaped || number < min || number > max)
        load_problem(l, s->place, "`%s` must be a number between %g and %g, like 0.2, not `%s`",
                     s->key, min, max, text);
    else
        *(double *)s->target = number;
}

static void read_boolean(struct load *l, const struct setting *s)
{
    const char *text = scalar_text(l, s);
    if (text == NULL)
        return;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *(bool *)s->target = text[0] == 't';
    else
        load_problem(l, s->place, "`%s` must be true or false, not `%s`", s->key, text);
}

static void put_choices(struct buf *out, const char *const *choices)
{
    size_t count = 0;
    while (choices[count] != NULL)
        count++;
    for (size_t i = 0; i < count; i++)
        text_put_choice(out, choices[i], i, count);
}

static void read_choice(struct load *l, const struct setting *s)
{
    const char *text = scalar_text(l, s);
    if (text == NULL)
        return;
    for (int i = 0; s->param->choices[i] != NULL; i++) {
        if (strcmp(s->param->choices[i], text) == 0) {
            memcpy(s->target, &i, sizeof(i)); /* an enum of ours is an int */
            return;
        }
    }
    struct buf names = {0};
    put_choices(&names, s->param->choices);
    load_problem(l, s->place, "`%s` must be %s, not `%s`", s->key, buf_text(&names), text);
    buf_free(&names);
}

/* ---- quantities ---- */

bool value_duration_in_range(struct load *l, const struct setting *s, const char *text,
                             int64_t *out_ms)
{
    if (!quantity_parse_duration(text, out_ms)) {
        load_problem(l, s->place,
                     "`%s` must be a duration with its unit (ms, s, m, h, d), like 30s, not `%s`",
                     s->key, text);
        return false;
    }
    if (*out_ms >= s->param->min && *out_ms <= s->param->max)
        return true;
    struct buf range = {0};
    quantity_put_duration(&range, s->param->min);
    buf_puts(&range, " and ");
    quantity_put_duration(&range, s->param->max);
    load_problem(l, s->place, "`%s` must be between %s, not %s", s->key, buf_text(&range), text);
    buf_free(&range);
    return false;
}

static void read_duration(struct load *l, const struct setting *s)
{
    int64_t ms = 0;
    const char *text = scalar_text(l, s);
    if (text != NULL && value_duration_in_range(l, s, text, &ms))
        *(int64_t *)s->target = ms;
}

/* A rate, a size, hours, an amount or a date: text and back by a grammar of quantity.h. */
struct grammar {
    bool (*parse)(const char *text, void *out);
    void (*put)(struct buf *out, const void *value);
    const char *advice;
};

static bool parse_rate(const char *text, void *out)
{
    return quantity_parse_rate(text, out);
}

static bool parse_size(const char *text, void *out)
{
    return quantity_parse_size(text, out);
}

static bool parse_window(const char *text, void *out)
{
    return quantity_parse_window(text, out);
}

static bool parse_date(const char *text, void *out)
{
    return quantity_parse_date(text, out);
}

static bool parse_money(const char *text, void *out)
{
    return quantity_parse_money(text, out);
}

static void put_rate(struct buf *out, const void *value)
{
    quantity_put_rate(out, value);
}

static void put_size(struct buf *out, const void *value)
{
    quantity_put_size(out, *(const int64_t *)value);
}

static void put_window(struct buf *out, const void *value)
{
    quantity_put_window(out, value);
}

static void put_money(struct buf *out, const void *value)
{
    quantity_put_money(out, *(const int64_t *)value);
}

static void put_date(struct buf *out, const void *value)
{
    quantity_put_date(out, *(const int64_t *)value);
}

static const struct grammar grammars[] = {
    [PARAM_RATE] = {parse_rate, put_rate,
                    "so many in so long, like 50/s, 1200/min, 20000/h or 100000/d, or unlimited"},
    [PARAM_SIZE] = {parse_size, put_size, "a size with its unit, like 64MB or 2GiB"},
    [PARAM_WINDOW] = {parse_window, put_window,
                      "hours of the recipient's day, like 08:00-21:00, or always"},
    [PARAM_MONEY] = {parse_money, put_money,
                     "an amount with at most 6 digits behind the point, like 0.075"},
    [PARAM_DATE] = {parse_date, put_date, "a date, like 2027-01-31"},
};

static void read_quantity(struct load *l, const struct setting *s)
{
    const struct grammar *grammar = &grammars[s->param->type];
    const char *text = scalar_text(l, s);
    if (text != NULL && !grammar->parse(text, s->target))
        load_problem(l, s->place, "`%s` must be %s, not `%s`", s->key, grammar->advice, text);
}

static void show_quantity(const struct setting *s, bool json, struct buf *out)
{
    struct buf text = {0};
    grammars[s->param->type].put(&text, s->target);
    value_put_word(out, text.data, json);
    buf_free(&text);
}

/* ---- secrets ---- */

static void read_secret(struct load *l, const struct setting *s)
{
    struct error why = {0};
    char *secret = NULL;
    enum secret_form form = s->param->type == PARAM_PEM ? SECRET_PEM : SECRET_LINE;
    if (s->node == NULL)
        value_complain(l, s, "is a secret: name its file in the configuration, not here");
    else if (secret_resolve(s->node, s->directory, form, l->without_secrets, &secret, &why) != 0)
        load_problem(l, s->place, "`%s`: %s", s->key, why.text);
    else
        replace_text(s, secret);
    const char *variable = s->node != NULL ? yaml_text(s->node, "env") : NULL;
    if (variable != NULL && !l->without_secrets)
        load_note_variable(l, variable);
}

/* The keys below it are rows of their own. */
static void read_null(struct load *l, const struct setting *s)
{
    const char *text = s->node == NULL ? s->text : s->node->text;
    bool off = (s->node == NULL || (s->node->kind == YAML_SCALAR && !s->node->quoted)) &&
               strcmp(text, "null") == 0;
    if (off)
        *(bool *)s->target = true;
    else if (s->node == NULL || s->node->kind != YAML_MAP)
        value_complain(l, s, "must be a map, or null to switch it off");
}

static void read_nothing(struct load *l UNUSED, const struct setting *s UNUSED)
{
}

/* ---- showing ---- */

static void show_text(const struct setting *s, bool json, struct buf *out)
{
    value_put_word(out, *(char *const *)s->target, json);
}

static void show_integer(const struct setting *s, bool json UNUSED, struct buf *out)
{
    buf_printf(out, "%d", *(const int *)s->target);
}

static void show_count(const struct setting *s, bool json UNUSED, struct buf *out)
{
    buf_printf(out, "%lld", (long long)*(const int64_t *)s->target);
}

static void show_fraction(const struct setting *s, bool json UNUSED, struct buf *out)
{
    buf_printf(out, "%g", *(const double *)s->target);
}

static void show_boolean(const struct setting *s, bool json UNUSED, struct buf *out)
{
    buf_puts(out, *(const bool *)s->target ? "true" : "false");
}

static void show_choice(const struct setting *s, bool json, struct buf *out)
{
    int place = 0;
    memcpy(&place, s->target, sizeof(place));
    value_put_word(out, s->param->choices[place], json);
}

void value_put_time(struct buf *out, int64_t ms, bool json)
{
    buf_puts(out, json ? "\"" : "");
    quantity_put_duration(out, ms);
    buf_puts(out, json ? "\"" : "");
}

static void show_duration(const struct setting *s, bool json, struct buf *out)
{
    value_put_time(out, *(const int64_t *)s->target, json);
}

static void show_null(const struct setting *s UNUSED, bool json UNUSED, struct buf *out)
{
    buf_puts(out, "null");
}

static void show_secret(const struct setting *s, bool json, struct buf *out)
{
    value_put_word(out, *(char *const *)s->target != NULL ? "***" : NULL, json);
}

static const struct type types[] = {
    [PARAM_TEXT] = {read_text, show_text},
    [PARAM_PATH] = {read_path, show_text},
    [PARAM_INTEGER] = {read_integer, show_integer},
    [PARAM_COUNT] = {read_count, show_count},
    [PARAM_FRACTION] = {read_fraction, show_fraction},
    [PARAM_DURATION] = {read_duration, show_duration},
    [PARAM_BOOLEAN] = {read_boolean, show_boolean},
    [PARAM_CHOICE] = {read_choice, show_choice},
    [PARAM_LIST] = {value_read_list, value_show_list},
    [PARAM_SCHEDULE] = {value_read_schedule, value_show_schedule},
    [PARAM_RATE] = {read_quantity, show_quantity},
    [PARAM_SIZE] = {read_quantity, show_quantity},
    [PARAM_WINDOW] = {read_quantity, show_quantity},
    [PARAM_MONEY] = {read_quantity, show_quantity},
    [PARAM_DATE] = {read_quantity, show_quantity},
    [PARAM_LIMITS] = {value_read_limits, value_show_limits},
    [PARAM_NULL] = {read_null, show_null},
    [PARAM_SECRET] = {read_secret, show_secret},
    [PARAM_PEM] = {read_secret, show_secret},
    [PARAM_SUBTREE] = {read_nothing, show_text},
};

void value_read(struct load *l, const struct setting *setting)
{
    types[setting->param->type].read(l, setting);
}

void value_show(const struct setting *setting, bool json, struct buf *out)
{
    types[setting->param->type].show(setting, json, out);
}
