/*
 * Mends a text that people wrote where that cannot change what it says: Unicode form, line ends, a
 * byte order mark, quotes around a value with tags, and in the text message what would be replaced
 * when it is sent anyway. Everything else is for the writer to decide.
 */
#ifndef LETTERS_FIX_TEXT_H
#define LETTERS_FIX_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/gateway.h"

/* What was done, "line 4: ..."; the text is borrowed. */
typedef void fix_told_fn(void *context, const char *text);

struct fix_options {
    bool letter;                 /* with front matter */
    enum length_profile profile; /* letter: of the gateways of its language */
    fix_told_fn *told;
    void *context;
};

/* Appends the mended text to `out`. False: it is no UTF-8, and nothing was appended. */
bool fix_text(const char *text, size_t len, const struct fix_options *options, struct buf *out);

#endif
