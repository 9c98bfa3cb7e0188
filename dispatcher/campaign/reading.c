#include "campaign/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define NAMES_MAX 64

static const char *const kind_words[] = {
    [YAML_MAP] = "keys with values below it",
    [YAML_LIST] = "a list",
    [YAML_SCALAR] = "one value",
};

struct place reading_place(const struct reading *r, const struct yaml_node *node)
{
    return (struct place){r->file, node->line, node->column};
}

struct place reading_key_place(const struct reading *r, const struct yaml_node *node)
{
    if (node->key == NULL)
        return reading_place(r, node);
    return (struct place){r->file, node->key_line, node->key_column};
}

void reading_wrong(const struct reading *r, const struct yaml_node *node, const char *format, ...)
{
    char text[1000];
    struct place at = reading_place(r, node);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems_add_error(r->problems, &at, "yaml-type", "%s", text);
}

struct yaml_node *reading_load(const struct reading *r, unsigned char out_sum[DIGEST_SIZE])
{
    struct yaml_node *root = NULL;
    struct error err = {0};
    struct place at = {r->file, 0, 0};
    int rc = yaml_load_summed(r->file, &root, out_sum, &err);
    if (rc == ERR_CONFIG)
        problems_add_failure(r->problems, &err, "yaml-syntax");
    else if (rc != 0)
        problems_add_error(r->problems, &at, "file", "%s", err.text);
    else if (root->kind != YAML_MAP)
        reading_wrong(r, root, "the file must be keys with values, like `schema: 1`");
    if (root != NULL && root->kind != YAML_MAP) {
        yaml_free(root);
        root = NULL;
    }
    return root;
}

/* ---- maps ---- */

static const struct key *find_key(const struct key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static void tell_unknown(const struct reading *r, const struct yaml_node *node, const char *what,
                         const struct key *keys, size_t count)
{
    const char *names[NAMES_MAX];
    size_t known = count < NAMES_MAX ? count : NAMES_MAX;
    for (size_t i = 0; i < known; i++)
        names[i] = keys[i].name;
    const char *meant = text_closest(node->key, names, known);
    struct place at = reading_key_place(r, node);
    problems_add_error(r->problems, &at, "yaml-unknown-key", "\"%s\" is no key of %s%s%s%s",
                       node->key, what, meant != NULL ? "; did you mean \"" : "",
                       meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
}

static void read_member(const struct reading *r, const struct yaml_node *node,
                        const struct key *key, void *target)
{
    if (node->kind == key->kind)
        key->read(r, node, target);
    else
        reading_wrong(r, node, "\"%s\" must be %s", key->name, kind_words[key->kind]);
}

void reading_map(const struct reading *r, const struct yaml_node *map, const char *what,
                 const struct key *keys, size_t count, void *target)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct key *key = find_key(keys, count, map->items[i]->key);
        if (key != NULL)
            read_member(r, map->items[i], key, target);
        else
            tell_unknown(r, map->items[i], what, keys, count);
    }
    struct place at = reading_key_place(r, map);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].need == KEY_REQUIRED && yaml_get(map, keys[i].name) == NULL)
            problems_add_error(r->problems, &at, "yaml-missing-key", "%s needs \"%s\"", what,
                               keys[i].name);
    }
}

/* ---- values ---- */

static bool is_scalar(const struct reading *r, const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR)
        reading_wrong(r, node, "this must be one value");
    return node->kind == YAML_SCALAR;
}

bool reading_is_map(const struct reading *r, const struct yaml_node *node)
{
    if (node->kind != YAML_MAP)
        reading_wrong(r, node, "this must be keys with values");
    return node->kind == YAML_MAP;
}

void reading_text(const struct reading *r, const struct yaml_node *node, char **out)
{
    if (!is_scalar(r, node))
        return;
    if (node->text[0] == '\0') {
        reading_wrong(r, node, "there is nothing here: write a value, or leave the key out");
        return;
    }
    free(*out);
    *out = xstrdup(node->text);
}

void reading_texts(const struct reading *r, const struct yaml_node *node, char ***out,
                   size_t *out_count)
{
    for (size_t i = 0; i < node->count; i++) {
        char *text = NULL;
        reading_text(r, node->items[i], &text);
        if (text == NULL)
            continue;
        *out = xreallocarray(*out, *out_count + 1, sizeof(**out));
        (*out)[(*out_count)++] = text;
    }
}

/* Behind what is written as `shape` says, 0 for any digit; NULL: it is written otherwise. */
static const char *pass_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; shape++, text++) {
        bool fits = *shape == '0' ? *text >= '0' && *text <= '9' : *text == *shape;
        if (!fits)
            return NULL;
    }
    return text;
}

