/* What the books keep: English sentences with times in UTC, the same for every reader, and words of
 * servers and people. Told as an operator reads them. */
#ifndef CLI_KEPT_H
#define CLI_KEPT_H

#include "base/buf.h"
#include "cli/command.h"

/* Our own sentences in the operator's language and time, all else as it is; made visible. */
void kept_put(const struct invocation *inv, const char *text, struct buf *out);

#endif
