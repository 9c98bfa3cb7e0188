#include "letters/preview_json.h"

#include <stdbool.h>
#include <string.h>

static void put_line_end(struct buf *out, size_t depth)
{
    buf_putc(out, '\n');
    for (size_t i = 0; i < depth; i++)
        buf_puts(out, "  ");
}

/* The length of a string with its quotes. */
static size_t string_length(const char *json, size_t len)
{
    size_t at = 1;
    while (at < len && json[at] != '"')
        at += json[at] == '\\' && at + 1 < len ? 2 : 1;
    return at < len ? at + 1 : len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What stands behind a bracket, blanks aside, closes it: {} stays on its line. */
static bool is_empty(const char *json, size_t len, size_t at)
{
    for (at++; at < len && is_blank(json[at]); at++)
        ;
    return at < len && (json[at] == '}' || json[at] == ']');
}

static void put_sign(struct buf *out, const char *json, size_t len, size_t at, size_t *depth)
{
    char c = json[at];
    bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    bool was_empty = closes && out->len > 0 && strchr("{[", out->data[out->len - 1]) != NULL;
    *depth -= closes && *depth > 0 ? 1 : 0;
    if (closes && !was_empty)
        put_line_end(out, *depth);
    buf_putc(out, c);
    *depth += opens ? 1 : 0;
    if ((opens && !is_empty(json, len, at)) || c == ',')
        put_line_end(out, *depth);
    if (c == ':')
        buf_putc(out, ' ');
}

void preview_put_json(struct buf *out, const char *json, size_t len)
{
    size_t depth = 0;
    for (size_t at = 0; at < len; at++) {
        if (json[at] == '"') {
            size_t string = string_length(json + at, len - at);
            buf_put(out, json + at, string);
            at += string - 1;
        } else if (!is_blank(json[at])) {
            put_sign(out, json, len, at, &depth);
        }
    }
}
