#include "channel/smtp_trust.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/buf.h"

#define HOLDERS_MAX 3 /* names of a certificate that are shown */

struct smtp_trust {
    SSL_CTX *context;
    char *host;
    bool is_address; /* `host` is 192.0.2.1 or the like: compared with the addresses of the
                        certificate */
    char reason[200];
    struct smtp_dial *dial; /* of the running session, NULL outside */
    struct smtp_trust_sight sight;
};

static struct smtp_trust *owner(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* ---- what is seen of a certificate ---- */

/* A stranger wrote it: what is not plain ASCII becomes a question mark. */
static void put_plain(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_putc(out, text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
}

static void put_common_name(struct buf *out, const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const ASN1_STRING *text =
        at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)) : NULL;
    if (text != NULL)
        put_plain(out, (const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    else
        buf_puts(out, "no name");
}

/* The names it is for, as far as people read them; its own name if it has none of those. */
static void put_holders(struct buf *out, const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    size_t shown = 0;
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && shown < HOLDERS_MAX; i++) {
        int kind;
        const ASN1_STRING *text = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        if (kind != GEN_DNS)
            continue;
        buf_puts(out, shown++ > 0 ? ", " : "");
        put_plain(out, (const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    }
    GENERAL_NAMES_free(names);
    if (shown == 0)
        put_common_name(out, X509_get_subject_name(cert));
}

static void look_at_certificate(struct smtp_trust_sight *sight, const X509 *cert)
{
    struct buf text = {0};
    struct tm end = {0};
    if (cert == NULL)
        return;
    put_holders(&text, cert);
    buf_puts(&text, ", issued by ");
    put_common_name(&text, X509_get_issuer_name(cert));
    if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) == 1)
        buf_printf(&text, ", until %04d-%02d-%02d", end.tm_year + 1900, end.tm_mon + 1,
                   end.tm_mday);
    snprintf(sight->certificate, sizeof(sight->certificate), "%s", buf_text(&text));
    buf_free(&text);
}

static void look_at_connection(struct smtp_trust_sight *sight, const SSL *ssl)
{
    snprintf(sight->version, sizeof(sight->version), "%s", SSL_get_version(ssl));
    look_at_certificate(sight, SSL_get0_peer_certificate(ssl));
}

/* ---- handshakes ---- */

/* Why a certificate is not good is known only here. */
static int on_verify(int good, X509_STORE_CTX *store)
{
    if (!good) {
        const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        struct smtp_trust *trust = owner(ssl);
        look_at_certificate(&trust->sight, X509_STORE_CTX_get0_cert(store));
        snprintf(trust->reason, sizeof(trust->reason), "the certificate was refused: %s",
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    }
    return good;
}

/* A peer that drips bytes keeps SSL_connect() and SSL_read() busy for ever: each read asks the
 * deadline. */
static long on_io(BIO *bio, int operation, const char *bytes, size_t len, int argi, long argl,
                  int result, size_t *processed)
{
    (void)bytes, (void)len, (void)argi, (void)argl, (void)processed;
    struct smtp_dial *dial = (struct smtp_dial *)(void *)BIO_get_callback_arg(bio);
    if (operation == BIO_CB_READ && !smtp_dial_may_go_on(dial))
        return 0;
    return result;
}

/* libesmtp creates the SSL object itself: the handshake's start is the first time we see it. */
static void on_info(const SSL *ssl, int where, int result)
{
    (void)result;
    struct smtp_trust *trust = owner(ssl);
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
        look_at_connection(&trust->sight, ssl);
    if ((where & SSL_CB_HANDSHAKE_START) == 0)
        return;
    if (!trust->is_address) /* RFC 6066 3: never an address */
        SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, trust->host);
    if (trust->dial != NULL) {
        BIO_set_callback_arg(SSL_get_rbio(ssl), (char *)trust->dial);
        BIO_set_callback_ex(SSL_get_rbio(ssl), on_io);
    }
}

static bool is_address(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/*
 * TLS 1.2 exactly: below it is not safe, above it libesmtp waits for ever for an answer to a
 * command it has not sent yet, when a session ticket arrives first (10 to 30 of 100 sessions).
 */
static bool set_up(struct smtp_trust *trust)
{
    SSL_CTX *c = trust->context;
    X509_VERIFY_PARAM *peer = SSL_CTX_get0_param(c);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_info_callback(c, on_info);
    SSL_CTX_set_app_data(c, trust);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION);
    return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION) == 1 &&
           (trust->is_address ? X509_VERIFY_PARAM_set1_ip_asc(peer, trust->host)
                              : X509_VERIFY_PARAM_set1_host(peer, trust->host, 0)) == 1;
}

