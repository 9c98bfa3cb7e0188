/*
 * What the answer of an SMS gateway means: the predicates of its description first, in their order,
 * then what holds for every gateway. An answer nobody expected is never "accepted".
 */
#ifndef CHANNEL_GATEWAY_ANSWER_H
#define CHANNEL_GATEWAY_ANSWER_H

#include "base/error.h"
#include "channel/http.h"
#include "model/disposition.h"
#include "model/gateway.h"

struct gateway_answers; /* the compiled expressions */

/* ERR_CONFIG: an expression does not compile, or no predicate says when a message was accepted.
 * `gateway` is borrowed. */
MUST_CHECK int gateway_answers_open(const struct gateway *gateway, struct gateway_answers **out,
                                    struct error *err);
/* NULL is fine. */
void gateway_answers_close(struct gateway_answers *answers);
/* The reply never holds a secret variable of the gateway. */
void gateway_answers_judge(const struct gateway_answers *answers, const struct http_answer *answer,
                           struct disposition *out);

#endif
