/* What the commands `translate ...` share. */
#ifndef LETTERS_TRANSLATE_H
#define LETTERS_TRANSLATE_H

#include "base/error.h"
#include "cli/command.h"

struct settings;

/* The configuration without its secrets: translators need none. Free with
 * translate_settings_free(). */
MUST_CHECK int translate_settings(const struct invocation *inv, struct settings **out,
                                  struct error *err);
void translate_settings_free(struct settings *settings);

#endif
