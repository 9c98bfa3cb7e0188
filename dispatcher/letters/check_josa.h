/* Values whose particle nobody can know: the letter says 은(는) where a person would choose. */
#ifndef LETTERS_CHECK_JOSA_H
#define LETTERS_CHECK_JOSA_H

#include "letters/check_scene.h"

/* Of the values in a rendered letter; what its author wrote so is left alone. They are from the
 * sheet (may be NULL), else from the sample at `at`. */
void check_josa(struct check_scene *s, const struct law_text *text, const struct proof *proof,
                const struct fact_sheet *sheet, const struct place *at);
/* How often a rendered text says both forms. */
size_t check_josa_count(const char *text, size_t len);

#endif
