#include "channel/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "channel/gateway_answer.h"
#include "channel/gateway_request.h"
#include "channel/http.h"
#include "channel/sms_fit.h"
#include "channel/sms_sender.h"
#include "channel/sms_text.h"
#include "model/address.h"
#include "model/category.h"

/* SMS through an HTTP gateway that a description (model/gateway.h) explains; no code per provider.
 */

#define CONNECT_TIMEOUT_MS 5000
#define TIMEOUT_MS         10000

struct channel_session {
    const struct transport *transport;
    const struct gateway *gateway;
    struct buf callback; /* where the gateway may report; empty: nowhere */
    struct http_client *client;
    struct http_pool *pool;
};

/* ---- compose */

static int compose(const struct settings *s, const struct transport *t, struct outgoing *item,
                   struct error *err)
{
    const struct message *m = item->message;
    const struct buf *text = &m->sms;
    struct sms_fitting fitting = {0};
    (void)s;
    int rc = address_check_phone(item->address, err);
    if (rc != 0)
        return rc;
    if (text->len == 0)
        return error_set(err, ERR_INPUT, "the letter has no SMS text: add sms to its front matter");
    if (memchr(text->data, '\0', text->len) != NULL || !utf8_valid(text->data, text->len))
        return error_set(err, ERR_INPUT, "the SMS text holds a NUL or is not UTF-8");
    sms_fit(text, t->sms.gateway, &fitting);
    rc = sms_fit_check(&fitting, &m->title, err);
    buf_reset(&item->wire);
    buf_put(&item->wire, buf_text(&fitting.text), fitting.text.len);
    sms_fitting_free(&fitting);
    return rc;
}

/* ---- open */

/* What a message is for, in the words of a description. */
static const char *purpose_of(const char *category)
{
    if (category_is_advertising(category))
        return "ad";
    return text_equal(category, "otp") ? "otp" : "info";
}

/* What does not depend on the moment. */
static struct gateway_values values_of(const struct channel_session *session,
                                       const struct outgoing *item, const struct sms_length *length)
{
    return (struct gateway_values){
        .gateway = session->gateway,
        .to = item->address,
        .from = sms_sender_for(&session->transport->sms, item->address),
        .id = item->identity,
        .attempt = item->attempt,
        .text = buf_text(&item->wire),
        .text_len = item->wire.len,
        .length = length,
        .campaign = item->campaign,
        .callback = session->callback.len > 0 ? session->callback.data : NULL,
        .purpose = purpose_of(item->category),
    };
}

/* Builds a request nobody sends, once for each encoding: a wrong template is found here. */
static int check_templates(const struct channel_session *session, struct error *err)
{
    static const enum sms_encoding encodings[] = {SMS_GSM7, SMS_UCS2};
    const struct outgoing sample = {.address = "+15550100", .identity = "sample"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < COUNT_OF(encodings); i++) {
        const struct sms_length length = {.encoding = encodings[i], .segments = 1};
        struct gateway_values v = values_of(session, &sample, &length);
        struct http_request request = {0};
        v.ttl_s = 60;
        rc = gateway_build_request(&v, &request, err);
        if (rc == 0)
            rc = http_check_url(buf_text(&request.url), true, err);
        http_request_free(&request);
        /* A map that has no entry for the sample is no fault of the description. */
        rc = rc == ERR_NOT_FOUND ? 0 : rc;
    }
    return rc != 0 ? ERR_CONFIG : 0;
}

/* Requests at once in one packet, so that all packets in flight keep to what the gateway bears. */
static int parallel_requests(const struct transport *t)
{
    int all = t->sms.gateway->concurrency, each = t->concurrency > 0 ? all / t->concurrency : all;
    if (all <= 0)
        return HTTP_PARALLEL;
    return each < 1 ? 1 : each < HTTP_PARALLEL ? each : HTTP_PARALLEL;
}

static int open_connections(struct channel_session *session, struct error *err)
{
    const struct sms_settings *sms = &session->transport->sms;
    const struct http_policy policy = {
        .allow_http = true, /* the operator wrote the url; a gateway often is a neighbour on the
                               same machine */
        .allow_private = sms->allow_private,
        .ca_file = sms->ca_file,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .parallel = parallel_requests(session->transport),
    };
    int rc = http_check_ca_file(sms->ca_file, err);
    if (rc == 0)
        rc = http_client_open(&session->client, err);
    if (rc == 0)
        session->pool = http_pool_open(session->client, &policy);
    return rc;
}

static void close_session(struct channel_session *session)
{
    if (session == NULL)
        return;
    http_client_close(session->client);
    buf_free(&session->callback);
    free(session);
}

