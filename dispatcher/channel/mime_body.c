#include "channel/mime_body.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/digest.h"
#include "channel/mime_pieces.h"

#define TEXT_MAX     75 /* in a line, before the = of a soft break (RFC 2045 6.7) */
#define BASE64_BYTES 57 /* of input per line of 76 */

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

/* The bytes of a character are not torn by a soft break. */
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
    buf_put(out, "\r\n", 2);
}

static void put_plain_line(struct buf *out, const char *at, const char *stop)
{
    buf_put(out, at, (size_t)(stop - at));
    buf_put(out, "\r\n", 2);
}

static void put_base64_line(struct buf *out, const char *at, const char *stop)
{
    base64_put(out, at, (size_t)(stop - at));
    buf_put(out, "\r\n", 2);
}

static bool put_base64(const struct mime_kind *kind, const struct buf *text, struct buf *out)
{
    struct mime_kind groups = *kind;
    struct buf lines = {0};
    groups.piece_len = BASE64_BYTES;
    groups.put_piece = put_base64_line;
    buf_reserve(&lines, text->len + text->len / 16);
    bool good = mime_put_pieces(kind, text, &lines) && mime_put_pieces(&groups, &lines, out);
    buf_free(&lines);
    return good;
}

#define COUNTED (24 * sizeof(uint64_t)) /* eight sums of at most 24: their sum is a byte, too */

/* How many of COUNTED bytes are outside of ASCII, eight at a time. */
static size_t count_other(const char *at)
{
    uint64_t sums = 0, word;
    for (size_t i = 0; i < COUNTED; i += sizeof(word)) {
        memcpy(&word, at + i, sizeof(word));
        sums += word >> 7 & EACH_BYTE(1);
    }
    return (sums * EACH_BYTE(1)) >> 56;
}

/* Quoted-printable triples a byte outside ASCII, base64 adds a third to all: the shorter one. */
static bool is_mostly_ascii(const struct buf *text)
{
    const char *at = text->data, *stop = at + text->len;
    size_t other = 0;
    while ((size_t)(stop - at) >= COUNTED) {
        other += count_other(at);
        at += COUNTED;
    }
    for (; at < stop; at++)
        other += (unsigned char)*at >= 0x80;
    return other * 6 <= text->len;
}

bool mime_put_part(struct buf *out, const char *type, const char *language, const struct buf *text)
{
    bool quoted = is_mostly_ascii(text);
    const struct mime_kind kind = {
        .type = type,
        .language = language,
        .put_piece = quoted ? put_quoted_line : put_plain_line,
    };
    buf_puts(out, "Content-Type: ");
    buf_puts(out, type);
    buf_puts(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
    buf_puts(out, quoted ? "quoted-printable\r\n\r\n" : "base64\r\n\r\n");
    /* Once, and mostly enough: base64 and its line ends; what quoted-printable adds to letters. */
    buf_reserve(out, text->len + text->len / 2 + 128);
    return quoted ? mime_put_pieces(&kind, text, out) : put_base64(&kind, text, out);
}
