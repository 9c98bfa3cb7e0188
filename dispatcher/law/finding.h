/* One rule looking at one case, and how it tells what it found: with the rule's words and source,
 * and softer where two people took responsibility for an exemption. */
#ifndef LAW_FINDING_H
#define LAW_FINDING_H

#include "base/problems.h"
#include "law/law.h"
#include "law/letter.h"
#include "law/ruleset.h"

struct look {
    const struct ruleset *set;
    const struct law_rule *rule;
    const struct law_case *c;
    const struct letter *letter; /* NULL: the rule is judged once for all letters */
    struct problems *problems;
};

/* "KR6 (the legal rights and how to use them): <text> [source]". Tells at the rule's level. */
void finding_add(const struct look *look, const struct place *at, const char *format, ...)
    PRINTF(3, 4);
void finding_add_as(const struct look *look, enum problem_level level, const struct place *at,
                    const char *format, ...) PRINTF(4, 5);
/* Told at its level, but not counted: a clock must not keep a notice from leaving. */
void finding_add_late(const struct look *look, enum problem_level level, const struct place *at,
                      const char *format, ...) PRINTF(4, 5);
/* "51 h"; long ones in days, "21 days". `out` holds FINDING_SPAN_SIZE bytes; returns it. */
#define FINDING_SPAN_SIZE 32
const char *finding_span(int64_t hours, char *out);
/* Where to point if no letter is to blame: the campaign or template. */
struct place finding_place(const struct look *look);

#endif