static int open_session(const struct settings *s, const struct transport *t,
                        struct channel_session **out, struct error *err)
{
    struct channel_session *session = xcalloc(1, sizeof(*session));
    session->transport = t;
    session->gateway = t->sms.gateway;
    gateway_callback_put(s, t, &session->callback);
    int rc = check_templates(session, err);
    if (rc == 0)
        rc = open_connections(session, err);
    if (rc != 0) {
        close_session(session);
        session = NULL;
    }
    *out = session;
    return rc;
}

/* ---- deliver */

struct delivery_run {
    struct channel_session *session;
    const struct outgoing *items;
    const struct channel_reporter *reporter;
};

/* What is new in each attempt: a signature of the last one would be refused. */
static void set_moment(struct gateway_values *v, const struct delivery_run *run,
                       const struct outgoing *item)
{
    const struct channel_reporter *reporter = run->reporter;
    v->now_ms = reporter->now_ms(reporter->context);
    for (size_t i = 0; reporter->draw != NULL && i < COUNT_OF(v->nonce); i++)
        v->nonce[i] = reporter->draw(reporter->context);
    if (item->expires_ms > v->now_ms)
        v->ttl_s = (item->expires_ms - v->now_ms + 999) / 1000;
}

static int build_request(const struct delivery_run *run, const struct outgoing *item,
                         struct http_request *out, struct error *err)
{
    const struct gateway *g = run->session->gateway;
    struct buf subject = {0};
    struct sms_length length;
    sms_measure_for(buf_text(&item->wire), item->wire.len, g, &length);
    struct gateway_values v = values_of(run->session, item, &length);
    sms_fit_subject(&item->message->title, g, &subject);
    v.subject = buf_text(&subject);
    set_moment(&v, run, item);
    int rc = gateway_build_request(&v, out, err);
    if (out->timeout_ms <= 0)
        out->timeout_ms = TIMEOUT_MS;
    sms_length_free(&length);
    buf_free(&subject);
    return rc;
}

static void refuse(const struct delivery_run *run, const struct outgoing *item,
                   enum outcome outcome, const char *cause, const struct error *why)
{
    struct disposition d;
    struct buf text = {0};
    gateway_put_masked(&text, run->session->gateway, why->text, strlen(why->text));
    disposition_set(&d, outcome, 0, cause, buf_text(&text), text.len);
    buf_free(&text);
    run->reporter->done(run->reporter->context, item, &d);
}

static bool prepare(void *context, size_t index, struct http_request *out)
{
    const struct delivery_run *run = context;
    const struct outgoing *item = &run->items[index];
    const struct sms_settings *sms = &run->session->transport->sms;
    struct error err;
    if (sms_check_prefixes(sms, item->address, &err) != 0) {
        refuse(run, item, OUTCOME_PERMANENT, "prefix_denied", &err);
        return false;
    }
    if (sms_check_sender(sms_sender_for(sms, item->address), item->address, &err) != 0) {
        refuse(run, item, OUTCOME_PERMANENT, "bad_sender", &err);
        return false;
    }
    int rc = build_request(run, item, out, &err);
    if (rc != 0)
        refuse(run, item, rc == ERR_CONFIG ? OUTCOME_CONFIG : OUTCOME_PERMANENT, "bad_request",
               &err);
    return rc == 0;
}

static void writing(void *context, size_t index)
{
    const struct delivery_run *run = context;
    run->reporter->started(run->reporter->context, &run->items[index]);
}

/* What a gateway that does not say will count: parts are what it paces and charges by. */
static int count_parts(const struct delivery_run *run, const struct outgoing *item)
{
    struct sms_length length;
    sms_measure_for(buf_text(&item->wire), item->wire.len, run->session->gateway, &length);
    int parts = (int)length.segments;
    sms_length_free(&length);
    return parts;
}

static void answered(void *context, size_t index, const struct http_answer *answer)
{
    const struct delivery_run *run = context;
    struct disposition d;
    gateway_judge(run->session->gateway, answer, &d);
    if (d.outcome == OUTCOME_DELIVERED && d.parts == 0)
        d.parts = count_parts(run, &run->items[index]);
    run->reporter->done(run->reporter->context, &run->items[index], &d);
}

static void deliver(struct channel_session *session, struct outgoing *items, size_t count,
                    const struct channel_reporter *reporter)
{
    struct delivery_run run = {session, items, reporter};
    const struct http_handler handler = {&run, prepare, writing, answered};
    struct http_pool **pools = xcalloc(count, sizeof(*pools));
    int64_t deadline_ms = session->transport->deadline_ms;
    for (size_t i = 0; i < count; i++)
        pools[i] = session->pool;
    /* A tenth is left for the reports, before the packet's own deadline kills us. */
    http_run(session->client, pools, count, deadline_ms - deadline_ms / 10 - reporter->spent_ms,
             &handler);
    free(pools);
}

const struct channel channel_sms = {
    .name = "sms",
    .compose = compose,
    .open = open_session,
    .deliver = deliver,
    .close = close_session,
};
