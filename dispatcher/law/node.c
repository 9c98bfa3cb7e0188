#include "law/node.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

size_t node_count(const struct yaml_node *n)
{
    if (n == NULL)
        return 0;
    return n->kind == YAML_SCALAR ? 1 : n->count;
}

const char *node_text(const struct yaml_node *n, size_t index)
{
    return n->kind == YAML_SCALAR ? n->text : n->items[index]->text;
}

bool node_has(const struct yaml_node *n, const char *text)
{
    for (size_t i = 0; i < node_count(n); i++)
        if (text_equal(node_text(n, i), text))
            return true;
    return false;
}

bool node_admits(const struct yaml_node *n, const char *text)
{
    return n == NULL || node_has(n, text);
}

int64_t node_number(const struct yaml_node *map, const char *key, int64_t fallback)
{
    int64_t value = fallback;
    const char *text = yaml_text(map, key);
    return text != NULL && text_parse_int(text, &value) ? value : fallback;
}

bool node_flag(const struct yaml_node *map, const char *key)
{
    return text_equal(yaml_text(map, key), "true");
}

const struct yaml_node *node_of_language(const struct yaml_node *map, const char *tag)
{
    size_t len = strcspn(tag, "-");
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const char *key = map->items[i]->key;
        if (strlen(key) == len && strncmp(key, tag, len) == 0)
            return map->items[i];
    }
    return NULL;
}

/* Two digits at `at`; -1 if they are not there. */
static int two_digits(const char *at)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return -1;
    return (at[0] - '0') * 10 + at[1] - '0';
}

bool node_parse_day(const char *text, int64_t *out_day)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int century = two_digits(text), year = two_digits(text + 2);
    int month = two_digits(text + 5), day = two_digits(text + 8);
    return century >= 0 && year >= 0 &&
           clock_days_from_date(century * 100 + year, month, day, out_day);
}

bool node_parse_minutes(const char *text, int *out_minutes)
{
    if (strlen(text) != 5 || text[2] != ':')
        return false;
    int hours = two_digits(text), minutes = two_digits(text + 3);
    *out_minutes = hours * 60 + minutes;
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

bool node_parse_offset(const char *text, int *out_minutes)
{
    if ((text[0] != '+' && text[0] != '-') || !node_parse_minutes(text + 1, out_minutes))
        return false;
    if (text[0] == '-')
        *out_minutes = -*out_minutes;
    return true;
}

void node_put_list(struct buf *out, const struct yaml_node *n, const char *last)
{
    size_t count = node_count(n);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_puts(out, i + 1 < count ? ", " : " ");
        if (i > 0 && i + 1 == count)
            buf_printf(out, "%s ", last);
        buf_puts(out, node_text(n, i));
    }
}
