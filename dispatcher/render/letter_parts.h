/* From the tree of a letter to the code of its parts. The tree and the body are borrowed; the code
 * points into the body's file names. Free with program_free(). */
#ifndef RENDER_LETTER_PARTS_H
#define RENDER_LETTER_PARTS_H

#include "render/code.h"
#include "render/letter_markdown.h"

/* HTML fragments, to be run with ESCAPE_HTML. */
struct program *parts_make_html(const struct node *root, const struct body *body);
/* What letter_wrap.h lays out, to be run with ESCAPE_LINE. */
struct program *parts_make_text(const struct node *root, const struct body *body);

/* Shared by both: a tag node becomes its instruction; what stands around a node that may be empty.
 */
void parts_put_tag(struct builder *b, const struct body *body, const struct node *n);
/* Before a heading. One inside of a quote or a list begins no section: what is open around it would
 * be torn. */
void parts_begin_section(struct builder *b, const struct node *heading);
void parts_open_condition(struct builder *b, const struct body *body, const struct node *n);
void parts_close_condition(struct builder *b, const struct node *n);
/* A link's address; `literal` puts the parts between the tags. */
typedef void parts_literal_fn(struct builder *b, const char *text, size_t len);
void parts_put_url(struct builder *b, const struct body *body, const char *url,
                   parts_literal_fn *literal);

#endif
