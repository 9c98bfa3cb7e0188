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

/* Appends the text for `marked`; lines end in LF, none ends in a blank. Words are never broken. */
void wrap_text(const char *marked, size_t len, struct buf *out);

#endif
