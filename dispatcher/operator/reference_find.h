/* Whose reference number is it? Asks until all is searched: see engine/requests_reference.c. */
#ifndef OPERATOR_REFERENCE_FIND_H
#define OPERATOR_REFERENCE_FIND_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/session.h"

/* Appends a row for each notice with this number to `found`: {"v":1,"id":"...","reference":"..."},
 * and for each it may have been meant, if there is none, to `guesses`: the same with "guess":true,
 * "at" (the wrong character, from 1), "typed", "right" and "swapped" (it and the next change
 * places). *out_fault: NULL, or what the number itself tells: "length" (none of ours: we have 10 or
 * 12 characters), "character" (*out_at stands in none of ours), "check" (they do not go together).
 * A constant. */
MUST_CHECK int reference_find(struct session *s, const char *reference, struct buf *found,
                              struct buf *guesses, const char **out_fault, int64_t *out_at,
                              struct error *err);

#endif
