#include "model/token.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"

#define MAC_CHARACTERS 16 /* of 5 bits each */

static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static const char *const purposes[] = {
    [TOKEN_DELIVERY] = "delivery",
    [TOKEN_CALLBACK] = "callback",
};

static void put_mac(struct buf *out, const unsigned char key[TOKEN_KEY_SIZE],
                    enum token_purpose purpose, int64_t number, const char *subject)
{
    struct buf text = {0};
    unsigned char mac[DIGEST_SIZE];
    buf_printf(&text, "%s:%lld:%s", purposes[purpose], (long long)number, subject);
    digest_hmac_sha256(key, TOKEN_KEY_SIZE, text.data, text.len, mac);
    buf_free(&text);
    for (size_t i = 0; i < MAC_CHARACTERS; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)mac[bit / 8] << 8 | mac[bit / 8 + 1];
        buf_putc(out, digits[pair >> (11 - bit % 8) & 31]);
    }
}

static void put_number(struct buf *out, int64_t number)
{
    char text[16];
    size_t at = sizeof(text);
    do {
        text[--at] = digits[number % 36];
        number /= 36;
    } while (number > 0);
    buf_put(out, text + at, sizeof(text) - at);
}

void token_put(struct buf *out, const unsigned char key[TOKEN_KEY_SIZE], enum token_purpose purpose,
               int64_t number, const char *subject)
{
    put_number(out, number);
    buf_puts(out, "-");
    put_mac(out, key, purpose, number, subject);
}

static bool read_number(const char *text, size_t len, int64_t *out)
{
    int64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        const char *at = memchr(digits, text[i], sizeof(digits) - 1);
        if (at == NULL || number > (INT64_MAX - (at - digits)) / 36)
            return false;
        number = number * 36 + (at - digits);
    }
    *out = number;
    return len > 0;
}

/* In a time that does not tell where they differ. */
static bool same(const char *a, const char *b, size_t len)
{
    unsigned difference = 0;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
    return difference == 0;
}

bool token_read(const char *text, size_t len, const unsigned char key[TOKEN_KEY_SIZE],
                enum token_purpose purpose, const char *subject, int64_t *out_number)
{
    char lower[TOKEN_SIZE];
    if (len >= sizeof(lower) || len < MAC_CHARACTERS + 2)
        return false;
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    size_t dash = len - MAC_CHARACTERS - 1;
    struct buf mac = {0};
    if (lower[dash] != '-' || !read_number(lower, dash, out_number))
        return false;
    put_mac(&mac, key, purpose, *out_number, subject);
    bool ours = same(mac.data, lower + dash + 1, MAC_CHARACTERS);
    buf_free(&mac);
    return ours;
}
