#include "channel/dkim_signature.h"

int dkim_signature_check(const struct dkim_settings *d, struct error *err)
{
    return error_set(err, ERR_CONFIG,
                     "`dkim`: mails cannot be signed for %s: this program was built without DKIM. "
                     "Install libopendkim-dev and build it again, or remove `dkim` and let the "
                     "mail server sign",
                     d->domain);
}

int dkim_signature_put(const struct dkim_settings *d, int64_t date_ms UNUSED,
                       struct buf *mail UNUSED, struct error *err)
{
    return dkim_signature_check(d, err);
}
