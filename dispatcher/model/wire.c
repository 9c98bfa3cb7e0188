#include "model/wire.h"

#include <string.h>

#include "base/alloc.h"

#define INT_BYTES   8
#define COUNT_BYTES 4

static void put_number(struct buf *out, uint64_t value, size_t bytes)
{
    char raw[INT_BYTES];
    for (size_t i = 0; i < bytes; i++)
        raw[i] = (char)(value >> (8 * (bytes - 1 - i)) & 0xff);
    buf_put(out, raw, bytes);
}

void wire_put_byte(struct buf *out, unsigned value)
{
    put_number(out, value, 1);
}

void wire_put_int(struct buf *out, int64_t value)
{
    put_number(out, (uint64_t)value, INT_BYTES);
}

void wire_put_count(struct buf *out, size_t count)
{
    put_number(out, count, COUNT_BYTES);
}

void wire_put_bytes(struct buf *out, const char *bytes, size_t len)
{
    wire_put_count(out, len);
    buf_put(out, bytes, len);
}

void wire_put_text(struct buf *out, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    wire_put_bytes(out, text, len);
    buf_putc(out, '\0');
}

struct wire wire_begin(const char *bytes, size_t len)
{
    return (struct wire){.at = bytes, .end = bytes + len};
}

/* NULL when there are fewer left. */
static const char *take(struct wire *w, size_t bytes)
{
    if (w->broken || (size_t)(w->end - w->at) < bytes) {
        w->broken = true;
        return NULL;
    }
    const char *from = w->at;
    w->at += bytes;
    return from;
}

static uint64_t number(struct wire *w, size_t bytes)
{
    const char *from = take(w, bytes);
    uint64_t value = 0;
    for (size_t i = 0; from != NULL && i < bytes; i++)
        value = value << 8 | (unsigned char)from[i];
    return value;
}

unsigned wire_byte(struct wire *w)
{
    return (unsigned)number(w, 1);
}

int64_t wire_int(struct wire *w)
{
    return (int64_t)number(w, INT_BYTES);
}

int64_t wire_int_within(struct wire *w, int64_t low, int64_t high)
{
    int64_t value = wire_int(w);
    if (value >= low && value <= high)
        return value;
    w->broken = true;
    return low;
}

size_t wire_count(struct wire *w, size_t size)
{
    uint64_t count = number(w, COUNT_BYTES);
    if (!w->broken && count <= (size_t)(w->end - w->at) / size)
        return (size_t)count;
    w->broken = true;
    return 0;
}

const char *wire_bytes(struct wire *w, size_t *out_len)
{
    size_t len = (size_t)number(w, COUNT_BYTES);
    const char *from = take(w, len);
    *out_len = from != NULL ? len : 0;
    return from != NULL ? from : "";
}

/* It ends where C thinks it ends, or somebody has damaged it. */
static const char *read_text(struct wire *w, size_t *out_len)
{
    const char *from = wire_bytes(w, out_len);
    const char *end = take(w, 1);
    if (end != NULL && memchr(from, '\0', *out_len + 1) == end)
        return from;
    w->broken = true;
    *out_len = 0;
    return "";
}

const char *wire_text(struct wire *w)
{
    size_t len;
    return read_text(w, &len);
}

char *wire_dup_text(struct wire *w)
{
    size_t len;
    const char *from = read_text(w, &len);
    return xstrndup(from, len);
}

void wire_copy_text(struct wire *w, char *out, size_t size)
{
    size_t len;
    const char *from = read_text(w, &len);
    if (len >= size) {
        w->broken = true;
        len = 0;
    }
    memcpy(out, from, len);
    out[len] = '\0';
}

bool wire_ended(const struct wire *w)
{
    return !w->broken && w->at == w->end;
}
