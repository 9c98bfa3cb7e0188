#include "config/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "config/path.h"
#include "config/secret.h"
#include "model/settings.h"

struct type {
    void (*read)(struct load *l, const struct setting *s);
    void (*show)(const struct setting *s, bool json, struct buf *out);
};

/* The last part of the key is what a person looks for in the file. */
static void complain(struct load *l, const struct setting *s, const char *what)
{
    load_problem(l, s->place, "`%s` %s", s->key, what);
}

/* ---- scalars ---- */

/* The text of a scalar; NULL after a problem. */
static const char *scalar_text(struct load *l, const struct setting *s)
{
    const char *text = s->node == NULL ? s->text : s->node->text;
    if (s->node != NULL && s->node->kind != YAML_SCALAR) {
        complain(l, s, "must be a single value, not a list or a map");
        return NULL;
    }
    if (text[0] == '\0') {
        complain(l, s, "has no value");
        return NULL;
    }
    return text;
}

static bool one_line(const char *text)
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
    if (!one_line(text))
        complain(l, s, "must be one line without control characters");
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
    if (one_line(text))
        replace_text(s, path_resolve(s->directory, text));
    else
        complain(l, s, "must be one line without control characters");
}

static void read_integer(struct load *l, const struct setting *s)
{
    int64_t number = 0;
    const char *text = scalar_text(l, s);
    if (text == NULL)
        return;
    if (!text_parse_int(text, &number))
        load_problem(l, s->place, "`%s` must be a whole number, not `%s`", s->key, text);
    else if (number < s->param->min || number > s->param->max)
        load_problem(l, s->place, "`%s` must be between %lld and %lld, not %s", s->key,
                     (long long)s->param->min, (long long)s->param->max, text);
    else
        *(int *)s->target = (int)number;
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
    for (size_t i = 0; choices[i] != NULL; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ", choices[i]);
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

/* ---- durations ---- */

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

bool value_parse_duration(const char *text, int64_t *out_ms)
{
    char number[16];
    int64_t count = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 10)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(text + digits, units[i].name) == 0 && text_parse_int(number, &count)) {
            *out_ms = count * units[i].ms; /* ten digits of days still fit */
            return true;
        }
    }
    return false;
}

void value_put_duration(struct buf *out, int64_t ms)
{
    size_t unit = 0;
    if (ms == 0) {
        buf_puts(out, "0s");
        return;
    }
    while (ms % units[unit].ms != 0) /* ends: the last one is 1 */
        unit++;
    buf_printf(out, "%lld%s", (long long)(ms / units[unit].ms), units[unit].name);
}

static bool duration_in_range(struct load *l, const struct setting *s, const char *text,
                              int64_t *out_ms)
{
    if (!value_parse_duration(text, out_ms)) {
        load_problem(l, s->place,
                     "`%s` must be a duration with its unit (ms, s, m, h, d), like 30s, not `%s`",
                     s->key, text);
        return false;
    }
    if (*out_ms >= s->param->min && *out_ms <= s->param->max)
        return true;
    struct buf range = {0};
    value_put_duration(&range, s->param->min);
    buf_puts(&range, " and ");
    value_put_duration(&range, s->param->max);
    load_problem(l, s->place, "`%s` must be between %s, not %s", s->key, buf_text(&range), text);
    buf_free(&range);
    return false;
}

static void read_duration(struct load *l, const struct setting *s)
{
    int64_t ms = 0;
    const char *text = scalar_text(l, s);
    if (text != NULL && duration_in_range(l, s, text, &ms))
        *(int64_t *)s->target = ms;
}

/* ---- lists ---- */

/* One item at a time, wherever the list comes from. */
struct item {
    char *text;
    struct place place;
};

static void add_item(struct item **items, size_t *count, const char *text, size_t len,
                     struct place place)
{
    *items = xreallocarray(*items, *count + 1, sizeof(**items));
    (*items)[(*count)++] = (struct item){.text = xstrndup(text, len), .place = place};
}

static void split_text(const struct setting *s, struct item **items, size_t *count)
{
    for (const char *at = s->text; *at != '\0';) {
        size_t len = strcspn(at, ",");
        add_item(items, count, at, len, s->place);
        at += len;
        at += strspn(at, ", ");
    }
}

static void walk_nodes(struct load *l, const struct setting *s, struct item **items, size_t *count)
{
    for (size_t i = 0; i < s->node->count; i++) {
        const struct yaml_node *node = s->node->items[i];
        struct place place = place_of(s->place.source, node);
        if (node->kind != YAML_SCALAR || node->text[0] == '\0' || !one_line(node->text))
            load_problem(l, place, "an item of `%s` must be a single value", s->key);
        else
            add_item(items, count, node->text, strlen(node->text), place);
    }
}

static bool list_items(struct load *l, const struct setting *s, struct item **items, size_t *count)
{
    *items = NULL;
    *count = 0;
    if (s->node == NULL) {
        split_text(s, items, count);
    } else if (s->node->kind == YAML_LIST) {
        walk_nodes(l, s, items, count);
    } else {
        complain(l, s, "must be a list, like [a, b]");
        return false;
    }
    return true;
}

