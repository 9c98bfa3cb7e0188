/*
 * Gateway descriptions, gateways/NAME.yaml: an HTTP request as templates, its answers as an ordered
 * list, and the reports that follow, so that a provider needs no code. The file is the same for
 * everyone; what differs (where, who, password) are its variables, set by `vars` of the transport:
 *
 *   gateway: kannel                     # must be the name of the file
 *   vars:
 *     base: "http://127.0.0.1:13013"    # a default the transport may replace
 *     user: {required: text}            # the transport must set it
 *     password: {required: secret}      # ... as {file:}, {env:} or {credential:}
 *     token: {env: NAME}                # a secret by default
 *   limits: {timeout: 10s, rate: 30/s, concurrency: 8}      # transports keep to them
 *   text: {profile: gsm, max_segments: 6, max_chars: 1600, transliterate: safe} # accents, off
 *   text: {profile: kr, sms_bytes: 90, lms_bytes: 2000, subject_bytes: 40}      # euc-kr, cp949
 *   auth: {kind: basic, user: "{{user}}", password: "{{password}}"}
 *         {kind: bearer, token: ...}  {kind: header, name: X-Key, value: ...}  {kind: query, ...}
 *         {kind: hmac, algorithm: sha256, key: ..., data: "{{now.ms}}{{nonce}}", encode: hex,
 *          headers: {x-signature: "{{signature}}"}}         # sha1, base64
 *         {kind: aws-sigv4, region: ..., service: ..., access_key: ..., secret_key: ...}
 *   maps: {type: {ad: Promotional, default: Transactional}} # for {{purpose|map:type}}
 *   request:
 *     method: POST
 *     url: "{{base}}/send"
 *     headers: {accept: text/plain}
 *     query: {to: "{{to.e164}}"}
 *     form:                             # or `json: ...`, or `body: "..."`
 *       text: "{{text}}"
 *       ttl: {when: {ttl: set}, value: "{{ttl.minutes}}"}   # sent only then
 *       coding:                         # the first that holds is sent
 *         - {when: {enc: gsm7}, value: "0"}
 *         - {when: {enc: ucs2}, value: "2"}
 *     json: {to: ["{{to.digits}}"], flash: false, ttl: "{{ttl|number}}"}
 *   response:
 *     id: {json: /messages/0/id}        # or {regex: "...(...)"}, {template: "{json:/a}#{json:/b}"}
 *     parts: {json: /parts}
 *     error_code: {json: /code}         # what a person gets to see of a refusal
 *     error_text: {json: /message}
 *     answers:                          # the first that fits decides
 *       - {status: 202, body_regex: "^0:", class: accepted, cause: accepted}
 *       - {json: /code, in: [1, 10], class: throttle, retry_after: 30s} # eq, exists, range
 *       - {all: [{json: /a, eq: true}, {json: /b, exists: false}], class: config, cause: balance}
 *       - {status: 4xx, class: permanent, cause: refused}
 *   dlr:                                # or none
 *     source: json                      # query, form, any; then names of fields, no pointers
 *     each: /hooks                      # an array of reports; "": the body is one
 *     filter: {from: /event, eq: RESULT}
 *     verify: {kind: shared-header, name: X-Sig, key: "{{token}}"}
 *     correlate: {by: id, from: /id}    # theirs; `key`: ours, {{id}} of the request
 *     status: {from: /state, map: {DELIVRD: confirmed, UNDELIV: failed}, default: unknown}
 *     detail: /err
 *     optout: {from: /err, in: ["9"]}   # the person said no
 *     lasting: {from: /err, in: ["5"]}  # this number will never work
 *     reply: {status: 200, content_type: text/plain, body: ACK}
 *
 * Values are templates: {{name}} or {{name|filter}}. Encoding is implied by the place. In `json` a
 * plain number, true, false and null keep their type, a list that begins with {when: ..., value:
 * ...} is a choice, and {{name|number}} alone is a number.
 */
#ifndef CONFIG_GATEWAY_H
#define CONFIG_GATEWAY_H

#include <stdbool.h>

#include "config/load.h"
#include "config/reader.h"
#include "model/settings.h"

/*
 * Reads the description that `gateway:` of the transport's section names, from `directory`, and
 * fills its variables from `vars:`. With `tolerant` (an outbox, which sends nothing) missing
 * variables are fine and secrets stay unread. NULL after problems. Caller frees with
 * gateway_free().
 */
void gateway_read(struct load *l, const struct section *transport, const char *directory,
                  bool tolerant, struct gateway **out);
/* A gateway's own limits hold for each of its transports: where they are tighter they take the
 * place of the transport's, and `config show` names the description. `section` is the transport's.
 */
void gateway_limit_transport(struct load *l, const struct section *section, struct transport *t);
/* What an outbox without a description goes by: GSM lengths, 6 segments, nothing to send. */
struct gateway *gateway_default(void);

#endif
