#include "law/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/unicode.h"

#define TAKEN '\x01' /* stands in no text: it is a control character */

/* ---- folding ---- */

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x202f || c == 0x2009 ||
           c == 0x3000;
}

/* Soft hyphen, zero-width characters, word joiner, byte order mark. */
static bool is_invisible(uint32_t c)
{
    return c == 0xad || (c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff;
}

/* The capitals of ASCII and Latin-1: what German and English need. */
static uint32_t small(uint32_t c)
{
    bool capital = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
    return capital ? c + 32 : c;
}

void words_fold(struct buf *out, const char *text, size_t len)
{
    struct buf composed = {0};
    unicode_put_nfc(&composed, text, len);
    const char *at = buf_text(&composed), *end = at + composed.len;
    bool space = true; /* none at the begin */
    buf_puts(out, "");
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        if (is_invisible(c))
            continue;
        if (!is_space(c))
            utf8_put(out, small(c));
        else if (!space)
            buf_putc(out, ' ');
        space = is_space(c);
    }
    buf_free(&composed);
}

/* ---- finding ---- */

static bool is_latin(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7);
}

/* The character that ends before `at`; 0 at the begin. */
static uint32_t before(const char *text, const char *at)
{
    const char *start = at;
    if (at == text)
        return 0;
    do
        start--;
    while (start > text && ((unsigned char)*start & 0xc0) == 0x80);
    return utf8_next(&start, at);
}

static uint32_t first_of(const char *text)
{
    const char *at = text;
    return *text == '\0' ? 0 : utf8_next(&at, text + strlen(text));
}

/* One word, folded, its stars cut off. */
struct needle {
    char *text;
    size_t len;
    bool open_start, open_end;
};

static struct needle needle_of(const char *word, size_t len)
{
    struct needle n = {.open_start = len > 0 && word[0] == '*',
                       .open_end = len > 1 && word[len - 1] == '*'};
    struct buf folded = {0};
    size_t stars = (n.open_start ? 1U : 0U) + (n.open_end ? 1U : 0U);
    words_fold(&folded, word + (n.open_start ? 1 : 0), len - stars);
    n.len = folded.len;
    n.text = buf_steal(&folded);
    return n;
}

/* Does one word end and the next begin between these two? */
static bool is_border(uint32_t left, uint32_t right)
{
    return !is_latin(left) || !is_latin(right);
}

static const char *find(const char *folded, const struct needle *n)
{
    if (n->len == 0)
        return NULL;
    for (const char *at = strstr(folded, n->text); at != NULL; at = strstr(at + 1, n->text)) {
        const char *end = at + n->len;
        if ((n->open_start || is_border(before(folded, at), first_of(at))) &&
            (n->open_end || is_border(before(folded, end), first_of(end))))
            return at;
    }
    return NULL;
}

/* The first of "a|b" that is there; *out_needle is freed with free(out_needle->text). */
static const char *find_alternative(const char *folded, const char *word, struct needle *out_needle)
{
    for (;;) {
        size_t len = strcspn(word, "|");
        *out_needle = needle_of(word, len);
        const char *at = find(folded, out_needle);
        if (at != NULL || word[len] == '\0')
            return at;
        free(out_needle->text);
        word += len + 1;
    }
}

bool words_found(const char *folded, const char *word)
{
    struct needle n;
    bool found = find_alternative(folded, word, &n) != NULL;
    free(n.text);
    return found;
}

void words_put_match(struct buf *out, const char *folded, const char *word)
{
    struct needle n;
    const char *at = find_alternative(folded, word, &n);
    if (at != NULL) {
        const char *end = at + n.len, *stop = folded + strlen(folded), *next = end;
        while (n.open_start && is_latin(before(folded, at)))
            at -= (unsigned char)at[-1] < 0x80 ? 1 : 2; /* Latin letters take no more */
        while (n.open_end && next < stop && is_latin(utf8_next(&next, stop)))
            end = next;
        buf_put(out, at, (size_t)(end - at));
    }
    free(n.text);
}

bool words_contains(const char *folded, const char *text)
{
    struct buf wanted = {0};
    words_fold(&wanted, text, strlen(text));
    bool found = wanted.len > 0 && strstr(folded, buf_text(&wanted)) != NULL;
    buf_free(&wanted);
    return found;
}

/* ---- several words ---- */

struct candidate {
    struct needle needle;
    size_t word;
};

static int longest_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->needle.len != y->needle.len)
        return x->needle.len < y->needle.len ? 1 : -1;
    return x->word < y->word ? -1 : 1;
}

static size_t count_alternatives(const char *const *words, size_t count)
{
    size_t n = count;
    for (size_t i = 0; i < count; i++)
        for (const char *at = words[i]; *at != '\0'; at++)
            n += *at == '|' ? 1 : 0;
    return n;
}

static struct candidate *make_candidates(const char *const *words, size_t count, size_t total)
{
    struct candidate *list = xcalloc(total + 1, sizeof(*list)), *next = list;
    for (size_t i = 0; i < count; i++) {
        const char *at = words[i];
        for (;;) {
            size_t len = strcspn(at, "|");
            *next++ = (struct candidate){needle_of(at, len), i};
            if (at[len] == '\0')
                break;
            at += len + 1;
        }
    }
    qsort(list, total, sizeof(*list), longest_first);
    return list;
}

void words_find_all(const char *folded, const char *const *words, size_t count, bool *found)
{
    size_t total = count_alternatives(words, count);
    struct candidate *list = make_candidates(words, count, total);
    char *text = xstrdup(folded);
    memset(found, 0, count * sizeof(*found));
    for (size_t i = 0; i < total; i++) {
        const struct needle *n = &list[i].needle;
        for (const char *at = find(text, n); at != NULL; at = find(text, n)) {
            found[list[i].word] = true;
            memset(text + (at - text), TAKEN, n->len);
        }
        free(list[i].needle.text);
    }
    free(text);
    free(list);
}

void words_put_name(struct buf *out, const char *word)
{
    buf_put(out, word, strcspn(word, "|"));
}
