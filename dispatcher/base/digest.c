#include "base/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/alloc.h"

/* Asked for by its name in every call, it would be looked for in every call. */
static const EVP_MD *sha256(void)
{
    static EVP_MD *found;
    if (found == NULL)
        found = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (found == NULL)
        abort();
    return found;
}

void digest_sha256(const void *bytes, size_t len, unsigned char out[DIGEST_SIZE])
{
    if (EVP_Digest(bytes, len, out, NULL, sha256(), NULL) != 1)
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

void digest_hmac_sha1(const void *key, size_t key_len, const void *bytes, size_t len,
                      unsigned char out[DIGEST_SHA1_SIZE])
{
    unsigned int size = DIGEST_SHA1_SIZE;
    if (HMAC(EVP_sha1(), key, (int)key_len, bytes, len, out, &size) == NULL)
        abort();
}

bool digest_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

struct ed25519 {
    EVP_PKEY *key;
    EVP_MD_CTX *context;
};

struct ed25519 *ed25519_open(const unsigned char seed[ED25519_SEED_SIZE])
{
    struct ed25519 *k = xmalloc(sizeof(*k));
    k->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_SIZE);
    k->context = EVP_MD_CTX_new();
    if (k->key == NULL || k->context == NULL)
        abort();
    return k;
}

void ed25519_public(const struct ed25519 *k, unsigned char out[ED25519_PUBLIC_SIZE])
{
    size_t size = ED25519_PUBLIC_SIZE;
    if (EVP_PKEY_get_raw_public_key(k->key, out, &size) != 1)
        abort();
}

void ed25519_sign(const struct ed25519 *k, const void *bytes, size_t len,
                  unsigned char out[ED25519_SIGNATURE_SIZE])
{
    size_t size = ED25519_SIGNATURE_SIZE;
    if (EVP_MD_CTX_reset(k->context) != 1 ||
        EVP_DigestSignInit(k->context, NULL, NULL, NULL, k->key) != 1 ||
        EVP_DigestSign(k->context, out, &size, bytes, len) != 1)
        abort();
}

void ed25519_close(struct ed25519 *k)
{
    if (k == NULL)
        return;
    EVP_MD_CTX_free(k->context);
    EVP_PKEY_free(k->key);
    free(k);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The two characters of each 12 bits: half as many steps as one by one. */
#define PAIR(a, b)                                                                                 \
    {                                                                                              \
        a, b                                                                                       \
    }
#define FOUR(a, b, c, d, e) PAIR(a, b), PAIR(a, c), PAIR(a, d), PAIR(a, e)
#define PAIRS(a)                                                                                   \
    FOUR(a, 'A', 'B', 'C', 'D'), FOUR(a, 'E', 'F', 'G', 'H'), FOUR(a, 'I', 'J', 'K', 'L'),         \
        FOUR(a, 'M', 'N', 'O', 'P'), FOUR(a, 'Q', 'R', 'S', 'T'), FOUR(a, 'U', 'V', 'W', 'X'),     \
        FOUR(a, 'Y', 'Z', 'a', 'b'), FOUR(a, 'c', 'd', 'e', 'f'), FOUR(a, 'g', 'h', 'i', 'j'),     \
        FOUR(a, 'k', 'l', 'm', 'n'), FOUR(a, 'o', 'p', 'q', 'r'), FOUR(a, 's', 't', 'u', 'v'),     \
        FOUR(a, 'w', 'x', 'y', 'z'), FOUR(a, '0', '1', '2', '3'), FOUR(a, '4', '5', '6', '7'),     \
        FOUR(a, '8', '9', '+', '/')
static const char pairs[64 * 64][2] = {
    PAIRS('A'), PAIRS('B'), PAIRS('C'), PAIRS('D'), PAIRS('E'), PAIRS('F'), PAIRS('G'), PAIRS('H'),
    PAIRS('I'), PAIRS('J'), PAIRS('K'), PAIRS('L'), PAIRS('M'), PAIRS('N'), PAIRS('O'), PAIRS('P'),
    PAIRS('Q'), PAIRS('R'), PAIRS('S'), PAIRS('T'), PAIRS('U'), PAIRS('V'), PAIRS('W'), PAIRS('X'),
    PAIRS('Y'), PAIRS('Z'), PAIRS('a'), PAIRS('b'), PAIRS('c'), PAIRS('d'), PAIRS('e'), PAIRS('f'),
    PAIRS('g'), PAIRS('h'), PAIRS('i'), PAIRS('j'), PAIRS('k'), PAIRS('l'), PAIRS('m'), PAIRS('n'),
    PAIRS('o'), PAIRS('p'), PAIRS('q'), PAIRS('r'), PAIRS('s'), PAIRS('t'), PAIRS('u'), PAIRS('v'),
    PAIRS('w'), PAIRS('x'), PAIRS('y'), PAIRS('z'), PAIRS('0'), PAIRS('1'), PAIRS('2'), PAIRS('3'),
    PAIRS('4'), PAIRS('5'), PAIRS('6'), PAIRS('7'), PAIRS('8'), PAIRS('9'), PAIRS('+'), PAIRS('/'),
};

/* 24 bits as four characters. Inline: to call it takes as long as to do it. */
static inline char *put_quad(char *at, uint32_t group)
{
    memcpy(at, pairs[group >> 12], 2);
    memcpy(at + 2, pairs[group & 4095], 2);
    return at + 4;
}

void base64_put(struct buf *out, const void *bytes, size_t len)
{
    const unsigned char *in = bytes;
    size_t i = 0;
    buf_reserve(out, (len + 2) / 3 * 4);
    char *at = out->data + out->len;
    for (; i + 4 <= len; i += 3) { /* four bytes are one load, three are not */
        uint32_t four = (uint32_t)in[i] << 24 | (uint32_t)in[i + 1] << 16 |
                        (uint32_t)in[i + 2] << 8 | in[i + 3];
        at = put_quad(at, four >> 8);
    }
    for (; i + 3 <= len; i += 3)
        at = put_quad(at, (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2]);
    if (i < len) {
        at = put_quad(at, (uint32_t)in[i] << 16 | (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0));
        at[-1] = '=';
        at[-2] = i + 1 < len ? at[-2] : '=';
    }
    *at = '\0';
    out->len = (size_t)(at - out->data);
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

bool base64url_decode(const char *text, size_t len, struct buf *out)
{
    struct buf standard = {0};
    bool readable = memchr(text, '+', len) == NULL && memchr(text, '/', len) == NULL &&
                    memchr(text, '=', len) == NULL;
    for (size_t i = 0; i < len; i++)
        buf_putc(&standard, (char)(text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]));
    readable = readable && base64_decode(buf_text(&standard), standard.len, out);
    buf_free(&standard);
    return readable;
}
