#include "render/letter_parts.h"

#include <string.h>

#include "base/text.h"

void parts_put_tag(struct builder *b, const struct body *body, const struct node *n)
{
    const struct body_tag *tag = &body->tags[n->tag];
    if (tag->kind == TOKEN_VALUE)
        build_value(b, expression_hold(tag->expression), PUT_AS_PART, &tag->place);
    else if (tag->kind == TOKEN_END)
        build_close(b);
    else
        build_open(b, tag->kind == TOKEN_SECTION ? OP_SECTION : OP_UNLESS,
                   expression_hold(tag->expression), &tag->place);
}

void parts_begin_section(struct builder *b, const struct node *heading)
{
    if (heading->parent->kind == NODE_DOCUMENT && heading->text != NULL)
        build_heading(b, heading->text, &heading->place);
}

void parts_open_condition(struct builder *b, const struct body *body, const struct node *n)
{
    if (n->condition == BODY_NO_TAG)
        return;
    const struct body_tag *tag = &body->tags[n->condition];
    build_open(b, tag->kind == TOKEN_SECTION ? OP_IF : OP_UNLESS, expression_hold(tag->expression),
               &tag->place);
}

void parts_close_condition(struct builder *b, const struct node *n)
{
    if (n->condition != BODY_NO_TAG)
        build_close(b);
}

static enum put_mode put_mode_of(const char *url)
{
    if (text_starts_with(url, "mailto:"))
        return PUT_ADDRESS;
    return text_starts_with(url, "tel:") ? PUT_PHONE : PUT_URL;
}

void parts_put_url(struct builder *b, const struct body *body, const char *url,
                   parts_literal_fn *literal)
{
    enum put_mode put = put_mode_of(url);
    const char *start, *end;
    size_t index;
    while ((index = body_find_tag(body, url, &start, &end)) != BODY_NO_TAG) {
        const struct body_tag *tag = &body->tags[index];
        literal(b, url, (size_t)(start - url));
        build_value(b, expression_hold(tag->expression), put, &tag->place);
        url = end;
    }
    literal(b, url, strlen(url));
}
