/* Rules that no letter can answer: about the campaign, its fact sheet, its readers and the ways to
 * them. */
#ifndef LAW_JUDGE_CASE_H
#define LAW_JUDGE_CASE_H

#include "law/finding.h"

void judge_channels(const struct look *look);
void judge_languages(const struct look *look);
void judge_public_notice(const struct look *look);
void judge_certainty(const struct look *look);
void judge_count(const struct look *look);
void judge_supersedes(const struct look *look);
void judge_earlier_cohorts(const struct look *look);
void judge_exemption(const struct look *look);
void judge_note(const struct look *look);
void judge_documented(const struct look *look);
void judge_conditions(const struct look *look);
/* Which of the conditions hold, in words; nothing: none does. */
void judge_conditions_put(const struct look *look, struct buf *out);
void judge_reread(const struct look *look);

#endif
