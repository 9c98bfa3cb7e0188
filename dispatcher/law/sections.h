/* What a letter must hold by a rule set, for whoever is about to write one. */
#ifndef LAW_SECTIONS_H
#define LAW_SECTIONS_H

#include <stdbool.h>

#include "law/law.h"

/* All borrowed from the law. */
struct law_section {
    const char *section; /* "measures" */
    const char *ruleset, *rule, *about, *source;
};
typedef void law_section_fn(void *context, const struct law_section *section);

/* Each rule of the set that asks for a section in a notice of this kind, in the order of the file:
 * a section may come several times. The dates of rules do not count. */
void law_each_section(const struct law *l, const char *ruleset, enum notice_kind kind,
                      law_section_fn *fn, void *context);
/* Does the set (which is there) apply to notices of this kind? */
bool law_admits_kind(const struct law *l, const char *ruleset, enum notice_kind kind);

#endif
