/* The templates of a gateway description: their grammar is that of model/gateway_template.h. */
#ifndef CONFIG_GATEWAY_TEMPLATE_H
#define CONFIG_GATEWAY_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "config/load.h"
#include "model/gateway.h"

/* Where a template stands decides what may be in it. */
enum template_scope {
    SCOPE_VARIABLES, /* nothing of a message */
    SCOPE_URL,       /* nothing a person wrote */
    SCOPE_FIELD,     /* query, form or body: bytes too */
    SCOPE_TEXT,      /* JSON or header */
    SCOPE_SIGNED,    /* `auth.data`: the request too */
    SCOPE_SIGNATURE, /* headers of `auth`: the signature too */
};

/* Are all tags of `text` known, and allowed there? Notes in `g` which parts of a message it uses.
 */
void gateway_check_template(struct load *l, struct place place, struct gateway *g, const char *text,
                            enum template_scope scope);
/* A name that is none of ours and no variable. */
void gateway_report_name(struct load *l, struct place place, const struct gateway *g,
                         const char *name);
/* Appends `text` with the variables of `g` in place and `x` for each part of a message; returns
 * where the first of these stands in `out`, SIZE_MAX if there is none. */
size_t gateway_expand_variables(const struct gateway *g, const char *text, struct buf *out);

#endif
