#include "render/letter_markdown.h"

#include <stdlib.h>
#include <string.h>

#define CMARK_NO_SHORT_NAMES
#include <cmark.h>

#include "base/alloc.h"

#define NESTING_MAX 16

struct parser {
    const struct body *body;
    struct problems *problems;
    struct node **seen; /* per tag: where it stands; NULL: not found */
    size_t depth;
};

static struct node *new_node(enum node_kind kind, struct place place)
{
    struct node *n = xcalloc(1, sizeof *n);
    n->kind = kind;
    n->place = place;
    n->condition = BODY_NO_TAG;
    return n;
}

static struct node *append(struct node *parent, struct node *child)
{
    child->parent = parent;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    return child;
}

void node_free(struct node *n)
{
    while (n != NULL) {
        struct node *next = n->next;
        node_free(n->first);
        free(n->text);
        free(n);
        n = next;
    }
}

static struct place place_of(const struct parser *p, cmark_node *from)
{
    while (from != NULL && cmark_node_get_start_line(from) == 0)
        from = cmark_node_parent(from);
    if (from == NULL)
        return body_place(p->body, 1, 1);
    return body_place(p->body, cmark_node_get_start_line(from), cmark_node_get_start_column(from));
}

/* ---- what letters do not allow ---- */

static int refuse(const struct parser *p, cmark_node *from, const char *rule, const char *text)
{
    struct place at = place_of(p, from);
    return problems_add_error(p->problems, &at, rule, "%s", text);
}

