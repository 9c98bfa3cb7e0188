#include "render/escape.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

/* ---- what must not be seen ---- */

/* Length of the mark of direction at text[i], 0 if there is none. */
static size_t mark_at(const char *text, size_t i, size_t len)
{
    unsigned char a = (unsigned char)text[i];
    unsigned char b = i + 1 < len ? (unsigned char)text[i + 1] : 0;
    unsigned char c = i + 2 < len ? (unsigned char)text[i + 2] : 0;
    if (a == 0xd8)
        return b == 0x9c ? 2 : 0;
    if (a != 0xe2 || (b != 0x80 && b != 0x81))
        return 0;
    if (b == 0x81)
        return c >= 0xa6 && c <= 0xa9 ? 3 : 0;
    return c == 0x8e || c == 0x8f || (c >= 0xaa && c <= 0xae) ? 3 : 0;
}

/* ---- HTML ---- */

/* Bytes that need care; runs of all others are copied as they are. */
static const char *const entities[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

void escape_put_html(struct buf *out, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        const char *entity = entities[(unsigned char)text[i]];
        if (entity == NULL)
            continue;
        buf_put(out, text + from, i - from);
        buf_puts(out, entity);
        from = i + 1;
    }
    buf_put(out, text + from, len - from);
}

static bool is_shown_as_space(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

/* Length of what must not be seen at text[i]; 0 if it may. */
static size_t hidden_at(const char *text, size_t i, size_t len)
{
    return is_shown_as_space((unsigned char)text[i]) ? 1 : mark_at(text, i, len);
}

void escape_put_letter_html(struct buf *out, const char *text, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool suspect = c < 0x20 || c == 0x7f || c == 0xd8 || c == 0xe2;
        size_t hidden = suspect ? hidden_at(text, i, len) : 0;
        if (hidden == 0)
            continue;
        escape_put_html(out, text + from, i - from);
        buf_puts(out, is_shown_as_space(c) ? " " : "");
        from = i + hidden;
        i = from - 1;
    }
    escape_put_html(out, text + from, len - from);
}

/* ---- URLs and JSON ---- */

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

/* ---- lines ---- */

/* C0 and DEL; the first bytes of C1 controls, of U+2028 and U+2029, and of marks of direction. */
static bool may_be_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xd8 || c == 0xe2;
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

/* Index of the next one from `i` on, or of the next mark; `len` if there is none. */
static size_t next_unwanted(const char *text, size_t i, size_t len)
{
    for (; i < len; i++)
        if (may_be_control((unsigned char)text[i]) &&
            (control_at(text, i, len) > 0 || mark_at(text, i, len) > 0))
            return i;
    return len;
}

void escape_put_line(struct buf *out, const char *text, size_t len)
{
    size_t from = 0, at;
    while ((at = next_unwanted(text, from, len)) < len) {
        size_t control = control_at(text, at, len);
        buf_put(out, text + from, at - from);
        if (control > 0)
            buf_putc(out, ' ');
        from = at + (control > 0 ? control : mark_at(text, at, len));
    }
    buf_put(out, text + from, len - from);
}

bool escape_header_ok(const char *text, size_t len)
{
    return next_unwanted(text, 0, len) == len;
}

/* ---- names ---- */

static bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The first bytes of everything a name may have to lose; Hangul and Latin letters begin with
 * others. */
bool escape_name_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool link = c == '/' || c == ':' ||
                    (c == '.' && i + 1 < len && is_word_byte((unsigned char)text[i + 1]));
        bool blank = c == 0xc2 && i + 1 < len &&
                     ((unsigned char)text[i + 1] <= 0xa0 || (unsigned char)text[i + 1] == 0xad);
        if (link || blank || c < 0x20 || c == 0x7f || c == 0xd8 || c == 0xe1 || c == 0xe2 ||
            c == 0xef)
            return false;
    }
    return true;
}

static bool is_zero_width(uint32_t c)
{
    return c == 0xad || c == 0x180e || c == 0xfeff || (c >= 0x200b && c <= 0x200f) || c == 0x61c ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069);
}

static bool is_space_or_control(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029 || c == 0x202f;
}

static void put_visible(struct buf *out, const char *text, size_t len)
{
    for (const char *at = text, *end = text + len; at < end;) {
        uint32_t c = utf8_next(&at, end);
        if (is_space_or_control(c))
            buf_putc(out, ' ');
        else if (!is_zero_width(c))
            utf8_put(out, c);
    }
}

static bool is_link(const char *word, size_t len)
{
    bool dot = memchr(word, '.', len) != NULL, slash = memchr(word, '/', len) != NULL;
    return memmem(word, len, "://", 3) != NULL || (dot && slash) ||
           (len > 4 && strncasecmp(word, "www.", 4) == 0);
}

static void put_word(struct buf *out, const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf_putc(out, word[i]);
        if (word[i] == '.' && i + 1 < len && is_word_byte((unsigned char)word[i + 1]))
            buf_putc(out, ' ');
    }
}

void escape_put_name(struct buf *out, const char *text, size_t len)
{
    struct buf visible = {0};
    size_t start = out->len;
    put_visible(&visible, text, len);
    for (const char *at = buf_text(&visible); *(at += strspn(at, " ")) != '\0';) {
        size_t word = strcspn(at, " ");
        if (!is_link(at, word)) {
            buf_puts(out, out->len > start ? " " : "");
            put_word(out, at, word);
        }
        at += word;
    }
    buf_free(&visible);
}
