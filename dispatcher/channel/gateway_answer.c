#include "channel/gateway_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/log.h"
#include "channel/http_verdict.h"
#include "channel/mask.h"

/* ---- what holds for every gateway, when no predicate matched */

/* The first match wins. */
/* clang-format off */
static const struct http_status_rule statuses[] = {
    /* A success that the description does not know may be an error in disguise: many gateways
       answer 200 to everything. */
    {200, 299, {OUTCOME_PERMANENT, "odd_answer", "the answer is not in the gateway's description"},
     false},
    {300, 399, {OUTCOME_CONFIG, "moved", "the gateway answered a redirect; change the url"}, false},
    {401, 401, {OUTCOME_CONFIG, "auth", "the gateway does not accept our credentials"}, false},
    {402, 402, {OUTCOME_CONFIG, "balance", "the gateway wants to be paid"}, false},
    {403, 403, {OUTCOME_CONFIG, "auth", "the gateway does not let us send"}, false},
    {408, 408, {OUTCOME_TRANSIENT, "timeout", "the gateway waited too long for us"}, false},
    {429, 429, {OUTCOME_THROTTLE, "rate_limited", "too many requests for the gateway"}, false},
    {400, 499, {OUTCOME_PERMANENT, "refused", "the gateway refuses the message"}, false},
    {0, 999, {OUTCOME_TRANSIENT, "server_error", "the gateway failed"}, false},
};
/* clang-format on */

static const struct http_verdict failures[HTTP_ERRORS] = {
    [HTTP_BAD_REQUEST] = {OUTCOME_CONFIG, "bad_request", "the gateway's url is not usable"},
    [HTTP_BLOCKED] = {OUTCOME_CONFIG, "blocked_address",
                      "the gateway stands at a private, loopback or reserved address; "
                      "allow_private: true at the transport would permit it"},
    [HTTP_DNS] = {OUTCOME_NOT_TRIED, "dns", "the gateway's name cannot be resolved"},
    [HTTP_CONNECT] = {OUTCOME_NOT_TRIED, "connect", "the gateway cannot be reached"},
    [HTTP_TLS] = {OUTCOME_NOT_TRIED, "tls", "no trusted TLS connection to the gateway"},
    [HTTP_TIMEOUT_BEFORE] = {OUTCOME_NOT_TRIED, "timeout", "no connection in time"},
    [HTTP_LOST_BEFORE] = {OUTCOME_NOT_TRIED, "connection_lost",
                          "the connection broke before the message was sent"},
    [HTTP_NO_TIME] = {OUTCOME_NOT_TRIED, "no_time",
                      "its turn did not come within the deadline of the packet"},
    [HTTP_TIMEOUT_AFTER] = {OUTCOME_UNCERTAIN, "timeout",
                            "the message was sent, no complete answer came in time"},
    [HTTP_LOST_AFTER] = {OUTCOME_UNCERTAIN, "connection_lost",
                         "the message was sent, the connection broke before a complete answer"},
};

static const struct http_verdict_tables tables = {statuses, COUNT_OF(statuses), failures};

/* ---- the words of the reply */

static void put_masked(struct buf *out, const struct gateway *g, const char *text, size_t len)
{
    const char **secrets = xcalloc(g->variable_count + 1, sizeof(*secrets));
    size_t count = 0;
    for (size_t i = 0; i < g->variable_count; i++) {
        if (g->variables[i].secret && g->variables[i].value != NULL)
            secrets[count++] = g->variables[i].value;
    }
    mask_put(out, text, len, secrets, count);
    free(secrets);
}

/* Our sentence, and behind it what they said. */
static void put_reply(struct buf *out, const struct gateway *g, const struct http_verdict *verdict,
                      const struct http_answer *answer)
{
    bool answered = answer->error == HTTP_ANSWERED;
    const char *theirs = answered ? buf_text(&answer->body) : answer->detail;
    size_t len = answered ? answer->body.len : strlen(answer->detail);
    buf_puts(out, verdict->sentence);
    if (len > 0 && out->len > 0)
        buf_puts(out, ": ");
    put_masked(out, g, theirs, len);
}

/* ---- judging */

/* NULL if no predicate holds. Half an answer matches nothing. */
static const struct gateway_predicate *find_predicate(const struct gateway *g,
                                                      const struct http_answer *answer)
{
    for (size_t i = 0; answer->error == HTTP_ANSWERED && i < g->answer_count; i++) {
        if (gateway_predicate_holds(&g->answers[i], answer->status, buf_text(&answer->body)))
            return &g->answers[i];
    }
    return NULL;
}

static void log_odd_answer(const struct gateway *g, const struct http_answer *answer)
{
    if (answer->error == HTTP_ANSWERED && answer->status >= 200 && answer->status <= 299)
        log_event(LOG_ERR, "sms.odd_answer",
                  "gateway=%s status=%d hint=\"no predicate of %s matches this answer\"", g->name,
                  answer->status, g->file);
}

void gateway_judge(const struct gateway *gateway, const struct http_answer *answer,
                   struct disposition *out)
{
    const struct gateway_predicate *p = find_predicate(gateway, answer);
    struct http_verdict verdict;
    struct buf reply = {0};
    if (p != NULL) {
        verdict = (struct http_verdict){p->outcome, p->cause, ""};
    } else {
        verdict = *http_verdict_find(&tables, answer);
        log_odd_answer(gateway, answer);
    }
    put_reply(&reply, gateway, &verdict, answer);
    http_verdict_set(&verdict, answer, &reply, out);
    buf_free(&reply);
}
