#include "model/gateway_node.h"

#include <stdlib.h>

#include "base/alloc.h"

struct gateway_node *gateway_node_add(struct gateway_node *parent)
{
    parent->items = xreallocarray(parent->items, parent->count + 1, sizeof(*parent->items));
    parent->items[parent->count] = (struct gateway_node){0};
    return &parent->items[parent->count++];
}

void gateway_node_free(struct gateway_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        gateway_node_free(&node->items[i]);
    for (size_t i = 0; i < node->condition_count; i++) {
        free(node->conditions[i].name);
        free(node->conditions[i].word);
    }
    free(node->items);
    free(node->conditions);
    free(node->key);
    free(node->text);
    *node = (struct gateway_node){0};
}
