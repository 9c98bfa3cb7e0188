/* What the books know of a campaign that is checked: the same for `check`, `approve` and `send`. */
#ifndef LETTERS_CHECK_BOOKS_H
#define LETTERS_CHECK_BOOKS_H

#include <stdbool.h>

#include "cli/command.h"

/* Was it sent? Without books, or without leave to read them, it was not. For check_scene. */
bool check_books_has_left(const struct invocation *inv, const char *campaign);

#endif
