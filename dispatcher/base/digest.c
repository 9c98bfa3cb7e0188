#include "base/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/alloc.h"

void digest_sha256(const void *bytes, size_t len, unsigned char out[DIGEST_SIZE])
{
    if (EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

struct digest {
    EVP_MD_CTX *running;
    EVP_MD_CTX *asked; /* a copy to finish, so that the running one can go on */
};

struct digest *digest_begin(void)
{
    struct digest *d = xmalloc(sizeof(*d));
    *d = (struct digest){.running = EVP_MD_CTX_new(), .asked = EVP_MD_CTX_new()};
    if (d->running == NULL || d->asked == NULL ||
        EVP_DigestInit_ex(d->running, EVP_sha256(), NULL) != 1)
        abort();
    return d;
}

void digest_put(struct digest *d, const void *bytes, size_t len)
{
    if (EVP_DigestUpdate(d->running, bytes, len) != 1)
        abort();
}

void digest_sum(const struct digest *d, unsigned char out[DIGEST_SIZE])
{
    if (EVP_MD_CTX_copy_ex(d->asked, d->running) != 1 ||
        EVP_DigestFinal_ex(d->asked, out, NULL) != 1)
        abort();
}

void digest_one(struct digest *d, const void *bytes, size_t len, unsigned char out[DIGEST_SIZE])
{
    if (EVP_DigestInit_ex(d->running, NULL, NULL) != 1 ||
        EVP_DigestUpdate(d->running, bytes, len) != 1 ||
        EVP_DigestFinal_ex(d->running, out, NULL) != 1)
        abort();
}

void digest_end(struct digest *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->running);
    EVP_MD_CTX_free(d->asked);
    free(d);
}

const char *digest_hex(const unsigned char digest[DIGEST_SIZE], char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[DIGEST_HEX_SIZE - 1] = '\0';
    return out;
}

void digest_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                        unsigned char out[DIGEST_SIZE])
{
    unsigned int size = DIGEST_SIZE;
    if (HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, &size) == NULL)
        abort();
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 24 bits as four characters; the caller has made room. */
static void put_quad(struct buf *out, uint32_t group)
{
    char *at = out->data + out->len;
    at[0] = alphabet[group >> 18 & 63];
    at[1] = alphabet[group >> 12 & 63];
    at[2] = alphabet[group >> 6 & 63];
    at[3] = alphabet[group & 63];
    out->len += 4;
}

void base64_put(struct buf *out, const void *bytes, size_t len)
{
    const unsigned char *in = bytes;
    size_t i = 0;
    buf_reserve(out, (len + 2) / 3 * 4);
    for (; i + 3 <= len; i += 3)
        put_quad(out, (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2]);
    if (i < len) {
        put_quad(out, (uint32_t)in[i] << 16 | (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0));
        out->data[out->len - 1] = '=';
        out->data[out->len - 2] = i + 1 < len ? out->data[out->len - 2] : '=';
    }
    if (out->data != NULL)
        out->data[out->len] = '\0';
}

bool base64_decode(const char *text, size_t len, struct buf *out)
{
    uint32_t bits = 0;
    int have = 0;
    size_t start = out->len, padding = 0;
    for (; padding < 2 && len > 0 && text[len - 1] == '='; padding++)
        len--;
    if (len % 4 == 1 || (padding > 0 && (len + padding) % 4 != 0))
        return false;
    for (size_t i = 0; i < len; i++) {
        const char *at = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);
        if (at == NULL) {
            buf_truncate(out, start);
            return false;
        }
        bits = bits << 6 | (uint32_t)(at - alphabet);
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_putc(out, (char)(bits >> have & 0xff));
        }
    }
    return true;
}
