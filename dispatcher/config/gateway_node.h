/* The values of a request: model/gateway_node.h as it is written. */
#ifndef CONFIG_GATEWAY_NODE_H
#define CONFIG_GATEWAY_NODE_H

#include "config/gateway_template.h"
#include "config/load.h"
#include "model/gateway.h"

/* A map of fields, texts all of them: {name: "...", other: {when: {enc: ucs2}, value: "..."}}. With
 * SCOPE_TEXT or SCOPE_SIGNATURE they are headers. */
void gateway_read_fields(struct load *l, const char *file, const struct yaml_node *map,
                         struct gateway *g, enum template_scope scope, struct gateway_node *out);
/* A JSON value: plain numbers, true, false and null keep their type. */
void gateway_read_json(struct load *l, const char *file, const struct yaml_node *yaml,
                       struct gateway *g, struct gateway_node *out);

#endif
