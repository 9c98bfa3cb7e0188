/*
 * What commands say, in another language: locales/messages/LANG.yaml, a map from the English
 * sentence to its translation. The files are part of the program, not looked for when it runs: what
 * is wrong with a configuration is told in the operator's language too, and a translation never
 * belongs to another version. A translation whose holes do not fit is left in English.
 */
#ifndef CLI_SAY_CATALOGUE_H
#define CLI_SAY_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct catalogue;

/* The catalogue of "de" or "ko"; NULL for anything else. Freed with catalogue_free(). */
struct catalogue *catalogue_open(const char *language);
/* The same from a text. ERR_CONFIG with its position. */
MUST_CHECK int catalogue_parse(const char *text, size_t len, struct catalogue **out,
                               struct error *err);
void catalogue_free(struct catalogue *c);

/* What files say (rules of law), beside what the program does: "KR6 (the rights): %s". A hole of
 * such a sentence may be filled with a list, "a, b or c", and what it quotes stays as it is. */
void catalogue_learn(struct catalogue *c, const char *english, const char *translation);

/* NULL: not translated. Borrowed. */
const char *catalogue_find(const struct catalogue *c, const char *english);
/* Of a finished sentence: finds the one it was made of and says that instead, line by line. What
 * nobody translated is appended as it is. */
void catalogue_put_sentence(const struct catalogue *c, struct buf *out, const char *sentence);

#endif
