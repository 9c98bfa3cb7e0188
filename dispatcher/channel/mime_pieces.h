/*
 * A text encoded piece by piece: line by line, or so many bytes at a time. Letters of one batch
 * differ in a few places; the pieces that the text before had already are copied as they were
 * encoded then. What is kept is only work: the bytes are the same without it.
 */
#ifndef CHANNEL_MIME_PIECES_H
#define CHANNEL_MIME_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends what becomes of one piece (a line without its end); a pure function of these bytes. */
typedef void mime_piece_fn(struct buf *out, const char *at, const char *stop);

/* Texts that resemble each other. */
struct mime_kind {
    const char *type;     /* "text/html" */
    const char *language; /* "" if unknown */
    size_t piece_len;     /* 0: lines, which end with LF, CR or CRLF, the last one with nothing */
    mime_piece_fn *put_piece;
};

/* False if lines are not valid UTF-8 or hold a NUL; what was appended is to be dropped then. */
bool mime_put_pieces(const struct mime_kind *kind, const struct buf *text, struct buf *out);

#endif
