#include "channel/signature.h"

#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"

#define SECRET_PREFIX "whsec_"

int signature_decode_secret(const char *secret, struct buf *out, struct error *err)
{
    size_t before = out->len;
    const char *text =
        text_starts_with(secret, SECRET_PREFIX) ? secret + strlen(SECRET_PREFIX) : secret;
    bool readable = base64_decode(text, strlen(text), out);
    size_t size = out->len - before;
    if (readable && size >= SIGNATURE_KEY_MIN && size <= SIGNATURE_KEY_MAX)
        return 0;
    buf_truncate(out, before);
    if (!readable)
        return error_set(err, ERR_CONFIG,
                         "the secret is not base64 behind \"" SECRET_PREFIX
                         "\"; make a new one from %d to %d random bytes",
                         SIGNATURE_KEY_MIN, SIGNATURE_KEY_MAX);
    return error_set(err, ERR_CONFIG, "the secret holds %zu bytes; it must hold %d to %d", size,
                     SIGNATURE_KEY_MIN, SIGNATURE_KEY_MAX);
}

void signature_put(struct buf *out, const struct buf *key, const struct signature_input *in)
{
    struct buf base = {0};
    unsigned char mac[DIGEST_SIZE];
    buf_printf(&base, "%s.%" PRId64 ".", in->id, in->timestamp_s);
    buf_put(&base, in->body, in->body_len);
    digest_hmac_sha256(buf_text(key), key->len, base.data, base.len, mac);
    buf_puts(out, out->len > 0 ? " v1," : "v1,");
    base64_put(out, mac, sizeof(mac));
    buf_free(&base);
}
