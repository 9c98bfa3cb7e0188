#include "render/variable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json_schema.h"
#include "base/text.h"
#include "base/yaml.h"

/* ---- types ---- */

static const char *text_problem(const json_t *value, const struct locale *locale)
{
    (void)locale;
    return json_is_string(value) ? NULL : "a text";
}

static bool is_calendar_date(const char *text)
{
    int64_t year, month, day, days;
    char part[3][5] = {{0}};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    memcpy(part[0], text, 4);
    memcpy(part[1], text + 5, 2);
    memcpy(part[2], text + 8, 2);
    for (int i = 0; i < 3; i++)
        if (strspn(part[i], "0123456789") != strlen(part[i]))
            return false;
    return text_parse_int(part[0], &year) && text_parse_int(part[1], &month) &&
           text_parse_int(part[2], &day) &&
           clock_days_from_date((int)year, (int)month, (int)day, &days);
}

static const char *datetime_problem(const json_t *value, const struct locale *locale)
{
    int64_t ms;
    (void)locale;
    const char *text = json_string_value(value);
    return text != NULL && clock_parse_rfc3339(text, &ms)
               ? NULL
               : "a time with its offset, like 2026-11-24T14:30:00+09:00";
}

static const char *date_problem(const json_t *value, const struct locale *locale)
{
    const char *text = json_string_value(value);
    if (text != NULL && (is_calendar_date(text) || datetime_problem(value, locale) == NULL))
        return NULL;
    return "a date like 2026-11-24";
}

static const char *integer_problem(const json_t *value, const struct locale *locale)
{
    (void)locale;
    return json_is_integer(value) ? NULL : "a whole number, without quotes";
}

static const char *number_problem(const json_t *value, const struct locale *locale)
{
    (void)locale;
    return json_is_number(value) ? NULL : "a number, without quotes";
}

static const char *boolean_problem(const json_t *value, const struct locale *locale)
{
    (void)locale;
    return json_is_boolean(value) ? NULL : "true or false, without quotes";
}

static const char *object_problem(const json_t *value, const struct locale *locale)
{
    (void)locale;
    return json_is_object(value) ? NULL : "an object";
}

/* An amount in quotes would not say which of its signs is the point. */
static const char *money_problem(const json_t *value, const struct locale *locale)
{
    const char *currency = json_string_value(json_object_get(value, "currency"));
    (void)locale;
    if (json_is_number(json_object_get(value, "amount")) && currency != NULL &&
        json_object_size(value) == 2 && strlen(currency) == 3 &&
        strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3)
        return NULL;
    return "a sum like {\"amount\": 50000, \"currency\": \"KRW\"}";
}

/* The text of a region, else of its language. */
static json_t *localized_text(const json_t *value, const struct locale *locale)
{
    json_t *text = NULL;
    for (; locale != NULL && text == NULL; locale = locale_base(locale))
        text = json_object_get(value, locale_tag(locale));
    return text;
}

static const char *localized_problem(const json_t *value, const struct locale *locale)
{
    return json_is_string(localized_text(value, locale))
               ? NULL
               : "an object with a text for every language of the letter";
}

/* All members of a list by the rule for one. */
static const char *list_problem(const json_t *value, const struct locale *locale,
                                const char *(*one)(const json_t *, const struct locale *),
                                const char *text)
{
    bool good = json_is_array(value);
    for (size_t i = 0; good && i < json_array_size(value); i++)
        good = one(json_array_get(value, i), locale) == NULL;
    return good ? NULL : text;
}

static const char *texts_problem(const json_t *value, const struct locale *locale)
{
    return list_problem(value, locale, text_problem, "a list of texts");
}

static const char *localized_list_problem(const json_t *value, const struct locale *locale)
{
    return list_problem(value, locale, localized_problem,
                        "a list of objects with a text for every language of the letter");
}

static const char *term_problem(const json_t *value, const struct locale *locale)
{
    const char *term = json_string_value(value);
    return term != NULL && locale_term(locale, term) != NULL ? NULL : "a term";
}

static const char *terms_problem(const json_t *value, const struct locale *locale)
{
    return list_problem(value, locale, term_problem,
                        "a list of names from `terms` of the locale file");
}

static json_t *resolve_localized(const json_t *value, const struct locale *locale)
{
    return json_incref(localized_text(value, locale));
}

static json_t *resolve_localized_list(const json_t *value, const struct locale *locale)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(value); i++)
        json_array_append_new(out, resolve_localized(json_array_get(value, i), locale));
    return out;
}

static json_t *resolve_terms(const json_t *value, const struct locale *locale)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *term = json_string_value(json_array_get(value, i));
        json_array_append_new(out, json_string_nocheck(locale_term(locale, term)));
    }
    return out;
}

