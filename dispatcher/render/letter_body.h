/*
 * The body of a letter made ready for Markdown: partials taken in, comments gone, every tag
 * replaced by a placeholder that Markdown lets through untouched (two private-use characters around
 * an index). So the text is parsed once, with the tags in place, and a value can never become
 * markup.
 *
 * A section tag alone on its line stands between blocks, with one exception: inside a running
 * paragraph it belongs to the paragraph, as it would if the tags were expanded first.
 */
#ifndef RENDER_LETTER_BODY_H
#define RENDER_LETTER_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "render/expression.h"
#include "render/scan.h"

#define BODY_NO_TAG ((size_t)-1)

struct body_tag {
    enum token_kind kind;          /* VALUE, SECTION, INVERTED, END */
    struct expression *expression; /* NULL for END */
    struct place place;
    int columns;     /* its width in the source line; 0 if it had a line of its own */
    size_t pair;     /* sections: index of the other end */
    size_t own_line; /* of the assembled lines if it stands alone on one; BODY_NO_TAG otherwise */
    bool block;      /* stands between blocks */
    bool tight_before, tight_after; /* block: no blank line in between */
};

struct body_line {
    const char *file;
    int line;
    size_t start; /* offset in text */
};

struct body {
    struct buf text; /* Markdown with placeholders */
    struct body_line *lines;
    size_t line_count;
    struct body_tag *tags;
    size_t tag_count;
    char **files; /* names that places point to */
    size_t file_count;
};

struct body_options {
    const char *file;
    int first_line;
    const char *partials; /* directory of NAME.LANG.md */
    const char *language;
};

/* ERR_CONFIG with file:line:column. Free with body_free(), also after a failure. */
MUST_CHECK int body_prepare(const char *source, size_t len, const struct body_options *options,
                            struct body *out, struct error *err);
void body_free(struct body *b);

/* Where a place of the prepared text (line and byte column from 1) stands in the files. */
struct place body_place(const struct body *b, int line, int byte_column);
/*
 * The next placeholder in `text`: returns its tag and sets where it begins and ends; BODY_NO_TAG if
 * there is none.
 */
size_t body_find_tag(const struct body *b, const char *text, const char **out_start,
                     const char **out_end);

#endif
