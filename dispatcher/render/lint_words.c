#include "render/lint_words.h"

#include <string.h>

#include "base/text.h"
#include "render/letter_units.h"

bool lint_is_word(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= 0xc0 && c < 0x2000) || (c >= 0x3040 && c < 0xff00);
}

static uint32_t fold(uint32_t c)
{
    bool upper = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
    return upper ? c + 32 : c;
}

static uint32_t previous(const char *begin, const char *at)
{
    const char *p = at;
    do
        p--;
    while (p > begin && ((unsigned char)*p & 0xc0) == 0x80);
    return utf8_next(&p, at);
}

/* Where the words of the phrase end, NULL if they do not stand at `at`. */
static const char *match(const char *at, const char *end, const char *phrase, const char *stop)
{
    while (phrase < stop) {
        if (*phrase == ' ') {
            if (at == end || *at != ' ')
                return NULL;
            while (at < end && *at == ' ')
                at++;
            phrase++;
        } else if (at == end || fold(utf8_next(&at, end)) != fold(utf8_next(&phrase, stop))) {
            return NULL;
        }
    }
    return at;
}

bool lint_find(const char *plain, size_t len, const char *phrase, size_t from,
               struct lint_span *out)
{
    const char *end = plain + len, *stop = phrase + strlen(phrase);
    bool open_left = *phrase == '*', open_right = stop > phrase && stop[-1] == '*';
    phrase += open_left ? 1 : 0;
    stop -= open_right && stop > phrase ? 1 : 0;
    for (const char *at = plain + from; at < end && phrase < stop; utf8_next(&at, end)) {
        const char *behind = match(at, end, phrase, stop), *next = behind;
        if (behind == NULL || (!open_left && at > plain && lint_is_word(previous(plain, at))))
            continue;
        if (!open_right && behind < end && lint_is_word(utf8_next(&next, end)))
            continue;
        *out = (struct lint_span){(size_t)(at - plain), (size_t)(behind - plain)};
        return true;
    }
    return false;
}
