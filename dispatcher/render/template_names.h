/* Whether the names a template uses exist, and whether its languages say the same: the same
 * sections, parts and variables, so that no reader learns less than another. */
#ifndef RENDER_TEMPLATE_NAMES_H
#define RENDER_TEMPLATE_NAMES_H

#include "base/problems.h"
#include "render/template.h"

struct json_t;

struct names_language {
    const char *tag;
    const struct json_t *context;
};

struct names_options {
    const char *tag;                        /* the language; NULL: no matter */
    const struct variable_set *variables;   /* NULL: the layout, which knows built-in names only */
    const struct json_t *locale_context;    /* of the language: org, words */
    const struct names_language *languages; /* all, to say which of them has a word; may be NULL */
    size_t language_count;
    bool org_known; /* there is a configuration: a missing org.x is an error */
    bool layout;    /* subject and preheader too */
    struct problems *problems;
};

/* Every name in `p`: declared or built in, optional ones guarded, lists not as plain values. Notes
 * in `used` where a variable is used first (one place per variable, without a file if it is not;
 * may be NULL). */
void names_check_program(const struct program *p, const struct names_options *options,
                         struct place *used);
/* All letters of a template against each other: sections, parts, variables; and what is declared
 * but never used. `used`: one array per letter, and the last one for webhook.json. */
void names_check_parity(const struct template *t, struct place *const *used,
                        struct problems *problems);

#endif
