#include "channel/channel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/log.h"
#include "base/text.h"
#include "channel/http.h"
#include "channel/signature.h"
#include "channel/webhook_answer.h"
#include "channel/webhook_event.h"
#include "model/job.h"
#include "model/json.h"

/* Webhooks after Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks */

#define BODY_MAX           (256 * 1024)
#define BODY_ADVISED       20000 /* the specification's advice */
#define TIMEOUT_MS         15000
#define CONNECT_TIMEOUT_MS 5000
#define GIVE_UP            5  /* silent requests, before a packet has no more for an endpoint */
#define POOLS_MAX          32 /* destinations whose connections are kept between packets */

struct destination {
    const struct endpoint *endpoint;
    struct signature_keys keys;
    struct http_pool *pool; /* NULL: not used lately */
};

struct channel_session {
    const struct settings *settings;
    const struct transport *transport;
    struct http_client *client;
    struct destination *destinations; /* one for each of settings->endpoints */
};

/* ---- compose */

static int compose(const struct settings *s, const struct transport *t, struct outgoing *item,
                   struct error *err)
{
    const struct buf *body = &item->message->webhook;
    struct json_t *root = NULL;
    (void)s, (void)t;
    if (body->len == 0)
        return error_set(err, ERR_INPUT,
                         "the letter has no webhook part: add a webhook.json to its template");
    if (body->len > BODY_MAX)
        return error_set(err, ERR_INPUT, "the webhook body has %zu bytes, more than %d; shorten it",
                         body->len, BODY_MAX);
    int rc = json_parse(body->data, body->len, "webhook.json", 1, JOB_DEPTH_MAX, &root, err);
    json_free(root);
    if (rc != 0)
        return rc;
    if (body->data[strspn(body->data, " \t\r\n")] != '{')
        return error_set(err, ERR_INPUT, "the webhook body is not a JSON object");
    if (body->len > BODY_ADVISED)
        log_event(LOG_INFO, "webhook.large", "id=%s bytes=%zu advised=%d", item->identity,
                  body->len, BODY_ADVISED);
    buf_reset(&item->wire);
    buf_put(&item->wire, body->data, body->len);
    return 0;
}

/* ---- open: everything about an endpoint that can be wrong is found here, not at the first notice
 */

static int check_header(const struct endpoint_header *h, struct error *err)
{
    static const char *const reserved[] = {
        "webhook-*", "content-*",  "ce-*", "host",    "transfer-encoding", "connection",
        "expect",    "keep-alive", "te",   "trailer", "upgrade",           "proxy-connection"};
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        size_t len = strcspn(reserved[i], "*");
        bool whole = reserved[i][len] == '\0';
        if (strncasecmp(h->name, reserved[i], len) == 0 && (!whole || h->name[len] == '\0'))
            return error_set(err, ERR_CONFIG, "header %s is ours to set; remove it", reserved[i]);
    }
    return http_check_header(h->name, h->value, err);
}

static int check_endpoint(const struct settings *s, const struct endpoint *e,
                          struct signature_keys *out, struct error *err)
{
    int rc = http_check_url(e->url, e->allow_http, err);
    if (rc == 0 && e->format == WEBHOOK_CLOUDEVENTS)
        rc = webhook_event_check(s, err);
    for (size_t i = 0; rc == 0 && i < e->header_count; i++)
        rc = check_header(&e->headers[i], err);
    return rc != 0 ? rc : signature_open_keys(e, out, err);
}

static int open_destinations(struct channel_session *session, struct error *err)
{
    const struct settings *s = session->settings;
    session->destinations = xcalloc(s->endpoint_count, sizeof(*session->destinations));
    for (size_t i = 0; i < s->endpoint_count; i++) {
        struct destination *d = &session->destinations[i];
        struct error cause;
        d->endpoint = &s->endpoints[i];
        if (check_endpoint(s, d->endpoint, &d->keys, &cause) != 0)
            return error_set(err, ERR_CONFIG, "endpoint %s: %s", d->endpoint->name, cause.text);
    }
    return http_check_ca_file(session->transport->webhook.ca_file, err);
}

static void close_session(struct channel_session *session)
{
    if (session == NULL)
        return;
    for (size_t i = 0; session->destinations != NULL && i < session->settings->endpoint_count; i++)
        signature_free_keys(&session->destinations[i].keys);
    free(session->destinations);
    http_client_close(session->client);
    free(session);
}

static int open_session(const struct settings *s, const struct transport *t,
                        struct channel_session **out, struct error *err)
{
    struct channel_session *session = xcalloc(1, sizeof(*session));
    session->settings = s;
    session->transport = t;
    int rc = open_destinations(session, err);
    if (rc == 0)
        rc = http_client_open(&session->client, err);
    if (rc != 0) {
        close_session(session);
        session = NULL;
    }
    *out = session;
    return rc;
}

/* ---- deliver */

struct sending {
    const struct outgoing *item;
    struct destination *to;
    const struct settings *settings;
};

struct delivery_run {
    const struct channel_reporter *reporter;
    struct sending *sendings;
    struct http_pool **pools;
    size_t count;
};

static void report(const struct channel_reporter *reporter, const struct outgoing *item,
                   enum outcome outcome, const char *cause, const char *sentence)
{
    struct disposition d;
    disposition_set(&d, outcome, 0, cause, sentence, strlen(sentence));
    reporter->done(reporter->context, item, &d);
}

static struct destination *find_destination(struct channel_session *session, const char *name)
{
    const struct endpoint *e = settings_find_endpoint(session->settings, name);
    return e == NULL ? NULL : &session->destinations[e - session->settings->endpoints];
}

