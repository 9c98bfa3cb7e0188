/* All rules of the lint for one template, and for the passages that letters share. Only a check
 * asks; a load does not care about words. */
#ifndef RENDER_LINT_TEMPLATE_H
#define RENDER_LINT_TEMPLATE_H

#include <stddef.h>

#include "base/problems.h"
#include "render/locale.h"
#include "render/template.h"

struct lint_locales {
    struct locale *const *items;
    size_t count;
};

/* Also letters that could not be loaded are read. */
void lint_template(const struct template *t, const struct lint_locales *locales,
                   struct problems *problems);
/* _partials/NAME.LANG.md */
void lint_partials(const char *directory, const struct lint_locales *locales,
                   struct problems *problems);

#endif
