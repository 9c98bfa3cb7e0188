/* Prose as mdoc(7): sentence by sentence, nothing of it a macro. */
#ifndef CLI_MANUAL_TEXT_H
#define CLI_MANUAL_TEXT_H

#include <stdio.h>

/* Paragraphs; lines that begin with two spaces are kept as they are. */
void manual_put_text(FILE *to, const char *text, size_t len);
/* One argument of a macro, in quotes. */
void manual_put_argument(FILE *to, const char *text);
/* Lines as they are. */
void manual_put_literal(FILE *to, const char *text, size_t len);

#endif
