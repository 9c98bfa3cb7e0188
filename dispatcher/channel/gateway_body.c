#include "channel/gateway_body.h"

#include <stdbool.h>
#include <string.h>

/* ---- conditions */

static int check_condition(const struct gateway_condition *c, const struct gateway_values *v,
                           bool *out, struct error *err)
{
    struct buf value = {0};
    int rc = gateway_value_put(&value, c->name, v, err);
    *out = c->word == NULL ? value.len > 0 : strcmp(buf_text(&value), c->word) == 0;
    buf_free(&value);
    return rc;
}

static int check_conditions(const struct gateway_node *node, const struct gateway_values *v,
                            bool *out, struct error *err)
{
    int rc = 0;
    *out = true;
    for (size_t i = 0; rc == 0 && *out && i < node->condition_count; i++)
        rc = check_condition(&node->conditions[i], v, out, err);
    return rc;
}

int gateway_choose(const struct gateway_node *node, const struct gateway_values *v,
                   const struct gateway_node **out, struct error *err)
{
    int rc = 0;
    *out = node->kind != GATEWAY_NODE_CHOICE ? node : NULL;
    for (size_t i = 0; rc == 0 && *out == NULL && i < node->count; i++) {
        bool holds;
        rc = check_conditions(&node->items[i], v, &holds, err);
        if (rc == 0 && holds)
            return gateway_choose(&node->items[i], v, out, err);
    }
    return rc;
}

/* ---- fields */

int gateway_put_fields(struct buf *out, const struct gateway_node *fields, const char *before,
                       const struct gateway_values *v, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fields->count; i++) {
        const struct gateway_node *value;
        rc = gateway_choose(&fields->items[i], v, &value, err);
        if (rc != 0 || value == NULL)
            continue;
        buf_puts(out, before);
        gateway_put_percent_encoded(out, fields->items[i].key, strlen(fields->items[i].key));
        buf_putc(out, '=');
        rc = gateway_template_put(out, value->text, PLACE_VALUE, v, err);
        before = "&";
    }
    return rc;
}

/* ---- JSON */

static int put_text(struct buf *out, const struct gateway_node *node,
                    const struct gateway_values *v, struct error *err)
{
    buf_putc(out, '"');
    int rc = gateway_template_put(out, node->text, PLACE_JSON, v, err);
    buf_putc(out, '"');
    return rc;
}

/* What a list and an object have in common: what is between the brackets. */
static int put_items(struct buf *out, const struct gateway_node *node,
                     const struct gateway_values *v, struct error *err)
{
    const char *before = "";
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < node->count; i++) {
        const struct gateway_node *value;
        rc = gateway_choose(&node->items[i], v, &value, err);
        if (rc != 0 || value == NULL)
            continue;
        buf_puts(out, before);
        if (node->kind == GATEWAY_NODE_OBJECT) {
            buf_put_json(out, node->items[i].key);
            buf_putc(out, ':');
        }
        rc = gateway_put_json(out, value, v, err);
        before = ",";
    }
    return rc;
}

int gateway_put_json(struct buf *out, const struct gateway_node *node,
                     const struct gateway_values *v, struct error *err)
{
    const struct gateway_node *value = NULL;
    int rc = 0;
    switch (node->kind) {
    case GATEWAY_NODE_TEXT:
        return put_text(out, node, v, err);
    case GATEWAY_NODE_NUMBER:
        return gateway_template_put(out, node->text, PLACE_PLAIN, v, err);
    case GATEWAY_NODE_LITERAL:
        buf_puts(out, node->text);
        return 0;
    case GATEWAY_NODE_LIST:
    case GATEWAY_NODE_OBJECT:
        buf_putc(out, node->kind == GATEWAY_NODE_LIST ? '[' : '{');
        rc = put_items(out, node, v, err);
        buf_putc(out, node->kind == GATEWAY_NODE_LIST ? ']' : '}');
        return rc;
    case GATEWAY_NODE_CHOICE:
        rc = gateway_choose(node, v, &value, err);
        return rc == 0 && value != NULL ? gateway_put_json(out, value, v, err) : rc;
    }
    return rc;
}
