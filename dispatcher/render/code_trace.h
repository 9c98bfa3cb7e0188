/*
 * What a run notes beside its output, private to render/: where a section of a letter begins, which
 * bytes a value put, which way a condition went, and from which layer of the data each came. Proofs
 * (proof.c) and stencils (stencil.c) are made of it; on the road of a notice nothing is noted.
 */
#ifndef RENDER_CODE_TRACE_H
#define RENDER_CODE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "render/code.h"

#define CODE_NOWHERE ((size_t)-1)

struct code_note {
    const struct instruction *instruction; /* HEADING, VALUE, SECTION, IF or UNLESS */
    char *name;        /* HEADING: the section's id; VALUE: the fact, "incident.start"; else NULL */
    size_t start, end; /* VALUE: bytes of the output; all others: where it stood at, twice */
    size_t layer;      /* where its name was found in the end; CODE_NOWHERE: it has no value */
    bool nested;       /* ... by way of a section that is open around it */
    bool group;        /* SECTION: entered, and its value has names or values of its own */
    bool truthy;       /* VALUE: its words are the value's, not those of a default */
};

struct code_trace {
    struct code_note *notes; /* in the order of the output */
    size_t count, cap;
    size_t most; /* that many are noted and no more; 0: all */
};

bool code_trace_is_full(const struct code_trace *t);

/* The note, zero but for the instruction and the place in the output; valid until the next. */
struct code_note *code_trace_add(struct code_trace *t, const struct instruction *i, size_t at);
void code_trace_free(struct code_trace *t);

#endif
