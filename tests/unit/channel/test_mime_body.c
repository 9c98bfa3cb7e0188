/*
 * Parts of random mails to the readers of random batches, one after the other, each compared with
 * what a simple encoder without any memory makes of it.
 *
 *     test_mime_body [SEED [ROUNDS]]
 */
#include "channel/mime_body.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/digest.h"
#include "base/text.h"

static uint32_t seed = 3;
static long rounds = 4000;

/* xorshift: the same mails in every run. */
static uint32_t next_of(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

static uint32_t below(uint32_t bound)
{
    return next_of(&seed) % bound;
}

/* ---- without memory ---- */

static size_t character_length(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static bool stands_for_itself(const char *at, const char *stop, size_t col)
{
    bool blank = *at == ' ' || *at == '\t';
    bool risky = *at == '.' || strncmp(at, "From ", 5) == 0;
    return ((*at >= ' ' && *at <= '~' && *at != '=') || *at == '\t') &&
           !(blank && at + 1 == stop) && !(risky && col == 0);
}

static void quote_line(const char *at, const char *stop, struct buf *out)
{
    size_t col = 0;
    while (at < stop) {
        bool literal = stands_for_itself(at, stop, col);
        size_t bytes = literal ? 1 : character_length((unsigned char)*at);
        size_t size = literal ? 1 : 3 * bytes;
        if (col + size > 75) {
            buf_puts(out, "=\r\n");
            col = 0;
            continue;
        }
        for (size_t i = 0; i < bytes; i++)
            buf_printf(out, literal ? "%c" : "=%02X", (unsigned char)at[i]);
        col += size;
        at += bytes;
    }
    buf_puts(out, "\r\n");
}

static void copy_line(const char *at, const char *stop, struct buf *out)
{
    buf_put(out, at, (size_t)(stop - at));
    buf_puts(out, "\r\n");
}

static void each_line(const struct buf *text, void (*put)(const char *, const char *, struct buf *),
                      struct buf *out)
{
    const char *at = buf_text(text), *stop = at + text->len;
    while (at < stop) {
        const char *end = at + strcspn(at, "\r\n");
        put(at, end, out);
        at = end + (end[0] == '\r' && end[1] == '\n' ? 2 : 1);
    }
}

static void put_base64(const struct buf *text, struct buf *out)
{
    struct buf lines = {0};
    each_line(text, copy_line, &lines);
    for (size_t at = 0; at < lines.len; at += 57) {
        base64_put(out, lines.data + at, lines.len - at < 57 ? lines.len - at : 57);
        buf_puts(out, "\r\n");
    }
    buf_free(&lines);
}

static void put_simply(const char *type, const struct buf *text, struct buf *out)
{
    size_t other = 0;
    for (size_t i = 0; i < text->len; i++)
        other += (unsigned char)text->data[i] >= 0x80;
    bool quoted = other * 6 <= text->len;
    buf_printf(out, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
               type, quoted ? "quoted-printable" : "base64");
    if (quoted)
        each_line(text, quote_line, out);
    else
        put_base64(text, out);
}

/* ---- mails ---- */

static const char *const pieces[] = {"Wort",
                                     " ",
                                     "  ",
                                     "\t",
                                     ".",
                                     "=",
                                     "From ",
                                     "ü",
                                     "ß",
                                     "한국어",
                                     "은행에서 알려 드립니다",
                                     "😀",
                                     "a,b",
                                     "\"",
                                     "\x7f",
                                     "\x0b",
                                     "Ein Satz, der allen gesagt wird. ",
                                     "EinWortDasKeinEndeNimmt",
                                     "<td style=\"color:#123\">",
                                     "0123456789012345678901234567890123456789"};

static void put_line(uint32_t *of, bool korean, struct buf *out)
{
    static const unsigned lengths[] = {0, 1, 2, 5, 5, 9, 30};
    for (unsigned left = lengths[next_of(of) % COUNT_OF(lengths)]; left > 0; left--)
        buf_puts(out, korean && next_of(of) % 2 == 0 ? "한국어 문장"
                                                     : pieces[next_of(of) % COUNT_OF(pieces)]);
}

static void put_end(struct buf *out)
{
    static const char *const ends[] = {"", "\r\n", "\r", "\n\n", "kein Ende", " "};
    if (below(12) == 0)
        buf_puts(out, ends[below(COUNT_OF(ends))]);
}

/* A mail of the batch to somebody: some lines are their own, came, or went. */
static void put_mail(unsigned batch, struct buf *out)
{
    uint32_t of_all = 1000 + batch;
    unsigned lines = next_of(&of_all) % 60, own = 1 + below(20);
    if (below(40) == 0)
        lines = below(lines + 1);
    for (unsigned i = 0; i < lines; i++) {
        bool different = below(own) == 0 && below(3) == 0;
        if (different && below(3) == 0)
            put_line(&seed, batch % 3 == 0, out);
        if (!different || below(2) == 0)
            put_line(different ? &seed : &of_all, batch % 3 == 0, out);
        buf_puts(out, "\n");
    }
    put_end(out);
}

/* Bytes that are no text, somewhere. */
static void spoil(struct buf *text)
{
    static const char bad[] = {'\0', '\xff', '\xc3', '\xe0'};
    if (text->len > 0)
        text->data[below((uint32_t)text->len)] = bad[below(sizeof(bad))];
}

static bool is_text(const struct buf *text)
{
    return memchr(buf_text(text), '\0', text->len) == NULL && utf8_valid(buf_text(text), text->len);
}

static void try_mail(void)
{
    static const char *const types[] = {"text/plain", "text/html"};
    static const char *const languages[] = {
        "de",    "ko", "en", "",
        "de-AT", "ja", "fr", "x-a-language-whose-name-is-longer-than-is-kept"};
    struct buf text = {0}, expected = {0}, found = {0};
    const char *type = types[below(2)];
    put_mail(below(6), &text);
    if (below(60) == 0)
        spoil(&text);
    const char *language = below(4) > 0 ? "de" : languages[below(COUNT_OF(languages))];
    bool good = text.len == 0 || mime_put_part(&found, type, language, &text);
    assert_int_equal(good, is_text(&text));
    if (good && text.len > 0) {
        put_simply(type, &text, &expected);
        assert_int_equal(found.len, expected.len);
        assert_memory_equal(found.data, expected.data, found.len);
    }
    buf_free(&text);
    buf_free(&expected);
    buf_free(&found);
}

static void every_part_is_encoded_as_if_it_were_the_first(void **state)
{
    (void)state;
    for (long i = 0; i < rounds; i++)
        try_mail();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_encoded_as_if_it_were_the_first),
    };
    seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : seed;
    rounds = argc > 2 ? strtol(argv[2], NULL, 10) : rounds;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
