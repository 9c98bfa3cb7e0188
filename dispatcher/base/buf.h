/*
 * A growing byte buffer. `data` is always NUL-terminated behind `len` bytes once anything was put
 * (NULs inside are allowed and counted). Zero-initialise with `struct buf b = {0}`; free with
 * buf_free().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char byte);
void buf_printf(struct buf *b, const char *format, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF(2, 0);
/* A JSON string with its quotes: escapes the two JSON must and all control characters; text is
 * UTF-8. NULL -> null. */
void buf_put_json(struct buf *b, const char *text);
/* Keeps the memory, forgets the content; data becomes "". */
void buf_reset(struct buf *b);
/* Cuts to `len` bytes (len <= b->len). */
void buf_truncate(struct buf *b, size_t len);
/* Makes room for `extra` more bytes. */
void buf_reserve(struct buf *b, size_t extra);
/* Never NULL: the content, "" when nothing was put. Borrowed until the next put. */
const char *buf_text(const struct buf *b);
/* Hands the memory over (never NULL); the buffer is empty afterwards. Caller frees with free(). */
char *buf_steal(struct buf *b);
void buf_free(struct buf *b);

#endif
