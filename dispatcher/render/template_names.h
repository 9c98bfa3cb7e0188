/* Whether the names a template uses exist, and whether its languages say the same: the same
 * sections, parts and variables, so that no reader learns less than another. */
#ifndef RENDER_TEMPLATE_NAMES_H
#define RENDER_TEMPLATE_NAMES_H

#include "base/problems.h"
#include "render/template.h"

struct json_t;

struct names_options {
    const struct variable_set *variables; /* NULL: the layout, which knows built-in names only */
    const struct json_t *locale_context;  /* of the language: org, words */
    bool org_known; /* there is a configuration: a missing org.x is an error */
    bool layout;    /* subject and preheader too */
    struct problems *problems;
};

/* Every name in `p`: declared or built in, optional ones guarded, lists not as plain values. Marks
 * used variables in `used` (one per variable; may be NULL). */
void names_check_program(const struct program *p, const struct names_options *options, bool *used);
/* All letters of a template against each other: sections, parts, variables; and what is declared
 * but never used. `used`: one array per letter, and the last one for webhook.json. */
void names_check_parity(const struct template *t, bool *const *used, struct problems *problems);

#endif
