/* Encodes one part of a mail. */
#ifndef CHANNEL_MIME_BODY_H
#define CHANNEL_MIME_BODY_H

#include "base/buf.h"

/*
 * Appends the headers of a part, an empty line and its body: quoted-printable if the text is mostly
 * ASCII, otherwise base64. `text` is valid UTF-8 without NUL, its lines may end with LF, CR or
 * CRLF; they leave with CRLF.
 */
void mime_put_part(struct buf *out, const char *type, const struct buf *text);

#endif
