#include "config/value_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/settings.h"

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
        if (node->kind != YAML_SCALAR || value_is_empty(node) || !value_is_one_line(node->text))
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
        value_complain(l, s, "must be a list, like [a, b]");
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

void value_read_list(struct load *l, const struct setting *s)
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

void value_read_schedule(struct load *l, const struct setting *s)
{
    struct item *items = NULL;
    size_t count = 0;
    struct retry_schedule *schedule = s->target;
    if (!list_items(l, s, &items, &count))
        return;
    if (count > RETRY_STEPS_MAX)
        load_problem(l, s->place, "`%s` has %zu steps; at most %d fit", s->key, count,
                     RETRY_STEPS_MAX);
    schedule->count = 0;
    for (size_t i = 0; i < count && i < RETRY_STEPS_MAX; i++) {
        struct setting step = *s;
        step.place = items[i].place;
        if (value_duration_in_range(l, &step, items[i].text, &schedule->delays_ms[schedule->count]))
            schedule->count++;
    }
    free_items(items, count);
}

void value_read_limits(struct load *l, const struct setting *s)
{
    struct item *items = NULL;
    size_t count = 0;
    struct warmup *warmup = s->target;
    if (!list_items(l, s, &items, &count))
        return;
    if (count > WARMUP_DAYS_MAX)
        load_problem(l, s->place, "`%s` has %zu days; at most %d fit", s->key, count,
                     WARMUP_DAYS_MAX);
    warmup->days = 0;
    for (size_t i = 0; i < count && i < WARMUP_DAYS_MAX; i++) {
        struct setting day = *s;
        day.place = items[i].place;
        if (value_integer_in_range(l, &day, items[i].text, &warmup->limits[warmup->days]))
            warmup->days++;
    }
    free_items(items, count);
}

/* ---- showing ---- */

void value_show_list(const struct setting *s, bool json, struct buf *out)
{
    char *const *list = *(char *const *const *)s->target;
    buf_putc(out, '[');
    for (size_t i = 0; i < *list_count(s); i++) {
        buf_puts(out, i > 0 ? ", " : "");
        value_put_word(out, list[i], json);
    }
    buf_putc(out, ']');
}

void value_show_schedule(const struct setting *s, bool json, struct buf *out)
{
    const struct retry_schedule *schedule = s->target;
    buf_putc(out, '[');
    for (size_t i = 0; i < schedule->count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        value_put_time(out, schedule->delays_ms[i], json);
    }
    buf_putc(out, ']');
}

void value_show_limits(const struct setting *s, bool json UNUSED, struct buf *out)
{
    const struct warmup *warmup = s->target;
    buf_putc(out, '[');
    for (size_t i = 0; i < warmup->days; i++)
        buf_printf(out, "%s%lld", i > 0 ? ", " : "", (long long)warmup->limits[i]);
    buf_putc(out, ']');
}
