#include "channel/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* Bytes of `at` that spell `c`: 1 as it is, 3 as %XX, 0 if they do not. */
static size_t match_byte(const char *at, const char *end, char c)
{
    if (at < end && (*at == c || (*at == '+' && c == ' ')))
        return 1;
    if (end - at < 3 || *at != '%' || !isxdigit((unsigned char)at[1]) ||
        !isxdigit((unsigned char)at[2]))
        return 0;
    const char digits[3] = {at[1], at[2], '\0'};
    return strtoul(digits, NULL, 16) == (unsigned char)c ? 3 : 0;
}

static size_t match_secret(const char *at, const char *end, const char *secret)
{
    const char *start = at;
    for (; *secret != '\0'; secret++) {
        size_t step = match_byte(at, end, *secret);
        if (step == 0)
            return 0;
        at += step;
    }
    return (size_t)(at - start);
}

static size_t match_any(const char *at, const char *end, const char *const *secrets, size_t count)
{
    size_t hidden = 0;
    for (size_t i = 0; i < count && hidden == 0; i++) {
        if (strlen(secrets[i]) >= MASK_LENGTH_MIN)
            hidden = match_secret(at, end, secrets[i]);
    }
    return hidden;
}

static bool is_base64(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/';
}

/* The length of the word of base64 that begins at `at`, 0 if none does. */
static size_t measure_word(const char *text, const char *at, const char *end)
{
    size_t len = 0, padding = 0;
    if (at > text && is_base64(at[-1]))
        return 0;
    while (at + len < end && is_base64(at[len]))
        len++;
    while (len > 0 && padding < 2 && at + len + padding < end && at[len + padding] == '=')
        padding++;
    return len + padding;
}

/* Its length if it holds a secret. */
static size_t match_word(const char *at, size_t len, const char *const *secrets, size_t count)
{
    struct buf bytes = {0};
    size_t hidden = 0;
    if (len > 0 && base64_decode(at, len, &bytes)) {
        for (size_t i = 0; i < bytes.len && hidden == 0; i++)
            hidden = match_any(bytes.data + i, bytes.data + bytes.len, secrets, count);
    }
    buf_free(&bytes);
    return hidden > 0 ? len : 0;
}

void mask_put(struct buf *out, const char *text, size_t len, const char *const *secrets,
              size_t count)
{
    const char *at = text, *end = text + len;
    while (at < end) {
        size_t hidden = match_any(at, end, secrets, count);
        if (hidden == 0)
            hidden = match_word(at, measure_word(text, at, end), secrets, count);
        if (hidden > 0)
            buf_puts(out, "***");
        else
            buf_putc(out, *at);
        at += hidden > 0 ? hidden : 1;
    }
}
