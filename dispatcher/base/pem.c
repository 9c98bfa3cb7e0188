#include "base/pem.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"

#define FILE_MAX   (16 * 1024 * 1024)
#define BEGIN      "-----BEGIN "
#define POINT_SIZE 32

/* ---- certificates ---- */

static const char *find_certificate(const char *at)
{
    static const char *const kinds[] = {"CERTIFICATE-----", "TRUSTED CERTIFICATE-----",
                                        "X509 CERTIFICATE-----"};
    while ((at = strstr(at, BEGIN)) != NULL) {
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
            if (text_starts_with(at + strlen(BEGIN), kinds[i]))
                return at;
        }
        at += strlen(BEGIN);
    }
    return NULL;
}

/* It has none to type. */
static int no_passphrase(char *out UNUSED, int size UNUSED, int writing UNUSED,
                         void *context UNUSED)
{
    return -1;
}

static bool is_certificate(const char *begin, const char *end)
{
    BIO *bytes = BIO_new_mem_buf(begin, (int)(end - begin));
    if (bytes == NULL)
        abort();
    X509 *certificate = PEM_read_bio_X509_AUX(bytes, NULL, no_passphrase, NULL);
    BIO_free(bytes);
    X509_free(certificate);
    return certificate != NULL;
}

/* One after the other, and none behind the last: OpenSSL keeps a failure in mind until somebody
 * else takes it for their own. */
static int check_each(const char *path, const struct buf *text, struct error *err)
{
    const char *at = find_certificate(buf_text(text)), *end = buf_text(text) + text->len;
    if (at == NULL)
        return error_set(
            err, ERR_CONFIG, "%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)%s",
            path,
            strstr(buf_text(text), "PRIVATE KEY-----") != NULL ? "; it is a private key" : "");
    for (int number = 1; at != NULL; number++) {
        if (!is_certificate(at, end))
            return error_set(err, ERR_CONFIG, "certificate %d in %s cannot be read", number, path);
        at = find_certificate(at + strlen(BEGIN));
    }
    return 0;
}

int pem_check_certificates(const char *path, struct error *err)
{
    struct buf text = {0};
    int rc = file_read_path(path, FILE_MAX, &text, err);
    if (rc != 0 && err != NULL)
        err->code = ERR_CONFIG;
    if (rc == 0)
        rc = check_each(path, &text, err);
    buf_free(&text);
    return rc == 0 ? 0 : ERR_CONFIG;
}

/* ---- keys ---- */

static EVP_PKEY *read_key(const char *text)
{
    BIO *bytes = BIO_new_mem_buf(text, (int)strlen(text));
    if (bytes == NULL)
        abort();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bytes, NULL, no_passphrase, NULL);
    BIO_free(bytes);
    return key;
}

static void put_rsa(const EVP_PKEY *key, struct buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    if (len <= 0)
        abort();
    buf_put(out, der, (size_t)len);
    OPENSSL_free(der);
}

static void put_point(const EVP_PKEY *key, struct buf *out)
{
    unsigned char point[POINT_SIZE];
    size_t size = sizeof(point);
    if (EVP_PKEY_get_raw_public_key(key, point, &size) != 1)
        abort();
    buf_put(out, point, size);
}

int pem_put_public(const char *private_key, enum pem_key *out_kind, struct buf *out,
                   struct error *err)
{
    EVP_PKEY *key = read_key(private_key);
    int kind = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    *out_kind = kind == EVP_PKEY_ED25519 ? PEM_KEY_ED25519 : PEM_KEY_RSA;
    if (kind == EVP_PKEY_ED25519)
        put_point(key, out);
    else if (kind == EVP_PKEY_RSA)
        put_rsa(key, out);
    EVP_PKEY_free(key);
    if (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_RSA)
        return 0;
    return error_set(err, ERR_CONFIG,
                     "the key is no private key of RSA or Ed25519 that can be read");
}
