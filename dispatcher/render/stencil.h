/*
 * A stencil, private to render/: what a part of a letter says to everybody who is told the same
 * facts, with holes for what differs from reader to reader. A batch tells the same to thousands, so
 * all but the holes is looked up, filtered, escaped and laid out once:
 *
 *     Sehr geehrte Frau |salutation|, ... Ihre Vorgangsnummer: |reference|. ...
 *
 * It is cut from a run (code_trace.h). A condition on what differs ({{#reference}}) is remembered
 * with the way it went: a reader for whom it goes the other way needs another stencil.
 */
#ifndef RENDER_STENCIL_H
#define RENDER_STENCIL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/code_run.h"

/* Longer parts are not cut: stencils are kept, and many of them. With these bounds, what is put in
 * for a reader cannot make a part too long either, which would be an error without a stencil. */
#define STENCIL_LENGTH_MAX ((size_t)256 * 1024)
#define STENCIL_NOTES_MAX  2048

struct stencil;

struct stencil_options {
    unsigned varying; /* layers of the input that differ from reader to reader, a bit for each */
    bool wrapped;     /* a text part: what the program puts is laid out by wrap_text() */
};

/*
 * Runs the program as code_run() does, through wrap_text() where asked, and cuts a stencil:
 * *out_stencil is NULL if it cannot be cut. Free it with stencil_free(), before the program.
 */
MUST_CHECK int stencil_cut(const struct program *p, const struct code_input *input,
                           const struct stencil_options *options, struct buf *out,
                           struct stencil **out_stencil, struct error *err);
/* Do all its conditions go the same way for this reader? The layers that do not vary are those it
 * was cut with. */
bool stencil_fits(const struct stencil *s, const struct code_input *input);
/* Puts, byte for byte, what the program would. */
MUST_CHECK int stencil_run(struct stencil *s, const struct code_input *input, struct buf *out,
                           struct error *err);
/* NULL is fine. */
void stencil_free(struct stencil *s);

#endif
