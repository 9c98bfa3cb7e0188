#include "channel/webhook_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "channel/http_verdict.h"
#include "channel/mask.h"

/*
 * The first match wins. Most refusals are worth another try, because receivers deploy broken code
 * (so do Standard Webhooks say); only "gone" and "too large" are words about this message.
 */
/* clang-format off */
static const struct http_status_rule statuses[] = {
    {200, 299, {OUTCOME_DELIVERED, "accepted", "accepted"}, false},
    {300, 399, {OUTCOME_TRANSIENT, "moved", NULL}, false},
    {401, 401, {OUTCOME_TRANSIENT, "auth", "the receiver does not accept our signature; compare secrets, and clocks"}, false},
    {403, 403, {OUTCOME_TRANSIENT, "auth", "the receiver refuses us"}, false},
    {404, 404, {OUTCOME_TRANSIENT, "not_found", "the receiver has nothing at this url"}, false},
    {408, 408, {OUTCOME_TRANSIENT, "timeout", "the receiver waited too long for us"}, false},
    {410, 410, {OUTCOME_PERMANENT, "endpoint_gone",
                "the receiver is gone for good; remove the endpoint or change its url"}, false},
    {413, 413, {OUTCOME_PERMANENT, "too_large", "the notice is too large for the receiver"}, false},
    {425, 425, {OUTCOME_TRANSIENT, "too_early", "the receiver wants it later"}, false},
    {429, 429, {OUTCOME_THROTTLE, "rate_limited", "too many requests for the receiver"}, false},
    {400, 499, {OUTCOME_TRANSIENT, "refused", "the receiver refuses the request"}, false},
    {503, 503, {OUTCOME_THROTTLE, "overloaded", "the receiver asks us to wait"}, true},
    {502, 504, {OUTCOME_TRANSIENT, "unavailable", "the receiver is not available"}, false},
    {500, 599, {OUTCOME_TRANSIENT, "server_error", "the receiver failed"}, false},
    {0, 999, {OUTCOME_TRANSIENT, "odd_answer", "the receiver answered a strange status"}, false},
};
/* clang-format on */

static const struct http_verdict failures[HTTP_ERRORS] = {
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
    /* What is slow or silent is this receiver, not the way to all of them. */
    [HTTP_NO_TIME] = {OUTCOME_THROTTLE, "no_time",
                      "not sent: those before it got no answer from the receiver in time"},
    [HTTP_TIMEOUT_AFTER] = {OUTCOME_UNCERTAIN, "timeout",
                            "the notice was sent, no complete answer came in time"},
    [HTTP_LOST_AFTER] = {OUTCOME_UNCERTAIN, "connection_lost",
                         "the notice was sent, the connection broke before a complete answer"},
};

static const struct http_verdict_tables tables = {statuses, COUNT_OF(statuses), failures};

/* ---- the words of the reply */

/* Custom headers may hold credentials, and a receiver may repeat what it got: the whole value, or
 * the token behind "Bearer". */
static void put_their_words(struct buf *out, const struct endpoint *e, const char *text, size_t len)
{
    const char **secrets = xcalloc(2 * e->header_count + 1, sizeof(*secrets));
    size_t count = 0;
    for (size_t i = 0; i < e->header_count; i++)
        secrets[count++] = e->headers[i].value;
    for (size_t i = 0; i < e->header_count; i++) {
        const char *space = strrchr(e->headers[i].value, ' ');
        if (space != NULL && strcasecmp(e->headers[i].name, "Authorization") == 0)
            secrets[count++] = space + 1;
    }
    mask_put(out, text, len, secrets, count);
    free(secrets);
}

static void put_answer(struct buf *out, const struct endpoint *e, const char *sentence,
                       const struct http_answer *answer)
{
    if (sentence == NULL) {
        const char *to = answer->location[0] != '\0' ? answer->location : "nowhere";
        buf_puts(out, "moved: the receiver answered a redirect to ");
        put_their_words(out, e, to, strlen(to));
        buf_puts(out, "; change the url in the configuration");
        return;
    }
    buf_puts(out, sentence);
    if (answer->body.len == 0)
        return;
    buf_puts(out, ": ");
    put_their_words(out, e, answer->body.data, answer->body.len);
}

static void put_failure(struct buf *out, const char *sentence, const struct http_answer *answer)
{
    buf_puts(out, sentence);
    if (answer->detail[0] != '\0')
        buf_printf(out, " (%s)", answer->detail);
}

void webhook_judge(const struct endpoint *endpoint, const struct http_answer *answer,
                   struct disposition *out)
{
    const struct http_verdict *verdict = http_verdict_find(&tables, answer);
    struct buf reply = {0};
    if (answer->error == HTTP_ANSWERED)
        put_answer(&reply, endpoint, verdict->sentence, answer);
    else
        put_failure(&reply, verdict->sentence, answer);
    http_verdict_set(verdict, answer, &reply, out);
    buf_free(&reply);
}
