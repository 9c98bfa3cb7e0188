/* Rules about consent, gateways and sender numbers: what only those who send can tell. */
#ifndef LAW_JUDGE_SENDING_H
#define LAW_JUDGE_SENDING_H

#include "law/finding.h"

void judge_consent(const struct look *look);
void judge_consent_age(const struct look *look);
void judge_certified(const struct look *look);
void judge_sender(const struct look *look);

#endif
