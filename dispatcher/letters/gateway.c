#include "letters/gateway.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spool/token_key.h"

/* ---- which transport ---- */

static int refuse_name(const struct settings *s, const char *name, struct error *err)
{
    struct buf names = {0};
    for (size_t i = 0; i < s->transport_count; i++) {
        if (s->transports[i].channel == CHANNEL_SMS)
            buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", s->transports[i].name);
    }
    if (names.len > 0)
        error_set(err, ERR_NOT_FOUND,
                  "there is no SMS transport %s, and none with a gateway of that name; there is %s",
                  name, buf_text(&names));
    else
        error_set(err, ERR_NOT_FOUND, "the configuration has no transport with `channel: sms`");
    buf_free(&names);
    return ERR_NOT_FOUND;
}

int gateway_find_transport(const struct settings *s, const char *name, const struct transport **out,
                           struct error *err)
{
    const struct transport *named = settings_find_transport(s, name);
    *out = NULL;
    if (named != NULL && named->channel == CHANNEL_SMS) {
        *out = named;
        return 0;
    }
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        if (t->channel != CHANNEL_SMS || !text_equal(t->sms.gateway->name, name))
            continue;
        if (*out != NULL)
            return error_set(err, ERR_USAGE,
                             "several transports use the gateway %s, as %s and %s do: name the "
                             "transport",
                             name, (*out)->name, t->name);
        *out = t;
    }
    return *out != NULL ? 0 : refuse_name(s, name, err);
}

/* ---- what it costs ---- */

int64_t gateway_cost(const struct transport *t, const char *to, const struct sms_length *length)
{
    const struct sms_price *price = settings_sms_price(&t->sms, to);
    if (price == NULL || !length->sendable)
        return -1;
    int64_t each = length->lms && price->lms_micros > 0 ? price->lms_micros : price->micros;
    return each * (int64_t)length->segments;
}

void gateway_put_cost(struct buf *out, int64_t micros, const char *currency)
{
    char text[48];
    int64_t rounded = (micros + 50) / 100;
    int len =
        snprintf(text, sizeof(text), "%" PRId64 ".%04" PRId64, rounded / 10000, rounded % 10000);
    for (int dropped = 0; dropped < 2 && text[len - 1] == '0'; dropped++)
        text[--len] = '\0';
    buf_printf(out, "%s %s", text, currency != NULL ? currency : "");
}

int gateway_read_key(struct settings *s, struct error *err)
{
    int rc = token_key_read(s->spool, s->token_key, err);
    if (rc != ERR_NOT_FOUND)
        return rc;
    return error_set(err, ERR_NOT_FOUND,
                     "the spool %s has no key yet, of which the address is made: start the daemon "
                     "once (dispatcher run), it makes the key; then ask again",
                     s->spool);
}
