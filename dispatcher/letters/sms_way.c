#include "letters/sms_way.h"

#include "channel/sms_fit.h"
#include "cli/say.h"

/* As a letter is counted before anybody has chosen a gateway. */
static const struct gateway anyones = {.profile = LENGTH_GSM};

struct sms_way sms_way_home(const struct settings *s)
{
    const struct transport *t = settings_transport_for(s, CHANNEL_SMS);
    bool counts = t != NULL && t->sms.gateway != NULL;
    bool sends = counts && t->type == TRANSPORT_GATEWAY; /* an outbox only counts like one */
    return (struct sms_way){sends ? t : NULL, counts ? t->sms.gateway : &anyones, false};
}

static bool counts_like_one_of(const struct sms_way *ways, size_t count, const struct gateway *g)
{
    for (size_t i = 0; i < count; i++) {
        if (sms_fit_is_same(ways[i].gateway, g))
            return true;
    }
    return false;
}

size_t sms_way_find(const struct settings *s, struct sms_way out[SMS_WAYS_MAX])
{
    size_t count = 1;
    out[0] = sms_way_home(s);
    const struct transport *home = settings_transport_for(s, CHANNEL_SMS);
    for (size_t i = 0; home != NULL && i < home->failover_count && count < SMS_WAYS_MAX; i++) {
        const struct transport *t = settings_find_transport(s, home->failover[i]);
        const struct gateway *g = t != NULL ? t->sms.gateway : NULL;
        if (g != NULL && !counts_like_one_of(out, count, g))
            out[count++] = (struct sms_way){t, g, true};
    }
    return count;
}

void sms_way_put(const struct sms_way *w, struct buf *out)
{
    if (w->transport != NULL && w->steps_in)
        buf_printf(out, SAID(" over %s (%s), if it steps in"), w->transport->name,
                   w->gateway->name);
    else if (w->transport != NULL)
        buf_printf(out, SAID(" over %s (%s)"), w->transport->name, w->gateway->name);
}

const char *sms_way_profile(enum length_profile profile)
{
    static const char *const names[] = {
        [LENGTH_GSM] = "gsm", [LENGTH_EUC_KR] = "euc-kr", [LENGTH_CP949] = "cp949"};
    return names[profile];
}
