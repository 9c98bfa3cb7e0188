/*
 * How a gateway knows us: the `auth` block of its description. What a kind needs stands in
 * config/gateway_auth.c, what it does to a request in channel/gateway_auth.c. Secrets that are
 * ordinary fields of the request need none of this.
 */
#ifndef MODEL_GATEWAY_AUTH_H
#define MODEL_GATEWAY_AUTH_H

#include "model/gateway_node.h"

enum gateway_auth_kind {
    GATEWAY_AUTH_NONE,
    GATEWAY_AUTH_BASIC,  /* user, password (RFC 7617) */
    GATEWAY_AUTH_BEARER, /* token (RFC 6750) */
    GATEWAY_AUTH_HEADER, /* name, value */
    GATEWAY_AUTH_QUERY,  /* name, value, behind the query */
    GATEWAY_AUTH_HMAC,   /* algorithm, key, data, encode; `headers` carry {{signature}} */
    GATEWAY_AUTH_SIGV4,  /* region, service, access_key, secret_key (AWS) */
};
#define GATEWAY_AUTH_KINDS 7

enum gateway_auth_hash { GATEWAY_AUTH_SHA256, GATEWAY_AUTH_SHA1 };
enum gateway_auth_encoding { GATEWAY_AUTH_HEX, GATEWAY_AUTH_BASE64 };

/* Texts are templates; NULL where the kind has no such part. */
struct gateway_auth {
    enum gateway_auth_kind kind;
    char *user, *password;
    char *token;
    char *name, *value; /* the name is none */
    enum gateway_auth_hash algorithm;
    enum gateway_auth_encoding encode;
    char *key, *data;
    struct gateway_node headers; /* an object of texts */
    char *region, *service, *access_key, *secret_key;
};

/* Frees what it owns, not the struct. */
void gateway_auth_free(struct gateway_auth *auth);

#endif
