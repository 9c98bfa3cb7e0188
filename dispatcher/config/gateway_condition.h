/* {json: /pointer, eq | in | exists | range: ...}: what an answer must hold; and what is taken out
 * of it. */
#ifndef CONFIG_GATEWAY_CONDITION_H
#define CONFIG_GATEWAY_CONDITION_H

#include <stdbool.h>

#include "config/load.h"
#include "model/gateway.h"

/* Reads the one condition that stands in the map `node` beside other keys. False after a problem;
 * `out` is to be freed in any case with its predicate. */
bool gateway_read_condition(struct load *l, const char *file, const struct yaml_node *node,
                            struct gateway_json_condition *out);
/* Is there a key of one? */
bool gateway_has_condition(const struct yaml_node *node);
/* {json: /pointer}, {regex: "..."}, {template: "..."} or none; NULL is none too. */
void gateway_read_extractor(struct load *l, const char *file, const struct yaml_node *node,
                            struct gateway_extractor *out);
/* A problem at `node` unless its text is a JSON pointer to a member. */
bool gateway_check_pointer(struct load *l, const char *file, const struct yaml_node *node);

#endif
