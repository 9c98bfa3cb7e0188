/* Exemptions: a rule set aside for a campaign, with a reason and by two people, never silently. */
#ifndef LAW_EXEMPTION_H
#define LAW_EXEMPTION_H

#include "base/problems.h"
#include "law/law.h"

/* The exemption of the campaign that covers this rule and is complete; NULL if there is none. */
const struct exemption *exemption_find(const struct campaign *c, const char *ruleset,
                                       const char *rule);
/* Tells what the exemptions of the campaign lack. */
void exemptions_check(const struct law *l, const struct campaign *c, struct problems *problems);

#endif
