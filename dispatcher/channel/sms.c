#include "channel/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "channel/gateway_answer.h"
#include "channel/gateway_request.h"
#include "channel/http.h"
#include "channel/sms_text.h"
#include "model/address.h"

/* SMS through an HTTP gateway that a description (model/gateway.h) explains; no code per provider.
 */

#define CONNECT_TIMEOUT_MS 5000
#define TIMEOUT_MS         10000
#define NAMED_MAX          8 /* characters that an error sentence names */

struct channel_session {
    const struct transport *transport;
    const struct gateway *gateway;
    struct http_client *client;
    struct http_pool *pool;
};

/* ---- compose */

/* "ü (U+00FC) as character 4, ..." */
static void put_offenders(struct buf *out, const struct sms_length *l)
{
    for (size_t i = 0; i < l->offender_count && i < NAMED_MAX; i++) {
        struct buf shown = {0};
        utf8_put(&shown, l->offenders[i].code_point);
        buf_puts(out, i > 0 ? ", " : "");
        text_put_visible(out, buf_text(&shown), shown.len);
        buf_printf(out, " (U+%04X) as character %zu", l->offenders[i].code_point,
                   l->offenders[i].position + 1);
        buf_free(&shown);
    }
    if (l->offender_count > NAMED_MAX)
        buf_printf(out, " and %zu more", l->offender_count - NAMED_MAX);
}

static int refuse_korean(const struct sms_length *l, struct error *err)
{
    struct buf names = {0};
    put_offenders(&names, l);
    if (l->offender_count > 0)
        error_set(err, ERR_INPUT, "the SMS cannot be written in %s: %s",
                  sms_encoding_name(l->encoding), buf_text(&names));
    else
        error_set(err, ERR_INPUT, "the SMS has %zu bytes of %s, an LMS holds 2000; shorten it",
                  l->units, sms_encoding_name(l->encoding));
    buf_free(&names);
    return ERR_INPUT;
}

static int refuse_long(const struct sms_length *l, int max_segments, struct error *err)
{
    struct buf names = {0};
    put_offenders(&names, l);
    error_set(err, ERR_INPUT,
              "the SMS takes %zu segments of %s, the gateway allows %d; shorten it%s%s",
              l->segments, sms_encoding_name(l->encoding), max_segments,
              l->offender_count > 0 ? " or replace what needs Unicode: " : "", buf_text(&names));
    buf_free(&names);
    return ERR_INPUT;
}

static int check_length(const struct buf *text, const struct gateway *g, struct error *err)
{
    struct sms_length l;
    int rc = 0;
    sms_measure(buf_text(text), text->len, g->profile, &l);
    bool too_long = g->max_segments > 0 && l.segments > (size_t)g->max_segments;
    if (g->profile != LENGTH_GSM && !l.sendable)
        rc = refuse_korean(&l, err);
    else if (!l.sendable || too_long)
        rc = refuse_long(&l, g->max_segments, err);
    sms_length_free(&l);
    return rc;
}

static int compose(const struct settings *s, const struct transport *t, struct outgoing *item,
                   struct error *err)
{
    const struct buf *text = &item->message->sms;
    (void)s;
    int rc = address_check_phone(item->address, err);
    if (rc != 0)
        return rc;
    if (text->len == 0)
        return error_set(err, ERR_INPUT, "the letter has no SMS text: add sms to its front matter");
    if (memchr(text->data, '\0', text->len) != NULL || !utf8_valid(text->data, text->len))
        return error_set(err, ERR_INPUT, "the SMS text holds a NUL or is not UTF-8");
    buf_reset(&item->wire);
    sms_prepare(text->data, text->len, t->sms.gateway->profile, &item->wire);
    return check_length(&item->wire, t->sms.gateway, err);
}

/* ---- open */

static struct gateway_values values_of(const struct transport *t, const struct outgoing *item,
                                       const struct sms_length *length)
{
    return (struct gateway_values){
        .gateway = t->sms.gateway,
        .to = item->address,
        .from = t->sms.sender != NULL ? t->sms.sender : "",
        .id = item->identity,
        .text = buf_text(&item->wire),
        .text_len = item->wire.len,
        .length = length,
    };
}

/* Builds a request nobody sends, once as GSM-7 and once as UCS-2: a wrong template is found here.
 */
static int check_templates(const struct transport *t, struct error *err)
{
    static const enum sms_encoding encodings[] = {SMS_GSM7, SMS_UCS2};
    const struct outgoing sample = {.address = "+15550100", .identity = "sample"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < COUNT_OF(encodings); i++) {
        const struct sms_length length = {.encoding = encodings[i], .segments = 1};
        const struct gateway_values v = values_of(t, &sample, &length);
        struct http_request request = {0};
        rc = gateway_build_request(&v, &request, err);
        if (rc == 0)
            rc = http_check_url(buf_text(&request.url), true, err);
        http_request_free(&request);
    }
    return rc != 0 ? ERR_CONFIG : 0;
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
    free(session);
}

static int open_session(const struct settings *s, const struct transport *t,
                        struct channel_session **out, struct error *err)
{
    struct channel_session *session = xcalloc(1, sizeof(*session));
    (void)s;
    session->transport = t;
    session->gateway = t->sms.gateway;
    int rc = check_templates(t, err);
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

static int build_request(const struct delivery_run *run, const struct outgoing *item,
                         struct http_request *out, struct error *err)
{
    struct sms_length length;
    sms_measure(buf_text(&item->wire), item->wire.len, run->session->gateway->profile, &length);
    const struct gateway_values v = values_of(run->session->transport, item, &length);
    int rc = gateway_build_request(&v, out, err);
    if (out->timeout_ms <= 0)
        out->timeout_ms = TIMEOUT_MS;
    sms_length_free(&length);
    return rc;
}

static bool prepare(void *context, size_t index, struct http_request *out)
{
    const struct delivery_run *run = context;
    const struct outgoing *item = &run->items[index];
    struct disposition d;
    struct error err;
    int rc = build_request(run, item, out, &err);
    if (rc == 0)
        return true;
    disposition_set(&d, rc == ERR_INPUT ? OUTCOME_PERMANENT : OUTCOME_CONFIG, 0, "bad_request",
                    err.text, strlen(err.text));
    run->reporter->done(run->reporter->context, item, &d);
    return false;
}

static void writing(void *context, size_t index)
{
    const struct delivery_run *run = context;
    run->reporter->started(run->reporter->context, &run->items[index]);
}

static void answered(void *context, size_t index, const struct http_answer *answer)
{
    const struct delivery_run *run = context;
    struct disposition d;
    gateway_judge(run->session->gateway, answer, &d);
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
    http_run(session->client, pools, count, deadline_ms - deadline_ms / 10, &handler);
    free(pools);
}

const struct channel channel_sms = {
    .name = "sms",
    .compose = compose,
    .open = open_session,
    .deliver = deliver,
    .close = close_session,
};