static const struct variable_type types[] = {
    {.name = "text", .problem = text_problem},
    {.name = "date", .problem = date_problem},
    {.name = "datetime", .problem = datetime_problem},
    {.name = "integer", .problem = integer_problem},
    {.name = "number", .problem = number_problem},
    {.name = "boolean", .problem = boolean_problem},
    {.name = "money", .problem = money_problem, .money = true},
    {.name = "list", .problem = texts_problem, .list = true},
    {.name = "terms",
     .problem = terms_problem,
     .list = true,
     .terms = true,
     .resolve = resolve_terms},
    {.name = "localized",
     .problem = localized_problem,
     .localized = true,
     .resolve = resolve_localized},
    {.name = "localized_list",
     .problem = localized_list_problem,
     .list = true,
     .localized = true,
     .resolve = resolve_localized_list},
    {.name = "object", .problem = object_problem, .object = true},
};

bool variable_is_list(const struct variable *v)
{
    return v->type->list;
}

bool variable_is_money(const struct variable *v)
{
    return v->type->money;
}

/* ---- loading ---- */

static const struct variable_type *find_type(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (text_equal(types[i].name, name))
            return &types[i];
    return NULL;
}

static void fail_type(const struct yaml_node *node, const struct place *at,
                      struct problems *problems)
{
    const char *names[COUNT_OF(types)], *written = yaml_text(node, "type");
    for (size_t i = 0; i < COUNT_OF(types); i++)
        names[i] = types[i].name;
    const char *closest = written != NULL ? text_closest(written, names, COUNT_OF(types)) : NULL;
    if (written == NULL)
        problems_add_error(problems, at, "yaml-type",
                           "a variable needs a type, like %s: {type: text}", node->key);
    else if (closest != NULL)
        problems_add_error(problems, at, "yaml-type",
                           "there is no type \"%s\"; did you mean \"%s\"?", written, closest);
    else
        problems_add_error(
            problems, at, "yaml-type",
            "there is no type \"%s\": write text, date, datetime, integer, number, boolean, "
            "money, list, terms, localized, localized_list or object",
            written);
}

static bool members_ok(const struct yaml_node *node, const char *file, struct problems *problems)
{
    static const char *const known[] = {"type", "required", "about"};
    bool ok = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *member = node->items[i];
        struct place at = {file, member->key_line, member->key_column};
        bool found = false;
        for (size_t k = 0; k < COUNT_OF(known); k++)
            found = found || strcmp(known[k], member->key) == 0;
        const char *closest = text_closest(member->key, known, COUNT_OF(known));
        if (!found)
            problems_add_error(problems, &at, "yaml-unknown-key",
                               "a variable has no key \"%s\"%s%s%s", member->key,
                               closest != NULL ? "; did you mean \"" : "",
                               closest != NULL ? closest : "", closest != NULL ? "\"?" : "");
        ok = ok && found;
    }
    return ok;
}

void variables_put_schema(struct buf *out)
{
    const char *names[COUNT_OF(types)];
    struct json_schema s;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        names[i] = types[i].name;
    buf_puts(out, "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[A-Za-z0-9_.-]+$\"},"
                  "\"additionalProperties\":");
    json_schema_open(&s, out);
    json_schema_key(&s, "type", true);
    json_schema_put_words(out, names, COUNT_OF(names));
    json_schema_put(&s, "required", false, "{\"enum\":[true,false,\"true\",\"false\"]}");
    json_schema_put(&s, "about", false, SCHEMA_ANY);
    json_schema_close(&s, NULL);
    buf_putc(out, '}');
}

/* Names that are always there and cannot be declared. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {"salutation", "closing",   "lang",      "dir",
                                           "org",        "to",        "reference", "id",
                                           "subject",    "preheader", "content",   "words"};
    size_t len = strcspn(name, ".");
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (strlen(reserved[i]) == len && strncmp(reserved[i], name, len) == 0)
            return true;
    return false;
}

static bool name_ok(const char *name)
{
    if (*name == '\0' || *name == '.' || name[strlen(name) - 1] == '.' ||
        strstr(name, "..") != NULL)
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
           strlen(name);
}

static void load_one(struct variable_set *set, const struct yaml_node *node, const char *file,
                     struct problems *problems)
{
    struct place at = {file, node->key_line, node->key_column};
    const struct yaml_node *required = yaml_get(node, "required");
    struct variable v = {.type = find_type(yaml_text(node, "type")), .place = at};
    v.required = required != NULL && text_equal(required->text, "true");
    if (node->kind != YAML_MAP) {
        problems_add_error(problems, &at, "yaml-type",
                           "write a variable like %s: {type: text, required: true}", node->key);
    } else if (!name_ok(node->key)) {
        problems_add_error(
            problems, &at, "yaml-type",
            "\"%s\" is not a name: use letters a-z, digits, _ and -, with dots between groups",
            node->key);
    } else if (is_reserved(node->key)) {
        problems_add_error(problems, &at, "var-reserved",
                           "\"%s\" is always there and cannot be declared", node->key);
    } else if (v.type == NULL) {
        fail_type(node, &at, problems);
    } else if (required != NULL && !v.required && !text_equal(required->text, "false")) {
        problems_add_error(problems, &at, "yaml-type", "required is true or false");
    } else if (members_ok(node, file, problems)) {
        v.name = xstrdup(node->key);
        set->items = xreallocarray(set->items, set->count + 1, sizeof *set->items);
        set->items[set->count++] = v;
    }
}

/* `a.b` begins with `a` as a group. */
static bool is_below(const char *name, const char *group)
{
    size_t len = strlen(group);
    return strncmp(name, group, len) == 0 && name[len] == '.';
}

