#include "channel/channel.h"

#include "base/attributes.h"
#include "channel/http.h"
#include "channel/smtp_client.h"
#include "channel/smtp_selftest.h"

static const struct channel *const by_kind[CHANNEL_KINDS] = {
    [CHANNEL_EMAIL] = &channel_email,
    [CHANNEL_SMS] = &channel_sms,
    [CHANNEL_WEBHOOK] = &channel_webhook,
};

const struct channel *channel_of_kind(enum channel_kind kind)
{
    return by_kind[kind];
}

const struct channel *channel_for(const struct transport *t)
{
    return t->type == TRANSPORT_OUTBOX ? &channel_outbox : channel_of_kind(t->channel);
}

int channel_global_init(struct error *err)
{
    int rc = http_global_init(err);
    if (rc != 0)
        return rc;
    smtp_client_init();
    return smtp_selftest(err);
}
