#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

/* Length of a sequence by its first byte and the smallest code point it may carry; 0 = not a first
 * byte. */
static size_t sequence_length(unsigned char first, uint32_t *out_minimum, uint32_t *out_bits)
{
    if (first < 0x80) {
        *out_minimum = 0;
        *out_bits = first;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        *out_minimum = 0x80;
        *out_bits = first & 0x1f;
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        *out_minimum = 0x800;
        *out_bits = first & 0x0f;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *out_minimum = 0x10000;
        *out_bits = first & 0x07;
        return 4;
    }
    return 0;
}

/* The code point at `at`, or -1; its length in bytes in *out_length. */
static int64_t decode(const char *at, const char *end, size_t *out_length)
{
    uint32_t minimum, value;
    size_t length = sequence_length((unsigned char)*at, &minimum, &value);
    if (length == 0 || (size_t)(end - at) < length)
        return -1;
    for (size_t i = 1; i < length; i++) {
        unsigned char c = (unsigned char)at[i];
        if ((c & 0xc0) != 0x80)
            return -1;
        value = value << 6 | (c & 0x3f);
    }
    if (value < minimum || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return -1;
    *out_length = length;
    return value;
}

uint32_t utf8_next(const char **at, const char *end)
{
    if (*at < end && (unsigned char)**at < 0x80)
        return (unsigned char)*(*at)++;
    size_t length = 1;
    int64_t value = decode(*at, end, &length);
    *at += value < 0 ? 1 : length;
    return value < 0 ? 0xfffd : (uint32_t)value;
}

/* Where the bytes beyond ASCII begin, looked for eight at a time: most text has few or none. */
static const char *skip_ascii(const char *at, const char *end)
{
    uint64_t word;
    for (; (size_t)(end - at) >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (at < end && (unsigned char)*at < 0x80)
        at++;
    return at;
}

bool utf8_valid(const char *text, size_t len)
{
    const char *end = text + len;
    while (text < end) {
        size_t length = 1;
        if ((unsigned char)*text < 0x80)
            text = skip_ascii(text, end);
        else if (decode(text, end, &length) < 0)
            return false;
        else
            text += length;
    }
    return true;
}

void utf8_put(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
    } else if (c < 0x800) {
        buf_putc(out, (char)(0xc0 | c >> 6));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_putc(out, (char)(0xe0 | c >> 12));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_putc(out, (char)(0xf0 | c >> 18));
        buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
    }
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text), tail = strlen(suffix);
    return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

bool text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

/* Without the white space around it. */
static size_t find_name(const char **text)
{
    static const char white[] = " \t\r\n";
    *text += strspn(*text, white);
    size_t len = strlen(*text);
    while (len > 0 && strchr(white, (*text)[len - 1]) != NULL)
        len--;
    return len;
}

bool text_same_name(const char *a, const char *b)
{
    size_t len = find_name(&a);
    return find_name(&b) == len && strncasecmp(a, b, len) == 0;
}

bool text_parse_int(const char *text, int64_t *out)
{
    const char *digits = *text == '-' ? text + 1 : text;
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    *out = value;
    return errno == 0;
}

bool text_matches_wildcard(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

#define LONGEST_NAME 64

/* Edit distance with neighbouring letters swapped counted once; names are short, so three rows
 * suffice. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_NAME + 1];
    size_t la = strlen(a), lb = strlen(b);
    if (la > LONGEST_NAME || lb > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[la % 3][lb];
}

const char *text_closest(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3;
    size_t best_distance = (limit > 2 ? limit : 2) + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, names[i]);
        if (distance < best_distance && distance < strlen(names[i])) {
            best_distance = distance;
            best = names[i];
        }
    }
    return best;
}

const char *text_plural(int64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

void text_put_choice(struct buf *out, const char *word, size_t index, size_t count)
{
    if (index > 0)
        buf_puts(out, index + 1 == count ? " or " : ", ");
    buf_puts(out, word);
}

void text_put_visible(struct buf *out, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;
    while (at < end) {
        size_t length = 1;
        int64_t c = decode(at, end, &length);
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
                       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        for (size_t i = 0; control && i < length; i++)
            buf_printf(out, "\\x%02x", (unsigned char)at[i]);
        if (!control)
            buf_put(out, at, length);
        at += length;
    }
}

void text_put_visible_lines(struct buf *out, const char *text)
{
    size_t len = strcspn(text, "\n");
    text_put_visible(out, text, len);
    while (text[len] == '\n') {
        text += len + 1;
        len = strcspn(text, "\n");
        buf_putc(out, '\n');
        text_put_visible(out, text, len);
    }
}
