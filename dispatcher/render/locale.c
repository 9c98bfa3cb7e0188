#include "render/locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"
#include "model/address.h"
#include "render/salutation_forms.h"

struct locale {
    char *path;
    struct yaml_node *root;
    const struct yaml_node *body; /* the map below the tag, in root */
    const struct locale *base;    /* de, of de-AT: where what it lacks is looked up; NULL: none */
};

/* ---- checking a file ---- */

typedef int check_fn(const struct yaml_node *node, const char *path, struct error *err);

static int check_text(const struct yaml_node *node, const char *path, struct error *err)
{
    if (node->kind != YAML_SCALAR)
        return yaml_fail(node, path, err, "%s must be a text, not a list or a map", node->key);
    if (node->text[0] == '\0')
        return yaml_fail(node, path, err, "%s is empty; write its text or remove the line",
                         node->key);
    return 0;
}

static int check_map(const struct yaml_node *node, const char *path, struct error *err)
{
    if (node->kind != YAML_MAP)
        return yaml_fail(node, path, err, "%s must be a map of key: value lines", node->key);
    return 0;
}

static int check_texts(const struct yaml_node *node, const char *path, struct error *err)
{
    int rc = check_map(node, path, err);
    for (size_t i = 0; i < node->count && rc == 0; i++)
        rc = check_text(node->items[i], path, err);
    return rc;
}

static int check_known(const struct yaml_node *map, const char *const *names, size_t count,
                       const char *path, struct error *err)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *member = map->items[i];
        size_t at = 0;
        while (at < count && strcmp(member->key, names[at]) != 0)
            at++;
        if (at < count)
            continue;
        const char *closest = text_closest(member->key, names, count);
        return yaml_fail_key(member, path, err, "unknown key %s%s%s%s", member->key,
                             closest != NULL ? "; did you mean " : "",
                             closest != NULL ? closest : "", closest != NULL ? "?" : "");
    }
    return 0;
}

static int check_known_texts(const struct yaml_node *node, const char *const *names, size_t count,
                             const char *path, struct error *err)
{
    int rc = check_texts(node, path, err);
    return rc != 0 ? rc : check_known(node, names, count, path, err);
}

static int check_direction(const struct yaml_node *node, const char *path, struct error *err)
{
    int rc = check_text(node, path, err);
    if (rc == 0 && strcmp(node->text, "ltr") != 0 && strcmp(node->text, "rtl") != 0)
        rc = yaml_fail(node, path, err, "direction is ltr or rtl, not %s", node->text);
    return rc;
}

static int check_list(const struct yaml_node *node, const char *path, struct error *err)
{
    static const char *const names[] = {"two", "last"};
    int rc = check_known_texts(node, names, COUNT_OF(names), path, err);
    for (size_t i = 0; i < node->count && rc == 0; i++) {
        const char *pattern = node->items[i]->text;
        if (strstr(pattern, "{0}") == NULL || strstr(pattern, "{1}") == NULL)
            rc = yaml_fail(node->items[i], path, err,
                           "a list pattern needs {0} and {1}, for example \"{0} und {1}\"");
    }
    return rc;
}

static int check_date(const struct yaml_node *node, const char *path, struct error *err)
{
    static const char *const names[] = {"long",  "full",    "short", "day_month",
                                        "month", "weekday", "time",  "hour"};
    return check_known_texts(node, names, COUNT_OF(names), path, err);
}

static int check_titles(const struct yaml_node *node, const char *path, struct error *err)
{
    if (node->kind != YAML_LIST)
        return yaml_fail(node, path, err, "%s must be a list, like [Dr., Prof.]", node->key);
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != YAML_SCALAR || node->items[i]->text[0] == '\0')
            return yaml_fail(node->items[i], path, err, "a title is a text, like Dr.");
    }
    return 0;
}

