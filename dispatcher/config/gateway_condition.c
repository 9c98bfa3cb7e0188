#include "config/gateway_condition.h"

#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"

/* ---- values ---- */

static enum json_kind kind_of(const struct yaml_node *node)
{
    double number;
    if (node->quoted)
        return JSON_KIND_TEXT;
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return JSON_KIND_BOOLEAN;
    if (strcmp(node->text, "null") == 0)
        return JSON_KIND_NULL;
    return json_read_number(node->text, &number) ? JSON_KIND_NUMBER : JSON_KIND_TEXT;
}

static bool add_value(struct load *l, const char *file, const struct yaml_node *node,
                      struct gateway_json_condition *out)
{
    if (node->kind != YAML_SCALAR) {
        load_problem(l, place_of(file, node), "must be a text, a number, true, false or null");
        return false;
    }
    out->values = xreallocarray(out->values, out->value_count + 1, sizeof(*out->values));
    out->values[out->value_count++] =
        (struct gateway_json_value){kind_of(node), xstrdup(node->text)};
    return true;
}

static bool read_eq(struct load *l, const char *file, const struct yaml_node *node,
                    struct gateway_json_condition *out)
{
    return add_value(l, file, node, out);
}

static bool read_in(struct load *l, const char *file, const struct yaml_node *node,
                    struct gateway_json_condition *out)
{
    bool fine = node->kind == YAML_LIST && node->count > 0;
    if (!fine)
        load_problem(l, place_of(file, node), "`in` is a list of values, as in [1, 10]");
    for (size_t i = 0; fine && i < node->count; i++)
        fine = add_value(l, file, node->items[i], out);
    return fine;
}

static bool read_exists(struct load *l, const char *file, const struct yaml_node *node,
                        struct gateway_json_condition *out)
{
    bool fine = node->kind == YAML_SCALAR && kind_of(node) == JSON_KIND_BOOLEAN;
    if (!fine)
        load_problem(l, place_of(file, node), "`exists` is true or false");
    out->absent = fine && strcmp(node->text, "false") == 0;
    return fine;
}

static bool read_range(struct load *l, const char *file, const struct yaml_node *node,
                       struct gateway_json_condition *out)
{
    bool fine = node->kind == YAML_LIST && node->count == 2 &&
                node->items[0]->kind == YAML_SCALAR && node->items[1]->kind == YAML_SCALAR &&
                json_read_number(node->items[0]->text, &out->lowest) &&
                json_read_number(node->items[1]->text, &out->highest) &&
                out->lowest <= out->highest;
    if (!fine)
        load_problem(l, place_of(file, node),
                     "`range` is the lowest and the highest number, as in [2000, 2999]");
    return fine;
}

/* ---- conditions ---- */

static const struct {
    const char *key;
    enum gateway_json_test test;
    bool (*read)(struct load *l, const char *file, const struct yaml_node *node,
                 struct gateway_json_condition *out);
} tests[] = {{"exists", GATEWAY_JSON_EXISTS, read_exists},
             {"eq", GATEWAY_JSON_EQ, read_eq},
             {"in", GATEWAY_JSON_IN, read_in},
             {"range", GATEWAY_JSON_RANGE, read_range}};

bool gateway_has_condition(const struct yaml_node *node)
{
    bool has = yaml_get(node, "json") != NULL;
    for (size_t i = 0; i < COUNT_OF(tests); i++)
        has = has || yaml_get(node, tests[i].key) != NULL;
    return has;
}

bool gateway_check_pointer(struct load *l, const char *file, const struct yaml_node *node)
{
    struct error why = {0};
    if (node->kind != YAML_SCALAR)
        load_problem(l, place_of(file, node), "a JSON pointer is a text, as in /messages/0/id");
    else if (node->text[0] != '/')
        load_problem(l, place_of(file, node),
                     "`%s` is no JSON pointer: it must begin with `/`, as in /messages/0/id",
                     node->text);
    else if (json_check_pointer(node->text, &why) != 0)
        load_problem(l, place_of(file, node), "%s", why.text);
    else
        return true;
    return false;
}

bool gateway_read_condition(struct load *l, const char *file, const struct yaml_node *node,
                            struct gateway_json_condition *out)
{
    const struct yaml_node *pointer = yaml_get(node, "json"), *value = NULL;
    size_t found = 0, count = 0;
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        if (yaml_get(node, tests[i].key) == NULL)
            continue;
        found = i;
        count++;
        value = yaml_get(node, tests[i].key);
    }
    *out = (struct gateway_json_condition){.test = tests[found].test};
    if (pointer == NULL || count != 1) {
        load_problem(l, place_of(file, node),
                     "`json` is a pointer and needs one of `eq`, `in`, `exists` and `range`");
        return false;
    }
    if (!gateway_check_pointer(l, file, pointer))
        return false;
    out->pointer = xstrdup(pointer->text);
    return tests[found].read(l, file, value, out);
}

/* ---- extractors ---- */

static void extract_json(struct load *l, const char *file, const struct yaml_node *node,
                         struct gateway_extractor *out)
{
    if (!gateway_check_pointer(l, file, node))
        return;
    out->kind = GATEWAY_EXTRACT_JSON;
    out->text = xstrdup(node->text);
}

static void extract_regex(struct load *l, const char *file, const struct yaml_node *node,
                          struct gateway_extractor *out)
{
    struct error why = {0};
    out->kind = GATEWAY_EXTRACT_REGEX;
    if (gateway_regex_compile(node->text, &out->regex, &why) != 0)
        load_problem(l, place_of(file, node), "`regex` %s", why.text);
    else if (gateway_regex_groups(out->regex) == 0)
        load_problem(l, place_of(file, node), "`regex` needs a group ( ) around what is wanted");
}

static void extract_template(struct load *l, const char *file, const struct yaml_node *node,
                             struct gateway_extractor *out)
{
    struct error why = {0};
    out->kind = GATEWAY_EXTRACT_TEMPLATE;
    out->text = xstrdup(node->text);
    if (gateway_extract_check_template(node->text, &why) != 0)
        load_problem(l, place_of(file, node), "%s", why.text);
}

void gateway_read_extractor(struct load *l, const char *file, const struct yaml_node *node,
                            struct gateway_extractor *out)
{
    static const struct {
        const char *key;
        void (*read)(struct load *l, const char *file, const struct yaml_node *node,
                     struct gateway_extractor *out);
    } ways[] = {{"json", extract_json}, {"regex", extract_regex}, {"template", extract_template}};
    bool none = node == NULL || (node->kind == YAML_SCALAR && strcmp(node->text, "none") == 0);
    if (none)
        return;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        const struct yaml_node *way = yaml_get(node, ways[i].key);
        if (way != NULL && way->kind == YAML_SCALAR && node->count == 1) {
            ways[i].read(l, file, way, out);
            return;
        }
    }
    load_problem(l, place_of(file, node),
                 "write {json: /pointer}, {regex: \"...(...)...\"}, {template: \"...{json:/pointer}"
                 "...\"} or none");
}
