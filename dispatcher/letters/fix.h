/* `check --fix`: mends letters, samples and locales before they are checked (see fix_text.h), and
 * prints what it changed. */
#ifndef LETTERS_FIX_H
#define LETTERS_FIX_H

#include "base/error.h"
#include "cli/command.h"

struct settings;

/* What the arguments of the check name, without any all templates and locales. A file that cannot
 * be written back whole stays as it is. ERR_IO, ERR_INPUT for the first of those. */
MUST_CHECK int fix_files(const struct invocation *inv, const struct settings *settings,
                         struct error *err);

#endif
