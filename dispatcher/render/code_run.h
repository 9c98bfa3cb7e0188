/* Running compiled templates, private to render/: several layers of data, content for a layout,
 * memory reused. */
#ifndef RENDER_CODE_RUN_H
#define RENDER_CODE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/program.h"

#define CODE_LAYERS_MAX 4

struct json_t;
struct code_memo;
struct code_trace;
struct expression;

struct code_input {
    const struct json_t *layers[CODE_LAYERS_MAX]; /* looked up from the last to the first */
    size_t layer_count;
    enum escape escape;
    struct formatter *formatter;   /* NULL: filters that need one fail */
    const struct program *content; /* for {{{content}}} of a layout; NULL otherwise */
    struct buf *scratch;           /* for filters; reset and reused */
    struct code_memo *memo;        /* NULL: nothing is remembered */
    struct code_trace *trace;      /* NULL: nothing is noted */
};

/* Would a section on this name be entered, outside of all sections? `p` says by whose rules. */
bool code_is_truthy(const struct program *p, const struct code_input *input,
                    const struct expression *e);
/* As program_run(). */
MUST_CHECK int code_run(const struct program *p, const struct code_input *input, struct buf *out,
                        struct error *err);

#endif
