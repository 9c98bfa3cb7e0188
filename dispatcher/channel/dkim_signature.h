/*
 * Signs mails by DKIM (RFC 6376, RFC 8463), where no mail server behind us does. The library is
 * optional when the program is built: dkim_signature.c has it, dkim_signature_none.c says so.
 */
#ifndef CHANNEL_DKIM_SIGNATURE_H
#define CHANNEL_DKIM_SIGNATURE_H

#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/settings.h"

/* Can mails be signed as `d` (with a domain) asks? ERR_CONFIG with a sentence: this program was
 * built without DKIM, or the key is none that signs. */
MUST_CHECK int dkim_signature_check(const struct dkim_settings *d, struct error *err);

/*
 * Puts a DKIM-Signature in front of a mail as it goes out: relaxed/relaxed, rsa-sha256 or
 * ed25519-sha256 as the key is, over all headers the composer writes; List-Unsubscribe and
 * List-Unsubscribe-Post must be among them (RFC 8058 4), and no second From can be added.
 * Deterministic: the time of the signature is `date_ms`, the same in every attempt. ERR_CONFIG as
 * above.
 */
MUST_CHECK int dkim_signature_put(const struct dkim_settings *d, int64_t date_ms, struct buf *mail,
                                  struct error *err);

#endif
