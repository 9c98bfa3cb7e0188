/* Colours: they only repeat what a word says already. */
#ifndef CLI_COLOR_H
#define CLI_COLOR_H

#include <stdbool.h>
#include <stdio.h>

enum tint { TINT_NONE, TINT_GOOD, TINT_WAIT, TINT_BAD, TINT_HEAD };

/* --color: `when` is auto, always or never, NULL if it was not given. It becomes the environment of
 * this process, where whoever prints finds it, whatever he has in hand. */
void color_choose(const char *when);
/* --color > NO_COLOR (set, not empty) > CLICOLOR_FORCE > TERM=dumb > is it a terminal? */
bool color_wanted(FILE *stream);
/* What begins a colour on this stream, and what ends it; "" where none is wanted. */
const char *color_begin(FILE *stream, enum tint tint);
const char *color_end(FILE *stream, enum tint tint);
/* What a state says of itself: delivered is good, failed is bad, what still goes on waits. */
enum tint color_of_word(const char *word);

#endif
