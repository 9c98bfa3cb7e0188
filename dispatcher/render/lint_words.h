/* Looking for the words of locales/LANG.yaml, `lint:`, in the units of a letter. */
#ifndef RENDER_LINT_WORDS_H
#define RENDER_LINT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a unit's `plain`. */
struct lint_span {
    size_t start, end;
};

/* A letter or a digit of any script. */
bool lint_is_word(uint32_t c);
/*
 * The next place from `from` on where `phrase` stands, without regard to capitals; a blank in it
 * stands for any number of them. It must be whole words, except where it begins or ends with `*`.
 */
bool lint_find(const char *plain, size_t len, const char *phrase, size_t from,
               struct lint_span *out);
/* Whether it stands at the beginning, by the same rules, and where it ends. */
bool lint_begins(const char *plain, size_t len, const char *phrase, size_t *out_end);

#endif
