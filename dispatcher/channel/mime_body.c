#include "channel/mime_body.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/digest.h"

#define TEXT_MAX     75 /* in a line, before the = of a soft break (RFC 2045 6.7) */
#define BASE64_BYTES 57 /* of input per line of 76 */

/* The text holds no NUL, but one stands behind it (struct buf): strcspn() stays inside. */

/* Length of the line break at `at`: CRLF 2, a lone CR or LF 1, otherwise 0. */
static size_t line_break(const char *at, const char *stop)
{
    if (*at == '\r')
        return at + 1 < stop && at[1] == '\n' ? 2 : 1;
    return *at == '\n' ? 1 : 0;
}

static size_t sequence_length(unsigned char lead)
{
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static void put_hex(struct buf *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char triple[3] = {'=', digits[byte >> 4], digits[byte & 15]};
    buf_put(out, triple, sizeof(triple));
}

/*
 * Would this start of a line be misread? A dot, so that no line can end the DATA of SMTP whatever
 * happens to its neighbours; "From ", which mailboxes change to ">From ".
 */
static bool is_risky_start(const char *at, const char *stop)
{
    return *at == '.' || (stop - at >= 5 && memcmp(at, "From ", 5) == 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_literal(unsigned char c)
{
    return (c >= ' ' && c <= '~' && c != '=') || c == '\t';
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Are eight bytes all printable ASCII, and none "="? The usual tests for a byte below 0x20 and for
 * one that is zero, of the eight at once. */
static bool are_literal(const char *at)
{
    uint64_t word, equals, del;
    memcpy(&word, at, sizeof(word));
    equals = word ^ EACH_BYTE('=');
    del = word ^ EACH_BYTE(0x7f);
    uint64_t bad = word | ((word - EACH_BYTE(' ')) & ~word) | ((equals - EACH_BYTE(1)) & ~equals) |
                   ((del - EACH_BYTE(1)) & ~del);
    return (bad & EACH_BYTE(0x80)) == 0;
}

/* How many bytes, at most `room`, may stand as they are: not white space that ends a line. */
static size_t literal_run(const char *at, const char *stop, size_t room)
{
    size_t run = 0;
    size_t left = (size_t)(stop - at);
    room = left < room ? left : room;
    while (room - run >= sizeof(uint64_t) && are_literal(at + run))
        run += sizeof(uint64_t);
    while (run < room && is_literal((unsigned char)at[run]))
        run++;
    return run > 0 && run == left && is_blank(at[run - 1]) ? run - 1 : run;
}

/* One line without its end; the bytes of a character are not torn by a soft break. */
static void put_quoted_line(struct buf *out, const char *at, const char *stop)
{
    size_t col = 0;
    while (at < stop) {
        size_t room = TEXT_MAX - col;
        size_t run = col == 0 && is_risky_start(at, stop) ? 0 : literal_run(at, stop, room);
        size_t bytes = sequence_length((unsigned char)*at);
        if (run > 0) {
            buf_put(out, at, run);
            col += run;
            at += run;
        } else if (3 * bytes > room) {
            buf_put(out, "=\r\n", 3);
            col = 0;
        } else {
            for (size_t i = 0; i < bytes; i++)
                put_hex(out, (unsigned char)at[i]);
            col += 3 * bytes;
            at += bytes;
        }
    }
}

static void put_quoted_printable(struct buf *out, const char *text, size_t len)
{
    const char *stop = text + len;
    while (text < stop) {
        size_t line = strcspn(text, "\r\n");
        put_quoted_line(out, text, text + line);
        buf_put(out, "\r\n", 2);
        text += line;
        if (text < stop)
            text += line_break(text, stop);
    }
}

static void put_crlf_lines(struct buf *out, const char *text, size_t len)
{
    const char *stop = text + len;
    while (text < stop) {
        size_t part = strcspn(text, "\r\n");
        buf_put(out, text, part);
        text += part;
        if (text < stop)
            text += line_break(text, stop);
        buf_put(out, "\r\n", 2);
    }
}

static void put_base64(struct buf *out, const char *text, size_t len)
{
    struct buf lines = {0};
    buf_reserve(&lines, len + len / 16);
    put_crlf_lines(&lines, text, len);
    for (size_t at = 0; at < lines.len; at += BASE64_BYTES) {
        size_t left = lines.len - at;
        base64_put(out, lines.data + at, left < BASE64_BYTES ? left : BASE64_BYTES);
        buf_put(out, "\r\n", 2);
    }
    buf_free(&lines);
}

/* Quoted-printable triples a byte outside ASCII, base64 adds a third to all: the shorter one. */
static bool is_mostly_ascii(const struct buf *text)
{
    size_t other = 0, i = 0;
    uint64_t word;
    for (; i + sizeof(word) <= text->len; i += sizeof(word)) {
        memcpy(&word, text->data + i, sizeof(word));
        other += ((word >> 7 & EACH_BYTE(1)) * EACH_BYTE(1)) >> 56; /* the sum of eight ones */
    }
    for (; i < text->len; i++)
        other += (unsigned char)text->data[i] >= 0x80;
    return other * 6 <= text->len;
}

void mime_put_part(struct buf *out, const char *type, const struct buf *text)
{
    bool quoted = is_mostly_ascii(text);
    buf_printf(out, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
               type, quoted ? "quoted-printable" : "base64");
    /* Once, and mostly enough: base64 and its line ends; what quoted-printable adds to letters. */
    buf_reserve(out, text->len + text->len / 2 + 128);
    if (quoted)
        put_quoted_printable(out, text->data, text->len);
    else
        put_base64(out, text->data, text->len);
}
