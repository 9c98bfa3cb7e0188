#include "render/letter_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "render/escape.h"

struct html {
    struct builder builder;
    const struct body *body;
};

static void put(struct html *h, const char *markup)
{
    build_text(&h->builder, markup, strlen(markup));
}

static void put_escaped(struct builder *b, const char *text, size_t len)
{
    struct buf escaped = {0};
    escape_put_html(&escaped, text, len);
    build_text(b, buf_text(&escaped), escaped.len);
    buf_free(&escaped);
}

/* What an author wrote into an address: percent-encode what no URL may hold, then escape for the
 * attribute. */
static void put_href(struct builder *b, const char *text, size_t len)
{
    struct buf url = {0};
    escape_put_url(&url, text, len, ":/?#[]@!$&'()*+,;=%");
    put_escaped(b, buf_text(&url), url.len);
    buf_free(&url);
}

static void put_children(struct html *h, const struct node *parent, bool tight);

static void put_link(struct html *h, const struct node *n)
{
    put(h, "<a href=\"");
    parts_put_url(&h->builder, h->body, n->text, put_href);
    put(h, "\">");
    put_children(h, n, false);
    put(h, "</a>");
}

static void put_heading(struct html *h, const struct node *n)
{
    char tag[16];
    parts_begin_section(&h->builder, n);
    snprintf(tag, sizeof tag, "<h%d>", n->level);
    put(h, tag);
    put_children(h, n, false);
    snprintf(tag, sizeof tag, "</h%d>\n", n->level);
    put(h, tag);
}

static void put_list(struct html *h, const struct node *n)
{
    char open[32] = "<ul>\n";
    if (n->ordered)
        snprintf(open, sizeof open, "<ol>\n");
    if (n->ordered && n->level != 1)
        snprintf(open, sizeof open, "<ol start=\"%d\">\n", n->level);
    parts_open_condition(&h->builder, h->body, n);
    put(h, open);
    put_children(h, n, n->tight);
    put(h, n->ordered ? "</ol>\n" : "</ul>\n");
    parts_close_condition(&h->builder, n);
}

static void put_item(struct html *h, const struct node *n, bool tight)
{
    put(h, "<li>");
    put_children(h, n, tight);
    put(h, "</li>\n");
}

static void put_paragraph(struct html *h, const struct node *n, bool tight)
{
    parts_open_condition(&h->builder, h->body, n);
    put(h, tight ? "" : "<p>");
    put_children(h, n, false);
    if (!tight)
        put(h, "</p>\n");
    else if (n->next != NULL)
        put(h, "\n");
    parts_close_condition(&h->builder, n);
}

static void put_quote(struct html *h, const struct node *n)
{
    put(h, "<blockquote>\n");
    put_children(h, n, false);
    put(h, "</blockquote>\n");
}

/* `tight`: inside an item of a tight list, where paragraphs have no tags. */
static void put_node(struct html *h, const struct node *n, bool tight)
{
    switch (n->kind) {
    case NODE_DOCUMENT:
        put_children(h, n, false);
        break;
    case NODE_HEADING:
        put_heading(h, n);
        break;
    case NODE_PARAGRAPH:
        put_paragraph(h, n, tight);
        break;
    case NODE_LIST:
        put_list(h, n);
        break;
    case NODE_ITEM:
        put_item(h, n, tight);
        break;
    case NODE_QUOTE:
        put_quote(h, n);
        break;
    case NODE_RULE:
        put(h, "<hr>\n");
        break;
    case NODE_TAG:
        parts_put_tag(&h->builder, h->body, n);
        break;
    case NODE_TEXT:
        put_escaped(&h->builder, n->text, strlen(n->text));
        break;
    case NODE_SOFT_BREAK:
        put(h, "\n");
        break;
    case NODE_HARD_BREAK:
        put(h, "<br>\n");
        break;
    case NODE_LINK:
        put_link(h, n);
        break;
    }
}

static void put_children(struct html *h, const struct node *parent, bool tight)
{
    for (const struct node *n = parent->first; n != NULL; n = n->next)
        put_node(h, n, tight);
}

struct program *parts_make_html(const struct node *root, const struct body *body)
{
    struct program *p = program_new(true, true);
    struct html h = {.builder = {.program = p}, .body = body};
    put_node(&h, root, false);
    build_end(&h.builder);
    return p;
}
