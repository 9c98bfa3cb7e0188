/* From a gateway description and one message to the HTTP request. */
#ifndef CHANNEL_GATEWAY_REQUEST_H
#define CHANNEL_GATEWAY_REQUEST_H

#include "base/buf.h"
#include "base/error.h"
#include "channel/gateway_template.h"
#include "channel/http_request.h"
#include "model/settings.h"

/*
 * The whole request of the description, signed for this moment. ERR_CONFIG and ERR_NOT_FOUND from a
 * template; ERR_INPUT if a value cannot stand in a header. The caller frees `out` with
 * http_request_free() in any case.
 */
MUST_CHECK int gateway_build_request(const struct gateway_values *v, struct http_request *out,
                                     struct error *err);
/* Appends the secret address at which the gateway of a transport may report; nothing if no API is
 * configured that would listen there. */
void gateway_callback_put(const struct settings *s, const struct transport *t, struct buf *out);

#endif
