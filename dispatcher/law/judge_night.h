/* Hours in which some messages may not arrive. */
#ifndef LAW_JUDGE_NIGHT_H
#define LAW_JUDGE_NIGHT_H

#include "law/finding.h"

/* Does the notice leave in these hours, on one of their channels? Without a planned time: no. */
bool night_is_sent_in(const struct law_case *c, const struct yaml_node *night);
void judge_night(const struct look *look);

#endif
