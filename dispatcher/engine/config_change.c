#include "engine/config_change.h"

#include <stdbool.h>
#include <string.h>

/* "key = value   # origin" */
struct shown {
    const char *key, *value;
    size_t key_len, value_len;
};

/* The last one: a value may hold one, too. */
static size_t find_origin(const char *value, size_t len)
{
    static const char mark[] = "   # ";
    size_t size = sizeof(mark) - 1;
    for (size_t at = len >= size ? len - size + 1 : 0; at-- > 0;) {
        if (memcmp(value + at, mark, size) == 0)
            return at;
    }
    return len;
}

/* Moves *text behind the line; false at the end. */
static bool next_line(const char **text, struct shown *out)
{
    const char *line = *text;
    size_t len = strcspn(line, "\n");
    if (*line == '\0')
        return false;
    *text = line + len + (line[len] == '\n' ? 1 : 0);
    const char *equals = strstr(line, " = ");
    if (equals == NULL || equals > line + len)
        equals = line + len;
    *out = (struct shown){.key = line, .key_len = (size_t)(equals - line)};
    out->value = equals < line + len ? equals + 3 : equals;
    out->value_len = find_origin(out->value, (size_t)(line + len - out->value));
    return true;
}

static bool find(const char *text, const struct shown *key, struct shown *out)
{
    while (next_line(&text, out)) {
        if (out->key_len == key->key_len && memcmp(out->key, key->key, key->key_len) == 0)
            return true;
    }
    return false;
}

static void put_value(struct buf *out, const char *name, const struct shown *shown)
{
    struct buf value = {0};
    buf_printf(out, ",\"%s\":", name);
    if (shown != NULL)
        buf_put(&value, shown->value, shown->value_len);
    buf_put_json(out, shown != NULL ? buf_text(&value) : NULL);
    buf_free(&value);
}

static void put_row(struct buf *out, const struct shown *of, const struct shown *was,
                    const struct shown *now)
{
    struct buf key = {0};
    buf_put(&key, of->key, of->key_len);
    buf_puts(out, "{\"v\":1,\"key\":");
    buf_put_json(out, buf_text(&key));
    put_value(out, "was", was);
    put_value(out, "now", now);
    buf_puts(out, "}\n");
    buf_free(&key);
}

static bool is_same(const struct shown *a, const struct shown *b)
{
    return a->value_len == b->value_len && memcmp(a->value, b->value, a->value_len) == 0;
}

size_t config_change_put(const char *before, const char *after, struct buf *out)
{
    struct shown row, other;
    size_t count = 0;
    for (const char *at = after; next_line(&at, &row);) {
        bool known = find(before, &row, &other);
        if (known && is_same(&row, &other))
            continue;
        put_row(out, &row, known ? &other : NULL, &row);
        count++;
    }
    for (const char *at = before; next_line(&at, &row);) {
        if (find(after, &row, &other))
            continue;
        put_row(out, &row, &row, NULL);
        count++;
    }
    return count;
}
