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
#include "model/job.h"

struct locale {
    char *path;
    struct yaml_node *root;
    const struct yaml_node *body; /* the map below the tag, in root */
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
    static const char *const names[] = {"long", "full", "short", "time", "hour"};
    return check_known_texts(node, names, COUNT_OF(names), path, err);
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

/* ---- salutations ---- */

enum placeholder { NAME, TITLE, GIVEN_NAME, FAMILY_NAME };
#define PLACEHOLDERS 4

static const char *const placeholders[PLACEHOLDERS] = {
    [NAME] = "name",
    [TITLE] = "title",
    [GIVEN_NAME] = "given_name",
    [FAMILY_NAME] = "family_name",
};

/* The next {{name}} of a form at or behind `at`; NULL if there is none. The name is borrowed,
 * without its spaces. */
static const char *next_placeholder(const char *at, const char **out_name, size_t *out_len,
                                    const char **out_end)
{
    const char *open = strstr(at, "{{");
    const char *close = open == NULL ? NULL : strstr(open, "}}");
    if (close == NULL)
        return NULL;
    const char *first = open + 2, *last = close;
    while (first < last && *first == ' ')
        first++;
    while (last > first && last[-1] == ' ')
        last--;
    *out_name = first;
    *out_len = (size_t)(last - first);
    *out_end = close + 2;
    return open;
}

static int find_placeholder(const char *name, size_t len)
{
    for (int i = 0; i < PLACEHOLDERS; i++) {
        if (strlen(placeholders[i]) == len && memcmp(placeholders[i], name, len) == 0)
            return i;
    }
    return -1;
}

static int check_form(const struct yaml_node *form, const char *path, struct error *err)
{
    const char *name, *end = form->text;
    size_t len;
    while (next_placeholder(end, &name, &len, &end) != NULL) {
        if (find_placeholder(name, len) < 0)
            return yaml_fail(form, path, err,
                             "{{%.*s}} is not known in a salutation; it may hold {{name}}, "
                             "{{title}}, {{given_name}} and {{family_name}}",
                             (int)len, name);
    }
    if (strcmp(form->key, "anonymous") == 0 && strstr(form->text, "{{") != NULL)
        return yaml_fail(form, path, err,
                         "the anonymous salutation is for people whose name is not known; it "
                         "cannot hold {{...}}");
    return 0;
}

static int check_salutation(const struct yaml_node *node, const char *path, struct error *err)
{
    static const char *const names[] = {"female", "male", "named", "anonymous"};
    int rc = check_known_texts(node, names, COUNT_OF(names), path, err);
    if (rc == 0 && (yaml_text(node, "named") == NULL || yaml_text(node, "anonymous") == NULL))
        rc = yaml_fail(node, path, err, "salutation needs the forms named and anonymous");
    for (size_t i = 0; i < node->count && rc == 0; i++)
        rc = check_form(node->items[i], path, err);
    return rc;
}

/* ---- the keys of a locale file ---- */

static const struct {
    const char *name;
    bool required;
    check_fn *check;
} keys[] = {
    {"name", true, check_text},    {"direction", false, check_direction},
    {"zone", false, check_text},   {"salutation", true, check_salutation},
    {"closing", true, check_text}, {"date", false, check_date},
    {"list", false, check_list},   {"josa", false, check_josa},
    {"terms", false, check_texts}, {"org", false, check_map},
    {"sms", false, check_map},     {"words", false, check_texts},
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
        else if (keys[i].required)
            rc = yaml_fail_key(body, path, err, "the key %s is missing below %s", keys[i].name,
                               body->key);
    }
    return rc;
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

int locale_load(const char *path, struct locale **out, struct error *err)
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
    *out = l;
    return 0;
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

const char *locale_direction(const struct locale *l)
{
    const char *direction = yaml_text(l->body, "direction");
    return direction != NULL ? direction : "ltr";
}

const char *locale_zone(const struct locale *l)
{
    const char *zone = yaml_text(l->body, "zone");
    return zone != NULL ? zone : "UTC";
}

const char *locale_closing(const struct locale *l)
{
    return yaml_text(l->body, "closing");
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

const char *locale_text(const struct locale *l, const char *dotted_key)
{
    const struct yaml_node *node = find(l, dotted_key);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : NULL;
}

const struct yaml_node *locale_map(const struct locale *l, const char *dotted_key)
{
    const struct yaml_node *node = find(l, dotted_key);
    return node != NULL && node->kind == YAML_MAP ? node : NULL;
}

const char *locale_term(const struct locale *l, const char *term)
{
    return yaml_text(locale_map(l, "terms"), term);
}

int locale_fail(const struct locale *l, const char *dotted_key, struct error *err,
                const char *format, ...)
{
    char text[500];
    const struct yaml_node *node = find(l, dotted_key);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return yaml_fail(node != NULL ? node : l->body, l->path, err, "%s", text);
}

const char *locale_josa_unit(const void *locale, const char *unit, size_t len)
{
    const struct yaml_node *node = member_named(locale_map(locale, "josa.units"), unit, len);
    return node != NULL ? node->text : NULL;
}

/* ---- greeting ---- */

static bool is_known(const char *text)
{
    return text != NULL && text[strspn(text, " ")] != '\0';
}

static bool begins_east_asian(const char *text)
{
    const char *at = text;
    uint32_t c = utf8_next(&at, text + strlen(text));
    return (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff) ||
           (c >= 0x3040 && c <= 0x30ff) || (c >= 0x4e00 && c <= 0x9fff);
}

/* The name as written, or made of its parts: 김 + 민수 is 김민수, Dr. + Anna + Weiß is Dr. Anna
 * Weiß, in a letter of any language. */
static void put_full_name(const struct recipient *to, struct buf *out)
{
    if (is_known(to->name)) {
        buf_puts(out, to->name);
    } else if (is_known(to->given_name) && is_known(to->family_name)) {
        bool family_first = begins_east_asian(to->given_name) && begins_east_asian(to->family_name);
        if (!family_first && is_known(to->title))
            buf_printf(out, "%s ", to->title);
        buf_puts(out, family_first ? to->family_name : to->given_name);
        buf_puts(out, family_first ? "" : " ");
        buf_puts(out, family_first ? to->given_name : to->family_name);
    }
}

/* An absent title is no reason against a form: it just leaves no gap. */
static bool is_usable(const char *form, const char *const *values)
{
    const char *name, *end = form;
    size_t len;
    while (next_placeholder(end, &name, &len, &end) != NULL) {
        int which = find_placeholder(name, len);
        if (which != TITLE && !is_known(values[which]))
            return false;
    }
    return true;
}

static const char *choose_form(const struct locale *l, const struct recipient *to,
                               const char *const *values)
{
    const struct yaml_node *forms = locale_map(l, "salutation");
    bool by_gender = to->gender != NULL && is_known(to->family_name);
    const char *candidates[2] = {by_gender ? yaml_text(forms, to->gender) : NULL,
                                 is_known(values[NAME]) ? yaml_text(forms, "named") : NULL};
    if (by_gender && strcmp(to->gender, "female") != 0 && strcmp(to->gender, "male") != 0)
        candidates[0] = NULL;
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        if (candidates[i] != NULL && is_usable(candidates[i], values))
            return candidates[i];
    }
    return yaml_text(forms, "anonymous");
}

/* Runs of spaces become one; none remains at the ends or before a comma. */
static void put_tidy(struct buf *out, const char *text)
{
    bool gap = false, begun = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ' ') {
            gap = begun;
            continue;
        }
        if (gap && *at != ',')
            buf_putc(out, ' ');
        buf_putc(out, *at);
        begun = true;
        gap = false;
    }
}

void locale_put_salutation(const struct locale *l, const struct recipient *to, struct buf *out)
{
    struct buf full_name = {0}, text = {0};
    put_full_name(to, &full_name);
    const char *values[PLACEHOLDERS] = {
        [NAME] = buf_text(&full_name),
        [TITLE] = to->title != NULL ? to->title : "",
        [GIVEN_NAME] = to->given_name,
        [FAMILY_NAME] = to->family_name,
    };
    const char *at = choose_form(l, to, values), *open, *name, *end;
    size_t len;
    while ((open = next_placeholder(at, &name, &len, &end)) != NULL) {
        buf_put(&text, at, (size_t)(open - at));
        buf_puts(&text, values[find_placeholder(name, len)]);
        at = end;
    }
    buf_puts(&text, at);
    put_tidy(out, buf_text(&text));
    buf_free(&full_name);
    buf_free(&text);
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
