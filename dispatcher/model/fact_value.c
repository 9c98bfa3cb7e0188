#include "model/fact_value.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"

/* ---- from YAML ---- */

/* As JSON writes numbers; 010 and +49 are texts. */
static bool is_number(const char *text, bool *out_whole)
{
    const char *at = text + (*text == '-' ? 1 : 0);
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || (digits > 1 && *at == '0'))
        return false;
    at += digits;
    *out_whole = *at == '\0';
    if (*at != '.')
        return *out_whole;
    digits = strspn(++at, "0123456789");
    return digits > 0 && at[digits] == '\0';
}

static json_t *scalar(const struct yaml_node *node)
{
    bool whole;
    int64_t number;
    if (!node->quoted && (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0))
        return json_boolean(strcmp(node->text, "true") == 0);
    if (!node->quoted && is_number(node->text, &whole)) {
        if (whole && text_parse_int(node->text, &number))
            return json_integer(number);
        return json_real(strtod(node->text, NULL));
    }
    return json_string_nocheck(node->text);
}

static json_t *list(const struct yaml_node *node)
{
    json_t *out = json_array();
    for (size_t i = 0; i < node->count; i++)
        json_array_append_new(out, fact_value_from_yaml(node->items[i]));
    return out;
}

static json_t *map(const struct yaml_node *node)
{
    json_t *out = json_object();
    for (size_t i = 0; i < node->count; i++)
        json_object_set_new_nocheck(out, node->items[i]->key, fact_value_from_yaml(node->items[i]));
    return out;
}

json_t *fact_value_from_yaml(const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_MAP:
        return map(node);
    case YAML_LIST:
        return list(node);
    case YAML_SCALAR:
        return scalar(node);
    }
    return NULL;
}

/* ---- dotted names ---- */

json_t *fact_value_hold(json_t *value)
{
    return json_incref(value);
}

json_t *fact_value_object(void)
{
    return json_object();
}

bool fact_value_put(json_t *object, const char *name, json_t *value)
{
    const char *dot;
    while ((dot = strchr(name, '.')) != NULL) {
        char *part = xstrndup(name, (size_t)(dot - name));
        json_t *group = json_object_get(object, part);
        if (group == NULL) {
            group = json_object();
            json_object_set_new_nocheck(object, part, group);
        }
        free(part);
        object = group;
        name = dot + 1;
    }
    bool fits = json_is_object(object) && json_object_get(object, name) == NULL;
    if (fits)
        json_object_set_new_nocheck(object, name, value);
    else
        json_decref(value);
    return fits;
}

json_t *fact_value_at(const json_t *object, const char *name)
{
    const char *dot;
    while ((dot = strchr(name, '.')) != NULL && object != NULL) {
        char *part = xstrndup(name, (size_t)(dot - name));
        object = json_object_get(object, part);
        free(part);
        name = dot + 1;
    }
    return json_object_get(object, name);
}

json_t *fact_value_pick(const json_t *object, const char *const *names, size_t count)
{
    json_t *out = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *value = fact_value_at(object, names[i]);
        if (value != NULL)
            fact_value_put(out, names[i], json_incref(value));
    }
    return out;
}

/* ---- questions ---- */

void fact_value_each(const json_t *object, fact_value_fn *fn, void *context)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (!fn(context, key, value))
            return;
    }
}

bool fact_value_equal(const json_t *a, const json_t *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return json_equal(a, b) != 0;
}

bool fact_value_int(const json_t *value, int64_t *out)
{
    *out = json_integer_value(value);
    return json_is_integer(value);
}

const char *fact_value_text(const json_t *value)
{
    return json_string_value(value);
}

bool fact_value_contains(const json_t *list_of_texts, const char *text)
{
    for (size_t i = 0; i < json_array_size(list_of_texts); i++) {
        const char *one = json_string_value(json_array_get(list_of_texts, i));
        if (one != NULL && strcmp(one, text) == 0)
            return true;
    }
    return false;
}
