/* What the commands about SMS gateways share. */
#ifndef LETTERS_GATEWAY_H
#define LETTERS_GATEWAY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "channel/sms_text.h"
#include "cli/command.h"
#include "model/settings.h"

/* The SMS transport of this name, or the only one with a gateway of this name. ERR_NOT_FOUND says
 * which there are. Borrowed. */
MUST_CHECK int gateway_find_transport(const struct settings *s, const char *name,
                                      const struct transport **out, struct error *err);

/* The key of the spool's tokens. Only read: made by an operator it would be a file the daemon's
 * user cannot open. ERR_NOT_FOUND: there is none yet. */
MUST_CHECK int gateway_read_key(struct settings *s, struct error *err);

/* ---- what a text takes and costs ---- */

/* What one message costs over `t` in millionths of its currency; -1: nobody said. */
int64_t gateway_cost(const struct transport *t, const char *to, const struct sms_length *length);
/* "0.075 EUR", "926.00 EUR" */
void gateway_put_cost(struct buf *out, int64_t micros, const char *currency);

#endif
