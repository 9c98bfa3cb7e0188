#include "render/variable.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"

#define SHOWN_MAX 40

/* "/data/incident/start", of the first `parts` parts of the name. */
static char *pointer_of(const char *name, int parts)
{
    struct buf path = {0};
    buf_puts(&path, "/data");
    for (int i = 0; i < parts && *name != '\0'; i++) {
        size_t len = strcspn(name, ".");
        buf_putc(&path, '/');
        buf_put(&path, name, len);
        name += len + (name[len] == '.' ? 1 : 0);
    }
    return buf_steal(&path);
}

static void show_value(const json_t *value, struct buf *out)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *at = text != NULL ? text : "", *end = at + strlen(at);
    const char *from = at;
    for (int i = 0; i < SHOWN_MAX && at < end; i++)
        utf8_next(&at, end);
    text_put_visible(out, from, (size_t)(at - from));
    buf_puts(out, at < end ? "..." : "");
    free(text);
}

static int fail_with_path(char *path, char **out_path, int rc)
{
    if (out_path != NULL)
        *out_path = path;
    else
        free(path);
    return rc;
}

static int fail_missing(const struct variable *v, int depth, char **out_path, struct error *err)
{
    char *whole = pointer_of(v->name, 100);
    int rc = error_set(err, ERR_INPUT, "%s is missing or empty: the template requires it (%s)",
                       whole, v->type->name);
    free(whole);
    return fail_with_path(pointer_of(v->name, depth), out_path, rc);
}

static bool is_term(const json_t *value, const struct locale *locale)
{
    return json_is_string(value) && locale_term(locale, json_string_value(value)) != NULL;
}

static const char *closest_term(const struct locale *locale, const char *word)
{
    const struct yaml_node *terms = locale_map(locale, "terms");
    const char **names = xcalloc(terms != NULL ? terms->count + 1 : 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; terms != NULL && i < terms->count; i++)
        names[count++] = terms->items[i]->key;
    const char *closest = text_closest(word, names, count);
    free(names);
    return closest;
}

/* The members of a list are told one by one: which of them is wrong is what helps. */
static int fail_term(const struct variable *v, const json_t *value, const struct locale *locale,
                     struct buf *path, struct error *err)
{
    size_t i = 0;
    while (i < json_array_size(value) && is_term(json_array_get(value, i), locale))
        i++;
    const char *word = json_string_value(json_array_get(value, i));
    if (i == json_array_size(value) || word == NULL)
        return error_set(err, ERR_INPUT, "%s must be %s", buf_text(path),
                         v->type->problem(value, locale));
    buf_printf(path, "/%zu", i);
    const char *closest = closest_term(locale, word);
    struct buf shown = {0};
    show_value(json_array_get(value, i), &shown);
    int rc = error_set(err, ERR_INPUT, "%s: %s is not among the terms of locales/%s.yaml%s%s%s",
                       buf_text(path), buf_text(&shown), locale_tag(locale),
                       closest != NULL ? "; did you mean \"" : "", closest != NULL ? closest : "",
                       closest != NULL ? "\"?" : "");
    buf_free(&shown);
    return rc;
}

static int fail_value(const struct variable *v, const json_t *value, const struct locale *locale,
                      char **out_path, struct error *err)
{
    struct buf path = {0}, shown = {0};
    char *pointer = pointer_of(v->name, 100);
    buf_puts(&path, pointer);
    free(pointer);
    show_value(value, &shown);
    int rc;
    if (v->type->terms)
        rc = fail_term(v, value, locale, &path, err);
    else if (v->type->localized)
        rc = error_set(err, ERR_INPUT, "%s has no text in \"%s\": it must be %s, and is %s",
                       buf_text(&path), locale_tag(locale), v->type->problem(value, locale),
                       buf_text(&shown));
    else
        rc = error_set(err, ERR_INPUT, "%s must be %s: it is %s", buf_text(&path),
                       v->type->problem(value, locale), buf_text(&shown));
    buf_free(&shown);
    return fail_with_path(buf_steal(&path), out_path, rc);
}

/* A letter that must say something cannot say it with nothing. */
static bool is_empty(const json_t *value)
{
    return (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static int check_one(const struct variable *v, const struct locale *locale, const json_t *data,
                     char **out_path, struct error *err)
{
    int depth;
    const json_t *value = variable_value(data, v->name, &depth);
    if (value == NULL || json_is_null(value) || (v->required && is_empty(value)))
        return v->required ? fail_missing(v, depth, out_path, err) : 0;
    return v->type->problem(value, locale) == NULL ? 0
                                                   : fail_value(v, value, locale, out_path, err);
}

static int fail_undeclared(const struct variable_set *set, const char *name, char **out_path,
                           struct error *err)
{
    const char **names = xcalloc(set->count + 1, sizeof *names);
    for (size_t i = 0; i < set->count; i++)
        names[i] = set->items[i].name;
    const char *closest = text_closest(name, names, set->count);
    free(names);
    char *path = pointer_of(name, 100);
    struct buf shown = {0};
    text_put_visible(&shown, path, strlen(path) < 200 ? strlen(path) : 200);
    int rc =
        error_set(err, ERR_INPUT, "%s is not a variable of this template%s%s%s", buf_text(&shown),
                  closest != NULL ? "; did you mean \"" : "", closest != NULL ? closest : "",
                  closest != NULL ? "\"?" : ": remove it or declare it in template.yaml");
    buf_free(&shown);
    return fail_with_path(path, out_path, rc);
}

/* Members nobody declared; groups are walked into. */
static int check_members(const struct variable_set *set, const json_t *object, const char *prefix,
                         char **out_path, struct error *err)
{
    const char *key;
    json_t *member;
    int rc = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, member)
    {
        struct buf name = {0};
        buf_printf(&name, "%s%s%s", prefix, *prefix != '\0' ? "." : "", key);
        enum variable_match match = variables_match(set, buf_text(&name), NULL);
        if (match == VARIABLE_UNKNOWN || (match == VARIABLE_GROUP && !json_is_object(member)))
            rc = fail_undeclared(set, buf_text(&name), out_path, err);
        else if (match == VARIABLE_GROUP)
            rc = check_members(set, member, buf_text(&name), out_path, err);
        buf_free(&name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* As many members as there are declared variables and their groups: then none is left that nobody
 * declared. */
static bool has_undeclared(const struct variable_set *set, const json_t *data)
{
    size_t members = json_object_size(data), expected = 0;
    int depth;
    for (size_t i = 0; i < set->count; i++)
        expected += variable_value(data, set->items[i].name, &depth) != NULL ? 1 : 0;
    for (size_t i = 0; i < set->group_count; i++) {
        const json_t *group = variable_value(data, set->groups[i], &depth);
        expected += json_is_object(group) ? 1 : 0;
        members += json_object_size(group);
    }
    return members != expected;
}

int variables_check(const struct variable_set *set, const struct locale *locale,
                    const struct json_t *data, char **out_path, struct error *err)
{
    int rc = 0;
    if (out_path != NULL)
        *out_path = NULL;
    /* first what was written wrong: a misspelt name is also a missing one, and the suggestion is
     * the better message */
    if (has_undeclared(set, data))
        rc = check_members(set, data, "", out_path, err);
    for (size_t i = 0; rc == 0 && i < set->count; i++)
        rc = check_one(&set->items[i], locale, data, out_path, err);
    return rc;
}
