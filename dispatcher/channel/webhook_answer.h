/* What the answer of a webhook receiver means: two tables, one of statuses and one of failures. */
#ifndef CHANNEL_WEBHOOK_ANSWER_H
#define CHANNEL_WEBHOOK_ANSWER_H

#include "channel/http.h"
#include "model/disposition.h"
#include "model/settings.h"

/* The reply never holds the value of one of the endpoint's headers. */
void webhook_judge(const struct endpoint *endpoint, const struct http_answer *answer,
                   struct disposition *out);

#endif
