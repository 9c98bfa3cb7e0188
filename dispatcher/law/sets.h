/* All rule sets, and which of them judge a case: by what is asked for, where the readers live, the
 * day the notice leaves, and what it is. */
#ifndef LAW_SETS_H
#define LAW_SETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "law/law.h"
#include "law/ruleset.h"

struct law {
    struct ruleset *sets;
    size_t count;
};

/* NULL if there is none. */
const struct ruleset *sets_find(const struct law *l, const char *id);
/* When the notice leaves, as far as that is known. */
int64_t sets_moment_ms(const struct law_case *c);
/* The same as a day where the set is law. */
int64_t sets_day(const struct ruleset *s, const struct law_case *c);
/* A set that is asked for by name stands for whichever of its line is in force: today's for
 * yesterday's, and yesterday's for today's if the notice left then. */
bool sets_apply(const struct law *l, const struct ruleset *s, const struct law_case *c);
/* Is this rule of a set that applies asked of this case, by its day, kind and category? */
bool sets_rule_applies(const struct ruleset *s, const struct law_rule *rule,
                       const struct law_case *c);
/* Is this letter for readers of the set's jurisdiction? Without jurisdictions its facts say which
 * legal blocks it has; without these it is for all. */
bool sets_concern(const struct ruleset *s, const struct law_text *t);

#endif
