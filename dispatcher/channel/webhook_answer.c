#include "channel/webhook_answer.h"

#include <stdbool.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "channel/mask.h"

#define MASKED_MAX 16

struct answer_rule {
    int from, to;
    bool with_advice; /* only if there is a Retry-After */
    enum outcome outcome;
    const char *cause;
    const char *sentence;
};

/*
 * The first match wins. Most refusals are worth another try, because receivers deploy broken code
 * (so do Standard Webhooks say); only "gone" and "too large" are words about this message.
 */
static const struct answer_rule answer_rules[] = {
    {200, 299, false, OUTCOME_DELIVERED, "accepted", "accepted"},
    {300, 399, false, OUTCOME_TRANSIENT, "moved", NULL},
    {401, 401, false, OUTCOME_TRANSIENT, "auth", "the receiver does not accept our signature"},
    {403, 403, false, OUTCOME_TRANSIENT, "auth", "the receiver refuses us"},
    {404, 404, false, OUTCOME_TRANSIENT, "not_found", "the receiver has nothing at this url"},
    {408, 408, false, OUTCOME_TRANSIENT, "timeout", "the receiver waited too long for us"},
    {410, 410, false, OUTCOME_PERMANENT, "endpoint_gone",
     "the receiver is gone for good; remove the endpoint or change its url"},
    {413, 413, false, OUTCOME_PERMANENT, "too_large", "the notice is too large for the receiver"},
    {425, 425, false, OUTCOME_TRANSIENT, "too_early", "the receiver wants it later"},
    {429, 429, false, OUTCOME_THROTTLE, "rate_limited", "too many requests for the receiver"},
    {400, 499, false, OUTCOME_TRANSIENT, "refused", "the receiver refuses the request"},
    {503, 503, true, OUTCOME_THROTTLE, "overloaded", "the receiver asks us to wait"},
    {502, 504, false, OUTCOME_TRANSIENT, "unavailable", "the receiver is not available"},
    {500, 599, false, OUTCOME_TRANSIENT, "server_error", "the receiver failed"},
    {0, 999, false, OUTCOME_TRANSIENT, "odd_answer", "the receiver answered with a strange status"},
};

struct failure_rule {
    enum outcome outcome;
    const char *cause;
    const char *sentence;
};

static const struct failure_rule failure_rules[HTTP_ERRORS] = {
    [HTTP_BAD_REQUEST] = {OUTCOME_PERMANENT, "bad_request", "the request cannot be made"},
    [HTTP_BLOCKED] = {OUTCOME_PERMANENT, "blocked_address",
                      "the url leads to a private, loopback or reserved address; "
                      "allow_private: true at the endpoint would permit it"},
    [HTTP_DNS] = {OUTCOME_TRANSIENT, "dns", "the receiver's name cannot be resolved"},
    [HTTP_CONNECT] = {OUTCOME_TRANSIENT, "connect", "the receiver cannot be reached"},
    [HTTP_TLS] = {OUTCOME_TRANSIENT, "tls", "no trusted TLS connection to the receiver"},
    [HTTP_TIMEOUT_BEFORE] = {OUTCOME_TRANSIENT, "timeout", "no connection in time"},
    [HTTP_LOST_BEFORE] = {OUTCOME_TRANSIENT, "connection_lost",
                          "the connection broke before the notice was sent"},
    [HTTP_NO_TIME] = {OUTCOME_NOT_TRIED, "no_time",
                      "its turn did not come within the deadline of the packet"},
    [HTTP_TIMEOUT_AFTER] = {OUTCOME_UNCERTAIN, "timeout",
                            "the notice was sent, no complete answer came in time"},
    [HTTP_LOST_AFTER] = {OUTCOME_UNCERTAIN, "connection_lost",
                         "the notice was sent, the connection broke before a complete answer"},
};

static const struct answer_rule *find_answer_rule(const struct http_answer *answer)
{
    size_t i = 0;
    while (i + 1 < COUNT_OF(answer_rules)) {
        const struct answer_rule *rule = &answer_rules[i];
        if (answer->status >= rule->from && answer->status <= rule->to &&
            (!rule->with_advice || answer->retry_after_s > 0))
            break;
        i++;
    }
    return &answer_rules[i];
}

/* Custom headers may hold credentials, and a receiver may repeat what it got. */
static void put_their_words(struct buf *out, const struct endpoint *e, const char *text, size_t len)
{
    const char *secrets[MASKED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < e->header_count && count < MASKED_MAX; i++)
        secrets[count++] = e->headers[i].value;
    mask_put(out, text, len, secrets, count);
}

static void judge_answer(const struct endpoint *e, const struct http_answer *answer,
                         struct disposition *d)
{
    const struct answer_rule *rule = find_answer_rule(answer);
    struct buf reply = {0};
    if (rule->sentence == NULL)
        buf_printf(&reply,
                   "moved: the receiver answered a redirect to %s; change the url in the "
                   "configuration",
                   answer->location[0] != '\0' ? answer->location : "nowhere");
    else
        buf_puts(&reply, rule->sentence);
    if (answer->body.len > 0 && rule->sentence != NULL) {
        buf_puts(&reply, ": ");
        put_their_words(&reply, e, answer->body.data, answer->body.len);
    }
    disposition_set(d, rule->outcome, answer->status, rule->cause, reply.data, reply.len);
    d->retry_after_s = rule->outcome == OUTCOME_DELIVERED ? 0 : answer->retry_after_s;
    buf_free(&reply);
}

static void judge_failure(const struct http_answer *answer, struct disposition *d)
{
    const struct failure_rule *rule = &failure_rules[answer->error];
    struct buf reply = {0};
    buf_puts(&reply, rule->sentence);
    if (answer->detail[0] != '\0')
        buf_printf(&reply, " (%s)", answer->detail);
    disposition_set(d, rule->outcome, answer->status, rule->cause, reply.data, reply.len);
    d->retry_after_s = answer->retry_after_s;
    buf_free(&reply);
}

void webhook_judge(const struct endpoint *endpoint, const struct http_answer *answer,
                   struct disposition *out)
{
    if (answer->error == HTTP_ANSWERED)
        judge_answer(endpoint, answer, out);
    else
        judge_failure(answer, out);
}
