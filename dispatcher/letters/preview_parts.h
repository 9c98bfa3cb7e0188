/* Parts of a letter, one language below the other, as they are sent. */
#ifndef LETTERS_PREVIEW_PARTS_H
#define LETTERS_PREVIEW_PARTS_H

#include "letters/preview.h"

/* `part` is email, text, html, sms or webhook; NULL: subject, text and SMS. ERR_USAGE: no such
 * part. */
MUST_CHECK int preview_print_parts(const struct preview *p, const char *part, struct error *err);

/* One object per language, with every part it has. */
MUST_CHECK int preview_print_json(const struct preview *p, struct error *err);

#endif
