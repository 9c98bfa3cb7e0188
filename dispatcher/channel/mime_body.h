/* Encodes one part of a mail. */
#ifndef CHANNEL_MIME_BODY_H
#define CHANNEL_MIME_BODY_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/buf.h"

/*
 * Appends the headers of a part, an empty line and its body: quoted-printable if the text is mostly
 * ASCII, otherwise base64. The lines of `text` may end with LF, CR or CRLF; they leave with CRLF.
 * False if it is not valid UTF-8 or holds a NUL: what was appended is to be dropped then.
 */
MUST_CHECK bool mime_put_part(struct buf *out, const char *type, const char *language,
                              const struct buf *text);

#endif
