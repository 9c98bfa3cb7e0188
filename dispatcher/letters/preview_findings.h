/* What the check finds in the letter that is looked at, kept until it is shown beside it. */
#ifndef LETTERS_PREVIEW_FINDINGS_H
#define LETTERS_PREVIEW_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problems.h"

struct preview_finding {
    enum problem_level level;
    char *file;
    int line; /* 0: of the file as a whole */
    char *position, *text, *rule;
};

struct preview_findings {
    struct preview_finding *items; /* in the order they were told */
    size_t count;
};

/* A problem_fn: `context` are the findings. */
void preview_findings_take(void *context, const struct problem *p);
/* Forgets what is about other letters than the one in this directory. */
void preview_findings_keep(struct preview_findings *f, const char *directory);
size_t preview_findings_count(const struct preview_findings *f, enum problem_level level);
void preview_findings_free(struct preview_findings *f);

/* Adds what the letter's fixtures bring to light, and what the rule sets its template.yaml names
 * (`legal`) say of it as it is shown. */
struct preview;
void preview_findings_check(struct preview *p);

#endif