static int check_currency_code(const struct yaml_node *entry, const char *path, struct error *err)
{
    if (strlen(entry->key) == 3 && strspn(entry->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3)
        return 0;
    return yaml_fail_key(entry, path, err, "%s is no currency; write its code, like EUR or KRW",
                         entry->key);
}

static int check_currency_names(const struct yaml_node *node, const char *path, struct error *err)
{
    int rc = check_texts(node, path, err);
    for (size_t i = 0; i < node->count && rc == 0; i++)
        rc = check_currency_code(node->items[i], path, err);
    return rc;
}

static int check_currency(const struct yaml_node *node, const char *path, struct error *err)
{
    int rc = check_currency_names(node, path, err);
    for (size_t i = 0; i < node->count && rc == 0; i++) {
        if (strstr(node->items[i]->text, "{0}") == NULL)
            rc = yaml_fail(node->items[i], path, err,
                           "a sum needs {0} where the number stands, for example \"{0} €\"");
    }
    return rc;
}

static int check_josa(const struct yaml_node *node, const char *path, struct error *err)
{
    static const char *const names[] = {"units"};
    int rc = check_map(node, path, err);
    if (rc == 0)
        rc = check_known(node, names, COUNT_OF(names), path, err);
    const struct yaml_node *units = yaml_get(node, "units");
    return rc == 0 && units != NULL ? check_texts(units, path, err) : rc;
}

/* ---- the keys of a locale file ---- */

static const struct {
    const char *name;
    check_fn *check;
} keys[] = {
    {"name", check_text},         {"direction", check_direction},
    {"zone", check_text},         {"salutation", salutation_check_forms},
    {"titles", check_titles},     {"closing", check_text},
    {"date", check_date},         {"list", check_list},
    {"currency", check_currency}, {"currency_names", check_currency_names},
    {"josa", check_josa},         {"terms", check_texts},
    {"org", check_map},           {"sms", check_map},
    {"words", check_texts},       {"lint", check_map},
};

static int check_body(const struct yaml_node *body, const char *path, struct error *err)
{
    const char *names[COUNT_OF(keys)];
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        names[i] = keys[i].name;
    int rc = check_map(body, path, err);
    if (rc == 0)
        rc = check_known(body, names, COUNT_OF(keys), path, err);
    for (size_t i = 0; i < COUNT_OF(keys) && rc == 0; i++) {
        const struct yaml_node *member = yaml_get(body, keys[i].name);
        if (member != NULL)
            rc = keys[i].check(member, path, err);
    }
    return rc;
}

/* What every language must have; de-AT may have it from de. */
static int check_complete(const struct locale *l, struct error *err)
{
    static const char *const required[] = {"name", "closing", "salutation.named",
                                           "salutation.anonymous"};
    for (size_t i = 0; i < COUNT_OF(required); i++) {
        const char *key = required[i];
        if (locale_text(l, key) != NULL)
            continue;
        if (strchr(locale_tag(l), '-') != NULL)
            return yaml_fail_key(l->body, l->path, err,
                                 "%s is missing below %s; a file of a region holds only what "
                                 "differs if the file of its language stands beside it",
                                 key, locale_tag(l));
        if (strchr(key, '.') != NULL && yaml_get(l->body, "salutation") != NULL)
            return locale_fail(l, "salutation", err,
                               "salutation needs the forms named and anonymous");
        return yaml_fail_key(l->body, l->path, err, "the key %.*s is missing below %s",
                             (int)strcspn(key, "."), key, locale_tag(l));
    }
    return 0;
}

static int check_root(const struct yaml_node *root, const char *path, struct error *err)
{
    struct error reason;
    if (root->kind != YAML_MAP || root->count != 1)
        return yaml_fail(root, path, err,
                         "a locale file has one key at the left margin, the language tag, and "
                         "everything else below it");
    if (address_check_locale(root->items[0]->key, &reason) != 0)
        return yaml_fail_key(root->items[0], path, err, "%s", reason.text);
    return check_body(root->items[0], path, err);
}

int locale_load(const char *path, const struct locale *base, struct locale **out, struct error *err)
{
    struct yaml_node *root;
    *out = NULL;
    int rc = yaml_load(path, &root, err);
    if (rc != 0)
        return rc;
    rc = check_root(root, path, err);
    if (rc != 0) {
        yaml_free(root);
        return rc;
    }
    struct locale *l = xcalloc(1, sizeof(*l));
    l->path = xstrdup(path);
    l->root = root;
    l->body = root->items[0];
    l->base = base;
    rc = check_complete(l, err);
    if (rc == 0)
        *out = l;
    else
        locale_free(l);
    return rc;
}

void locale_free(struct locale *l)
{
    if (l == NULL)
        return;
    yaml_free(l->root);
    free(l->path);
    free(l);
}

/* ---- questions ---- */

const char *locale_tag(const struct locale *l)
{
    return l->body->key;
}

const struct locale *locale_base(const struct locale *l)
{
    return l->base;
}

const char *locale_direction(const struct locale *l)
{
    const char *direction = locale_text(l, "direction");
    return direction != NULL ? direction : "ltr";
}

const char *locale_zone(const struct locale *l)
{
    const char *zone = locale_text(l, "zone");
    return zone != NULL ? zone : "UTC";
}

const char *locale_closing(const struct locale *l)
{
    return locale_text(l, "closing");
}

static const struct yaml_node *member_named(const struct yaml_node *map, const char *key,
                                            size_t len)
{
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++) {
        if (strncmp(map->items[i]->key, key, len) == 0 && map->items[i]->key[len] == '\0')
            return map->items[i];
    }
    return NULL;
}

