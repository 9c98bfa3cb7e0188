#include "config/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/settings.h"

struct place place_of(const char *file, const struct yaml_node *node)
{
    return (struct place){.source = file, .line = node->line, .column = node->column};
}

struct place place_of_key(const char *file, const struct yaml_node *node)
{
    if (node->key == NULL)
        return place_of(file, node);
    return (struct place){.source = file, .line = node->key_line, .column = node->key_column};
}

static void put_sentence(struct buf *out, struct place place, const char *format, va_list args)
{
    char text[800];
    vsnprintf(text, sizeof(text), format, args);
    if (place.line > 0)
        buf_printf(out, "%s:%d:%d: ", place.source, place.line, place.column);
    else
        buf_printf(out, "%s: ", place.source);
    text_put_visible(out, text, strlen(text));
}

void load_problem(struct load *l, struct place place, const char *format, ...)
{
    va_list args;
    if (l->problem_count++ > 0)
        buf_putc(&l->problems, '\n');
    va_start(args, format);
    put_sentence(&l->problems, place, format, args);
    va_end(args);
}

void load_remark(struct load *l, bool is_error, struct place place, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    put_sentence(&text, place, format, args);
    va_end(args);
    l->remarks = xreallocarray(l->remarks, l->remark_count + 1, sizeof(*l->remarks));
    l->remarks[l->remark_count++] =
        (struct settings_remark){.is_error = is_error, .text = buf_steal(&text)};
}

void load_unknown(struct load *l, struct place place, const char *what, const char *word,
                  const char *const *names, size_t count)
{
    const char *meant = text_closest(word, names, count);
    if (meant != NULL)
        load_problem(l, place, "unknown %s `%s`; did you mean `%s`?", what, word, meant);
    else
        load_problem(l, place, "unknown %s `%s`", what, word);
}

/* Whole lines only: half a problem helps nobody. */
static size_t lines_that_fit(const char *text, size_t len, size_t room)
{
    if (len <= room)
        return len;
    while (room > 0 && text[room] != '\n')
        room--;
    return room;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t count = len > 0 ? 1 : 0;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n' ? 1 : 0;
    return count;
}

int load_result(const struct load *l, struct error *err)
{
    const size_t room = sizeof(err->text) - sizeof("\nand 1000000 more problems");
    const char *text = buf_text(&l->problems);
    if (l->problem_count == 0)
        return 0;
    size_t shown = lines_that_fit(text, l->problems.len, room);
    if (shown == l->problems.len)
        return error_set(err, ERR_CONFIG, "%s", text);
    size_t more = l->problem_count - count_lines(text, shown);
    return error_set(err, ERR_CONFIG,
                     more == 1 ? "%.*s\nand %zu more problem" : "%.*s\nand %zu more problems",
                     (int)shown, text, more);
}

const char *load_keep(struct load *l, const char *text)
{
    l->names = xreallocarray(l->names, l->name_count + 1, sizeof(*l->names));
    l->names[l->name_count] = xstrdup(text);
    return l->names[l->name_count++];
}

void load_note_variable(struct load *l, const char *name)
{
    l->variables = xreallocarray(l->variables, l->variable_count + 1, sizeof(*l->variables));
    l->variables[l->variable_count++] = xstrdup(name);
}

/* An error of base/yaml.h says its own position. */
static void add_whole_line(struct load *l, const char *text)
{
    if (l->problem_count++ > 0)
        buf_putc(&l->problems, '\n');
    buf_puts(&l->problems, text);
}

const struct yaml_node *load_tree(struct load *l, const char *path, struct place place)
{
    struct error why = {0};
    struct yaml_node *root = NULL;
    int rc = yaml_load(path, &root, &why);
    if (rc == ERR_CONFIG)
        add_whole_line(l, why.text);
    else if (rc != 0)
        load_problem(l, place, "%s", why.text);
    if (rc != 0)
        return NULL;
    l->trees = xreallocarray(l->trees, l->tree_count + 1, sizeof(struct yaml_node *));
    l->trees[l->tree_count++] = root;
    return root;
}

struct setting *load_add_setting(struct load *l, struct setting setting)
{
    l->settings = xreallocarray(l->settings, l->setting_count + 1, sizeof(*l->settings));
    l->settings[l->setting_count] = setting;
    return &l->settings[l->setting_count++];
}

const struct setting *load_find_setting(const struct load *l, const char *key)
{
    for (size_t i = 0; i < l->setting_count; i++) {
        if (strcmp(l->settings[i].key, key) == 0)
            return &l->settings[i];
    }
    return NULL;
}

struct place load_place_of(const struct load *l, const char *key, struct place otherwise)
{
    const struct setting *setting = load_find_setting(l, key);
    return setting != NULL && !setting->is_default ? setting->place : otherwise;
}

void load_free(struct load *l)
{
    for (size_t i = 0; i < l->setting_count; i++)
        free(l->settings[i].key);
    free(l->settings);
    for (size_t i = 0; i < l->remark_count; i++)
        free(l->remarks[i].text);
    free(l->remarks);
    for (size_t i = 0; i < l->name_count; i++)
        free(l->names[i]);
    free(l->names);
    for (size_t i = 0; i < l->variable_count; i++)
        free(l->variables[i]);
    free(l->variables);
    for (size_t i = 0; i < l->tree_count; i++)
        yaml_free(l->trees[i]);
    free(l->trees);
    buf_free(&l->problems);
    *l = (struct load){0};
}

void load_check_schema(struct load *l, const char *file, const struct yaml_node *root)
{
    const struct yaml_node *schema = yaml_get(root, "schema");
    if (schema == NULL)
        load_problem(l, place_of(file, root), "`schema: 1` is missing");
    else if (schema->kind != YAML_SCALAR || strcmp(schema->text, "1") != 0)
        load_problem(l, place_of(file, schema), "`schema` must be 1, the only one there is");
}