static void free_items(struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(items[i].text);
    free(items);
}

/* The count of a list stands beside it in the same struct. */
static size_t *list_count(const struct setting *s)
{
    return (size_t *)(void *)((char *)s->target - s->param->offset + s->param->count_offset);
}

static void free_list(const struct setting *s)
{
    char ***list = s->target;
    for (size_t i = 0; i < *list_count(s); i++)
        free((*list)[i]);
    free(*list);
    *list = NULL;
    *list_count(s) = 0;
}

static void read_list(struct load *l, const struct setting *s)
{
    struct item *items = NULL;
    size_t count = 0;
    char ***list = s->target;
    if (!list_items(l, s, &items, &count))
        return;
    free_list(s);
    *list = xcalloc(count + 1, sizeof(**list));
    for (size_t i = 0; i < count; i++) {
        struct error why = {0};
        if (s->param->check != NULL && s->param->check(items[i].text, &why) != 0)
            load_problem(l, items[i].place, "`%s`: %s", s->key, why.text);
        else
            (*list)[(*list_count(s))++] = xstrdup(items[i].text);
    }
    free_items(items, count);
}

static void read_schedule(struct load *l, const struct setting *s)
{
    struct item *items = NULL;
    size_t count = 0;
    struct retry_schedule *schedule = s->target;
    if (!list_items(l, s, &items, &count))
        return;
    if (count > RETRY_STEPS_MAX) {
        load_problem(l, s->place, "`%s` has %zu steps; at most %d fit", s->key, count,
                     RETRY_STEPS_MAX);
        count = RETRY_STEPS_MAX;
    }
    schedule->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct setting step = *s;
        step.place = items[i].place;
        if (duration_in_range(l, &step, items[i].text, &schedule->delays_ms[schedule->count]))
            schedule->count++;
    }
    free_items(items, count);
}

/* ---- secrets ---- */

static void read_secret(struct load *l, const struct setting *s)
{
    struct error why = {0};
    char *secret = NULL;
    if (s->node == NULL)
        complain(l, s, "is a secret: name its file in the configuration, not here");
    else if (secret_resolve(s->node, s->directory, l->without_secrets, &secret, &why) != 0)
        load_problem(l, s->place, "`%s`: %s", s->key, why.text);
    else
        replace_text(s, secret);
}

static void read_nothing(struct load *l UNUSED, const struct setting *s UNUSED)
{
}

/* ---- showing ---- */

static void put_word(struct buf *out, const char *text, bool json)
{
    if (json)
        buf_put_json(out, text);
    else if (text == NULL)
        buf_puts(out, "(not set)");
    else
        text_put_visible(out, text, strlen(text));
}

static void show_text(const struct setting *s, bool json, struct buf *out)
{
    put_word(out, *(char *const *)s->target, json);
}

static void show_integer(const struct setting *s, bool json UNUSED, struct buf *out)
{
    buf_printf(out, "%d", *(const int *)s->target);
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
    put_word(out, s->param->choices[place], json);
}

static void put_time(struct buf *out, int64_t ms, bool json)
{
    buf_puts(out, json ? "\"" : "");
    value_put_duration(out, ms);
    buf_puts(out, json ? "\"" : "");
}

static void show_duration(const struct setting *s, bool json, struct buf *out)
{
    put_time(out, *(const int64_t *)s->target, json);
}

static void show_list(const struct setting *s, bool json, struct buf *out)
{
    char *const *list = *(char *const *const *)s->target;
    buf_putc(out, '[');
    for (size_t i = 0; i < *list_count(s); i++) {
        buf_puts(out, i > 0 ? ", " : "");
        put_word(out, list[i], json);
    }
    buf_putc(out, ']');
}

static void show_schedule(const struct setting *s, bool json, struct buf *out)
{
    const struct retry_schedule *schedule = s->target;
    buf_putc(out, '[');
    for (size_t i = 0; i < schedule->count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        put_time(out, schedule->delays_ms[i], json);
    }
    buf_putc(out, ']');
}

static void show_secret(const struct setting *s, bool json, struct buf *out)
{
    put_word(out, *(char *const *)s->target != NULL ? "***" : NULL, json);
}

static const struct type types[] = {
    [PARAM_TEXT] = {read_text, show_text},
    [PARAM_PATH] = {read_path, show_text},
    [PARAM_INTEGER] = {read_integer, show_integer},
    [PARAM_FRACTION] = {read_fraction, show_fraction},
    [PARAM_DURATION] = {read_duration, show_duration},
    [PARAM_BOOLEAN] = {read_boolean, show_boolean},
    [PARAM_CHOICE] = {read_choice, show_choice},
    [PARAM_LIST] = {read_list, show_list},
    [PARAM_SCHEDULE] = {read_schedule, show_schedule},
    [PARAM_SECRET] = {read_secret, show_secret},
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
