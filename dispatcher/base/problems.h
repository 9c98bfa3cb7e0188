/*
 * What is wrong with files that people write: letters, locales, fact sheets, rules. A check wants
 * all of it, one problem after the other; a load wants to end at the first error.
 */
#ifndef BASE_PROBLEMS_H
#define BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/place.h"

#define PROBLEMS_REMEMBERED 256

enum problem_level {
    PROBLEM_ERROR,   /* cannot be used, must not be sent */
    PROBLEM_WARNING, /* an error where --strict is asked */
    PROBLEM_HINT,    /* worth knowing, never an error */
};

struct problem {
    enum problem_level level;
    const char *position; /* "templates/apology/ko.md:14:12", may lack line and column */
    const char *text;
    const char *rule; /* "var-unknown" */
};
typedef void problem_fn(void *context, const struct problem *problem);

struct problems {
    problem_fn *tell; /* NULL: the first error is kept in `first` */
    void *context;
    int errors;
    struct error *first; /* may be NULL */
    /* What was told already, as hashes: a partial or the layout is read for many letters, and its
     * mistakes are told once. Beyond so many problems nobody minds one that comes twice. */
    uint64_t told[PROBLEMS_REMEMBERED];
    size_t told_count;
};

/* Returns ERR_CONFIG, so that what cannot go on can `return problems_add_error(...)`. */
int problems_add_error(struct problems *p, const struct place *at, const char *rule,
                       const char *format, ...) PRINTF(4, 5);
/* The same with the text of `err`, which begins with its position. */
int problems_add_failure(struct problems *p, const struct error *err, const char *rule);
void problems_add_warning(struct problems *p, const struct place *at, const char *rule,
                          const char *format, ...) PRINTF(4, 5);
/* For rules whose level is data. */
void problems_add(struct problems *p, enum problem_level level, const struct place *at,
                  const char *rule, const char *format, ...) PRINTF(5, 6);
/* "error", "warning", "hint" */
const char *problem_level_name(enum problem_level level);
/* There was an error and nobody collects: the load is over. */
bool problems_stop_load(const struct problems *p);

#endif
