/* facts.yaml into a fact sheet; docs/facts.md says what may stand there. */
#ifndef CAMPAIGN_FACT_SHEET_READ_H
#define CAMPAIGN_FACT_SHEET_READ_H

#include "base/buf.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/fact_sheet.h"

/*
 * Everything that is wrong with the file by itself goes to `problems`, its arithmetic too.
 * ERR_CONFIG if there was an error; *out is NULL then. Free with fact_sheet_free().
 */
MUST_CHECK int fact_sheet_read(const char *path, struct problems *problems,
                               struct fact_sheet **out);

/* What a fact sheet may hold, as JSON Schema, appended. */
void fact_sheet_put_schema(struct buf *out);

#endif
