/* Small files for people, in a folder they named. */
#ifndef LETTERS_PREVIEW_WRITE_H
#define LETTERS_PREVIEW_WRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* Makes missing folders on the way. `replace` false: ERR_CONFLICT if the file is there. */
MUST_CHECK int preview_write_file(const char *path, const struct buf *text, bool replace,
                                  struct error *err);

#endif
