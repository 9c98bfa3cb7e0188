/*
 * What a run notes beside its output when a proof is made (proof.c), private to render/: where a
 * section of a letter begins, and which bytes a value put.
 */
#ifndef RENDER_CODE_TRACE_H
#define RENDER_CODE_TRACE_H

#include <stddef.h>

#include "render/code.h"

struct code_note {
    enum opcode op;    /* OP_HEADING or OP_VALUE */
    char *name;        /* HEADING: the section's id; VALUE: the fact, "incident.start" */
    enum put_mode put; /* VALUE */
    size_t start, end; /* bytes of the output; the same for a heading */
    struct place place;
};

struct code_trace {
    struct code_note *notes; /* in the order of the output */
    size_t count, cap;
};

/* `name` is copied. */
void code_trace_add(struct code_trace *t, const struct instruction *i, const char *name,
                    size_t start, size_t end);
void code_trace_free(struct code_trace *t);

#endif
