/*
 * The people of a campaign's cohorts, out of the files with their addresses: is everybody in one
 * cohort only, is nobody of the population left out, and are they as many as the fact sheet says?
 *
 * A person is a person, not an address: the column recipient_id, else id tells them apart; only
 * files that have neither are compared by e-mail address, or by phone number. All files are
 * compared by the first of these columns that every one of them has.
 *
 * Files are streamed. A person takes 16 bytes, and as much again while they are sorted: 6.5 million
 * need 210 MB; the population takes nothing.
 */
#ifndef CAMPAIGN_COHORTS_H
#define CAMPAIGN_COHORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"

#define COHORTS_MAX        64
#define COHORT_LOCALES_MAX 32

struct cohort_file {
    const char *name; /* of the cohort */
    const char *path; /* NULL: not there yet, nothing is compared with it */
    int64_t expected; /* by the fact sheet; -1: it does not say */
    struct place expected_at;
};

/* How many want which language. */
struct cohort_locale {
    char tag[36]; /* "" where the column is empty or missing */
    int64_t people;
};

struct cohort_count {
    int64_t people;
    struct cohort_locale locales[COHORT_LOCALES_MAX];
    size_t locale_count;
    bool unreadable; /* it must be saved anew, which was told once: nothing else of it is */
};

/*
 * Every difference goes to `problems`, of each kind the first 20 with file and line and then how
 * many more. `population` NULL: not compared. `out` takes a count for each file. ERR_NOT_FOUND,
 * ERR_IO, ERR_INPUT: a file cannot be read; then nothing was proved.
 */
MUST_CHECK int cohorts_prove(const struct cohort_file *files, size_t count, const char *population,
                             struct problems *problems, struct cohort_count *out,
                             struct error *err);

#endif
