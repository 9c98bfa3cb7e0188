#include "people/garbled.h"

#include <stdint.h>

#include "base/attributes.h"
#include "base/text.h"

#define REPLACEMENT 0xfffd

/* ---- UTF-8 that was read as Windows-1252 ---- */

/* The byte a character is in Windows-1252; 0: it has none. */
static uint32_t byte_of(uint32_t c)
{
    static const uint32_t above_80[] = {
        0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0,      0x17d,  0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178,
    };
    if (c >= 0x80 && c <= 0xff)
        return c;
    for (uint32_t i = 0; c > 0xff && i < COUNT_OF(above_80); i++) {
        if (above_80[i] == c)
            return 0x80 + i;
    }
    return 0;
}

static bool continues(const char **at, const char *end)
{
    uint32_t byte = *at < end ? byte_of(utf8_next(at, end)) : 0;
    return byte >= 0x80 && byte <= 0xbf;
}

/* "Ã¼" was ü, "ê¹€" was 김. Other first bytes are left out: behind the ß of Groß’ stands a quote.
 */
static bool is_utf8_anew(uint32_t c, const char *at, const char *end)
{
    if (c == 0xc2 || c == 0xc3)
        return continues(&at, end);
    return c >= 0xe0 && c <= 0xef && continues(&at, end) && continues(&at, end);
}

/* ---- Korean that was read as Windows-1252 ---- */

/* Beside a letter these stand in nobody's name. */
static bool is_sign(uint32_t c)
{
    static const uint32_t signs[] = {0xa4, 0xa6, 0xac, 0xb1, 0xb2, 0xb3,
                                     0xb6, 0xb9, 0xbc, 0xbd, 0xbe};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (signs[i] == c)
            return true;
    }
    return false;
}

bool garbled_is(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    size_t questions = 0;
    uint32_t before = 0;
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        questions = c == '?' ? questions + 1 : 0;
        bool read_wrong = is_utf8_anew(c, at, end) || (is_sign(c) && before >= 0xc0) ||
                          (is_sign(before) && c >= 0xc0 && c <= 0xff);
        if (c == REPLACEMENT || questions == 2 || read_wrong)
            return true;
        before = c;
    }
    return questions > 0 && len == 1;
}
