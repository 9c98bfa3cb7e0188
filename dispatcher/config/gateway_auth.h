/* How a gateway knows us, as its description says it: model/gateway_auth.h. */
#ifndef CONFIG_GATEWAY_AUTH_H
#define CONFIG_GATEWAY_AUTH_H

#include "config/load.h"
#include "model/gateway.h"

/* The block `auth`; NULL is fine. Variables and maps are read already. */
void gateway_read_auth(struct load *l, const char *file, const struct yaml_node *auth,
                       struct gateway *g);

#endif
