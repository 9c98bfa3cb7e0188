/* Where something stands in a file that people write, for messages. */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include "base/attributes.h"
#include "base/error.h"

struct place {
    const char *file; /* borrowed */
    int line, column; /* from 1, columns in characters; 0: of the file as a whole */
};

/* Sets `code` with "file:line:column: ..." and returns it. */
int place_fail(const struct place *at, int code, struct error *err, const char *format, ...)
    PRINTF(4, 5);

#endif
