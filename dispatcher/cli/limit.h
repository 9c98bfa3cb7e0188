/* --limit of lists that grow: people see the newest rows, programs all of them. */
#ifndef CLI_LIMIT_H
#define CLI_LIMIT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct invocation;

/* Rows of a command's options: of a list by time, and by name. */
#define LIMIT_NEWEST                                                                               \
    {                                                                                              \
        "limit", 0, "N", "the N newest rows (default: 100, with --json all)"                       \
    }
#define LIMIT_FIRST                                                                                \
    {                                                                                              \
        "limit", 0, "N", "how many rows (default: 100, with --json all)"                           \
    }

/* ERR_USAGE. */
MUST_CHECK int limit_read(const struct invocation *inv, int64_t *out, struct error *err);
/* Leaves the last so many lines, in their order; returns how many are gone. */
int64_t limit_newest(struct buf *rows, int64_t limit);
/* On stderr, for people, if there are any. */
void limit_tell_older(const struct invocation *inv, int64_t left_out);
void limit_tell_more(const struct invocation *inv, int64_t left_out);

#endif
