/*
 * Gettext's PO files, as far as letters need them: entries with a context, one translation each, no
 * plural forms. Strict: what is not understood is an error with file:line:column, for what a
 * translator wrote must not get lost silently.
 */
#ifndef LETTERS_TRANSLATE_PO_H
#define LETTERS_TRANSLATE_PO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct po_entry {
    char *context;     /* "" if it has none */
    char *source;      /* msgid; "" of the header */
    char *translation; /* msgstr; "" while it is not translated */
    bool fuzzy;
    int line; /* of its msgid */
};

struct po {
    struct po_entry *entries; /* the header first */
    size_t count;
};

/* ERR_INPUT with file:line:column. Free with po_free(), also after a failure. */
MUST_CHECK int po_parse(const char *text, size_t len, const char *file, struct po *out,
                        struct error *err);
void po_free(struct po *po);
/* The value of a line "Name: value" of the header, NULL if there is none. Caller frees. */
char *po_header(const struct po *po, const char *name);
/* `keyword "text"`, over several lines where the text has line breaks. */
void po_put_text(struct buf *out, const char *keyword, const char *text);

#endif
