/* What a gateway description says about the answers; their meaning is that of
 * model/gateway_answer.h. */
#ifndef CONFIG_GATEWAY_ANSWER_H
#define CONFIG_GATEWAY_ANSWER_H

#include "config/load.h"
#include "model/gateway.h"

/* The block `response` of the whole description. */
void gateway_read_answers(struct load *l, const char *file, const struct yaml_node *root,
                          struct gateway *g);

#endif
