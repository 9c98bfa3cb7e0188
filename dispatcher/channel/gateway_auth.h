/* Shows a gateway who we are: what the `auth` block of its description (model/gateway_auth.h) does
 * to a request that is otherwise complete. */
#ifndef CHANNEL_GATEWAY_AUTH_H
#define CHANNEL_GATEWAY_AUTH_H

#include "base/error.h"
#include "channel/gateway_template.h"
#include "channel/http_request.h"

/* ERR_CONFIG, ERR_NOT_FOUND as of gateway_template_put(); ERR_INPUT if a value cannot stand in a
 * header. */
MUST_CHECK int gateway_authenticate(struct http_request *request, const struct gateway_values *v,
                                    struct error *err);
/* Adds a header whose value is a template. */
MUST_CHECK int gateway_add_header(struct http_request *request, const char *name,
                                  const char *template, const struct gateway_values *v,
                                  struct error *err);
/* The same for all of an object of texts, under their conditions. */
MUST_CHECK int gateway_add_headers(struct http_request *request, const struct gateway_node *headers,
                                   const struct gateway_values *v, struct error *err);

#endif
