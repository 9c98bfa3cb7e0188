/* The letter of a test: of a template with one of its samples, or of a campaign with its facts and
 * one of its people. */
#ifndef LETTERS_TEST_SEND_LETTER_H
#define LETTERS_TEST_SEND_LETTER_H

#include <stddef.h>

#include "base/error.h"
#include "cli/command.h"
#include "engine/setup.h"
#include "model/campaign.h"
#include "model/job.h"

struct test_letter {
    const struct invocation *inv;
    const struct setup *setup;
    struct campaign *campaign; /* NULL: a template was named */
    struct fact_sheet *sheet;  /* of the campaign; NULL: none */
    const char *cohort;        /* that the sheet knows; NULL: everybody's facts */
    const char *audience;      /* its people; NULL: none yet */
    const char *name;          /* of the letter; borrowed */
    int template_index;
    struct job *row; /* the person of --row, else the sample; NULL: made for each language */
    const char **tags;
    struct job **jobs; /* the reader in each of these languages */
    size_t tag_count;
};

/* `what` is a template, or a file campaign.yaml. What is wrong with files is told on stderr. Close
 * it in any case. */
MUST_CHECK int test_letter_open(const struct invocation *inv, const struct setup *setup,
                                const char *what, struct test_letter *out, struct error *err);
void test_letter_close(struct test_letter *l);

#endif
