/*
 * Does a report come from the gateway? One function for each kind of model/gateway_report.h.
 * Secrets are compared in a time that does not tell where they differ.
 *
 * shared_header   the header has the value both sides know
 * hmac_sha256     the header has the HMAC of the body, in hex or base64, maybe behind "sha256="
 * twilio          https://www.twilio.com/docs/usage/security: HMAC-SHA1, base64, over the URL and
 *                 the fields of the form, sorted; over the URL alone where it brings bodySHA256
 * messagebird_jwt https://developers.messagebird.com/api/#verifying-http-requests: HS256; the
 * claims url_hash and payload_hash are SHA-256 in hex vonage_sig
 * https://developer.vonage.com/en/getting-started/concepts/signing-messages: HMAC-SHA256 in hex
 * over "&name=value" of all fields but `sig`, sorted, & and = of values being _
 *
 * An old report that somebody sends again is not refused: it changes nothing that it has not
 * changed before, and gateways repeat theirs for days.
 */
#ifndef CHANNEL_REPORT_PROOF_H
#define CHANNEL_REPORT_PROOF_H

#include "base/error.h"
#include "channel/report_fields.h"
#include "channel/report_request.h"
#include "model/gateway_report.h"

/* `fields`: of query, form or the members of a JSON body, whichever carries the report. ERR_DENIED
 * with what is missing or does not fit, never with a secret. */
MUST_CHECK int report_verify(const struct gateway_report *description,
                             const struct report_request *request,
                             const struct report_fields *fields, struct error *err);

#endif
