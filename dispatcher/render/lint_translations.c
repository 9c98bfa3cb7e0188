#include "render/lint_translations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"

static struct translation *add(struct translations *t, const char *tag, const char *id)
{
    t->items = xreallocarray(t->items, t->count + 1, sizeof(*t->items));
    struct translation *item = &t->items[t->count++];
    *item = (struct translation){.tag = xstrdup(tag), .id = xstrdup(id)};
    return item;
}

/* ---- reading ---- */

static int fail_at(const struct yaml_node *node, const char *path, struct problems *problems,
                   const char *text)
{
    struct place at = {path, node->line, node->column};
    return problems_add_error(problems, &at, "translations", "%s", text);
}

static int read_hash(struct translations *t, const char *tag, const struct yaml_node *node,
                     const char *path, struct problems *problems)
{
    const char *hash = node->text != NULL ? node->text : "";
    if (strlen(hash) != UNIT_HASH_SIZE - 1 ||
        strspn(hash, "0123456789abcdef") != UNIT_HASH_SIZE - 1)
        return fail_at(node, path, problems,
                       "a hash of 16 digits stands here: let `dispatcher translate` write this "
                       "file");
    memcpy(add(t, tag, node->key)->hash, hash, UNIT_HASH_SIZE);
    return 0;
}

static int read_languages(struct translations *t, const struct yaml_node *languages,
                          const char *path, struct problems *problems)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < languages->count; i++) {
        const struct yaml_node *language = languages->items[i];
        if (languages->kind != YAML_MAP || language->kind != YAML_MAP)
            return fail_at(language, path, problems,
                           "below languages stands a language, and below it paragraph: hash");
        for (size_t k = 0; rc == 0 && k < language->count; k++)
            rc = read_hash(t, language->key, language->items[k], path, problems);
    }
    return rc;
}

static int read_root(struct translations *t, const struct yaml_node *root, const char *path,
                     struct problems *problems)
{
    const struct yaml_node *languages = yaml_get(root, "languages");
    if (root->kind != YAML_MAP || !text_equal(yaml_text(root, "schema"), "1"))
        return fail_at(root, path, problems, "this file begins with schema: 1");
    return languages != NULL ? read_languages(t, languages, path, problems) : 0;
}

int translations_load(const char *path, struct problems *problems, struct translations *out)
{
    struct yaml_node *root = NULL;
    struct error err = {0};
    *out = (struct translations){0};
    int rc = yaml_load(path, &root, &err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc < 0)
        return problems_add_failure(problems, &err, "yaml-syntax");
    rc = read_root(out, root, path, problems);
    yaml_free(root);
    return rc;
}

void translations_free(struct translations *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->items[i].tag);
        free(t->items[i].id);
    }
    free(t->items);
    *t = (struct translations){0};
}

/* ---- questions ---- */

bool translations_has(const struct translations *t, const char *tag)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].tag, tag) == 0)
            return true;
    return false;
}

bool translations_is_current(const struct translations *t, const char *tag,
                             const struct unit *source)
{
    char hash[UNIT_HASH_SIZE];
    unit_hash(source, hash);
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].tag, tag) == 0 && strcmp(t->items[i].hash, hash) == 0)
            return true;
    return false;
}

/* ---- writing ---- */

const struct translation *translations_find(const struct translations *t, const char *tag,
                                            const char *id)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].tag, tag) == 0 && strcmp(t->items[i].id, id) == 0)
            return &t->items[i];
    return NULL;
}

void translations_copy(struct translations *t, const struct translation *item)
{
    memcpy(add(t, item->tag, item->id)->hash, item->hash, sizeof(item->hash));
}

void translations_add(struct translations *t, const char *tag, const struct unit *source)
{
    unit_hash(source, add(t, tag, source->id)->hash);
}

static bool is_first_of(const struct translations *t, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(t->items[i].tag, t->items[index].tag) == 0)
            return false;
    return true;
}

void translations_put(const struct translations *t, struct buf *out)
{
    buf_puts(out, "# Written by dispatcher translate: which state of the source each paragraph "
                  "translates.\nschema: 1\nlanguages:\n");
    for (size_t i = 0; i < t->count; i++) {
        if (!is_first_of(t, i))
            continue;
        buf_printf(out, "  %s:\n", t->items[i].tag);
        for (size_t k = i; k < t->count; k++)
            if (strcmp(t->items[k].tag, t->items[i].tag) == 0)
                buf_printf(out, "    %s: \"%s\"\n", t->items[k].id, t->items[k].hash);
    }
}
