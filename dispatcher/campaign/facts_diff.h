/*
 * What changed between two versions of a fact sheet, in plain words; which of it is a fact people
 * must be told by law, so that only a supplement may carry it; and who must be told.
 */
#ifndef CAMPAIGN_FACTS_DIFF_H
#define CAMPAIGN_FACTS_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problems.h"
#include "model/fact_sheet.h"

struct fact_change {
    char *cohort; /* NULL: everybody */
    char *fact;   /* "data_items", "certainty"; "affected": of a cohort */
    char *text;   /* "the data that was taken: date_of_birth was added" */
    bool legal;
    char *unreasoned; /* what `reasons` must explain and does not; else NULL */
    struct place place;
};

/* People to whom something else applies than they were told. */
struct facts_concerned {
    const char *cohort; /* borrowed from the newer sheet; NULL: it has none */
    int64_t people;     /* -1: not known */
    bool cleared;       /* the incident may have hit them, and did not */
};

struct facts_diff {
    struct fact_change *changes;
    size_t change_count;
    struct facts_concerned *concerned;
    size_t concerned_count;
};

/* Both sheets outlive the diff. Free with facts_diff_free(). */
void facts_diff_make(const struct fact_sheet *older, const struct fact_sheet *newer,
                     struct facts_diff *out);
void facts_diff_free(struct facts_diff *d);
bool facts_diff_is_legal(const struct facts_diff *d);
/* Is the newer one what follows the older one, and is every surprise explained? */
void facts_diff_check(const struct facts_diff *d, const struct fact_sheet *older,
                      const struct fact_sheet *newer, struct problems *problems);

#endif
