/* Small questions about UTF-8 text. Nothing here knows a language; that is render's and ICU's
 * business. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Decodes the code point at *at (before `end`), advances *at behind it. An invalid sequence
 * (overlong, surrogate, beyond U+10FFFF, cut) gives U+FFFD and advances one byte, so that a loop
 * always ends.
 */
uint32_t utf8_next(const char **at, const char *end);
bool utf8_valid(const char *text, size_t len);
void utf8_put(struct buf *out, uint32_t code_point);

bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);
bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
/* Of people's names: " Ada Lund" and "ada lund" are one; letters beyond ASCII as they stand. */
bool text_same_name(const char *a, const char *b);
/* Strict decimal, optional minus; the whole text; false on overflow. */
bool text_parse_int(const char *text, int64_t *out);
/* `pattern` may hold `*` anywhere (campaign: "breach-*"); everything else is literal. */
bool text_matches_wildcard(const char *pattern, const char *text);

/*
 * The candidate a person most likely meant, or NULL: Damerau-Levenshtein distance at most 2, or a
 * third of the length. `count` names.
 */
const char *text_closest(const char *word, const char *const *names, size_t count);

/* What stands behind a number: text_plural(n, "row is", "rows are"). */
const char *text_plural(int64_t count, const char *one, const char *many);
/* One word of "a, b or c": the separator before the `index`-th of `count`, and the word. */
void text_put_choice(struct buf *out, const char *word, size_t index, size_t count);

/* Control characters, ESC, NUL and invalid UTF-8 become visible \xNN escapes: safe for a log and a
 * terminal. */
void text_put_visible(struct buf *out, const char *bytes, size_t len);
/* The same line by line: a list of mistakes has several. */
void text_put_visible_lines(struct buf *out, const char *text);

#endif
