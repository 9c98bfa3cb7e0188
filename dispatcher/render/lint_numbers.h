/* Numbers, dates and telephone numbers that somebody wrote into a letter by hand, brought into one
 * form, so that 3 Millionen, 300만 and 3 million are the same. */
#ifndef RENDER_LINT_NUMBERS_H
#define RENDER_LINT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "render/lint_words.h"
#include "render/locale.h"

enum lint_number_kind { LINT_NUMBER, LINT_DATE, LINT_TIME, LINT_PHONE };

struct lint_number {
    enum lint_number_kind kind;
    struct lint_span span;
    double value;   /* NUMBER */
    int month, day; /* DATE; day 0: of the month as a whole */
    bool counts;    /* NUMBER: grouped, with a word like million, or with a percent sign */
    char key[48];   /* equal for the same number in another language */
};

/* The next one from `from` on. Digits within a word (SHA256) are none. */
bool lint_number_next(const struct locale *locale, const char *plain, size_t len, size_t from,
                      struct lint_number *out);
/* Does the name of this month stand in the text? */
bool lint_number_is_month(const struct locale *locale, int month, const char *plain, size_t len);

#endif
