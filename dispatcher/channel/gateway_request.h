/* From a gateway description and one message to the HTTP request. */
#ifndef CHANNEL_GATEWAY_REQUEST_H
#define CHANNEL_GATEWAY_REQUEST_H

#include "base/error.h"
#include "channel/gateway_template.h"
#include "channel/http_request.h"

/*
 * The whole request of the description. ERR_CONFIG from a template; ERR_INPUT if a value cannot
 * stand in a header. The caller frees `out` with http_request_free() in any case.
 */
MUST_CHECK int gateway_build_request(const struct gateway_values *v, struct http_request *out,
                                     struct error *err);

#endif
