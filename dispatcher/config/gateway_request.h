/* The two longer parts of a gateway description: what is sent, and what the answers mean. */
#ifndef CONFIG_GATEWAY_REQUEST_H
#define CONFIG_GATEWAY_REQUEST_H

#include "config/load.h"
#include "config/reader.h"
#include "model/gateway.h"

/* `headers`, `query` and `form` of the map `request`; variables are read already. */
void gateway_read_request(struct load *l, const char *file, const struct yaml_node *request,
                          struct gateway *g);
/* The list `response.answers` of the whole description. */
void gateway_read_answers(struct load *l, const char *file, const struct yaml_node *root,
                          struct gateway *g);
/* Are all tags of `text` variables of `g` or, unless `variables_only`, parts of a message? */
void gateway_check_template(struct load *l, struct place place, const struct gateway *g,
                            const char *text, bool variables_only);
/* Appends `text` with the variables of `g` in place; other tags stay as they are. */
void gateway_expand_variables(const struct gateway *g, const char *text, struct buf *out);
/* Names every description may use besides its variables: text, to.e164, ... */
bool gateway_is_builtin(const char *name);

#endif
