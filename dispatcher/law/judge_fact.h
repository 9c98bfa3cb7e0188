/* The rule of rules: a fact is known, the letter uses it, and it stands where it belongs. */
#ifndef LAW_JUDGE_FACT_H
#define LAW_JUDGE_FACT_H

#include "law/finding.h"

void judge_fact(const struct look *look);
/* "Not known yet" is an answer to this rule: it says for which kinds of notice, and the sheet says
 * that the fact is not established (or, without a sheet, the letter says what is unknown). */
bool judge_unknown_is_fine(const struct look *look, const char *fact);

#endif
