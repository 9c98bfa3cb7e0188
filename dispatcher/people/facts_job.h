/* A notice as a letter would be sent with the facts of a cohort: for checks and previews. */
#ifndef PEOPLE_FACTS_JOB_H
#define PEOPLE_FACTS_JOB_H

#include "base/error.h"
#include "model/fact_sheet.h"
#include "model/job.h"
#include "render/library.h"

struct buf;
struct json_t;

struct facts_job_options {
    const struct library *library;
    int template_index;
    const struct fact_sheet *sheet; /* NULL: a notice without data */
    const char *cohort;             /* NULL: everybody's facts */
    const char *locale;
    const char *category, *campaign, *reference; /* NULL: none */
};

/* The facts of a cohort that the letter declares: others belong to other letters of the same
 * incident. A new reference. */
struct json_t *facts_job_data(const struct library *l, int template_index,
                              const struct fact_sheet *sheet, const char *cohort);

/* Takes of the facts what the letter declares, and a reader as there are many in this language.
 * ERR_INPUT. Free with job_free(). */
MUST_CHECK int facts_job_make(const struct facts_job_options *o, struct job **out,
                              struct error *err);

/* The text of the same notice with other facts. */
void facts_job_put(const struct job *job, const struct json_t *facts, struct buf *out);

#endif
