#include "channel/mime_parameter.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define QUOTED_MAX  60 /* longer ones could not be folded */
#define ENCODED_MAX 76

static bool is_plain(const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
            return false;
    return strlen(value) <= QUOTED_MAX && strstr(value, "=?") == NULL;
}

/* RFC 2231 7, attribute-char; what else is allowed there, some readers stumble over. */
static bool is_attribute_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static void put_encoded(struct buf *out, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (is_attribute_char(*at))
            buf_putc(out, *at);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*at);
    }
}

/* Some readers decode each section for itself: none ends within a character. */
static void put_sections(struct buf *out, const char *name, const char *value)
{
    const char *at = value, *end = value + strlen(value);
    for (unsigned number = 0; at < end; number++) {
        struct buf line = {0};
        buf_printf(&line, " %s*%u*=%s", name, number, number == 0 ? "UTF-8''" : "");
        for (;;) {
            const char *next = at;
            size_t before = line.len;
            if (at == end)
                break;
            utf8_next(&next, end);
            put_encoded(&line, at, next);
            if (line.len + 1 > ENCODED_MAX) {
                buf_truncate(&line, before);
                break;
            }
            at = next;
        }
        buf_puts(out, ";\r\n");
        buf_put(out, line.data, line.len);
        buf_free(&line);
    }
}

void mime_put_parameter(struct buf *out, const char *name, const char *value)
{
    struct buf whole = {0};
    buf_printf(&whole, " %s*=UTF-8''", name);
    put_encoded(&whole, value, value + strlen(value));
    if (is_plain(value))
        buf_printf(out, ";\r\n %s=\"%s\"", name, value);
    else if (whole.len < ENCODED_MAX)
        buf_printf(out, ";\r\n%s", whole.data);
    else
        put_sections(out, name, value);
    buf_free(&whole);
}
