/*
 * The TLS side of a relay, kept for all its sessions: who it must be, and why a handshake failed.
 * libesmtp's own checks ask for the wrong name and send none (no SNI), so OpenSSL does the
 * checking, during the handshake.
 */
#ifndef CHANNEL_SMTP_TRUST_H
#define CHANNEL_SMTP_TRUST_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/error.h"
#include "channel/smtp_dial.h"

struct smtp_trust;
struct ssl_ctx_st;

/*
 * `host` is the name or address the certificate must be for; `ca_file` NULL: the system's
 * authorities. Freed with smtp_trust_close(). ERR_CONFIG if the file cannot be used.
 */
MUST_CHECK int smtp_trust_open(const char *host, const char *ca_file, struct smtp_trust **out,
                               struct error *err);
/* Before a session: forgets the last one; `dial` is asked while the handshake reads and writes. */
void smtp_trust_begin(struct smtp_trust *trust, struct smtp_dial *dial);
/* After a session: why the handshake failed, "" if nothing is known. Borrowed, until begin. */
const char *smtp_trust_end(struct smtp_trust *trust);
/* For smtp_starttls_set_ctx(), which keeps a reference of its own. */
struct ssl_ctx_st *smtp_trust_context(const struct smtp_trust *trust);
/* What handshakes showed; "" where none was. All text is harmless to print. */
struct smtp_trust_sight {
    char version[16];      /* "TLSv1.3", once a handshake came to its end */
    char certificate[256]; /* who it is for, who issued it, until when; also of a refused one */
};
/* Of the session that ended last. Borrowed. */
const struct smtp_trust_sight *smtp_trust_seen(const struct smtp_trust *trust);
/* Looks at the handshakes of somebody else's context (libcurl's), which it leaves as they are. */
void smtp_trust_watch(struct smtp_trust *trust, struct ssl_ctx_st *context);
/* Was this connection's certificate found good, for the name we asked? `ssl` is an SSL *. */
bool smtp_trust_peer_is_good(const struct smtp_trust *trust, const void *ssl);
void smtp_trust_close(struct smtp_trust *trust);

#endif
