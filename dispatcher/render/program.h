/*
 * A compiled template: Mustache source turned once into flat instructions, then run per recipient
 * without parsing anything. Mustache as its specification says (interpolation, sections, inverted
 * sections, partials, comments, delimiters, standalone lines, indentation); plus filters `{{x |
 * date:long}}` and strictness where asked.
 */
#ifndef RENDER_PROGRAM_H
#define RENDER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct json_t;
struct program;
struct formatter;

/* How a value becomes part of the output. */
enum escape {
    ESCAPE_NONE,
    ESCAPE_HTML,   /* & < > " as Mustache wants; also ' */
    ESCAPE_HEADER, /* CR, LF, NUL and other controls: an error, never a header */
    ESCAPE_URL,    /* percent-encoding of everything but unreserved characters */
    ESCAPE_JSON,   /* a JSON string with quotes when the tag stands unquoted: numbers and booleans
                      stay themselves */
    ESCAPE_LINE,   /* plain text on one line: controls become spaces */
};

/* Source of partials; returns the text (borrowed until the next call) or NULL. A partial may call
 * itself. */
typedef const char *program_partial_fn(void *context, const char *name);

struct program_options {
    const char *file;             /* for messages */
    int first_line, first_column; /* where `source` begins in it; 0 counts as 1 */
    bool letter; /* letter dialect: no raw output, no delimiter change, no partials */
    bool layout; /* with letter: the frame of a letter, {{{content}}} is its one raw tag */
    bool prose;  /* with letter: words for people, so a brace left over is a mistake */
    bool strict; /* a missing name is an error (else empty, as Mustache says) */
    program_partial_fn *partial; /* NULL: no partials */
    void *partial_context;
};

/* Compiles `len` bytes. ERR_CONFIG with file:line:column. Free with program_free(). */
MUST_CHECK int program_compile(const char *source, size_t len,
                               const struct program_options *options, struct program **out,
                               struct error *err);
void program_free(struct program *p);

/*
 * Runs over `data` (an object or any JSON value), appending to `out` with the escape of the part.
 * `formatter` carries the reader's language and zone for filters (NULL: filters that need one
 * fail). Limits: depth 64, output 10 MiB. ERR_INPUT: a missing name (strict), a value a filter
 * cannot take, a limit; the sentence says file:line:column.
 */
MUST_CHECK int program_run(const struct program *p, const struct json_t *data, enum escape escape,
                           struct formatter *formatter, struct buf *out, struct error *err);

#endif
