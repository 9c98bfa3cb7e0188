/* What a gateway description sends. */
#ifndef CONFIG_GATEWAY_REQUEST_H
#define CONFIG_GATEWAY_REQUEST_H

#include <stdbool.h>

#include "config/load.h"
#include "model/gateway.h"

/* The block `maps`. */
void gateway_read_maps(struct load *l, const char *file, const struct yaml_node *maps,
                       struct gateway *g);
/* The block `request` but for its method; variables and maps are read already. `tolerant`: some
 * variables are missing. */
void gateway_read_request(struct load *l, const char *file, const struct yaml_node *request,
                          bool tolerant, struct gateway *g);

#endif
