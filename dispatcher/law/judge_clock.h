/* Clocks of the law: how long ago it became known, and whether the notice still leaves in time. */
#ifndef LAW_JUDGE_CLOCK_H
#define LAW_JUDGE_CLOCK_H

#include "law/finding.h"

void judge_clock(const struct look *look);

#endif
