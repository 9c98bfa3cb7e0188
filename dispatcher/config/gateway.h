/*
 * Gateway descriptions, gateways/NAME.yaml: an HTTP request as templates and its answers as an
 * ordered list, so that a provider needs no code. The file is the same for everyone; what differs
 * (where, who, password) are its variables, set by `vars` of the transport:
 *
 *   gateway: kannel                     # must be the name of the file
 *   vars:
 *     base: "http://127.0.0.1:13013"    # a default the transport may replace
 *     user: {required: text}            # the transport must set it
 *     password: {required: secret}      # ... as {file:}, {env:} or {credential:}
 *     token: {env: NAME}                # a secret by default
 *   limits: {timeout: 10s}
 *   text: {profile: gsm, max_segments: 6}
 *   request:
 *     method: POST
 *     url: "{{base}}/send"              # variables only
 *     headers: {accept: text/plain}
 *     query: {to: "{{to.e164}}"}
 *     form:                             # or `body: "..."`
 *       text: "{{text}}"
 *       coding:                         # a value may depend on the encoding
 *         - {when: {enc: gsm7}, value: "0"}
 *         - {when: {enc: ucs2}, value: "2"}
 *   response:
 *     answers:                          # the first that fits decides
 *       - {status: 202, body_regex: "^0:", class: accepted, cause: accepted}
 *       - {status: 4xx, class: permanent, cause: refused}
 *
 * Values are templates: {{name}} or {{name|filter}}. Encoding is implied by the place.
 */
#ifndef CONFIG_GATEWAY_H
#define CONFIG_GATEWAY_H

#include <stdbool.h>

#include "config/load.h"
#include "config/reader.h"
#include "model/gateway.h"

/*
 * Reads the description that `gateway:` of the transport's section names, from `directory`, and
 * fills its variables from `vars:`. With `tolerant` (an outbox, which sends nothing) missing
 * variables are fine and secrets stay unread. NULL after problems. Caller frees with
 * gateway_free().
 */
void gateway_read(struct load *l, const struct section *transport, const char *directory,
                  bool tolerant, struct gateway **out);
/* What an outbox without a description goes by: GSM lengths, 6 segments, nothing to send. */
struct gateway *gateway_default(void);

#endif
