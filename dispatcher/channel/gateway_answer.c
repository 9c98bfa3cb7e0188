#include "channel/gateway_answer.h"

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/log.h"
#include "channel/mask.h"

struct expression {
    bool compiled;
    regex_t regex;
};

struct gateway_answers {
    const struct gateway *gateway;
    struct expression *expressions; /* one for each of gateway->answers */
};

/* ---- what holds for every gateway, when no predicate matched */

struct status_rule {
    int from, to;
    enum outcome outcome;
    const char *cause;
    const char *sentence;
};

static const struct status_rule status_rules[] = {
    /* A success that the description does not know may be an error in disguise: many gateways
       answer 200 to everything. */
    {200, 299, OUTCOME_PERMANENT, "odd_answer", "the gateway's answer is not in its description"},
    {300, 399, OUTCOME_CONFIG, "moved", "the gateway answered a redirect; change the url"},
    {401, 401, OUTCOME_CONFIG, "auth", "the gateway does not accept our credentials"},
    {402, 402, OUTCOME_CONFIG, "balance", "the gateway wants to be paid"},
    {403, 403, OUTCOME_CONFIG, "auth", "the gateway does not let us send"},
    {408, 408, OUTCOME_TRANSIENT, "timeout", "the gateway waited too long for us"},
    {429, 429, OUTCOME_THROTTLE, "rate_limited", "too many requests for the gateway"},
    {400, 499, OUTCOME_PERMANENT, "refused", "the gateway refuses the message"},
    {0, 999, OUTCOME_TRANSIENT, "server_error", "the gateway failed"},
};

struct failure_rule {
    enum outcome outcome;
    const char *cause;
    const char *sentence;
};

static const struct failure_rule failure_rules[HTTP_ERRORS] = {
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

static void set_disposition(const struct gateway *g, const struct http_answer *answer,
                            const struct failure_rule *rule, const char *theirs, size_t theirs_len,
                            struct disposition *out)
{
    struct buf reply = {0};
    buf_puts(&reply, rule->sentence);
    if (theirs_len > 0) {
        buf_puts(&reply, reply.len > 0 ? ": " : "");
        put_masked(&reply, g, theirs, theirs_len);
    }
    disposition_set(out, rule->outcome, answer->status, rule->cause, buf_text(&reply), reply.len);
    out->retry_after_s = rule->outcome == OUTCOME_DELIVERED ? 0 : answer->retry_after_s;
    buf_free(&reply);
}

/* ---- judging */

static bool predicate_holds(const struct gateway_predicate *p, const struct expression *e,
                            const struct http_answer *answer)
{
    bool any_status = p->status_from == 0 && p->status_to == 0;
    if (!any_status && (answer->status < p->status_from || answer->status > p->status_to))
        return false;
    return !e->compiled || regexec(&e->regex, buf_text(&answer->body), 0, NULL, 0) == 0;
}

static struct failure_rule find_rule(const struct gateway_answers *a,
                                     const struct http_answer *answer)
{
    const struct gateway *g = a->gateway;
    for (size_t i = 0; i < g->answer_count; i++) {
        const struct gateway_predicate *p = &g->answers[i];
        if (predicate_holds(p, &a->expressions[i], answer))
            return (struct failure_rule){
                p->outcome, p->cause != NULL ? p->cause : outcome_name(p->outcome), ""};
    }
    const struct status_rule *rule = status_rules;
    while (answer->status < rule->from || answer->status > rule->to)
        rule++;
    if (answer->status >= 200 && answer->status <= 299)
        log_event(LOG_ERR, "sms.odd_answer",
                  "gateway=%s status=%d hint=\"no predicate of %s matches this answer\"", g->name,
                  answer->status, g->file != NULL ? g->file : "its description");
    return (struct failure_rule){rule->outcome, rule->cause, rule->sentence};
}

void gateway_answers_judge(const struct gateway_answers *answers, const struct http_answer *answer,
                           struct disposition *out)
{
    const struct gateway *g = answers->gateway;
    if (answer->error == HTTP_ANSWERED) {
        struct failure_rule rule = find_rule(answers, answer);
        set_disposition(g, answer, &rule, buf_text(&answer->body), answer->body.len, out);
    } else {
        set_disposition(g, answer, &failure_rules[answer->error], answer->detail,
                        strlen(answer->detail), out);
    }
}

/* ---- opening */

static int compile(const struct gateway *g, const struct gateway_predicate *p,
                   struct expression *out, struct error *err)
{
    char why[200];
    if (p->body_regex == NULL)
        return 0;
    int code = regcomp(&out->regex, p->body_regex, REG_EXTENDED | REG_NOSUB);
    out->compiled = code == 0;
    if (code == 0)
        return 0;
    regerror(code, &out->regex, why, sizeof(why));
    return error_set(err, ERR_CONFIG,
                     "%s:%d: body_regex \"%s\" is no POSIX extended expression: %s",
                     g->file != NULL ? g->file : g->name, p->line, p->body_regex, why);
}

int gateway_answers_open(const struct gateway *gateway, struct gateway_answers **out,
                         struct error *err)
{
    struct gateway_answers *a = xcalloc(1, sizeof(*a));
    bool can_succeed = false;
    int rc = 0;
    a->gateway = gateway;
    a->expressions = xcalloc(gateway->answer_count, sizeof(*a->expressions));
    for (size_t i = 0; rc == 0 && i < gateway->answer_count; i++) {
        rc = compile(gateway, &gateway->answers[i], &a->expressions[i], err);
        can_succeed = can_succeed || gateway->answers[i].outcome == OUTCOME_DELIVERED;
    }
    if (rc == 0 && !can_succeed)
        rc = error_set(
            err, ERR_CONFIG,
            "%s: no answer says when a message was accepted; add one with class: accepted",
            gateway->file != NULL ? gateway->file : gateway->name);
    if (rc != 0) {
        gateway_answers_close(a);
        a = NULL;
    }
    *out = a;
    return rc;
}

void gateway_answers_close(struct gateway_answers *answers)
{
    if (answers == NULL)
        return;
    for (size_t i = 0; i < answers->gateway->answer_count; i++) {
        if (answers->expressions[i].compiled)
            regfree(&answers->expressions[i].regex);
    }
    free(answers->expressions);
    free(answers);
}
