/* What does not fit together within one fact sheet: its arithmetic, its times, its languages. */
#ifndef CAMPAIGN_FACTS_CHECK_H
#define CAMPAIGN_FACTS_CHECK_H

#include "base/problems.h"
#include "model/fact_sheet.h"

/* Judges what is there; a sheet with other mistakes too is fine. */
void facts_check(const struct fact_sheet *s, struct problems *problems);

#endif