/* Signed at the moment of sending: receivers refuse a timestamp that is minutes old. */
static int add_signature(struct http_request *r, const struct sending *s, int64_t now_ms,
                         struct error *err)
{
    const struct signature_input input = {s->item->identity, now_ms / 1000,
                                          buf_text(&s->item->wire), s->item->wire.len};
    struct buf stamp = {0}, signature = {0};
    buf_printf(&stamp, "%" PRId64, input.timestamp_s);
    signature_put(&signature, &s->to->keys, &input);
    int rc = http_request_add_header(r, "webhook-id", input.id, err);
    if (rc == 0)
        rc = http_request_add_header(r, "webhook-timestamp", buf_text(&stamp), err);
    if (rc == 0)
        rc = http_request_add_header(r, "webhook-signature", buf_text(&signature), err);
    buf_free(&stamp);
    buf_free(&signature);
    return rc;
}

static int build_request(struct http_request *r, const struct sending *s, int64_t now_ms,
                         struct error *err)
{
    const struct endpoint *e = s->to->endpoint;
    r->method = "POST";
    r->timeout_ms = e->timeout_ms > 0 ? e->timeout_ms : TIMEOUT_MS;
    buf_puts(&r->url, e->url);
    buf_put(&r->body, buf_text(&s->item->wire), s->item->wire.len);
    int rc = http_request_add_header(r, "Content-Type", "application/json", err);
    for (size_t i = 0; rc == 0 && i < e->header_count; i++)
        rc = http_request_add_header(r, e->headers[i].name, e->headers[i].value, err);
    if (rc == 0 && e->format == WEBHOOK_CLOUDEVENTS)
        rc = webhook_event_add_headers(r, s->settings, s->item, err);
    return rc != 0 ? rc : add_signature(r, s, now_ms, err);
}

static bool prepare(void *context, size_t index, struct http_request *out)
{
    const struct delivery_run *run = context;
    const struct channel_reporter *reporter = run->reporter;
    const struct sending *s = &run->sendings[index];
    struct error err;
    if (build_request(out, s, reporter->now_ms(reporter->context), &err) == 0)
        return true;
    report(reporter, s->item, OUTCOME_PERMANENT, "bad_request", err.text);
    return false;
}

static void writing(void *context, size_t index)
{
    const struct delivery_run *run = context;
    run->reporter->started(run->reporter->context, run->sendings[index].item);
}

static void answered(void *context, size_t index, const struct http_answer *answer)
{
    const struct delivery_run *run = context;
    const struct sending *s = &run->sendings[index];
    struct disposition d;
    webhook_judge(s->to->endpoint, answer, &d);
    run->reporter->done(run->reporter->context, s->item, &d);
}

/* The limit is for all packets in flight together: each gets its share. If that were less than one,
 * the engine lets only one packet go there at a time, and it gets all. */
static int share_of(const struct endpoint *e, const struct transport *t)
{
    return e->concurrency >= t->concurrency && t->concurrency > 0 ? e->concurrency / t->concurrency
                                                                  : e->concurrency;
}

static void open_pool(struct channel_session *session, struct destination *to)
{
    const struct webhook_settings *w = &session->transport->webhook;
    const struct http_policy policy = {
        .allow_http = to->endpoint->allow_http,
        .allow_private = to->endpoint->allow_private,
        .http2 = to->endpoint->http2,
        .ca_file = w->ca_file,
        .connect_timeout_ms =
            w->connect_timeout_ms > 0 ? w->connect_timeout_ms : CONNECT_TIMEOUT_MS,
        .parallel = share_of(to->endpoint, session->transport),
        .give_up = GIVE_UP,
    };
    if (to->pool == NULL)
        to->pool = http_pool_open(session->client, &policy);
}

static void add_sending(struct channel_session *session, struct delivery_run *run,
                        const struct outgoing *item)
{
    struct destination *to = find_destination(session, item->address);
    struct error err;
    if (to == NULL) {
        error_set(&err, ERR_CONFIG,
                  "the configuration has no endpoint \"%s\": add it under endpoints, or correct "
                  "to.webhook of the notice",
                  item->address);
        report(run->reporter, item, OUTCOME_PERMANENT, "unknown_endpoint", err.text);
    } else {
        open_pool(session, to);
        run->sendings[run->count] = (struct sending){item, to, session->settings};
        run->pools[run->count++] = to->pool;
    }
}

static void forget_pools(struct channel_session *session)
{
    http_client_close_pools(session->client);
    for (size_t i = 0; i < session->settings->endpoint_count; i++)
        session->destinations[i].pool = NULL;
}

static void deliver(struct channel_session *session, struct outgoing *items, size_t count,
                    const struct channel_reporter *reporter)
{
    struct delivery_run run = {.reporter = reporter};
    const struct http_handler handler = {&run, prepare, writing, answered};
    int64_t deadline_ms = session->transport->deadline_ms;
    run.sendings = xcalloc(count, sizeof(*run.sendings));
    run.pools = xcalloc(count, sizeof(*run.pools));
    for (size_t i = 0; i < count; i++)
        add_sending(session, &run, &items[i]);
    /* A tenth is left for the reports, before the packet's own deadline kills us. */
    http_run(session->client, run.pools, run.count,
             deadline_ms - deadline_ms / 10 - reporter->spent_ms, &handler);
    if (http_client_count_pools(session->client) > POOLS_MAX)
        forget_pools(session);
    free(run.sendings);
    free(run.pools);
}

const struct channel channel_webhook = {
    .name = "webhook",
    .compose = compose,
    .open = open_session,
    .deliver = deliver,
    .close = close_session,
};
