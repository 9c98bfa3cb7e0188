#include "config/gateway_request.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "config/checks.h"
#include "config/gateway_template.h"

struct fields {
    struct gateway_field **list;
    size_t *count;
    bool are_headers;
};

static void add_field(struct load *l, const char *file, const struct gateway *g,
                      const struct fields *fields, const char *name, const struct yaml_node *value,
                      const char *encoding)
{
    gateway_check_template(l, place_of(file, value), g, value->text, false);
    *fields->list = xreallocarray(*fields->list, *fields->count + 1, sizeof(**fields->list));
    (*fields->list)[(*fields->count)++] = (struct gateway_field){
        .name = xstrdup(name), .value = xstrdup(value->text), .when_encoding = xstrdup(encoding)};
}

/* {when: {enc: gsm7}, value: ...}: the encoding; NULL after a problem. */
static const char *condition(struct load *l, const char *file, const struct yaml_node *node)
{
    const struct yaml_node *when = yaml_get(node, "when");
    const char *encoding = yaml_text(when, "enc");
    bool shaped = node->count == 2 && yaml_text(node, "value") != NULL && when != NULL &&
                  when->count == 1 && encoding != NULL &&
                  (strcmp(encoding, "gsm7") == 0 || strcmp(encoding, "ucs2") == 0);
    if (shaped)
        return encoding;
    load_problem(
        l, place_of(file, node),
        "a field is a text, {when: {enc: gsm7}, value: ...} (or ucs2), or a list of those");
    return NULL;
}

static void read_field(struct load *l, const char *file, const struct gateway *g,
                       const struct fields *fields, const char *name, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        add_field(l, file, g, fields, name, node, NULL);
        return;
    }
    const char *encoding = condition(l, file, node);
    if (encoding != NULL)
        add_field(l, file, g, fields, name, yaml_get(node, "value"), encoding);
}

static void check_field_name(struct load *l, const char *file, const struct fields *fields,
                             const struct yaml_node *node)
{
    struct error why = {0};
    bool fine = !fields->are_headers || strcasecmp(node->key, "content-type") == 0 ||
                check_header_name(node->key, &why) == 0;
    if (!fine)
        load_problem(l, place_of_key(file, node), "header `%s` %s", node->key, why.text);
}

static void read_fields(struct load *l, const char *file, const struct yaml_node *map,
                        const struct gateway *g, const struct fields *fields)
{
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++) {
        const struct yaml_node *node = map->items[i];
        check_field_name(l, file, fields, node);
        if (node->kind != YAML_LIST)
            read_field(l, file, g, fields, node->key, node);
        for (size_t n = 0; node->kind == YAML_LIST && n < node->count; n++)
            read_field(l, file, g, fields, node->key, node->items[n]);
    }
}

void gateway_read_request(struct load *l, const char *file, const struct yaml_node *request,
                          struct gateway *g)
{
    const struct fields headers = {&g->headers, &g->header_count, true};
    const struct fields query = {&g->query, &g->query_count, false};
    const struct fields form = {&g->form, &g->form_count, false};
    read_fields(l, file, yaml_get(request, "headers"), g, &headers);
    read_fields(l, file, yaml_get(request, "query"), g, &query);
    read_fields(l, file, yaml_get(request, "form"), g, &form);
}
