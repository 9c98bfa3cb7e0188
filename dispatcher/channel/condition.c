#include "channel/condition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "channel/http.h"
#include "channel/signature.h"
#include "model/json.h"

#define TIMEOUT_MS         5000
#define CONNECT_TIMEOUT_MS 5000
#define GIVE_UP            5 /* silent requests, before the others of a packet are not asked */
#define ANSWER_DEPTH       8
#define REASON_MAX         200

struct condition_asker {
    const struct settings *settings;
    struct http_client *client;
    struct http_pool **pools; /* by endpoint; NULL: not used yet */
};

struct asking {
    struct condition_asker *asker;
    const struct condition_question *questions;
    size_t *place; /* by request: the question's */
    int64_t now_ms;
    struct condition_answer *out;
};

/* ---- what is said ---- */

static void set_unknown(struct condition_answer *a, const char *endpoint, const char *why,
                        int64_t retry_after_s)
{
    struct buf text = {0};
    buf_printf(&text, "endpoint %s did not say whether to send it: %s", endpoint, why);
    a->word = CONDITION_UNKNOWN;
    disposition_set(&a->why, OUTCOME_THROTTLE, 0, CONDITION_WAIT, buf_text(&text), text.len);
    a->why.retry_after_s = retry_after_s;
    buf_free(&text);
}

static void set_skipped(struct condition_answer *a, const char *endpoint, const char *reason)
{
    struct buf text = {0};
    buf_printf(&text, "endpoint %s said not to send it", endpoint);
    if (reason[0] != '\0')
        buf_printf(&text, ": %.*s", REASON_MAX, reason);
    a->word = CONDITION_SKIPPED;
    disposition_set(&a->why, OUTCOME_SUPPRESS, 0, CONDITION_SKIP, buf_text(&text), text.len);
    buf_free(&text);
}

/* "send" is true or false; a text that says "true" is a mistake somebody should see. */
static void judge_body(const char *endpoint, const struct buf *body, struct condition_answer *out)
{
    struct json_t *root = NULL;
    struct error why;
    if (json_parse(buf_text(body), body->len, "answer", 1, ANSWER_DEPTH, &root, &why) != 0) {
        set_unknown(out, endpoint, why.text, 0);
        return;
    }
    const struct json_t *send = json_get(root, "send");
    if (json_kind_of(send) != JSON_KIND_BOOLEAN)
        set_unknown(out, endpoint, "its answer has no \"send\" that is true or false", 0);
    else if (json_get_bool(root, "send", false))
        out->word = CONDITION_GOES;
    else
        set_skipped(out, endpoint, json_get_text(root, "reason", ""));
    json_free(root);
}

static void judge(const char *endpoint, const struct http_answer *a, struct condition_answer *out)
{
    struct buf why = {0};
    if (a->error == HTTP_ANSWERED && a->status == 200) {
        judge_body(endpoint, &a->body, out);
        return;
    }
    if (a->error == HTTP_ANSWERED)
        buf_printf(&why, "it answered %d instead of 200", a->status);
    else
        buf_puts(&why, a->detail[0] != '\0' ? a->detail : "no answer came");
    set_unknown(out, endpoint, buf_text(&why), a->retry_after_s);
    buf_free(&why);
}

/* ---- asking ---- */

static void put_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "%s\"%s\":", out->len > 0 ? "," : "{", name);
    if (text != NULL)
        buf_put_json(out, text);
    else
        buf_puts(out, "null");
}

static void put_question(const struct condition_question *q, struct buf *out)
{
    put_member(out, "id", q->id);
    put_member(out, "channel", q->channel);
    put_member(out, "template", q->template_name);
    put_member(out, "locale", q->locale);
    put_member(out, "campaign", q->campaign);
    put_member(out, "reference", q->reference);
    put_member(out, "recipient_id", q->recipient_id);
    buf_putc(out, '}');
}

static int sign(const struct asking *all, const struct endpoint *e,
                const struct condition_question *q, struct http_request *r, struct error *err)
{
    const struct signature_input input = {q->id, all->now_ms / 1000, buf_text(&r->body),
                                          r->body.len};
    struct signature_keys keys = {0};
    struct buf stamp = {0}, signature = {0};
    int rc = signature_open_keys(e, &keys, err);
    if (rc == 0) {
        buf_printf(&stamp, "%" PRId64, input.timestamp_s);
        signature_put(&signature, &keys, &input);
        rc = http_request_add_header(r, "webhook-id", input.id, err);
    }
    if (rc == 0)
        rc = http_request_add_header(r, "webhook-timestamp", buf_text(&stamp), err);
    if (rc == 0)
        rc = http_request_add_header(r, "webhook-signature", buf_text(&signature), err);
    signature_free_keys(&keys);
    buf_free(&stamp);
    buf_free(&signature);
    return rc;
}

