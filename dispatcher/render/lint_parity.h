/* Whether the languages of a letter say the same, as far as it shows without understanding them:
 * the same links and numbers, nothing left in another language, nothing older than its source. */
#ifndef RENDER_LINT_PARITY_H
#define RENDER_LINT_PARITY_H

#include <stddef.h>

#include "base/problems.h"
#include "render/letter_units.h"
#include "render/lint_translations.h"
#include "render/locale.h"

struct lint_language {
    const char *tag;
    const struct units *units;
    const struct locale *locale;
};

/* `source` is an index into `languages`; `translations` may be NULL. */
void lint_languages(const struct lint_language *languages, size_t count, size_t source,
                    const struct translations *translations, struct problems *problems);
/* Only what is left in another language. */
void lint_untranslated(const struct lint_language *languages, size_t count,
                       struct problems *problems);

#endif
