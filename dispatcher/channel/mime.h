/*
 * Composes a mail: RFC 5322 headers, MIME (mime_structure.h), 7 bits, CRLF. Deterministic: equal
 * input, equal bytes, because the SHA-256 of the result is the evidence of what a person was told,
 * and because a repeated attempt must be the same mail.
 */
#ifndef CHANNEL_MIME_H
#define CHANNEL_MIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"

struct attachments;

/* Everything is UTF-8 and borrowed; lines of text and html end with LF or CRLF. */
struct mime_mail {
    const char *from_name; /* NULL or "": the address alone */
    const char *from_address;
    const char *to_name; /* NULL or "" */
    const char *to_address;
    const char *reply_to; /* NULL: no such header */
    const char *identity; /* job id: left side of the Message-ID, seed of the boundary */
    const char *domain;   /* right side of the Message-ID */
    const char *locale;   /* Content-Language; "" or NULL: no such header */
    int64_t date_ms;
    const struct buf *subject;
    const struct buf *text;                /* text/plain, never empty */
    const struct buf *html;                /* text/html; empty: the mail is text/plain alone */
    const char *unsubscribe_url;           /* https: or NULL */
    const char *unsubscribe_mail;          /* mailto: or NULL */
    const struct attachments *attachments; /* NULL: none */
    const char *directory;                 /* where they are; NULL: nowhere */
};

/*
 * Appends the mail to `out`. Lines have at most 76 characters, but for addresses and a Message-ID
 * that cannot be folded (998 at most). ERR_INPUT with a sentence if a value cannot stand in a mail:
 * control characters, invalid UTF-8, a bad address, no text, an attachment that is gone.
 */
MUST_CHECK int mime_compose(const struct mime_mail *mail, struct buf *out, struct error *err);

/*
 * What must hold for bytes before an SMTP library sees them: 7 bits, no NUL, every CR and LF part
 * of a CRLF, lines of at most 998 bytes, CRLF at the end (RFC 5321 2.3.8 and 4.5.3.1.6; anything
 * else is how mails are smuggled). ERR_INTERNAL with the place if not.
 */
MUST_CHECK int mime_check_wire(const char *bytes, size_t len, struct error *err);

#endif
