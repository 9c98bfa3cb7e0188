#include "letters/translate_letter.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "model/settings.h"
#include "render/letter.h"

/* ---- languages ---- */

int translate_source(const char *directory, char **out_tag, char **out_version, struct error *err)
{
    struct yaml_node *root = NULL;
    char *path = file_join(directory, "template.yaml");
    int rc = yaml_load(path, &root, err);
    const char *source = rc == 0 ? yaml_text(root, "source") : NULL;
    const char *version = rc == 0 ? yaml_text(root, "version") : NULL;
    if (rc == 0 && source == NULL)
        rc = error_set(err, ERR_CONFIG,
                       "%s:1:1: say in which language the letter was written first, for example "
                       "source: en",
                       path);
    *out_tag = rc == 0 ? xstrdup(source) : NULL;
    *out_version = rc == 0 ? xstrdup(version != NULL ? version : "1") : NULL;
    yaml_free(root);
    free(path);
    return rc;
}

static int is_letter(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends_with(entry->d_name, ".md") ? 1 : 0;
}

char **translate_languages(const char *directory, const char *source)
{
    struct dirent **names = NULL;
    int count = scandir(directory, &names, is_letter, alphasort);
    char **tags = xcalloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*tags));
    size_t kept = 0;
    for (int i = 0; i < count; i++) {
        char *tag = xstrndup(names[i]->d_name, strlen(names[i]->d_name) - strlen(".md"));
        if (strcmp(tag, source) != 0)
            tags[kept++] = tag;
        else
            free(tag);
        free(names[i]);
    }
    free((void *)names);
    return tags;
}

/* ---- the pair ---- */

static char *letter_path(const char *directory, const char *tag)
{
    struct buf name = {0};
    buf_printf(&name, "%s.md", tag);
    char *path = file_join(directory, buf_text(&name));
    buf_free(&name);
    return path;
}

static int read_units(const char *path, struct units *out, struct error *err)
{
    struct buf text = {0};
    struct problems problems = {.first = err};
    int rc = letter_read_source(path, &problems, &text);
    if (rc == 0)
        units_split(buf_text(&text), text.len, path, out);
    buf_free(&text);
    return rc;
}

/* Has everything in `a`, of one section or (NULL) all, its counterpart in `b`? */
static bool has_all(const struct units *a, const struct units *b, const char *section)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct unit *unit = &a->items[i], *twin = units_find(b, unit->id);
        bool counts = section == NULL || strcmp(unit->section, section) == 0;
        if (counts && (twin == NULL || twin->kind != unit->kind))
            return false;
    }
    return true;
}

bool translate_letter_aligned(const struct translate_letter *l, const struct unit *source)
{
    return has_all(&l->source, &l->target, source->section) &&
           has_all(&l->target, &l->source, source->section);
}

static int open_pair(struct translate_letter *l, struct error *err)
{
    struct stat st;
    struct problems problems = {.first = err};
    int rc = read_units(l->source_path, &l->source, err);
    l->exists = stat(l->path, &st) == 0;
    if (rc == 0 && l->exists)
        rc = read_units(l->path, &l->target, err);
    l->aligned = rc == 0 && l->exists && has_all(&l->source, &l->target, NULL) &&
                 has_all(&l->target, &l->source, NULL);
    return rc == 0 ? translations_load(l->record_path, &problems, &l->record) : rc;
}

int translate_letter_open(const struct settings *settings, const char *name, const char *tag,
                          struct translate_letter *out, struct error *err)
{
    struct stat st;
    *out = (struct translate_letter){.name = xstrdup(name), .tag = xstrdup(tag)};
    out->directory = file_join(settings->templates, name);
    if (stat(out->directory, &st) != 0 || strchr(name, '/') != NULL)
        return error_set(err, ERR_NOT_FOUND, "there is no template \"%s\" in %s", name,
                         settings->templates);
    if (*tag == '\0' || strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "-") != strlen(tag))
        return error_set(err, ERR_INPUT, "\"%s\" is no language; write one like ko or de-AT", tag);
    int rc = translate_source(out->directory, &out->source_tag, &out->version, err);
    if (rc != 0)
        return rc;
    if (strcmp(out->source_tag, tag) == 0)
        return error_set(err, ERR_INPUT,
                         "%s was written in \"%s\" first: it is translated from it, not into it",
                         name, tag);
    out->source_path = letter_path(out->directory, out->source_tag);
    out->path = letter_path(out->directory, tag);
    out->record_path = file_join(out->directory, TRANSLATIONS_FILE);
    return open_pair(out, err);
}

void translate_letter_close(struct translate_letter *l)
{
    units_free(&l->source);
    units_free(&l->target);
    translations_free(&l->record);
    free(l->record_path);
    free(l->path);
    free(l->source_path);
    free(l->tag);
    free(l->source_tag);
    free(l->version);
    free(l->directory);
    free(l->name);
    *l = (struct translate_letter){0};
}

const struct unit *translate_letter_target(const struct translate_letter *l,
                                           const struct unit *source)
{
    const struct unit *twin = units_find(&l->target, source->id);
    return twin != NULL && twin->kind == source->kind && twin->words ? twin : NULL;
}

bool translate_letter_is_stale(const struct translate_letter *l, const struct unit *source)
{
    return translations_has(&l->record, l->tag) &&
           !translations_is_current(&l->record, l->tag, source);
}

int translate_letter_record(struct translate_letter *l, const bool *is_new, struct error *err)
{
    struct translations next = {0};
    struct buf text = {0};
    for (size_t i = 0; i < l->record.count; i++)
        if (strcmp(l->record.items[i].tag, l->tag) != 0)
            translations_copy(&next, &l->record.items[i]);
    for (size_t i = 0; i < l->source.count; i++) {
        const struct unit *unit = &l->source.items[i];
        const struct translation *before = translations_find(&l->record, l->tag, unit->id);
        if (is_new[i])
            translations_add(&next, l->tag, unit);
        else if (before != NULL)
            translations_copy(&next, before);
    }
    translations_put(&next, &text);
    int rc = file_replace(l->record_path, buf_text(&text), text.len, err);
    translations_free(&l->record);
    l->record = next;
    buf_free(&text);
    return rc;
}
