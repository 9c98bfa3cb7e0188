/*
 * Mustache source cut into tokens: text and tags, with the whitespace of standalone tags already
 * taken away and every section tag paired with its end. Names and filters inside a tag are
 * expression.h's business.
 */
#ifndef RENDER_SCAN_H
#define RENDER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/place.h"

#define SCAN_DEPTH_MAX  64
#define SCAN_SOURCE_MAX (1024 * 1024)

enum token_kind {
    TOKEN_TEXT,
    TOKEN_VALUE,
    TOKEN_RAW, /* {{{x}}} and {{&x}} */
    TOKEN_SECTION,
    TOKEN_INVERTED,
    TOKEN_END,
    TOKEN_PARTIAL,
    TOKEN_COMMENT,
    TOKEN_DELIMITERS,
};

struct token {
    enum token_kind kind;
    const char *text; /* TEXT: the bytes; a tag: what it says, without its sign and outer spaces.
                         Borrowed. */
    size_t len;
    const char *source; /* a tag as it is written, for messages; borrowed */
    size_t source_len;
    struct place place;
    bool standalone;    /* alone on its line, which vanishes */
    const char *indent; /* standalone: the blanks before it */
    size_t indent_len;
    size_t pair; /* SECTION, INVERTED: index of the end; END: index of the beginning */
};

struct scan_options {
    const char *file;
    int first_line, first_column; /* 0 counts as 1 */
    bool letter;                  /* no raw output, no change of delimiters */
    bool layout;                  /* with letter: {{{content}}} alone is allowed */
    bool prose;       /* words for people, not HTML or JSON: no brace stands in the text, no note
                         goes on over the next line */
    bool section_ids; /* with prose: but {#id} may, which is Markdown's business */
};

/* ERR_CONFIG with file:line:column. The tokens borrow from `source`; free the array with free(). */
MUST_CHECK int scan_source(const char *source, size_t len, const struct scan_options *options,
                           struct token **out, size_t *out_count, struct error *err);

#endif
