/* JSON for people: a member on each line. */
#ifndef LETTERS_PREVIEW_JSON_H
#define LETTERS_PREVIEW_JSON_H

#include <stddef.h>

#include "base/buf.h"

/* Appends valid JSON laid out with two blanks for each depth, without a line end behind it. */
void preview_put_json(struct buf *out, const char *json, size_t len);

#endif
