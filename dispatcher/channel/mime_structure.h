/*
 * What a mail consists of:
 *
 *     multipart/mixed              if something is attached
 *       multipart/related          if the HTML shows images that come along
 *         multipart/alternative    if there is HTML
 *           text/plain
 *           text/html
 *         image/png, inline
 *       application/pdf, attachment
 */
#ifndef CHANNEL_MIME_STRUCTURE_H
#define CHANNEL_MIME_STRUCTURE_H

#include "channel/mime.h"

/* Appends the headers that say what follows, an empty line and the body. Errors as
 * mime_compose(). */
MUST_CHECK int mime_put_content(const struct mime_mail *mail, struct buf *out, struct error *err);

#endif
