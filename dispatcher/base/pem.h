/* Certificates and keys as PEM (RFC 7468), read by OpenSSL. */
#ifndef BASE_PEM_H
#define BASE_PEM_H

#include "base/buf.h"
#include "base/error.h"

/* ERR_CONFIG unless the file holds certificates, and each of them can be read. What stands beside
 * them does not matter. */
MUST_CHECK int pem_check_certificates(const char *path, struct error *err);

enum pem_key { PEM_KEY_RSA, PEM_KEY_ED25519 };

/* Appends the public half of a private key: SubjectPublicKeyInfo as DER for RSA, the 32 bytes of
 * the point for Ed25519. ERR_CONFIG for any other key. */
MUST_CHECK int pem_put_public(const char *private_key, enum pem_key *out_kind, struct buf *out,
                              struct error *err);

#endif