static const struct yaml_node *find(const struct locale *l, const char *dotted_key)
{
    const struct yaml_node *node = l->body;
    const char *at = dotted_key;
    for (;;) {
        size_t len = strcspn(at, ".");
        node = member_named(node, at, len);
        if (node == NULL || at[len] == '\0')
            return node;
        at += len + 1;
    }
}

/* Of the kind asked for, in the file itself or in that of its language. */
static const struct yaml_node *find_kind(const struct locale *l, const char *dotted_key,
                                         enum yaml_kind kind)
{
    for (; l != NULL; l = l->base) {
        const struct yaml_node *node = find(l, dotted_key);
        if (node != NULL && node->kind == kind)
            return node;
    }
    return NULL;
}

const char *locale_text(const struct locale *l, const char *dotted_key)
{
    const struct yaml_node *node = find_kind(l, dotted_key, YAML_SCALAR);
    return node != NULL ? node->text : NULL;
}

const struct yaml_node *locale_list(const struct locale *l, const char *dotted_key)
{
    return find_kind(l, dotted_key, YAML_LIST);
}

const struct yaml_node *locale_map(const struct locale *l, const char *dotted_key)
{
    const struct yaml_node *node = find(l, dotted_key);
    return node != NULL && node->kind == YAML_MAP ? node : NULL;
}

const char *locale_member(const struct locale *l, const char *map, const char *key)
{
    const char *text = NULL;
    for (; l != NULL && text == NULL; l = l->base)
        text = yaml_text(locale_map(l, map), key);
    return text;
}

const char *locale_term(const struct locale *l, const char *term)
{
    return locale_member(l, "terms", term);
}

int locale_fail(const struct locale *l, const char *dotted_key, struct error *err,
                const char *format, ...)
{
    char text[500];
    const struct locale *owner = l;
    const struct yaml_node *node = find(l, dotted_key);
    while (node == NULL && owner->base != NULL) {
        owner = owner->base;
        node = find(owner, dotted_key);
    }
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return yaml_fail(node != NULL ? node : l->body, node != NULL ? owner->path : l->path, err, "%s",
                     text);
}

const char *locale_josa_unit(const void *locale, const char *unit, size_t len)
{
    const struct yaml_node *node = NULL;
    for (const struct locale *l = locale; l != NULL && node == NULL; l = l->base)
        node = member_named(locale_map(l, "josa.units"), unit, len);
    return node != NULL ? node->text : NULL;
}

/* ---- RFC 4647 ---- */

static int find_tag(const char *range, size_t len, const char *const *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(tags[i]) == len && strncasecmp(tags[i], range, len) == 0)
            return (int)i;
    }
    return -1;
}

int locale_lookup(const char *range, const char *const *tags, size_t count)
{
    size_t len = strlen(range);
    while (len > 0) {
        int found = find_tag(range, len, tags, count);
        if (found >= 0)
            return found;
        while (len > 0 && range[len - 1] != '-')
            len--;
        len -= len > 0 ? 1 : 0;
        /* A single letter (u, x, ...) announces what was just cut off and goes with it. */
        if (len >= 2 && range[len - 2] == '-')
            len -= 2;
    }
    return -1;
}
