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

/* A phrase without its stars. */
struct phrase {
    const char *start, *stop;
    bool open_left, open_right;
    uint32_t lead; /* its first byte; of a capital that of the small letter */
};

/* Folding changes the first byte of ASCII only: beyond it, both cases begin with the same one. */
static uint32_t lead(const char *at)
{
    uint32_t c = (unsigned char)*at;
    return c < 0x80 ? fold(c) : c;
}

static struct phrase read_phrase(const char *text)
{
    struct phrase p = {.start = text, .stop = text + strlen(text)};
    p.open_left = *text == '*';
    p.open_right = p.stop > text && p.stop[-1] == '*';
    p.start += p.open_left ? 1 : 0;
    p.stop -= p.open_right && p.stop > p.start ? 1 : 0;
    p.lead = p.start < p.stop ? lead(p.start) : 0;
    return p;
}

/* Where it ends if it stands at `at`, NULL if not. */
static const char *stands(const struct phrase *p, const char *begin, const char *at,
                          const char *end)
{
    const char *behind = match(at, end, p->start, p->stop), *next = behind;
    if (behind == NULL || (!p->open_left && at > begin && lint_is_word(previous(begin, at))))
        return NULL;
    bool goes_on = behind < end && lint_is_word(utf8_next(&next, end));
    return goes_on && !p->open_right ? NULL : behind;
}

bool lint_find(const char *plain, size_t len, const char *phrase, size_t from,
               struct lint_span *out)
{
    const struct phrase p = read_phrase(phrase);
    const char *end = plain + len;
    for (const char *at = plain + from; at < end && p.start < p.stop; at++) {
        /* Nearly everywhere the first byte tells that it is not here. */
        const char *behind = lead(at) == p.lead ? stands(&p, plain, at, end) : NULL;
        if (behind == NULL)
            continue;
        *out = (struct lint_span){(size_t)(at - plain), (size_t)(behind - plain)};
        return true;
    }
    return false;
}

bool lint_begins(const char *plain, size_t len, const char *phrase, size_t *out_end)
{
    const struct phrase p = read_phrase(phrase);
    bool nothing = len == 0 || p.start == p.stop;
    const char *behind = nothing ? NULL : stands(&p, plain, plain, plain + len);
    if (behind == NULL)
        return false;
    *out_end = (size_t)(behind - plain);
    return true;
}
