/*
 * What `enqueue` is given as single notices: one as a document, or one per line. Of standard input
 * each line is there the moment it is whole, so that a program that writes into a pipe and waits
 * for the answer gets it before it writes the next one.
 */
#ifndef DESK_ENQUEUE_INPUT_H
#define DESK_ENQUEUE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct enqueue_input {
    const char *shown; /* of it in messages; borrowed */
    int fd;            /* -1: a file, which was read at once */
    struct buf text;
    size_t at;     /* in it: the next line */
    int line;      /* its number */
    bool ended;    /* nothing follows what stands in the text */
    bool as_lines; /* one notice per line, and not one document */
    bool decided;
};

/* NULL or "-" is standard input. ERR_NOT_FOUND, ERR_IO, ERR_INPUT. Close after success only. */
MUST_CHECK int enqueue_input_open(const char *name, struct enqueue_input *out, struct error *err);
void enqueue_input_close(struct enqueue_input *in);

/* 1 with the next notice (borrowed until the next call) and the line it begins in, 0 at the end;
 * ERR_IO, and ERR_INPUT where one is larger than anything that is accepted. */
MUST_CHECK int enqueue_input_next(struct enqueue_input *in, const char **out_text, size_t *out_len,
                                  struct error *err);

#endif
