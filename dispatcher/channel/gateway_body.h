/* The values of a request of a gateway description (model/gateway_node.h), filled in: as fields of
 * a query or form, and as JSON. */
#ifndef CHANNEL_GATEWAY_BODY_H
#define CHANNEL_GATEWAY_BODY_H

#include "base/buf.h"
#include "base/error.h"
#include "channel/gateway_template.h"

/* *out: what is sent of a value under its conditions, NULL for nothing. Borrowed from `node`. */
MUST_CHECK int gateway_choose(const struct gateway_node *node, const struct gateway_values *v,
                              const struct gateway_node **out, struct error *err);
/* Appends "name=value&...", the first with `before` in front if it is not empty. */
MUST_CHECK int gateway_put_fields(struct buf *out, const struct gateway_node *fields,
                                  const char *before, const struct gateway_values *v,
                                  struct error *err);
/* Appends the JSON text. */
MUST_CHECK int gateway_put_json(struct buf *out, const struct gateway_node *node,
                                const struct gateway_values *v, struct error *err);

#endif
