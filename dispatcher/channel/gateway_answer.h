/*
 * What the answer of an SMS gateway means: the predicates of its description first, in their order
 * (model/gateway_answer.h), then what holds for every gateway. An answer nobody expected is never
 * "accepted".
 */
#ifndef CHANNEL_GATEWAY_ANSWER_H
#define CHANNEL_GATEWAY_ANSWER_H

#include "channel/http.h"
#include "model/disposition.h"
#include "model/gateway.h"

/* The reply never holds a secret variable of the gateway. */
void gateway_judge(const struct gateway *gateway, const struct http_answer *answer,
                   struct disposition *out);

#endif
