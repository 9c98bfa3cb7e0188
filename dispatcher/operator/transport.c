#include "operator/transport.h"

#include "base/buf.h"

static int refuse_unknown(const struct settings *s, const char *name, struct error *err)
{
    struct buf names = {0};
    for (size_t i = 0; i < s->transport_count; i++) {
        if (s->transports[i].channel == CHANNEL_EMAIL)
            buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", s->transports[i].name);
    }
    if (names.len > 0)
        error_set(err, ERR_NOT_FOUND, "there is no email transport \"%s\"; there is %s", name,
                  buf_text(&names));
    else
        error_set(err, ERR_NOT_FOUND, "the configuration has no transport with `channel: email`");
    buf_free(&names);
    return ERR_NOT_FOUND;
}

static int refuse_kind(const struct transport *t, struct error *err)
{
    if (t->channel == CHANNEL_SMS)
        return error_set(
            err, ERR_USAGE,
            "%s sends text messages: `dispatcher gateway test %s --to NUMBER` tries it", t->name,
            t->name);
    return error_set(err, ERR_USAGE,
                     "%s sends webhooks: `dispatcher endpoint test ENDPOINT` tries a receiver, "
                     "`dispatcher endpoint list` names them",
                     t->name);
}

int transport_find_email(const struct settings *s, const char *name, const struct transport **out,
                         struct error *err)
{
    const struct transport *t = settings_find_transport(s, name);
    *out = NULL;
    if (t == NULL && settings_find_endpoint(s, name) != NULL)
        return error_set(err, ERR_USAGE,
                         "%s is a receiver of webhooks: `dispatcher endpoint test %s` tries it",
                         name, name);
    if (t == NULL)
        return refuse_unknown(s, name, err);
    if (t->channel != CHANNEL_EMAIL)
        return refuse_kind(t, err);
    *out = t;
    return 0;
}

size_t transport_host_count(const struct transport *t)
{
    return t->smtp.host_count > 0 ? t->smtp.host_count : 1;
}

struct smtp_host transport_host(const struct transport *t, size_t index)
{
    return t->smtp.host_count > 0
               ? t->smtp.hosts[index]
               : (struct smtp_host){.host = t->smtp.host, .port = t->smtp.port, .weight = 1};
}
