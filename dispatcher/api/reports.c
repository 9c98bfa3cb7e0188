#include "api/reports.h"

#include <stdio.h>
#include <string.h>

#include "api/desk.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "channel/gateway_report.h"
#include "model/token.h"

#define TRANSPORT_NAME_MAX 64

/* NULL, unless the token proves that we gave this address to the gateway of that transport. The
 * token is judged first: a stranger learns nothing of names. */
static const struct transport *find_transport(const struct settings *s, const char *rest)
{
    char name[TRANSPORT_NAME_MAX + 1];
    size_t len = strcspn(rest, "/?");
    int64_t ignored;
    if (rest[len] != '/' || len == 0 || len > TRANSPORT_NAME_MAX)
        return NULL;
    snprintf(name, sizeof(name), "%.*s", (int)len, rest);
    const char *token = rest + len + 1;
    if (!token_read(token, strcspn(token, "?"), s->token_key, TOKEN_CALLBACK, name, &ignored))
        return NULL;
    const struct transport *t = settings_find_transport(s, name);
    bool reports = t != NULL && t->channel == CHANNEL_SMS && t->sms.gateway != NULL &&
                   t->sms.gateway->report != NULL;
    return reports ? t : NULL;
}

/* As the gateway was told it, by the address in the configuration: what a Host header says may be
 * the proxy's. */
static void put_url(const struct settings *s, const struct call *call, struct buf *out)
{
    if (s->api_public_url != NULL)
        buf_puts(out, s->api_public_url);
    else
        buf_printf(out, "http://%s", s->api_listen);
    while (out->len > 0 && out->data[out->len - 1] == '/')
        buf_truncate(out, out->len - 1);
    buf_puts(out, call_target(call));
}

static struct reply yes_of(const struct gateway_report *d)
{
    return (struct reply){
        .status = d->reply_status != 0 ? d->reply_status : 200,
        .type = d->reply_type,
        .body = d->reply_body,
        .len = d->reply_body != NULL ? strlen(d->reply_body) : 0,
    };
}

/* Nothing of the request is in the line: it may name a person, and the path is a secret. */
static void refuse(struct call *call, const struct transport *t, int rc, const struct error *err)
{
    static const char denied[] = "not verified\n", odd[] = "not understood\n";
    bool forged = rc == ERR_DENIED;
    log_event(LOG_WARN, forged ? "report.denied" : "report.odd", "transport=%s reason=\"%s\"",
              t->name, err->text);
    call_answer(call, &(struct reply){.status = forged ? 403 : 400,
                                      .body = forged ? denied : odd,
                                      .len = forged ? sizeof(denied) - 1 : sizeof(odd) - 1});
}

static void read_reports(struct desk *d, struct call *call, const struct transport *t,
                         const char *url)
{
    const struct gateway_report *g = t->sms.gateway->report;
    const struct reply yes = yes_of(g);
    struct gateway_receipts list = {0};
    struct report_request request = {.url = url, .now_ms = clock_wall_ms()};
    struct error err;
    request.headers = call_headers(call, &request.header_count);
    request.body = call_body(call, &request.body_len);
    int rc = gateway_report_read(g, t->name, &request, &list, &err);
    if (list.nameless > 0 && rc == 0)
        log_event(LOG_WARN, "report.odd", "transport=%s nameless=%zu of=%zu", t->name,
                  list.nameless, list.nameless + list.count);
    if (rc != 0)
        refuse(call, t, rc, &err);
    else if (list.count == 0)
        call_answer(call, &yes);
    else
        inbox_take(d->inbox, call, list.items, list.count, &yes);
    gateway_receipts_free(&list);
}

void reports_take(struct desk *d, struct call *call, const char *rest)
{
    struct buf url = {0};
    const struct transport *t = find_transport(d->settings, rest);
    if (t == NULL) {
        call_answer(call, &(struct reply){.status = 404});
        return;
    }
    put_url(d->settings, call, &url);
    read_reports(d, call, t, buf_text(&url));
    buf_free(&url);
}
