/*
 * CloudEvents 1.0.2 in the binary mode of its HTTP binding: what the event is stands in ce-*
 * headers beside those of the signature, the body stays as it is.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 *
 *     ce-id      the id of the notice, the same in every attempt
 *     ce-source  https:// and organisation.domain; with ce-id it names the event in all the world
 *     ce-type    `type` of the body
 *     ce-time    `timestamp` of the body, or when the notice was accepted
 */
#ifndef CHANNEL_WEBHOOK_EVENT_H
#define CHANNEL_WEBHOOK_EVENT_H

#include "channel/http_request.h"
#include "model/message.h"
#include "model/settings.h"

/* ERR_CONFIG: the source of events has no name. */
MUST_CHECK int webhook_event_check(const struct settings *s, struct error *err);
MUST_CHECK int webhook_event_add_headers(struct http_request *r, const struct settings *s,
                                         const struct outgoing *item, struct error *err);

#endif
