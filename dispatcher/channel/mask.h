/* Secrets that a peer may repeat in its answer must not reach a reply, a log or a report. */
#ifndef CHANNEL_MASK_H
#define CHANNEL_MASK_H

#include <stddef.h>

#include "base/buf.h"

/* Shorter values are no secrets, and masking them would make every answer unreadable. */
#define MASK_LENGTH_MIN 4

/* Appends `text` with every secret in it, plain or percent-encoded, and every word of base64 that
 * holds one (a repeated "Basic ..."), written as ***. */
void mask_put(struct buf *out, const char *text, size_t len, const char *const *secrets,
              size_t count);

#endif
