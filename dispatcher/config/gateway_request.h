/* What a gateway description sends. */
#ifndef CONFIG_GATEWAY_REQUEST_H
#define CONFIG_GATEWAY_REQUEST_H

#include "config/load.h"
#include "model/gateway.h"

/* `headers`, `query` and `form` of the map `request`; variables are read already. */
void gateway_read_request(struct load *l, const char *file, const struct yaml_node *request,
                          struct gateway *g);

#endif
