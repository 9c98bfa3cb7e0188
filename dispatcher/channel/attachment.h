/* Files that mails bring along, from one directory of the configuration and never from elsewhere.
 */
#ifndef CHANNEL_ATTACHMENT_H
#define CHANNEL_ATTACHMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/attachment.h"

#define ATTACHMENTS_SIZE_MAX ((size_t)10 * 1024 * 1024) /* of all files of a mail */

/*
 * Can a mail bring these? Each must be a regular file below `directory` (NULL: none is configured)
 * with a known ending and something in it, all together not too large, and what is shown inline an
 * image. ERR_INPUT, ERR_NOT_FOUND or ERR_IO with a sentence; *out_index says which one it is about.
 */
MUST_CHECK int attachments_check(const char *directory, const struct attachments *a,
                                 size_t *out_index, struct error *err);

/*
 * Appends headers, an empty line and the file in base64. `shown_inline`: the HTML refers to it. A
 * file is read once, and again when its time or size has changed. Errors as above.
 */
MUST_CHECK int attachment_put_part(const char *directory, const struct attachment *a,
                                   bool shown_inline, struct buf *out, struct error *err);

#endif
