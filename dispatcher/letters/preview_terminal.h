/* The languages of a letter beside each other on a terminal, section by section. */
#ifndef LETTERS_PREVIEW_TERMINAL_H
#define LETTERS_PREVIEW_TERMINAL_H

#include "letters/preview.h"

/* `part` is text, sms or webhook; NULL: all of it but the webhook. ERR_USAGE: another one. */
MUST_CHECK int preview_print_columns(const struct preview *p, const char *part, struct error *err);

#endif
