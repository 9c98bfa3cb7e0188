/* Running compiled templates, private to render/: several layers of data, content for a layout,
 * memory reused. */
#ifndef RENDER_CODE_RUN_H
#define RENDER_CODE_RUN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/program.h"

#define CODE_LAYERS_MAX 4
#define CODE_MEMO_MAX   64

struct json_t;
struct expression;

/* What filters made of values in this message: text and HTML say the same, and ICU is the dearest
 * part of both. An entry is known by its tag and its value, which both live as long as the message
 * is made. */
struct code_memo {
    struct code_memo_entry {
        const struct expression *expression;
        const struct json_t *value;
        struct buf text;
    } entries[CODE_MEMO_MAX];
    size_t count; /* 0 begins a new message; the memory stays */
};

struct code_input {
    const struct json_t *layers[CODE_LAYERS_MAX]; /* looked up from the last to the first */
    size_t layer_count;
    enum escape escape;
    struct formatter *formatter;   /* NULL: filters that need one fail */
    const struct program *content; /* for {{{content}}} of a layout; NULL otherwise */
    struct buf *scratch;           /* for filters; reset and reused */
    struct code_memo *memo;        /* NULL: nothing is remembered */
};

void code_memo_free(struct code_memo *memo);
/* As program_run(). */
MUST_CHECK int code_run(const struct program *p, const struct code_input *input, struct buf *out,
                        struct error *err);

#endif