static int refuse_kind(const struct parser *p, cmark_node *from)
{
    static const struct {
        cmark_node_type type;
        const char *rule, *text;
    } refused[] = {
        {CMARK_NODE_EMPH, "bold", "letters have no italics: remove the * or _ around these words"},
        {CMARK_NODE_STRONG, "bold", "letters have no bold: remove the ** around these words"},
        {CMARK_NODE_HTML_BLOCK, "html", "letters are written without HTML: remove this tag"},
        {CMARK_NODE_HTML_INLINE, "html", "letters are written without HTML: remove this tag"},
        {CMARK_NODE_IMAGE, "image",
         "letters have no images: remove it, or write a link without the !"},
        {CMARK_NODE_CODE, "code", "letters have no code: remove the backticks"},
        {CMARK_NODE_CODE_BLOCK, "code",
         "this is code to Markdown: remove the backticks, or the blanks before the line"},
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (refused[i].type == cmark_node_get_type(from))
            return refuse(p, from, refused[i].rule, refused[i].text);
    return refuse(p, from, "markdown", "letters cannot use this Markdown");
}

/* ---- text and tags ---- */

/* A section may not open in one paragraph or link and close in another: the result would not be
 * well-formed. */
static int check_pair(const struct parser *p, size_t index, const struct node *end)
{
    const struct body_tag *tag = &p->body->tags[index];
    const struct node *begin = p->seen[tag->pair];
    if (begin != NULL && begin->parent == end->parent)
        return 0;
    const struct body_tag *open = &p->body->tags[tag->pair];
    return problems_add_error(
        p->problems, &tag->place, "section-crossing",
        "{{/%s}} must stand in the same paragraph, item or link as its beginning on line %d, or "
        "both alone on their lines",
        open->expression->name, open->place.line);
}

static int add_tag(struct parser *p, struct node *parent, size_t index)
{
    const struct body_tag *tag = &p->body->tags[index];
    struct node *n = append(parent, new_node(NODE_TAG, tag->place));
    n->tag = index;
    p->seen[index] = n;
    return tag->kind == TOKEN_END ? check_pair(p, index, n) : 0;
}

/* Moves `at` on behind the text. */
static void add_text(struct node *parent, struct place *at, const char *text, size_t len)
{
    if (len > 0)
        append(parent, new_node(NODE_TEXT, *at))->text = xstrndup(text, len);
    for (size_t i = 0; i < len; i++)
        at->column += ((unsigned char)text[i] & 0xc0) != 0x80;
}

static int convert_text(struct parser *p, struct node *parent, cmark_node *from)
{
    const char *text = cmark_node_get_literal(from), *start, *end;
    struct place at = place_of(p, from);
    size_t index;
    if (strstr(text, "**") != NULL || strstr(text, "__") != NULL)
        return refuse(p, from, "ko-bold", "** and __ do not become bold here: remove them");
    if (parent->kind != NODE_HEADING && strstr(text, "{#") != NULL)
        return refuse(p, from, "section-id",
                      "a section id {#name} stands at the end of a heading only");
    while ((index = body_find_tag(p->body, text, &start, &end)) != BODY_NO_TAG) {
        add_text(parent, &at, text, (size_t)(start - text));
        int rc = add_tag(p, parent, index);
        if (rc < 0)
            return rc;
        at.column += p->body->tags[index].columns;
        text = end;
    }
    add_text(parent, &at, text, strlen(text));
    return 0;
}

/* ---- links ---- */

static int check_url_tags(struct parser *p, struct node *link)
{
    const char *start, *end = link->text;
    size_t index;
    while ((index = body_find_tag(p->body, end, &start, &end)) != BODY_NO_TAG) {
        const struct body_tag *tag = &p->body->tags[index];
        if (tag->kind != TOKEN_VALUE)
            return problems_add_error(p->problems, &tag->place, "link-section",
                                      "a section cannot stand inside the address of a link");
        p->seen[index] = link;
    }
    return 0;
}

static int convert_children(struct parser *p, struct node *parent, cmark_node *from);

static int convert_link(struct parser *p, struct node *parent, cmark_node *from)
{
    const char *title = cmark_node_get_title(from);
    if (title != NULL && *title != '\0')
        return refuse(p, from, "link-title",
                      "links have no title: remove the quoted text behind the address");
    struct node *n = append(parent, new_node(NODE_LINK, place_of(p, from)));
    n->text = xstrdup(cmark_node_get_url(from));
    int rc = check_url_tags(p, n);
    return rc < 0 ? rc : convert_children(p, n, from);
}

/* ---- section ids ---- */

static bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* Cuts `{#id}` from the end of a heading and keeps it as the heading's text. */
static int take_section_id(const struct parser *p, struct node *heading)
{
    struct node *last = heading->last;
    char *open = last != NULL && last->kind == NODE_TEXT ? strstr(last->text, "{#") : NULL;
    if (open == NULL)
        return problems_add_error(
            p->problems, &heading->place, "section-id",
            "give this heading an id, the same in every language: ## Heading {#id}");
    size_t len = 0;
    while (is_id_char(open[2 + len]))
        len++;
    if (len == 0 || strcmp(open + 2 + len, "}") != 0)
        return problems_add_error(
            p->problems, &heading->place, "section-id",
            "a section id is written {#name} at the end of the heading, with a-z, 0-9, _ and -");
    heading->text = xstrndup(open + 2, len);
    while (open > last->text && open[-1] == ' ')
        open--;
    *open = '\0';
    return 0;
}

/* ---- blocks ---- */

static int convert_heading(struct parser *p, struct node *parent, cmark_node *from)
{
    struct node *n = append(parent, new_node(NODE_HEADING, place_of(p, from)));
    n->level = cmark_node_get_heading_level(from);
    int rc = convert_children(p, n, from);
    return rc < 0 ? rc : take_section_id(p, n);
}

static int convert_list(struct parser *p, struct node *parent, cmark_node *from)
{
    struct node *n = append(parent, new_node(NODE_LIST, place_of(p, from)));
    n->ordered = cmark_node_get_list_type(from) == CMARK_ORDERED_LIST;
    n->level = cmark_node_get_list_start(from);
    n->tight = cmark_node_get_list_tight(from);
    return convert_children(p, n, from);
}

/* A paragraph that is one standalone section tag is no paragraph. */
static bool convert_block_tag(struct parser *p, struct node *parent, cmark_node *from, int *out_rc)
{
    cmark_node *only = cmark_node_first_child(from);
    if (only == NULL || cmark_node_next(only) != NULL ||
        cmark_node_get_type(only) != CMARK_NODE_TEXT)
        return false;
    const char *text = cmark_node_get_literal(only), *start, *end;
    size_t index = body_find_tag(p->body, text, &start, &end);
    if (index == BODY_NO_TAG || start != text || *end != '\0' || !p->body->tags[index].block)
        return false;
    *out_rc = add_tag(p, parent, index);
    return true;
}

/* `{{#x}}...{{/x}}` around all of a paragraph: without x there is no paragraph, not an empty one.
 */
static void find_condition(const struct parser *p, struct node *paragraph)
{
    const struct node *first = paragraph->first, *last = paragraph->last;
    if (first == NULL || first->kind != NODE_TAG || last->kind != NODE_TAG)
        return;
    const struct body_tag *tag = &p->body->tags[first->tag];
    if ((tag->kind == TOKEN_SECTION || tag->kind == TOKEN_INVERTED) && tag->pair == last->tag)
        paragraph->condition = first->tag;
}

static int convert_paragraph(struct parser *p, struct node *parent, cmark_node *from)
{
    int rc = 0;
    if (convert_block_tag(p, parent, from, &rc))
        return rc;
    struct node *n = append(parent, new_node(NODE_PARAGRAPH, place_of(p, from)));
    rc = convert_children(p, n, from);
    find_condition(p, n);
    return rc;
}

static int convert_container(struct parser *p, struct node *parent, cmark_node *from,
                             enum node_kind kind)
{
    return convert_children(p, append(parent, new_node(kind, place_of(p, from))), from);
}

static int convert(struct parser *p, struct node *parent, cmark_node *from)
{
    switch (cmark_node_get_type(from)) {
    case CMARK_NODE_HEADING:
        return convert_heading(p, parent, from);
    case CMARK_NODE_PARAGRAPH:
        return convert_paragraph(p, parent, from);
    case CMARK_NODE_LIST:
        return convert_list(p, parent, from);
    case CMARK_NODE_ITEM:
        return convert_container(p, parent, from, NODE_ITEM);
    case CMARK_NODE_BLOCK_QUOTE:
        return convert_container(p, parent, from, NODE_QUOTE);
    case CMARK_NODE_THEMATIC_BREAK:
        return convert_container(p, parent, from, NODE_RULE);
    case CMARK_NODE_SOFTBREAK:
        return convert_container(p, parent, from, NODE_SOFT_BREAK);
    case CMARK_NODE_LINEBREAK:
        return convert_container(p, parent, from, NODE_HARD_BREAK);
    case CMARK_NODE_TEXT:
        return convert_text(p, parent, from);
    case CMARK_NODE_LINK:
        return convert_link(p, parent, from);
    case CMARK_NODE_EMPH:
    case CMARK_NODE_STRONG:
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_HTML_INLINE:
    case CMARK_NODE_IMAGE:
    case CMARK_NODE_CODE:
    case CMARK_NODE_CODE_BLOCK:
    case CMARK_NODE_CUSTOM_BLOCK:
    case CMARK_NODE_CUSTOM_INLINE:
    case CMARK_NODE_DOCUMENT:
    case CMARK_NODE_NONE:
        return refuse_kind(p, from);
    }
    return 0;
}

static int convert_children(struct parser *p, struct node *parent, cmark_node *from)
{
    int rc = 0;
    if (p->depth == NESTING_MAX)
        return refuse(p, from, "markdown", "lists and quotes are nested too deep");
    p->depth++;
    for (cmark_node *c = cmark_node_first_child(from); c != NULL; c = cmark_node_next(c)) {
        int child = convert(p, parent, c);
        rc = rc < 0 ? rc : child;
        if (problems_stop_load(p->problems))
            break;
    }
    p->depth--;
    return rc;
}

/* ---- sections around lists ---- */

static bool is_block_tag(const struct parser *p, const struct node *n)
{
    return n != NULL && n->kind == NODE_TAG && p->body->tags[n->tag].block;
}

static bool opens(const struct parser *p, const struct node *n)
{
    return n != NULL && is_block_tag(p, n) && p->body->tags[n->tag].kind != TOKEN_END;
}

/* tag, list, its end: the form that repeats the items of a list */
static bool is_group(const struct parser *p, const struct node *n)
{
    return opens(p, n) && n->next != NULL && n->next->kind == NODE_LIST &&
           is_block_tag(p, n->next->next) && n->next->next->tag == p->body->tags[n->tag].pair;
}

/* Moves all of `from` behind the last child of `list`; returns what followed it. */
static struct node *move_into(struct node *list, struct node *from)
{
    struct node *next = from->next;
    from->next = NULL;
    if (from->kind != NODE_LIST) {
        append(list, from);
        return next;
    }
    for (struct node *item = from->first; item != NULL;) {
        struct node *following = item->next;
        item->next = NULL;
        append(list, item);
        item = following;
    }
    from->first = from->last = NULL;
    list->tight = list->tight && from->tight;
    node_free(from);
    return next;
}

static void prepend(struct node *list, struct node *child)
{
    child->parent = list;
    child->next = list->first;
    list->first = child;
}

/* Items written directly beside a list belong to it: `- a`, `{{#x}}`, `- b`, `{{/x}}`, `- c` is one
 * list. */
static void take_neighbours(const struct parser *p, struct node *list)
{
    for (;;) {
        struct node *open = list->next;
        bool group = open != NULL && is_group(p, open) && p->body->tags[open->tag].tight_before &&
                     open->next->ordered == list->ordered;
        if (!group)
            return;
        const struct body_tag *close = &p->body->tags[open->next->next->tag];
        struct node *rest = open;
        for (int i = 0; i < 3; i++)
            rest = move_into(list, rest);
        list->next = rest;
        if (rest != NULL && rest->kind == NODE_LIST && close->tight_after &&
            rest->ordered == list->ordered)
            list->next = move_into(list, rest);
    }
}

/* `{{#x}}`, `- {{.}}`, `{{/x}}`: one list whose items repeat, or no list. */
static struct node *join_group(struct node *open)
{
    struct node *list = open->next, *close = list->next;
    struct node *rest = close->next;
    list->condition = open->tag;
    open->next = close->next = NULL;
    prepend(list, open);
    append(list, close);
    list->next = rest;
    return list;
}

/* A group directly before a list begins it: `{{#x}}`, `- a`, `{{/x}}`, `- b`. */
static bool begins_list(const struct parser *p, const struct node *open)
{
    const struct node *close = open->next->next, *rest = close->next;
    return rest != NULL && rest->kind == NODE_LIST && rest->ordered == open->next->ordered &&
           p->body->tags[close->tag].tight_after;
}

static void arrange_lists(const struct parser *p, struct node *parent)
{
    struct node **at = &parent->first;
    parent->last = NULL;
    while (*at != NULL) {
        if (is_group(p, *at)) {
            bool begins = begins_list(p, *at);
            *at = join_group(*at);
            if (begins) {
                (*at)->condition = BODY_NO_TAG;
                (*at)->next = move_into(*at, (*at)->next);
            }
        }
        if ((*at)->kind == NODE_LIST && (*at)->condition == BODY_NO_TAG)
            take_neighbours(p, *at);
        if ((*at)->kind != NODE_TAG)
            arrange_lists(p, *at);
        parent->last = *at;
        at = &(*at)->next;
    }
}

/* ---- the whole ---- */

/* A tag in a place that Markdown drops (a link that is never used, say) would be lost without a
 * word. */
static int check_all_seen(const struct parser *p)
{
    int rc = 0;
    for (size_t i = 0; i < p->body->tag_count; i++)
        if (p->seen[i] == NULL)
            rc = problems_add_error(p->problems, &p->body->tags[i].place, "tag-lost",
                                    "Markdown drops this tag here: move it into the text");
    return rc;
}

int markdown_parse(const struct body *body, struct problems *problems, struct node **out)
{
    struct parser p = {.body = body, .problems = problems};
    p.seen = xcalloc(body->tag_count + 1, sizeof(struct node *));
    cmark_node *document =
        cmark_parse_document(buf_text(&body->text), body->text.len, CMARK_OPT_VALIDATE_UTF8);
    cmark_consolidate_text_nodes(document);
    struct node *root = new_node(NODE_DOCUMENT, body_place(body, 1, 1));
    int rc = convert_children(&p, root, document);
    if (rc == 0)
        rc = check_all_seen(&p);
    cmark_node_free(document);
    if (rc == 0)
        arrange_lists(&p, root);
    free(p.seen);
    if (rc < 0)
        node_free(root);
    *out = rc < 0 ? NULL : root;
    return rc;
}
