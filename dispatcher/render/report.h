/* Where the problems of templates and locales go: to whoever asked for all of them, or the first
 * one ends it. */
#ifndef RENDER_REPORT_H
#define RENDER_REPORT_H

#include <stdbool.h>

#include "base/error.h"
#include "render/library.h"
#include "render/scan.h"

struct report {
    library_problem_fn *problem; /* NULL: the first error is kept in `first` */
    void *context;
    int errors;
    struct error *first; /* may be NULL */
};

/* Every one of these returns ERR_CONFIG, so that what cannot go on can `return report_error(...)`.
 */
int report_error(struct report *r, const struct place *at, const char *rule, const char *format,
                 ...) PRINTF(4, 5);
/* The text of `err`, which begins with its position. */
int report_failure(struct report *r, const struct error *err, const char *rule);
void report_warning(struct report *r, const struct place *at, const char *rule, const char *format,
                    ...) PRINTF(4, 5);
/* There was an error and nobody collects: the load is over. */
bool report_is_over(const struct report *r);

#endif
