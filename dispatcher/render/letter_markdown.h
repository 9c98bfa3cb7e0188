/*
 * The Markdown a letter may use, as a tree: headings with section ids, paragraphs, lists, quotes,
 * rules and links, with the letter's tags as nodes. cmark parses; what letters do not allow (bold,
 * italics, HTML, images, code) is refused here. Sections between blocks become part of the tree:
 * around one list they repeat its items.
 */
#ifndef RENDER_LETTER_MARKDOWN_H
#define RENDER_LETTER_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problems.h"
#include "render/letter_body.h"

enum node_kind {
    NODE_DOCUMENT,
    NODE_HEADING,
    NODE_PARAGRAPH,
    NODE_LIST,
    NODE_ITEM,
    NODE_QUOTE,
    NODE_RULE,
    NODE_TAG, /* a value, or one end of a section: within a line, between blocks, or between the
                 items of a list */
    NODE_TEXT,
    NODE_SOFT_BREAK,
    NODE_HARD_BREAK,
    NODE_LINK,
};

struct node {
    enum node_kind kind;
    struct place place;
    int level;        /* HEADING: 1-6; ordered LIST: its first number */
    bool ordered;     /* LIST */
    bool tight;       /* LIST: no blank lines between items */
    size_t tag;       /* TAG: its index */
    size_t condition; /* LIST, PARAGRAPH: the section tag without which it would be empty;
                         BODY_NO_TAG: none */
    char *text; /* TEXT: literal; LINK: URL, placeholders in it; HEADING: section id or NULL */
    struct node *parent, *first, *last, *next;
};

/* What is wrong goes to `problems`; ERR_CONFIG if the letter cannot be used. *out is NULL then;
 * else free it with node_free(). */
MUST_CHECK int markdown_parse(const struct body *body, struct problems *problems,
                              struct node **out);
void node_free(struct node *n);

#endif
