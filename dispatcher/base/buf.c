#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define PRINTED_MOSTLY 40

void buf_reserve(struct buf *b, size_t extra)
{
    size_t need = b->len + extra + 1;
    if (need <= b->cap)
        return;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap *= 2;
    b->data = xreallocarray(b->data, cap, 1);
    b->cap = cap;
    b->data[b->len] = '\0';
}

void buf_put(struct buf *b, const void *bytes, size_t len)
{
    buf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_putc(struct buf *b, char byte)
{
    buf_reserve(b, 1);
    b->data[b->len++] = byte;
    b->data[b->len] = '\0';
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    buf_reserve(b, PRINTED_MOSTLY); /* nearly always enough, and then nothing is printed twice */
    size_t room = b->cap - b->len;
    int length = vsnprintf(b->data + b->len, room, format, args);
    if (length > 0 && (size_t)length >= room) {
        buf_reserve(b, (size_t)length);
        vsnprintf(b->data + b->len, (size_t)length + 1, format, again);
    }
    b->len += length > 0 ? (size_t)length : 0;
    b->data[b->len] = '\0';
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

static void put_json_byte(struct buf *b, unsigned char c)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (c < COUNT_OF(named) && named[c] != NULL) {
        buf_puts(b, named[c]);
    } else if (c < 0x20 || c == 0x7f) {
        buf_printf(b, "\\u%04x", c);
    } else {
        if (c == '"' || c == '\\')
            buf_putc(b, '\\');
        buf_putc(b, (char)c);
    }
}

void buf_put_json(struct buf *b, const char *text)
{
    if (text == NULL) {
        buf_puts(b, "null");
        return;
    }
    buf_putc(b, '"');
    for (const char *p = text; *p != '\0'; p++)
        put_json_byte(b, (unsigned char)*p);
    buf_putc(b, '"');
}

void buf_reset(struct buf *b)
{
    buf_truncate(b, 0);
}

void buf_truncate(struct buf *b, size_t len)
{
    b->len = len;
    if (b->data != NULL)
        b->data[len] = '\0';
}

const char *buf_text(const struct buf *b)
{
    return b->data != NULL ? b->data : "";
}

char *buf_steal(struct buf *b)
{
    char *data = b->data != NULL ? b->data : xstrdup("");
    *b = (struct buf){0};
    return data;
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
