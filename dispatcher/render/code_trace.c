#include "render/code_trace.h"

#include <stdlib.h>

#include "base/alloc.h"

bool code_trace_is_full(const struct code_trace *t)
{
    return t->most > 0 && t->count == t->most;
}

struct code_note *code_trace_add(struct code_trace *t, const struct instruction *i, size_t at)
{
    if (t->count == t->cap) {
        t->cap = t->cap == 0 ? 32 : 2 * t->cap;
        t->notes = xreallocarray(t->notes, t->cap, sizeof(*t->notes));
    }
    t->notes[t->count] = (struct code_note){.instruction = i, .start = at, .end = at};
    return &t->notes[t->count++];
}

void code_trace_free(struct code_trace *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->notes[i].name);
    free(t->notes);
    *t = (struct code_trace){0};
}
