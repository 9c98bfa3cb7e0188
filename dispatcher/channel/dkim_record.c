#include "channel/dkim_record.h"

#include <string.h>

#include "base/digest.h"
#include "base/pem.h"

#define PIECE_MAX 255 /* of a TXT record, RFC 1035 3.3 */

void dkim_record_put_name(const struct dkim_settings *d, struct buf *out)
{
    buf_printf(out, "%s._domainkey.%s", d->selector, d->domain);
}

int dkim_record_put_value(const struct dkim_settings *d, struct buf *out, struct error *err)
{
    enum pem_key kind;
    struct buf key = {0};
    int rc = pem_put_public(d->key, &kind, &key, err);
    if (rc == 0) {
        buf_printf(out, "v=DKIM1; k=%s; p=", kind == PEM_KEY_RSA ? "rsa" : "ed25519");
        base64_put(out, key.data, key.len);
    }
    buf_free(&key);
    return rc;
}

void dkim_record_put_quoted(const char *value, struct buf *out)
{
    size_t len = strlen(value);
    buf_puts(out, "(");
    for (size_t at = 0; at < len; at += PIECE_MAX) {
        size_t piece = len - at < PIECE_MAX ? len - at : PIECE_MAX;
        buf_printf(out, " \"%.*s\"", (int)piece, value + at);
    }
    buf_puts(out, " )");
}
