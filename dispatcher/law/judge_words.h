/* Rules about the words of a letter: those it needs, those it must not hold, where it begins and
 * ends. Each tells at most one finding for a letter. */
#ifndef LAW_JUDGE_WORDS_H
#define LAW_JUDGE_WORDS_H

#include "law/finding.h"

void judge_any_text(const struct look *look);
void judge_pattern(const struct look *look);
void judge_headings(const struct look *look);
void judge_starts_with(const struct look *look);
void judge_last_line(const struct look *look);
void judge_kind_words(const struct look *look);
void judge_sentences(const struct look *look);
void judge_section(const struct look *look);

#endif
