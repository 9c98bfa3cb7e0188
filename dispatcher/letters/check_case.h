/* A notice as the law looks at it: its letters rendered in every language for every cohort. */
#ifndef LETTERS_CHECK_CASE_H
#define LETTERS_CHECK_CASE_H

#include "law/law.h"
#include "letters/check_scene.h"
#include "model/job.h"
#include "model/proof.h"

struct check_case {
    struct law_case law;
    struct law_sending sending; /* if law.sending is set */
    struct law_text *texts;
    struct proof *proofs; /* of each text, like the jobs */
    struct job **jobs;
    size_t capacity;
    bool told; /* what does not render was told before */
};

/* Of so many letters at most; the scene frees it. */
struct check_case *check_case_begin(struct check_scene *s, size_t letters);
void check_case_free(struct check_case *c);
/*
 * Renders a letter and adds it; the job is the case's from here on. `text` brings cohort, locale
 * and jurisdictions. False: it does not render, which was told, `at` being where.
 */
bool check_case_add(struct check_scene *s, struct check_case *c, int template_index,
                    const struct law_text *text, struct job *job, const struct place *at);
/* Asks the law, if there is any. */
void check_case_judge(struct check_scene *s, struct check_case *c);
/* Of the letter for a cohort (NULL: none) in a language; NULL if there is none. */
const struct job *check_case_job(const struct check_case *c, const char *cohort,
                                 const char *locale);
const struct proof *check_case_proof(const struct check_case *c, const char *cohort,
                                     const char *locale);

#endif
