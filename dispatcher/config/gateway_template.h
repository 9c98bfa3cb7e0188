/* The templates of a gateway description: their grammar is that of model/gateway_template.h. */
#ifndef CONFIG_GATEWAY_TEMPLATE_H
#define CONFIG_GATEWAY_TEMPLATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "config/load.h"
#include "model/gateway.h"

/* Are all tags of `text` variables of `g` or, unless `variables_only`, parts of a message? */
void gateway_check_template(struct load *l, struct place place, const struct gateway *g,
                            const char *text, bool variables_only);
/* Appends `text` with the variables of `g` in place; other tags stay as they are. */
void gateway_expand_variables(const struct gateway *g, const char *text, struct buf *out);

#endif
