/*
 * A value of a request as the description of a gateway writes it. Headers, query and form are
 * objects of texts; a JSON body is any tree of these. config/gateway_node.c reads them,
 * channel/gateway_body.c writes them.
 */
#ifndef MODEL_GATEWAY_NODE_H
#define MODEL_GATEWAY_NODE_H

#include <stddef.h>

enum gateway_node_kind {
    GATEWAY_NODE_TEXT,    /* `text` is a template */
    GATEWAY_NODE_NUMBER,  /* JSON: a template of which a whole number comes */
    GATEWAY_NODE_LITERAL, /* JSON: a number, true, false or null, as it stands in `text` */
    GATEWAY_NODE_LIST,
    GATEWAY_NODE_OBJECT,
    GATEWAY_NODE_CHOICE, /* the first of `items` whose conditions hold; none: nothing is sent */
};

/* {when: {enc: gsm7}}: the name has this value; {when: {ttl: set}}: it has any. */
struct gateway_condition {
    char *name; /* of gateway_template.h, or of a variable */
    char *word; /* NULL: set */
};

struct gateway_node {
    enum gateway_node_kind kind;
    char *key; /* NULL: in a list */
    char *text;
    struct gateway_condition *conditions; /* all must hold; none: it is always sent */
    size_t condition_count;
    struct gateway_node *items;
    size_t count;
};

/* Adds one, zeroed; valid until the next one is added. */
struct gateway_node *gateway_node_add(struct gateway_node *parent);
/* Frees what it owns, not the struct. */
void gateway_node_free(struct gateway_node *node);

#endif
