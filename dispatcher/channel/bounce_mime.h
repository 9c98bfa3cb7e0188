/*
 * Reads a mail that came back: its headers, its parts, the text of a part. For mail from strangers:
 * it never fails, takes linear time, and what is beyond the limits below is not looked at.
 *
 * Own code, because little is needed (which parts are there, and their bytes as UTF-8), because
 * every limit has to be sure, and because the readers there are as libraries repair more than we
 * want to believe, and bring an object system with them.
 */
#ifndef CHANNEL_BOUNCE_MIME_H
#define CHANNEL_BOUNCE_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define BOUNCE_DEPTH_MAX 10                   /* multiparts within multiparts */
#define BOUNCE_PARTS_MAX 100                  /* the rest is left */
#define BOUNCE_HEAD_MAX  ((size_t)256 * 1024) /* of one header */
#define BOUNCE_VALUE_MAX ((size_t)8 * 1024)   /* of one field; cut */
#define BOUNCE_TEXT_MAX  ((size_t)256 * 1024) /* of a decoded part; cut */

/* Bytes of the mail; borrowed. */
struct bounce_span {
    const char *at;
    size_t len;
};

struct bounce_part {
    char type[80]; /* "text/plain", in lower case; "" is never there */
    struct bounce_span head;
    struct bounce_span body; /* still encoded */
};

struct bounce_mime {
    struct buf bytes;                           /* the mail with LF as its line ends */
    struct bounce_part parts[BOUNCE_PARTS_MAX]; /* the whole mail first, then as they come */
    size_t count;
};

/* CRLF, LF and CR end lines; a "From " line of mbox in front is skipped. Clear with
 * bounce_mime_clear(). */
void bounce_mime_read(const char *bytes, size_t len, struct bounce_mime *out);
void bounce_mime_clear(struct bounce_mime *m);
/* The first part of one of these types ("message/rfc822"); NULL. `from`: where to begin. */
const struct bounce_part *bounce_mime_find(const struct bounce_mime *m, size_t from,
                                           const char *const *types, size_t count);

/* ---- fields, of a header or of a part that looks like one (RFC 3464, RFC 5965) ---- */

struct bounce_field {
    struct bounce_span name;
    struct bounce_span value; /* as it is folded */
};

/* The next field of *rest, which moves on behind it; false at an empty line or the end. A line that
 * is no field is skipped. */
bool bounce_field_next(struct bounce_span *rest, struct bounce_field *out);
/* In any case of letters. */
bool bounce_field_is(const struct bounce_field *f, const char *name);
/* On one line, without spaces at its ends, cut to BOUNCE_VALUE_MAX. */
void bounce_field_put(const struct bounce_field *f, struct buf *out);
/* The first field of that name in a header; false: none, and nothing is put. */
bool bounce_head_get(struct bounce_span head, const char *name, struct buf *out);

/* The text of a part as UTF-8, decoded; what no charset explains becomes U+FFFD. */
void bounce_part_put_text(const struct bounce_part *part, struct buf *out);

#endif
