/*
 * Plain text laid out at run time, when the values are known: paragraphs wrapped by display width,
 * lists with hanging indents and counted numbers, quotes with "> ". The code of a text part
 * (letter_text.c) puts marks into its output; they are control characters, which no value can
 * bring (ESCAPE_LINE).
 */
#ifndef RENDER_LETTER_WRAP_H
#define RENDER_LETTER_WRAP_H

#include "base/buf.h"

#define WRAP_COLUMNS 76

enum wrap_mark {
    WRAP_PARAGRAPH = 1,
    WRAP_HEADING, /* its level as a digit behind it */
    WRAP_BULLETS, /* a list begins; t (tight) or l (loose) behind it */
    WRAP_NUMBERS, /* the same, then the first number and a ; */
    WRAP_ITEM,
    WRAP_LIST_END,
    WRAP_QUOTE,
    WRAP_LINE_BREAK = 0x0b,
    WRAP_QUOTE_END = 0x0e,
    WRAP_RULE,
};

/* A stretch of the marked text whose place in the wrapped one is wanted. */
struct wrap_span {
    size_t start, end;         /* in the marked text */
    size_t out_start, out_end; /* in what was appended, without blanks around it; the same: no
                                  words, or not there */
};

struct wrap_options {
    size_t columns;
    struct wrap_span *spans; /* in their order, disjoint */
    size_t span_count;
};

/* Appends the text for `marked`; lines end in LF, none ends in a blank. Words are never broken. */
void wrap_text(const char *marked, size_t len, struct buf *out);
/*
 * Where the block that begins at `from`, outside of lists and quotes, ends and the next one begins.
 * Blocks can be wrapped one by one: a blank line belongs between those that have words.
 */
size_t wrap_block_end(const char *marked, size_t len, size_t from);
/* The same to any width, and finds the spans. */
void wrap_text_with(const char *marked, size_t len, const struct wrap_options *options,
                    struct buf *out);

#endif