int smtp_trust_open(const char *host, const char *ca_file, struct smtp_trust **out,
                    struct error *err)
{
    struct smtp_trust *trust = xcalloc(1, sizeof(*trust));
    int rc = 0;
    *out = NULL;
    trust->host = xstrdup(host);
    trust->is_address = is_address(host);
    trust->context = SSL_CTX_new(TLS_client_method());
    if (trust->context == NULL || !set_up(trust))
        rc = error_set(err, ERR_INTERNAL, "OpenSSL cannot be set up for TLS to %s", host);
    else if (ca_file == NULL && SSL_CTX_set_default_verify_paths(trust->context) != 1)
        rc = error_set(err, ERR_CONFIG,
                       "the system's certificate authorities cannot be loaded: install "
                       "ca-certificates or set ca_file");
    else if (ca_file != NULL && SSL_CTX_load_verify_file(trust->context, ca_file) != 1)
        rc = error_set(err, ERR_CONFIG, "ca_file %s cannot be read as certificates in PEM form",
                       ca_file);
    ERR_clear_error();
    if (rc != 0)
        smtp_trust_close(trust);
    else
        *out = trust;
    return rc;
}

void smtp_trust_begin(struct smtp_trust *trust, struct smtp_dial *dial)
{
    trust->reason[0] = '\0';
    trust->sight = (struct smtp_trust_sight){0};
    trust->dial = dial;
    ERR_clear_error(); /* libesmtp takes an old error for one of its own calls */
}

const char *smtp_trust_end(struct smtp_trust *trust)
{
    unsigned long code = ERR_get_error();
    if (trust->reason[0] == '\0' && code != 0)
        snprintf(trust->reason, sizeof(trust->reason), "the TLS handshake failed: %s",
                 ERR_reason_error_string(code) != NULL ? ERR_reason_error_string(code)
                                                       : "unknown reason");
    trust->dial = NULL;
    ERR_clear_error();
    return trust->reason;
}

const struct smtp_trust_sight *smtp_trust_seen(const struct smtp_trust *trust)
{
    return &trust->sight;
}

static int on_watched_verify(int good, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (!good)
        look_at_certificate(&owner(ssl)->sight, X509_STORE_CTX_get0_cert(store));
    return good;
}

static void on_watched_info(const SSL *ssl, int where, int result)
{
    (void)result;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
        look_at_connection(&owner(ssl)->sight, ssl);
}

void smtp_trust_watch(struct smtp_trust *trust, struct ssl_ctx_st *context)
{
    trust->sight = (struct smtp_trust_sight){0};
    SSL_CTX_set_app_data(context, trust);
    SSL_CTX_set_info_callback(context, on_watched_info);
    SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), on_watched_verify);
}

struct ssl_ctx_st *smtp_trust_context(const struct smtp_trust *trust)
{
    return trust->context;
}

bool smtp_trust_peer_is_good(const struct smtp_trust *trust, const void *ssl)
{
    const SSL *connection = ssl;
    return SSL_get_verify_result(connection) == X509_V_OK &&
           (trust->is_address || SSL_get0_peername((SSL *)(uintptr_t)connection) != NULL);
}

void smtp_trust_close(struct smtp_trust *trust)
{
    if (trust == NULL)
        return;
    SSL_CTX_free(trust->context);
    free(trust->host);
    free(trust);
}
