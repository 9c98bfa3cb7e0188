#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "channel/gateway_request.h"
#include "letters/gateway.h"

static int check(const struct settings *s, const struct transport *t, struct error *err)
{
    if (t->sms.gateway->report == NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "the gateway %s reports nothing: its description has no `dlr`",
                         t->sms.gateway->name);
    if (s->api_public_url == NULL && s->api_listen == NULL)
        return error_set(err, ERR_CONFIG,
                         "nobody listens for reports: set `api: {listen: 127.0.0.1:8025, "
                         "public_url: \"https://...\"}`, as gateways reach it");
    return 0;
}

static void tell(const struct invocation *inv, const struct transport *t, const struct buf *url)
{
    struct buf out = {0};
    if (invocation_json(inv)) {
        buf_puts(&out, "{\"v\":1,\"transport\":");
        buf_put_json(&out, t->name);
        buf_puts(&out, ",\"url\":");
        buf_put_json(&out, buf_text(url));
        buf_putc(&out, '}');
    } else {
        buf_puts(&out, buf_text(url));
    }
    printf("%s\n", buf_text(&out));
    buf_free(&out);
}

static int print_url(const struct invocation *inv, struct settings *s, struct error *err)
{
    const struct transport *t = NULL;
    struct buf url = {0};
    int rc = gateway_find_transport(s, argument_at(inv, 0), &t, err);
    if (rc == 0)
        rc = check(s, t, err);
    if (rc == 0)
        rc = gateway_read_key(s, err);
    if (rc == 0) {
        /* The same in every run: it is bound to the transport and the key of the spool. */
        gateway_callback_put(s, t, &url);
        tell(inv, t, &url);
    }
    buf_free(&url);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct settings *settings = NULL;
    int rc = invocation_load_settings(inv, false, &settings, err);
    if (rc == 0) {
        rc = print_url(inv, settings, err);
        settings_free(settings);
    }
    free(settings);
    return rc;
}

const struct command command_gateway_url = {
    .name = "gateway url",
    .arguments = "TRANSPORT",
    .summary = "the address at which the gateway of a transport reports",
    .details =
        "  dispatcher gateway url texts\n\n"
        "For providers whose console wants to know it; others are told with every message. It is\n"
        "a secret: whoever knows it may report. It stays the same as long as the spool and the\n"
        "name of the transport do.\n\n"
        "JSON, one object: v, transport, url.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
