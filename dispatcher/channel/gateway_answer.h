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
/*
 * The first predicate that holds; NULL if none does, or if one before it (*out_hidden, else NULL)
 * asks for JSON of a success that cannot be read: it may be the one that says yes.
 */
const struct gateway_predicate *gateway_answer_find(const struct gateway *g,
                                                    const struct gateway_reply *reply,
                                                    const struct gateway_predicate **out_hidden);
/* The body of a complete answer as JSON, what is no UTF-8 in it replaced; NULL if it is none.
 * Caller frees with json_free(). */
struct json_t *gateway_answer_json(const struct http_answer *answer);
/* Appends `text` without the secret variables of the gateway. */
void gateway_put_masked(struct buf *out, const struct gateway *g, const char *text, size_t len);

#endif
