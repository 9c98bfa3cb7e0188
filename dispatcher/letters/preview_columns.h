/*
 * Texts beside each other in columns of a terminal, one for each language:
 *
 *     Betreff in zwei  │ 두 줄짜리 제목
 *     Zeilen           │
 *
 * Widths are those of a terminal: Hangul takes two columns. Pure.
 */
#ifndef LETTERS_PREVIEW_COLUMNS_H
#define LETTERS_PREVIEW_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define COLUMN_NARROWEST 28

/* A stretch of a text that is set off, in bytes. */
struct column_mark {
    size_t start, len;
};

struct column_text {
    const char *text;
    size_t len;
    const struct column_mark *marks; /* in their order, disjoint */
    size_t mark_count;
    bool missing; /* the text says so; nothing stands here in this language */
};

struct column_layout {
    size_t count;  /* languages */
    size_t width;  /* of all of it */
    bool colour;   /* escape sequences; without them marks are not shown */
    bool stacked;  /* one below the other: there is no room */
    size_t column; /* width of each text */
};

/* Beside each other if each gets COLUMN_NARROWEST. */
struct column_layout column_layout_for(size_t count, size_t width, bool colour);
/* A line across all columns with a word on it: "── subject ─────". */
void columns_put_rule(struct buf *out, const struct column_layout *l, const char *word);
/* The texts, wrapped again where one has a line too long for its column. `tags` stand in front of
 * each when stacked. */
void columns_put_texts(struct buf *out, const struct column_layout *l, const char *const *tags,
                       const struct column_text *texts);
/* Length of the first line of `text` within `width`; *out_next is where the next one begins. Breaks
 * at the last blank, without one anywhere but within a character. */
size_t column_line(const char *text, size_t len, size_t width, size_t *out_next);

#endif
