#include "channel/gateway_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "channel/http_verdict.h"
#include "channel/mask.h"

#define JSON_DEPTH_MAX 32
#define PARTS_MAX      255

/* ---- what holds for every gateway, when no line of its answers matched */

/* The first match wins. */
/* clang-format off */
static const struct http_status_rule statuses[] = {
    /* A success that the description does not know may be an error in disguise: many gateways
       answer 200 to everything. */
    {200, 299, {OUTCOME_PERMANENT, "not_accepted", "the gateway did not say that it took the message"},
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

/* They answered with success, and whether they took the message stands in what we cannot read. A
 * repeat may cost twice and tell a person twice. */
static const struct http_verdict unreadable = {OUTCOME_UNCERTAIN, "unreadable_answer",
                                               "the gateway answered with success, but its answer "
                                               "is cut off or no JSON: it may have taken the "
                                               "message"};

/* ---- the words of the reply */

void gateway_put_masked(struct buf *out, const struct gateway *g, const char *text, size_t len)
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

/* "21610: The recipient has opted out", what the description finds of it; nothing if it finds
 * nothing. */
static void put_error(struct buf *out, const struct gateway *g, const struct gateway_reply *reply)
{
    bool coded = gateway_extract(&g->error_code, reply, out);
    size_t before = out->len;
    if (coded)
        buf_puts(out, ": ");
    if (!gateway_extract(&g->error_text, reply, out) && coded)
        buf_truncate(out, before);
}

/* Our sentence, and behind it what they said. */
static void put_reply(struct buf *out, const struct gateway *g, const struct http_verdict *verdict,
                      const struct http_answer *answer, const struct gateway_reply *reply)
{
    bool answered = answer->error == HTTP_ANSWERED;
    struct buf theirs = {0};
    buf_puts(out, verdict->sentence);
    if (answered && verdict->outcome != OUTCOME_DELIVERED)
        put_error(&theirs, g, reply);
    if (theirs.len == 0 && answered)
        buf_put(&theirs, buf_text(&answer->body), answer->body.len);
    else if (theirs.len == 0)
        buf_puts(&theirs, answer->detail);
    if (theirs.len > 0 && out->len > 0)
        buf_puts(out, ": ");
    gateway_put_masked(out, g, buf_text(&theirs), theirs.len);
    buf_free(&theirs);
}

/* ---- judging */

/* Can a condition on JSON not be answered, because what there is cannot be read? An empty body of
 * a refusal holds no JSON and says so. */
static bool hides_json(const struct gateway_predicate *p, const struct gateway_reply *reply)
{
    bool success = reply->status >= 200 && reply->status <= 299;
    bool empty = reply->body[0] == '\0';
    return success && reply->json == NULL && (!empty || p->outcome == OUTCOME_DELIVERED) &&
           gateway_predicate_depends_on_json(p, reply);
}

const struct gateway_predicate *gateway_answer_find(const struct gateway *g,
                                                    const struct gateway_reply *reply,
                                                    const struct gateway_predicate **out_hidden)
{
    *out_hidden = NULL;
    for (size_t i = 0; i < g->answer_count; i++) {
        if (hides_json(&g->answers[i], reply)) {
            *out_hidden = &g->answers[i];
            return NULL;
        }
        if (gateway_predicate_holds(&g->answers[i], reply))
            return &g->answers[i];
    }
    return NULL;
}

/* `hidden`: the line that asks for JSON where there is none. */
static void log_odd_answer(const struct gateway *g, const struct http_answer *answer,
                           const struct gateway_predicate *hidden)
{
    if (answer->error != HTTP_ANSWERED || answer->status < 200 || answer->status > 299)
        return;
    if (hidden != NULL)
        log_event(
            LOG_ERR, "sms.odd_answer",
            "gateway=%s status=%d hint=\"the answer is no JSON, or too long to be read whole, "
            "and line %d of answers in %s asks for JSON\"",
            g->name, answer->status, (int)(hidden - g->answers) + 1, g->file);
    else
        log_event(LOG_ERR, "sms.odd_answer",
                  "gateway=%s status=%d hint=\"no line of answers in %s matches this one\"",
                  g->name, answer->status, g->file);
}

static struct http_verdict verdict_of(const struct gateway *g, const struct http_answer *answer,
                                      const struct gateway_reply *reply,
                                      const struct gateway_predicate **out)
{
    const struct gateway_predicate *hidden = NULL;
    /* Half an answer matches nothing. */
    *out = answer->error == HTTP_ANSWERED ? gateway_answer_find(g, reply, &hidden) : NULL;
    if (*out != NULL)
        return (struct http_verdict){(*out)->outcome, (*out)->cause, ""};
    log_odd_answer(g, answer, hidden);
    return hidden != NULL ? unreadable : *http_verdict_find(&tables, answer);
}

/* ---- what they call the message */

/* Names are shown to people and compared: a control character would be neither. */
static bool is_name(const struct buf *id)
{
    struct buf visible = {0};
    text_put_visible(&visible, buf_text(id), id->len);
    bool good = visible.len == id->len && memcmp(buf_text(&visible), buf_text(id), id->len) == 0;
    buf_free(&visible);
    return good;
}

static void take_id(struct disposition *out, const struct gateway *g,
                    const struct gateway_reply *reply, struct buf *words)
{
    struct buf id = {0};
    bool wanted = g->id.kind != GATEWAY_EXTRACT_NONE;
    bool found = wanted && gateway_extract(&g->id, reply, &id);
    if (found && id.len < sizeof(out->message_id) && is_name(&id))
        memcpy(out->message_id, buf_text(&id), id.len + 1);
    else if (wanted)
        buf_puts(words, "accepted, but the answer holds no id of the message, so reports that name "
                        "it by its id cannot be matched: ");
    buf_free(&id);
}

static void take_parts(struct disposition *out, const struct gateway *g,
                       const struct gateway_reply *reply)
{
    struct buf parts = {0};
    int64_t count;
    if (gateway_extract(&g->parts, reply, &parts) && text_parse_int(buf_text(&parts), &count) &&
        count > 0 && count <= PARTS_MAX)
        out->parts = (int)count;
    buf_free(&parts);
}

/* Some say UTF-8 and write EUC-KR into the words for people: what is said beside them in ASCII is
 * no less clear for that. */
static void put_valid(struct buf *out, const struct buf *body)
{
    const char *at = buf_text(body), *end = at + body->len;
    while (at < end)
        utf8_put(out, utf8_next(&at, end));
}

struct json_t *gateway_answer_json(const struct http_answer *answer)
{
    struct json_t *json = NULL;
    struct buf text = {0};
    struct error why;
    if (answer->error == HTTP_ANSWERED && answer->body.len > 0) {
        put_valid(&text, &answer->body);
        if (json_parse(buf_text(&text), text.len, "answer", 1, JSON_DEPTH_MAX, &json, &why) != 0)
            json = NULL;
    }
    buf_free(&text);
    return json;
}

void gateway_judge(const struct gateway *gateway, const struct http_answer *answer,
                   struct disposition *out)
{
    const struct gateway_predicate *p;
    struct json_t *json = gateway_answer_json(answer);
    struct disposition found = {0};
    struct buf words = {0};
    const struct gateway_reply reply = {answer->status, buf_text(&answer->body), json};
    const struct http_verdict verdict = verdict_of(gateway, answer, &reply, &p);
    if (verdict.outcome == OUTCOME_DELIVERED) {
        take_id(&found, gateway, &reply, &words);
        take_parts(&found, gateway, &reply);
    }
    put_reply(&words, gateway, &verdict, answer, &reply);
    http_verdict_set(&verdict, answer, &words, out);
    memcpy(out->message_id, found.message_id, sizeof(out->message_id));
    out->parts = found.parts;
    if (p != NULL && out->retry_after_s == 0 && out->outcome != OUTCOME_DELIVERED)
        out->retry_after_s = p->retry_after_s;
    json_free(json);
    buf_free(&words);
}
