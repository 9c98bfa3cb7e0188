#include "render/hide.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* So many stars whatever the length: the length of a Latin name tells a lot about it. */
#define STARS "***"

#define SHOWN_DIGITS 4
#define SHORT_DIGITS 8 /* of a shorter number only two are shown */

static bool is_hangul(uint32_t c)
{
    return c >= 0xac00 && c <= 0xd7a3;
}

/* 김민수 is 김*수, 김수 is 김*, 남궁민수 is 남**수: as Korean offices do it. */
static void put_hangul_name(const char *text, size_t len, size_t characters, struct buf *out)
{
    const char *at = text, *end = text + len;
    for (size_t i = 0; at < end; i++) {
        uint32_t c = utf8_next(&at, end);
        bool last = i + 1 == characters;
        if (i == 0 || (last && characters > 2))
            utf8_put(out, c);
        else
            buf_putc(out, '*');
    }
}

static void put_word(const char *text, size_t len, struct buf *out)
{
    const char *at = text, *end = text + len;
    size_t characters = 0;
    bool hangul = true;
    uint32_t first = utf8_next(&at, end);
    for (at = text; at < end; characters++)
        hangul = is_hangul(utf8_next(&at, end)) && hangul;
    if (hangul) {
        put_hangul_name(text, len, characters, out);
        return;
    }
    utf8_put(out, first);
    buf_puts(out, STARS);
}

static void put_name(const char *text, struct buf *out)
{
    for (const char *at = text; *at != '\0';) {
        size_t spaces = strspn(at, " "), word = strcspn(at + spaces, " ");
        buf_put(out, at, spaces);
        at += spaces;
        if (word > 0)
            put_word(at, word, out);
        at += word;
    }
}

static void put_email(const char *text, struct buf *out)
{
    const char *domain = strrchr(text, '@'), *at = text;
    if (domain == NULL || domain == text) {
        buf_puts(out, STARS);
        return;
    }
    utf8_put(out, utf8_next(&at, domain));
    buf_printf(out, STARS "%s", domain);
}

static bool is_counted(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Separators stay, so that 010-1234-5678 is still seen to be a number of a telephone. */
static void put_number(const char *text, struct buf *out)
{
    size_t digits = 0, seen = 0;
    for (const char *at = text; *at != '\0'; at++)
        digits += is_counted(*at) ? 1 : 0;
    size_t shown = digits >= SHORT_DIGITS ? SHOWN_DIGITS : digits > SHOWN_DIGITS ? 2 : 0;
    for (const char *at = text; *at != '\0'; at++) {
        bool hidden = is_counted(*at) && ++seen + shown <= digits;
        buf_putc(out, hidden ? '*' : *at);
    }
}

static enum hide_kind kind_by_look(const char *text)
{
    if (strchr(text, '@') != NULL)
        return HIDE_EMAIL;
    bool number = text[strspn(text, "0123456789+-/. ()")] == '\0' && strpbrk(text, "0123456789");
    return number ? HIDE_NUMBER : HIDE_NAME;
}

void hide_put(enum hide_kind kind, const char *text, struct buf *out)
{
    switch (kind == HIDE_BY_LOOK ? kind_by_look(text) : kind) {
    case HIDE_EMAIL:
        put_email(text, out);
        break;
    case HIDE_NUMBER:
        put_number(text, out);
        break;
    case HIDE_BY_LOOK:
    case HIDE_NAME:
        put_name(text, out);
        break;
    }
}
