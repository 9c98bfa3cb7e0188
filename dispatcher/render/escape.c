#include "render/escape.h"

#include <string.h>

/* Bytes that may need care; runs of all others are copied as they are. */
static const char *const html_entities[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

void escape_put_html(struct buf *out, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        const char *entity = html_entities[(unsigned char)text[i]];
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

/* C0 and DEL; the first bytes of C1 controls and of U+2028 and U+2029. */
static bool may_be_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xe2;
}

/* Length of the control character or separator at text[i], 0 if there is none. */
static size_t control_at(const char *text, size_t i, size_t len)
{
    unsigned char a = (unsigned char)text[i];
    unsigned char b = i + 1 < len ? (unsigned char)text[i + 1] : 0;
    unsigned char c = i + 2 < len ? (unsigned char)text[i + 2] : 0;
    if (a < 0x20 || a == 0x7f)
        return 1;
    if (a == 0xc2 && b >= 0x80 && b < 0xa0)
        return 2;
    return a == 0xe2 && b == 0x80 && (c == 0xa8 || c == 0xa9) ? 3 : 0;
}

/* Index of the next one from `i` on, `len` if there is none. */
static size_t next_control(const char *text, size_t i, size_t len)
{
    for (; i < len; i++)
        if (may_be_control((unsigned char)text[i]) && control_at(text, i, len) > 0)
            return i;
    return len;
}

void escape_put_line(struct buf *out, const char *text, size_t len)
{
    size_t from = 0, control;
    while ((control = next_control(text, from, len)) < len) {
        buf_put(out, text + from, control - from);
        buf_putc(out, ' ');
        from = control + control_at(text, control, len);
    }
    buf_put(out, text + from, len - from);
}

bool escape_header_ok(const char *text, size_t len)
{
    return next_control(text, 0, len) == len;
}
