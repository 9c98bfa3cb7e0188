/* Where a preview takes its reader and its facts from: a fixture of the letter, a fact sheet, a row
 * of an audience. */
#ifndef LETTERS_PREVIEW_SOURCE_H
#define LETTERS_PREVIEW_SOURCE_H

#include <stdint.h>

#include "base/error.h"
#include "cli/command.h"
#include "engine/setup.h"
#include "model/job.h"

/* What was asked for; borrowed. NULL: not given. */
struct preview_wish {
    const struct invocation *inv; /* in whose language it tells; NULL: English */
    const char *fixture, *facts, *cohort, *audience;
    int64_t row; /* as the spreadsheet counts; 0: the first */
};

/* The options of these names. ERR_USAGE if two do not go together. */
MUST_CHECK int preview_wish_read(const struct invocation *inv, struct preview_wish *out,
                                 struct error *err);
/*
 * --fixture: a file, or the name of one of the letter's fixtures; else the first of them. --facts,
 * --cohort: the facts come from there instead. --audience, --row: the reader does, and the facts
 * that have a column. The job is freed with job_free(), *out_origin (words for people) with free().
 * What is wrong with a sheet or a row is told on stderr, and then ERR_INPUT returned.
 */
MUST_CHECK int preview_source_load(const struct preview_wish *wish, const struct setup *setup,
                                   int template_index, struct job **out, char **out_origin,
                                   struct error *err);
/* The path of a fixture: `wanted` as above, NULL: the first. Caller frees; NULL: there is none. */
char *preview_find_fixture(const char *directory, const char *wanted);

#endif
