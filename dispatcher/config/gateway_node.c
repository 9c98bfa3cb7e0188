#include "config/gateway_node.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "config/checks.h"

/* What is read, and where it stands. */
struct reading {
    struct load *l;
    const char *file;
    struct gateway *g;
    enum template_scope scope;
    bool typed; /* JSON */
};

static void read_value(const struct reading *r, const struct yaml_node *yaml,
                       struct gateway_node *out);

/* ---- conditions ---- */

/* {when: ..., value: ...} */
static bool is_conditional(const struct yaml_node *yaml)
{
    return yaml->kind == YAML_MAP && yaml->count == 2 && yaml_get(yaml, "when") != NULL &&
           yaml_get(yaml, "value") != NULL;
}

static void check_word(const struct reading *r, const struct yaml_node *yaml,
                       enum gateway_name name)
{
    const char *const *words = gateway_name_words(name, r->g->profile);
    struct buf what = {0};
    size_t count = 0;
    if (words == NULL)
        return;
    for (; words[count] != NULL; count++) {
        if (strcmp(words[count], yaml->text) == 0)
            return;
    }
    buf_printf(&what, "value of `%s`", gateway_names[name]);
    load_unknown(r->l, place_of(r->file, yaml), buf_text(&what), yaml->text, words, count);
    buf_free(&what);
}

static void read_condition(const struct reading *r, const struct yaml_node *yaml,
                           struct gateway_node *out)
{
    struct gateway_condition *c = &out->conditions[out->condition_count++];
    enum gateway_name name;
    bool set = yaml->kind == YAML_SCALAR && strcmp(yaml->text, "set") == 0;
    c->name = xstrdup(yaml->key);
    if (yaml->kind != YAML_SCALAR) {
        load_problem(r->l, place_of(r->file, yaml),
                     "a condition is a name and its value, as in {when: {enc: gsm7}}, or `set`");
        return;
    }
    c->word = set ? NULL : xstrdup(yaml->text);
    if (gateway_find_variable(r->g, yaml->key) != NULL)
        return;
    if (!gateway_name_parse(yaml->key, &name)) {
        gateway_report_name(r->l, place_of_key(r->file, yaml), r->g, yaml->key);
        return;
    }
    r->g->uses[name] = true;
    if (name >= GATEWAY_NAME_REQ_METHOD)
        load_problem(r->l, place_of_key(r->file, yaml),
                     "`%s` is not known yet when the request is built", yaml->key);
    if (!set)
        check_word(r, yaml, name);
}

static void read_conditional(const struct reading *r, const struct yaml_node *yaml,
                             struct gateway_node *out)
{
    const struct yaml_node *when = yaml_get(yaml, "when");
    if (when->kind != YAML_MAP || when->count == 0) {
        load_problem(r->l, place_of(r->file, when), "`when` is a map such as {enc: gsm7}");
        return;
    }
    out->conditions = xcalloc(when->count, sizeof(*out->conditions));
    read_value(r, yaml_get(yaml, "value"), out);
    for (size_t i = 0; i < when->count; i++)
        read_condition(r, when->items[i], out);
}

static void read_alternative(const struct reading *r, const struct yaml_node *yaml,
                             struct gateway_node *choice)
{
    struct gateway_node *item = gateway_node_add(choice);
    if (is_conditional(yaml))
        read_conditional(r, yaml, item);
    else
        read_value(r, yaml, item);
}

static void read_choice(const struct reading *r, const struct yaml_node *yaml,
                        struct gateway_node *out)
{
    size_t count = yaml->kind == YAML_LIST ? yaml->count : 1;
    out->kind = GATEWAY_NODE_CHOICE;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = yaml->kind == YAML_LIST ? yaml->items[i] : yaml;
        if (i > 0 && out->items[i - 1].condition_count == 0 && !is_conditional(yaml->items[i - 1]))
            load_problem(r->l, place_of(r->file, item),
                         "this is never sent: the one above it has no `when`");
        read_alternative(r, item, out);
    }
}

/* ---- values ---- */

