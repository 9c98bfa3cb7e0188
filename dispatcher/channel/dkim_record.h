/* What DNS must say for our signatures to be verified (RFC 6376 3.6, RFC 8463 4). */
#ifndef CHANNEL_DKIM_RECORD_H
#define CHANNEL_DKIM_RECORD_H

#include "base/buf.h"
#include "base/error.h"
#include "model/settings.h"

/* "s1._domainkey.example.org" */
void dkim_record_put_name(const struct dkim_settings *d, struct buf *out);
/* "v=DKIM1; k=rsa; p=...": the public half of the private key. ERR_CONFIG if it is none. */
MUST_CHECK int dkim_record_put_value(const struct dkim_settings *d, struct buf *out,
                                     struct error *err);
/* The value as a zone file has it: quoted pieces of at most 255 bytes, in brackets. */
void dkim_record_put_quoted(const char *value, struct buf *out);

#endif
