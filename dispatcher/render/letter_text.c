#include "render/letter_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "render/letter_wrap.h"

struct text {
    struct builder builder;
    const struct body *body;
};

static void put(struct text *t, const char *text)
{
    build_text(&t->builder, text, strlen(text));
}

static void put_mark(struct text *t, enum wrap_mark mark)
{
    char byte = (char)mark;
    build_text(&t->builder, &byte, 1);
}

static void put_children(struct text *t, const struct node *parent);

static const char *shown_url(const char *url)
{
    if (text_starts_with(url, "mailto:"))
        return url + strlen("mailto:");
    return text_starts_with(url, "tel:") ? url + strlen("tel:") : url;
}

/* The words of a link as they are written, placeholders included. */
static void collect_words(const struct node *link, const struct body *body, struct buf *out)
{
    for (const struct node *n = link->first; n != NULL; n = n->next) {
        if (n->kind == NODE_TEXT)
            buf_puts(out, n->text);
        else if (n->kind == NODE_TAG)
            buf_printf(out, "{{%s}}",
                       body->tags[n->tag].kind == TOKEN_VALUE ? body->tags[n->tag].expression->name
                                                              : "");
    }
}

/* Two tags of the same name and no filter are the same words, though they have two placeholders. */
static void collect_url(const char *url, const struct body *body, struct buf *out)
{
    const char *start, *end;
    size_t index;
    while ((index = body_find_tag(body, url, &start, &end)) != BODY_NO_TAG) {
        buf_put(out, url, (size_t)(start - url));
        buf_printf(out, "{{%s}}", body->tags[index].expression->name);
        url = end;
    }
    buf_puts(out, url);
}

/* An address or number is not repeated behind a link whose words are the same. */
static bool says_its_url(const struct node *link, const struct body *body)
{
    struct buf words = {0}, url = {0};
    collect_words(link, body, &words);
    collect_url(shown_url(link->text), body, &url);
    bool same = strcmp(buf_text(&words), buf_text(&url)) == 0;
    buf_free(&words);
    buf_free(&url);
    return same;
}

static void put_link(struct text *t, const struct node *n)
{
    put_children(t, n);
    if (says_its_url(n, t->body))
        return;
    put(t, " (");
    parts_put_url(&t->builder, t->body, shown_url(n->text), build_text);
    put(t, ")");
}

static void put_list(struct text *t, const struct node *n)
{
    char number[16];
    snprintf(number, sizeof number, "%d;", n->level);
    parts_open_condition(&t->builder, t->body, n);
    put_mark(t, n->ordered ? WRAP_NUMBERS : WRAP_BULLETS);
    put(t, n->tight ? "t" : "l");
    put(t, n->ordered ? number : "");
    put_children(t, n);
    put_mark(t, WRAP_LIST_END);
    parts_close_condition(&t->builder, n);
}

static void put_block(struct text *t, const struct node *n, enum wrap_mark mark)
{
    parts_open_condition(&t->builder, t->body, n);
    put_mark(t, mark);
    put_children(t, n);
    parts_close_condition(&t->builder, n);
}

static void put_heading(struct text *t, const struct node *n)
{
    char level[2] = {(char)('0' + n->level), '\0'};
    parts_begin_section(&t->builder, n);
    put_mark(t, WRAP_HEADING);
    put(t, level);
    put_children(t, n);
}

static void put_node(struct text *t, const struct node *n)
{
    switch (n->kind) {
    case NODE_DOCUMENT:
        put_children(t, n);
        break;
    case NODE_HEADING:
        put_heading(t, n);
        break;
    case NODE_PARAGRAPH:
        put_block(t, n, WRAP_PARAGRAPH);
        break;
    case NODE_LIST:
        put_list(t, n);
        break;
    case NODE_ITEM:
        put_block(t, n, WRAP_ITEM);
        break;
    case NODE_QUOTE:
        put_block(t, n, WRAP_QUOTE);
        put_mark(t, WRAP_QUOTE_END);
        break;
    case NODE_RULE:
        put_mark(t, WRAP_RULE);
        break;
    case NODE_TAG:
        parts_put_tag(&t->builder, t->body, n);
        break;
    case NODE_TEXT:
        build_text(&t->builder, n->text, strlen(n->text));
        break;
    case NODE_SOFT_BREAK:
        put(t, "\n");
        break;
    case NODE_HARD_BREAK:
        put_mark(t, WRAP_LINE_BREAK);
        break;
    case NODE_LINK:
        put_link(t, n);
        break;
    }
}

static void put_children(struct text *t, const struct node *parent)
{
    for (const struct node *n = parent->first; n != NULL; n = n->next)
        put_node(t, n);
}

struct program *parts_make_text(const struct node *root, const struct body *body)
{
    struct program *p = program_new(true, true);
    struct text t = {.builder = {.program = p}, .body = body};
    put_node(&t, root);
    build_end(&t.builder);
    return p;
}
