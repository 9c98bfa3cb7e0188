/*
 * Looking for words as a reader sees them: composed, without regard to capitals, line breaks and
 * invisible characters. No dictionary and no stems: a rule names its words.
 */
#ifndef LAW_WORDS_H
#define LAW_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the text for looking in: NFC, Latin letters small, every run of white space one space,
 * nothing invisible. */
void words_fold(struct buf *out, const char *text, size_t len);

/*
 * Is the word in a folded text? Latin words match whole ones only: "du" is not in "durch". A star
 * opens an end: "dein*" is in "deinem". Hangul is found anywhere. "a|b" is found if one of them is.
 */
bool words_found(const char *folded, const char *word);
/* As it stands, at any place: for the words of data categories. */
bool words_contains(const char *folded, const char *text);
/*
 * Which of the words are in the text? The longest are looked for first and what they cover is
 * taken: 법정손해배상 is not 손해배상 once more. `found` has room for `count`.
 */
void words_find_all(const char *folded, const char *const *words, size_t count, bool *found);
/* Appends what of the text the word found, whole: "deinem" for "dein*". Nothing if it is not there.
 */
void words_put_match(struct buf *out, const char *folded, const char *word);
/* Appends the first of "a|b": how messages call what is missing. */
void words_put_name(struct buf *out, const char *word);

#endif
