#include "letters/facts_files.h"

#include <stddef.h>

#include "campaign/fact_sheet_read.h"
#include "campaign/facts_diff.h"

static struct fact_sheet *read_older(const struct fact_sheet *s, struct problems *problems)
{
    struct fact_sheet *older = NULL;
    struct facts_diff diff;
    if (s->supersedes == NULL || fact_sheet_read(s->supersedes, problems, &older) != 0)
        return NULL;
    facts_diff_make(older, s, &diff);
    facts_diff_check(&diff, older, s, problems);
    facts_diff_free(&diff);
    return older;
}

int facts_files_read(const char *path, struct problems *problems, struct fact_sheet **out,
                     struct fact_sheet **out_older)
{
    int rc = fact_sheet_read(path, problems, out);
    struct fact_sheet *older = rc == 0 ? read_older(*out, problems) : NULL;
    if (out_older != NULL)
        *out_older = older;
    else
        fact_sheet_free(older);
    return rc;
}
