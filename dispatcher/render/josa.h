/*
 * Korean particles after a value: 은/는, 이/가, 을/를, 과/와, 으로/로, 이며/며 and their family,
 * chosen by the last sound of the value: Hangul by its final consonant (ㄹ counts as a vowel for
 * the 로 family), digits and trailing zeros by their Sino-Korean reading, units by a table,
 * acronyms by letter name. Unknown: both forms, 은(는).
 */
#ifndef RENDER_JOSA_H
#define RENDER_JOSA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* How the unit behind a number is read ("%" -> 퍼센트); NULL if it is not a unit. */
typedef const char *josa_unit_fn(const void *context, const char *unit, size_t len);

/*
 * Appends the particle (not the value) for `value` (valid UTF-8, not empty). `pair` in either
 * order, e.g. "은/는" or "로/으로". ERR_INPUT for an unknown pair or an empty value. *out_known
 * false = both forms were written.
 */
MUST_CHECK int josa_put(const char *value, size_t len, const char *pair, josa_unit_fn *unit,
                        const void *unit_context, struct buf *out, bool *out_known,
                        struct error *err);
/* Is it one of the pairs of the table? */
bool josa_pair_known(const char *pair);
/*
 * Does a text behind a value begin with a particle written by hand, as a word end of its own: 은,
 * 은(는), (으)로? Puts its pair ("은/는") and returns true.
 */
bool josa_find_written(const char *text, size_t len, struct buf *out_pair);
/*
 * The first place in a rendered text where josa_put() could not know and wrote both forms, 은(는),
 * (으)로: for a warning. NULL if there is none; *out_len is its length.
 */
const char *josa_find_both(const char *text, size_t len, size_t *out_len);

#endif
