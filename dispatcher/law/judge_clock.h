/* Clocks of the law: how long ago it became known, and whether the notice still leaves in time. */
#ifndef LAW_JUDGE_CLOCK_H
#define LAW_JUDGE_CLOCK_H

#include "law/finding.h"

void judge_clock(const struct look *look);
/* When it began to run, NULL: this law's name for it is none; at_ms 0: the sheet does not say. */
const struct known_time *judge_clock_start(const struct look *look);
/* The notice before this one in the chain was the one the clock runs for. */
bool judge_clock_is_met(const struct look *look);
/* The campaign gives a reason for the delay, and the rule takes it. */
bool judge_clock_is_excused(const struct look *look);

#endif
