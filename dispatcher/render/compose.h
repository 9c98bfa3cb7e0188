/* From the tree of a letter to the code of its parts. The tree and the body are borrowed; the code
 * points into the body's file names. Free with program_free(). */
#ifndef RENDER_COMPOSE_H
#define RENDER_COMPOSE_H

#include "render/code.h"
#include "render/markdown.h"

/* HTML fragments, to be run with ESCAPE_HTML. */
struct program *compose_html(const struct node *root, const struct body *body);
/* What wrap.h lays out, to be run with ESCAPE_LINE. */
struct program *compose_text(const struct node *root, const struct body *body);

/* Shared by both: a tag node becomes its instruction; what stands around a node that may be empty.
 */
void compose_tag(struct builder *b, const struct body *body, const struct node *n);
void compose_open_condition(struct builder *b, const struct body *body, const struct node *n);
void compose_close_condition(struct builder *b, const struct node *n);
/* A link's address; `literal` puts the parts between the tags. */
typedef void compose_literal_fn(struct builder *b, const char *text, size_t len);
void compose_url(struct builder *b, const struct body *body, const char *url,
                 compose_literal_fn *literal);

#endif