static int build(const struct asking *all, const struct condition_question *q,
                 struct http_request *r, struct error *err)
{
    const struct endpoint *e = settings_find_endpoint(all->asker->settings, q->endpoint);
    r->method = "POST";
    r->timeout_ms = e->timeout_ms > 0 ? e->timeout_ms : TIMEOUT_MS;
    buf_puts(&r->url, e->url);
    put_question(q, &r->body);
    int rc = http_request_add_header(r, "Content-Type", "application/json", err);
    for (size_t i = 0; rc == 0 && i < e->header_count; i++)
        rc = http_request_add_header(r, e->headers[i].name, e->headers[i].value, err);
    return rc == 0 ? sign(all, e, q, r, err) : rc;
}

static bool prepare(void *context, size_t index, struct http_request *out)
{
    const struct asking *all = context;
    size_t at = all->place[index];
    struct error why;
    if (build(all, &all->questions[at], out, &why) == 0)
        return true;
    set_unknown(&all->out[at], all->questions[at].endpoint, why.text, 0);
    return false;
}

static void writing(void *context, size_t index)
{
    (void)context, (void)index; /* a question that is asked twice does no harm */
}

static void answered(void *context, size_t index, const struct http_answer *answer)
{
    const struct asking *all = context;
    size_t at = all->place[index];
    judge(all->questions[at].endpoint, answer, &all->out[at]);
}

/* ---- connections ---- */

static const char *ca_file_of(const struct settings *s)
{
    const struct transport *t = settings_transport_for(s, CHANNEL_WEBHOOK);
    return t != NULL ? t->webhook.ca_file : NULL;
}

static struct http_pool *find_pool(struct condition_asker *asker, const struct endpoint *e)
{
    struct http_pool **pool = &asker->pools[e - asker->settings->endpoints];
    const struct http_policy policy = {
        .allow_http = e->allow_http,
        .allow_private = e->allow_private,
        .http2 = e->http2,
        .ca_file = ca_file_of(asker->settings),
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .parallel = e->concurrency,
        .give_up = GIVE_UP,
    };
    if (*pool == NULL)
        *pool = http_pool_open(asker->client, &policy);
    return *pool;
}

int condition_open(const struct settings *s, struct condition_asker **out, struct error *err)
{
    struct condition_asker *asker = xcalloc(1, sizeof(*asker));
    asker->settings = s;
    asker->pools = xcalloc(s->endpoint_count + 1, sizeof(struct http_pool *));
    int rc = http_client_open(&asker->client, err);
    *out = rc == 0 ? asker : NULL;
    if (rc != 0)
        condition_close(asker);
    return rc;
}

void condition_close(struct condition_asker *asker)
{
    if (asker == NULL)
        return;
    http_client_close(asker->client);
    free(asker->pools);
    free(asker);
}

void condition_ask(struct condition_asker *asker, const struct condition_question *questions,
                   size_t count, int64_t deadline_ms, int64_t now_ms, struct condition_answer *out)
{
    struct http_pool **pools = xcalloc(count + 1, sizeof(struct http_pool *));
    size_t *place = xcalloc(count + 1, sizeof(*place)), asked = 0;
    struct asking all = {asker, questions, place, now_ms, out};
    const struct http_handler handler = {&all, prepare, writing, answered};
    struct error why;
    for (size_t i = 0; i < count; i++) {
        const struct endpoint *e = settings_find_endpoint(asker->settings, questions[i].endpoint);
        set_unknown(&out[i], questions[i].endpoint, "it was not asked in time", 0);
        if (e == NULL) {
            set_unknown(&out[i], questions[i].endpoint,
                        "the configuration has no endpoint of this name", 0);
        } else if (http_check_url(e->url, e->allow_http, &why) != 0) {
            set_unknown(&out[i], questions[i].endpoint, why.text, 0);
        } else {
            place[asked] = i;
            pools[asked++] = find_pool(asker, e);
        }
    }
    http_run(asker->client, pools, asked, deadline_ms, &handler);
    free(pools);
    free(place);
}
