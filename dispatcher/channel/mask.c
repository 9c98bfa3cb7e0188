#include "channel/mask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

void mask_put(struct buf *out, const char *text, size_t len, const char *const *secrets,
              size_t count)
{
    const char *at = text, *end = text + len;
    while (at < end) {
        size_t hidden = 0;
        for (size_t i = 0; i < count && hidden == 0; i++) {
            if (strlen(secrets[i]) >= MASK_LENGTH_MIN)
                hidden = match_secret(at, end, secrets[i]);
        }
        if (hidden > 0)
            buf_puts(out, "***");
        else
            buf_putc(out, *at);
        at += hidden > 0 ? hidden : 1;
    }
}
