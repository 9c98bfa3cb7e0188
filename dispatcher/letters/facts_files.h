/* Fact sheets with the version before them. */
#ifndef LETTERS_FACTS_FILES_H
#define LETTERS_FACTS_FILES_H

#include "base/error.h"
#include "base/problems.h"
#include "model/fact_sheet.h"

/*
 * Reads a sheet and, if it names one, the version before; tells what is wrong with either and with
 * what changed between them. *out_older (may be NULL) is NULL without one. ERR_CONFIG if there was
 * an error in the sheet itself; then both are NULL. Free both with fact_sheet_free().
 */
MUST_CHECK int facts_files_read(const char *path, struct problems *problems,
                                struct fact_sheet **out, struct fact_sheet **out_older);

#endif
