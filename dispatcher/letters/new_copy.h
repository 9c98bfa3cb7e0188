/* A letter begun as a copy of another one. */
#ifndef LETTERS_NEW_COPY_H
#define LETTERS_NEW_COPY_H

#include "base/error.h"

/*
 * Copies template.yaml, letters, webhook.json and fixtures of `templates`/`letter` to `directory`,
 * which is not there yet. It begins at version 1, its fixtures name no template, and every subject
 * gets a TODO, so that nobody sends the other letter by its name. Golden files are not taken over.
 */
MUST_CHECK int new_copy(const char *templates, const char *letter, const char *directory,
                        struct error *err);

#endif