bool reading_is_no_day(const char *text)
{
    char midnight[] = "0000-00-00T00:00:00Z";
    const char *end = pass_shape(text, "0000-00-00");
    int64_t ms;
    if (end == NULL || *end != '\0')
        return false;
    memcpy(midnight, text, (size_t)(end - text));
    return !clock_parse_rfc3339(midnight, &ms);
}

bool reading_is_no_time(const char *text)
{
    int64_t ms;
    const char *at = pass_shape(text, "0000-00-00T00:00:00");
    if (at == NULL)
        return false;
    if (*at == '.')
        at += 1 + strspn(at + 1, "0123456789");
    const char *end = *at == 'Z'                 ? at + 1
                      : *at == '+' || *at == '-' ? pass_shape(at + 1, "00:00")
                                                 : NULL;
    return end != NULL && *end == '\0' && !clock_parse_rfc3339(text, &ms);
}

void reading_time(const struct reading *r, const struct yaml_node *node, int64_t *out_ms)
{
    int64_t ms;
    if (!is_scalar(r, node))
        return;
    if (clock_parse_rfc3339(node->text, &ms))
        *out_ms = ms;
    else if (reading_is_no_time(node->text))
        reading_wrong(r, node, "there is no such day or hour: %s", node->text);
    else
        reading_wrong(r, node,
                      "\"%s\" must be a time with its offset, like 2026-11-24T14:30:00+09:00",
                      node->text);
}

static bool parse_digits(const char *text, size_t len, int *out)
{
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

bool reading_parse_day(const char *text, int64_t *out_day)
{
    int year, month, day;
    return strlen(text) == 10 && text[4] == '-' && text[7] == '-' && parse_digits(text, 4, &year) &&
           parse_digits(text + 5, 2, &month) && parse_digits(text + 8, 2, &day) &&
           clock_days_from_date(year, month, day, out_day);
}

void reading_day(const struct reading *r, const struct yaml_node *node, int64_t *out_day)
{
    int64_t day;
    if (!is_scalar(r, node))
        return;
    if (reading_parse_day(node->text, &day))
        *out_day = day;
    else
        reading_wrong(r, node, "\"%s\" must be a date like 2026-11-24", node->text);
}

bool reading_count(const struct reading *r, const struct yaml_node *node, int64_t *out)
{
    int64_t number;
    if (!is_scalar(r, node))
        return false;
    bool good = text_parse_int(node->text, &number) && number >= 0;
    if (good)
        *out = number;
    else
        reading_wrong(r, node,
                      "\"%s\" must be a whole number without points or commas, like 280000",
                      node->text);
    return good;
}

void reading_path(const struct reading *r, const struct yaml_node *node, char **out)
{
    char *name = NULL;
    reading_text(r, node, &name);
    if (name == NULL)
        return;
    const char *slash = strrchr(r->file, '/');
    char *directory = slash != NULL ? xstrndup(r->file, (size_t)(slash - r->file)) : NULL;
    free(*out);
    *out = file_join(slash == r->file ? "/" : directory, name);
    free(directory);
    free(name);
}

bool reading_word(const struct reading *r, const struct yaml_node *node, const char *const *words,
                  size_t count, size_t *out)
{
    struct buf all = {0};
    if (!is_scalar(r, node))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], node->text) == 0) {
            *out = i;
            buf_free(&all);
            return true;
        }
        buf_printf(&all, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    const char *meant = text_closest(node->text, words, count);
    if (meant != NULL)
        reading_wrong(r, node, "\"%s\" is not possible here; did you mean \"%s\"?", node->text,
                      meant);
    else
        reading_wrong(r, node, "\"%s\" is not possible here; possible are %s", node->text,
                      buf_text(&all));
    buf_free(&all);
    return false;
}

void reading_schema(const struct reading *r, const struct yaml_node *node, void *target)
{
    (void)target;
    if (strcmp(node->text, "1") != 0)
        reading_wrong(r, node, "schema must be 1, not %s", node->text);
}

static size_t letters(const char *text, bool digits)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return digits ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
                  : n;
}

bool reading_is_language(const char *text)
{
    size_t n = letters(text, false);
    if (n < 2 || n > 3)
        return false;
    for (text += n; *text == '-'; text += n) {
        n = letters(++text, true);
        if (n < 2 || n > 8)
            return false;
    }
    return *text == '\0';
}

/* ---- as a schema ---- */

void reading_put_schema(const struct key *keys, size_t count, struct buf *out)
{
    struct json_schema s;
    json_schema_open(&s, out);
    for (size_t i = 0; i < count; i++)
        json_schema_put(&s, keys[i].name, keys[i].need == KEY_REQUIRED, keys[i].schema);
    json_schema_close(&s, NULL);
}