/* Does a template consist of one tag whose last filter is `number`? */
static bool is_number_tag(const char *text)
{
    struct gateway_tag tag;
    enum gateway_filter filter = GATEWAY_FILTER_HEX;
    if (gateway_tag_next(text, &tag) != 1)
        return false;
    bool alone = tag.start == text && *tag.end == '\0' && tag.filter_count > 0 &&
                 gateway_filter_parse(tag.filters[tag.filter_count - 1], &filter);
    gateway_tag_free(&tag);
    return alone && filter == GATEWAY_FILTER_NUMBER;
}

static bool is_literal(const struct yaml_node *yaml)
{
    static const char *const words[] = {"true", "false", "null"};
    double number;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (!yaml->quoted && strcmp(yaml->text, words[i]) == 0)
            return true;
    }
    return !yaml->quoted && json_read_number(yaml->text, &number);
}

static void read_scalar(const struct reading *r, const struct yaml_node *yaml,
                        struct gateway_node *out)
{
    out->kind = GATEWAY_NODE_TEXT;
    out->text = xstrdup(yaml->text);
    if (r->typed && is_literal(yaml))
        out->kind = GATEWAY_NODE_LITERAL;
    else if (r->typed && is_number_tag(yaml->text))
        out->kind = GATEWAY_NODE_NUMBER;
    if (out->kind != GATEWAY_NODE_LITERAL)
        gateway_check_template(r->l, place_of(r->file, yaml), r->g, yaml->text, r->scope);
}

static void read_object(const struct reading *r, const struct yaml_node *yaml,
                        struct gateway_node *out)
{
    out->kind = GATEWAY_NODE_OBJECT;
    if (yaml_get(yaml, "when") != NULL)
        load_problem(r->l, place_of(r->file, yaml),
                     "a condition is exactly {when: {...}, value: ...}");
    for (size_t i = 0; i < yaml->count; i++) {
        struct gateway_node *item = gateway_node_add(out);
        item->key = xstrdup(yaml->items[i]->key);
        read_value(r, yaml->items[i], item);
    }
}

/* A list that begins with {when: ..., value: ...} is a choice, any other is a list. */
static bool is_choice(const struct reading *r, const struct yaml_node *yaml)
{
    if (yaml->kind == YAML_LIST)
        return !r->typed || (yaml->count > 0 && is_conditional(yaml->items[0]));
    return is_conditional(yaml);
}

static void read_list(const struct reading *r, const struct yaml_node *yaml,
                      struct gateway_node *out)
{
    out->kind = GATEWAY_NODE_LIST;
    for (size_t i = 0; i < yaml->count; i++)
        read_value(r, yaml->items[i], gateway_node_add(out));
}

static void read_value(const struct reading *r, const struct yaml_node *yaml,
                       struct gateway_node *out)
{
    if (yaml->kind == YAML_SCALAR)
        read_scalar(r, yaml, out);
    else if (is_choice(r, yaml))
        read_choice(r, yaml, out);
    else if (!r->typed)
        load_problem(r->l, place_of(r->file, yaml),
                     "a field is a text, {when: {enc: gsm7}, value: ...}, or a list of those");
    else if (yaml->kind == YAML_LIST)
        read_list(r, yaml, out);
    else
        read_object(r, yaml, out);
}

/* ---- fields ---- */

static void check_field_name(const struct reading *r, const struct yaml_node *yaml)
{
    struct error why = {0};
    bool header = r->scope == SCOPE_TEXT || r->scope == SCOPE_SIGNATURE;
    bool fine = !header || strcasecmp(yaml->key, "content-type") == 0 ||
                check_header_name(yaml->key, &why) == 0;
    if (!fine)
        load_problem(r->l, place_of_key(r->file, yaml), "header `%s` %s", yaml->key, why.text);
}

void gateway_read_fields(struct load *l, const char *file, const struct yaml_node *map,
                         struct gateway *g, enum template_scope scope, struct gateway_node *out)
{
    const struct reading r = {l, file, g, scope, false};
    out->kind = GATEWAY_NODE_OBJECT;
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++) {
        struct gateway_node *field = gateway_node_add(out);
        field->key = xstrdup(map->items[i]->key);
        check_field_name(&r, map->items[i]);
        read_value(&r, map->items[i], field);
    }
}

void gateway_read_json(struct load *l, const char *file, const struct yaml_node *yaml,
                       struct gateway *g, struct gateway_node *out)
{
    const struct reading r = {l, file, g, SCOPE_TEXT, true};
    read_value(&r, yaml, out);
}
