#include "render/escape.h"

#include <string.h>

static const char *html_entity(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void escape_put_html(struct buf *out, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        const char *entity = html_entity((unsigned char)text[i]);
        if (entity == NULL)
            continue;
        buf_put(out, text + from, i - from);
        buf_puts(out, entity);
        from = i + 1;
    }
    buf_put(out, text + from, len - from);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void escape_put_url(struct buf *out, const char *text, size_t len, const char *kept)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c) || (c != '\0' && strchr(kept, c) != NULL)) {
            buf_putc(out, (char)c);
        } else {
            char bytes[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_put(out, bytes, sizeof bytes);
        }
    }
}

void escape_put_phone(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] >= '0' && text[i] <= '9') || (text[i] == '+' && i == 0))
            buf_putc(out, text[i]);
}

void escape_put_json(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            buf_putc(out, '\\');
        if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
}

/* Length of the control character or separator at text[i], 0 if there is none: C0, DEL, C1, U+2028,
 * U+2029. */
static size_t control_at(const char *text, size_t i, size_t len)
{
    unsigned char a = (unsigned char)text[i];
    if (a >= 0x20 && a < 0x7f)
        return 0;
    unsigned char b = i + 1 < len ? (unsigned char)text[i + 1] : 0;
    unsigned char c = i + 2 < len ? (unsigned char)text[i + 2] : 0;
    if (a < 0x20 || a == 0x7f)
        return 1;
    if (a == 0xc2 && b >= 0x80 && b < 0xa0)
        return 2;
    if (a == 0xe2 && b == 0x80 && (c == 0xa8 || c == 0xa9))
        return 3;
    return 0;
}

void escape_put_line(struct buf *out, const char *text, size_t len)
{
    size_t from = 0, i = 0;
    while (i < len) {
        size_t control = control_at(text, i, len);
        if (control == 0) {
            i++;
            continue;
        }
        buf_put(out, text + from, i - from);
        buf_putc(out, ' ');
        i += control;
        from = i;
    }
    buf_put(out, text + from, len - from);
}

bool escape_header_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (control_at(text, i, len) > 0)
            return false;
    return true;
}
