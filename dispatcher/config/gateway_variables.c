#include "config/gateway_variables.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/checks.h"
#include "config/secret.h"

/* {required: text} or {required: secret}: "text", "secret", or NULL. */
static const char *required_kind(const struct yaml_node *node)
{
    const char *kind = node->count == 1 ? yaml_text(node, "required") : NULL;
    if (kind == NULL || (strcmp(kind, "text") != 0 && strcmp(kind, "secret") != 0))
        return NULL;
    return kind;
}

static bool is_secret(const struct yaml_node *described)
{
    const char *kind = required_kind(described);
    return secret_is_reference(described) || (kind != NULL && strcmp(kind, "secret") == 0);
}

static void read_default(struct load *l, const struct variables *v,
                         const struct yaml_node *described, char **target)
{
    const char *kind = required_kind(described);
    if (kind == NULL) {
        reader_read_free(l, &v->described, described, described->key, false, target);
    } else if (!v->tolerant) {
        load_problem(l, v->missing,
                     "`%s%s` is missing (%s:%d requires it): write `%s: %s` below `vars`",
                     v->set.prefix, described->key, v->described.file, described->key_line,
                     described->key, strcmp(kind, "secret") == 0 ? "{file: PATH}" : "...");
    }
}

static void read_variable(struct load *l, const struct variables *v,
                          const struct yaml_node *described, const struct yaml_node *set,
                          struct gateway_variable *out)
{
    struct error why = {0};
    enum gateway_name name;
    struct place place = place_of_key(v->described.file, described);
    if (check_name(described->key, &why) != 0)
        load_problem(l, place, "`%s`: %s", described->key, why.text);
    else if (gateway_name_parse(described->key, &name))
        load_problem(l, place, "`%s` is a part of every message; name the variable otherwise",
                     described->key);
    out->name = xstrdup(described->key);
    out->secret = is_secret(described) || (set != NULL && secret_is_reference(set));
    if (set != NULL || reader_find_override(l, &v->set, described->key) != NULL)
        reader_read_free(l, &v->set, set, described->key, out->secret, &out->value);
    else
        read_default(l, v, described, &out->value);
    if (out->value == NULL)
        out->value = xstrdup("");
}

/* Every variable the transport sets must be one of the description. */
static void check_set_names(struct load *l, const struct variables *v, const struct gateway *g)
{
    const char **names = xcalloc(g->variable_count + 1, sizeof(*names));
    for (size_t i = 0; i < g->variable_count; i++)
        names[i] = g->variables[i].name;
    for (size_t i = 0; i < v->set.map->count; i++) {
        const struct yaml_node *node = v->set.map->items[i];
        if (yaml_get(v->described.map, node->key) == NULL)
            load_unknown(l, place_of_key(v->set.file, node), "variable", node->key, names,
                         g->variable_count);
    }
    free(names);
}

void gateway_read_variables(struct load *l, const struct variables *v, struct gateway *g)
{
    const struct yaml_node *described = v->described.map;
    const struct yaml_node *set = v->set.map;
    bool without_secrets = l->without_secrets;
    size_t count = described != NULL && described->kind == YAML_MAP ? described->count : 0;
    g->variables = xcalloc(count + 1, sizeof(*g->variables));
    l->without_secrets = without_secrets || v->tolerant;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = described->items[i];
        read_variable(l, v, node, yaml_get(set, node->key), &g->variables[g->variable_count++]);
    }
    l->without_secrets = without_secrets;
    check_set_names(l, v, g);
}

void gateway_find_variables(struct variables *v, const struct section *transport,
                            const struct section *description)
{
    const struct yaml_node *vars = yaml_get(transport->map, "vars");
    static const struct yaml_node nothing = {.kind = YAML_MAP};
    bool usable = vars != NULL && vars->kind == YAML_MAP; /* if not, reader_read() has said so */
    v->set.map = usable ? vars : &nothing;
    v->missing = place_of_key(transport->file, usable ? vars : transport->map);
    v->described = *description;
    v->described.map = yaml_get(description->map, "vars");
    v->described.prefix = v->set.prefix;
    v->described.shown = transport->shown;
}