static void add_group(struct variable_set *set, const char *name, size_t len)
{
    for (size_t i = 0; i < set->group_count; i++)
        if (strlen(set->groups[i]) == len && strncmp(set->groups[i], name, len) == 0)
            return;
    set->groups = xreallocarray(set->groups, set->group_count + 1, sizeof *set->groups);
    set->groups[set->group_count++] = xstrndup(name, len);
}

static void collect_groups(struct variable_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        for (const char *p = set->items[i].name; (p = strchr(p, '.')) != NULL; p++)
            add_group(set, set->items[i].name, (size_t)(p - set->items[i].name));
}

void variables_load(const struct yaml_node *map, const char *file, struct problems *problems,
                    struct variable_set *out)
{
    *out = (struct variable_set){0};
    struct place at = {file, map != NULL ? map->line : 0, map != NULL ? map->column : 0};
    if (map != NULL && map->kind != YAML_MAP)
        problems_add_error(problems, &at, "yaml-type", "variables must be a map of names");
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++)
        load_one(out, map->items[i], file, problems);
    collect_groups(out);
    for (size_t i = 0; i < out->count; i++)
        for (size_t k = 0; k < out->count; k++)
            if (is_below(out->items[i].name, out->items[k].name))
                problems_add_error(
                    problems, &out->items[i].place, "var-group",
                    "\"%s\" is declared as a value already and cannot be a group too",
                    out->items[k].name);
}

void variables_free(struct variable_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->items[i].name);
    for (size_t i = 0; i < set->group_count; i++)
        free(set->groups[i]);
    free(set->groups);
    free(set->items);
    *set = (struct variable_set){0};
}

enum variable_match variables_match(const struct variable_set *set, const char *name,
                                    size_t *out_index)
{
    enum variable_match match = VARIABLE_UNKNOWN;
    for (size_t i = 0; i < set->count; i++) {
        const struct variable *v = &set->items[i];
        bool exact = strcmp(v->name, name) == 0;
        bool below = !exact && is_below(name, v->name) && v->type->object;
        if (out_index != NULL && (exact || below))
            *out_index = i;
        if (exact || below)
            return exact ? VARIABLE_EXACT : VARIABLE_BELOW;
        if (is_below(v->name, name))
            match = VARIABLE_GROUP;
    }
    return match;
}

/* ---- what letters see ---- */

/* The value at a dotted name; *out_depth is how many parts of it were there. */
struct json_t *variable_value(const struct json_t *data, const char *name, int *out_depth)
{
    const json_t *value = data;
    *out_depth = 0;
    while (value != NULL) {
        size_t len = strcspn(name, ".");
        json_t *member = json_is_object(value) ? json_object_getn(value, name, len) : NULL;
        *out_depth += member != NULL ? 1 : 0;
        if (member == NULL || name[len] == '\0')
            return member;
        name += len + 1;
        value = member;
    }
    return NULL;
}

static void put_at(json_t *object, const char *name, json_t *value)
{
    for (;;) {
        size_t len = strcspn(name, ".");
        if (name[len] == '\0') {
            json_object_setn_new_nocheck(object, name, len, value);
            return;
        }
        json_t *group = json_object_getn(object, name, len);
        if (group == NULL) {
            group = json_object();
            json_object_setn_new_nocheck(object, name, len, group);
        }
        object = group;
        name += len + 1;
    }
}

void variables_resolve(const struct variable_set *set, const struct locale *locale,
                       const struct json_t *data, struct json_t *out)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct variable *v = &set->items[i];
        int depth;
        json_t *value = variable_value(data, v->name, &depth);
        if (value == NULL || json_is_null(value))
            continue;
        put_at(out, v->name,
               v->type->resolve != NULL ? v->type->resolve(value, locale) : json_incref(value));
    }
}
