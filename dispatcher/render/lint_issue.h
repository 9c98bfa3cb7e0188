/* Samples that are issues of one series: what the next one says in the words of the last one. */
#ifndef RENDER_LINT_ISSUE_H
#define RENDER_LINT_ISSUE_H

#include <stddef.h>

#include "base/problems.h"
#include "model/job.h"

struct lint_issue {
    const char *path;
    const char *text; /* of the file */
    size_t len;
    const struct job *job;
};

/* Two samples belong to one series if their campaigns differ in a number at the end at most; of
 * two, the one is the next that has `issue` one higher. */
void lint_issues(const struct lint_issue *issues, size_t count, struct problems *problems);

#endif
