/* The languages a fact sheet has its texts in, and texts that lack one of them. */
#ifndef CAMPAIGN_FACTS_LANGUAGES_H
#define CAMPAIGN_FACTS_LANGUAGES_H

#include <stddef.h>

#include "base/problems.h"
#include "model/fact_sheet.h"

struct language_list {
    char **tags; /* sorted */
    size_t count;
};

/* Every language any text is in. Free with language_list_free(). */
void facts_languages(const struct fact_sheet *s, struct language_list *out);
void language_list_free(struct language_list *l);
/* A text that is not in a language others are in: one letter would say less than the other. */
void facts_languages_check(const struct fact_sheet *s, struct problems *problems);

#endif
