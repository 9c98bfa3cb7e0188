/*
 * The lines of a file, one after the other, with the offset of each: memory for one line at most,
 * however large the file or the line is.
 */
#ifndef ENGINE_LINES_H
#define ENGINE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct digest;

struct lines {
    int fd;             /* borrowed */
    const char *shown;  /* how messages call the file */
    size_t longest;     /* more of a line is not kept */
    struct digest *sum; /* NULL, or hears of every byte that was read */
    int64_t offset;     /* of the next line */
    char *data;
    size_t from, to, cap;
    bool at_end;
};

struct line {
    const char *text; /* borrowed until the next call; without its line end. NULL: too long */
    size_t len;       /* the whole length, also of one that is too long */
    int64_t offset;
};

/* From `offset` on, by pread: the descriptor's position does not matter. */
void lines_begin(struct lines *l, int fd, const char *shown, size_t longest, int64_t offset);
/* 1 and the next line, 0 at the end of the file, ERR_IO. The last line may lack its line end. */
MUST_CHECK int lines_next(struct lines *l, struct line *out, struct error *err);
void lines_end(struct lines *l);

#endif
