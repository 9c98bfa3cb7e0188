#include "base/yaml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml_explain.h"

#define DEPTH_MAX 32
#define FILE_MAX  (1024 * 1024)

static const char byte_order_mark[] = "\xef\xbb\xbf";

struct reader {
    yaml_parser_t parser;
    struct yaml_source source;
    struct error *err;
};

static struct yaml_place place_of(yaml_mark_t mark)
{
    return (struct yaml_place){mark.line, mark.column};
}

static int explain(const struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "";
    if (p->error == YAML_READER_ERROR)
        return yaml_fail_at(&r->source, yaml_place_of_byte(&r->source, p->problem_offset), r->err,
                            "%s (U+%04X); remove it", problem, (unsigned)p->problem_value);
    return yaml_explain(&r->source, problem, place_of(p->problem_mark), place_of(p->context_mark),
                        r->err);
}

static int next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return 0;
    return explain(r);
}

static struct yaml_node *node_new(const struct reader *r, enum yaml_kind kind, yaml_mark_t mark)
{
    struct yaml_node *node = xcalloc(1, sizeof(*node));
    node->kind = kind;
    node->line = (int)mark.line + r->source.first_line;
    node->column = (int)mark.column + 1;
    return node;
}

static void node_add(struct yaml_node *parent, struct yaml_node *child)
{
    /* Grows at the powers of two, so that no capacity need be kept. */
    if ((parent->count & (parent->count - 1)) == 0)
        parent->items = xreallocarray(parent->items, parent->count == 0 ? 1 : parent->count * 2,
                                      sizeof(struct yaml_node *));
    parent->items[parent->count++] = child;
}

static int refuse(const struct reader *r, const yaml_event_t *event, const char *sentence)
{
    return yaml_fail_at(&r->source, place_of(event->start_mark), r->err, "%s", sentence);
}

static int refuse_anchor_or_tag(const struct reader *r, const yaml_event_t *event,
                                const void *anchor, const void *tag)
{
    if (anchor != NULL)
        return refuse(
            r, event,
            "anchors (&name) are not supported; put the value in quotes if the & belongs to it");
    if (tag != NULL)
        return refuse(
            r, event,
            "tags (!name) are not supported; put the value in quotes if the ! belongs to it");
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *x = *(struct yaml_node *const *)a, *y = *(struct yaml_node *const *)b;
    int order = strcmp(x->key, y->key);
    if (order != 0)
        return order;
    return x->key_line != y->key_line ? (x->key_line > y->key_line ? 1 : -1)
                                      : x->key_column - y->key_column;
}

/* Sorted, so that a file of nothing but keys cannot keep us busy. */
static int refuse_duplicates(const struct reader *r, const struct yaml_node *map)
{
    int rc = 0;
    if (map->count < 2)
        return 0;
    const struct yaml_node **sorted = xreallocarray(NULL, map->count, sizeof(struct yaml_node *));
    memcpy(sorted, map->items, map->count * sizeof(struct yaml_node *));
    qsort(sorted, map->count, sizeof(struct yaml_node *), compare_keys);
    for (size_t i = 1; i < map->count && rc == 0; i++) {
        const struct yaml_node *first = sorted[i - 1], *second = sorted[i];
        if (strcmp(first->key, second->key) == 0)
            rc = error_set(r->err, ERR_CONFIG,
                           "%s:%d:%d: \"%s\" is written twice (line %d and line %d)",
                           r->source.file, second->key_line, second->key_column, second->key,
                           first->key_line, second->key_line);
    }
    free(sorted);
    return rc;
}

/* The builders return NULL when they failed; the reason is in r->err. */
static struct yaml_node *build(struct reader *r, const yaml_event_t *event, int depth);

static int build_list(struct reader *r, int depth, struct yaml_node *list)
{
    for (;;) {
        yaml_event_t event;
        int rc = next_event(r, &event);
        if (rc != 0)
            return rc;
        bool at_end = event.type == YAML_SEQUENCE_END_EVENT;
        struct yaml_node *item = at_end ? NULL : build(r, &event, depth);
        yaml_event_delete(&event);
        if (item == NULL)
            return at_end ? 0 : ERR_CONFIG;
        node_add(list, item);
    }
}

/* {{name}} is, to YAML, a map that is the key of a map. */
static bool stands_in_double_braces(const struct yaml_source *s, struct yaml_place place)
{
    const char *at = yaml_source_at(s, place);
    if (at >= s->end || *at != '{')
        return false;
    return (at > s->text && at[-1] == '{') || (at + 1 < s->end && at[1] == '{');
}

static int check_key(const struct reader *r, const yaml_event_t *event)
{
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(r, event, "aliases (*name) are not supported");
    if (event->type == YAML_MAPPING_START_EVENT &&
        stands_in_double_braces(&r->source, place_of(event->start_mark)))
        return refuse(r, event, yaml_needs_quotes);
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(r, event, "a key must be a word, not a list or a map");
    if (event->data.scalar.length != strlen((const char *)event->data.scalar.value))
        return refuse(r, event, "a key cannot hold a NUL character");
    if (event->data.scalar.length == 0)
        return refuse(r, event, yaml_needs_key);
    return refuse_anchor_or_tag(r, event, event->data.scalar.anchor, event->data.scalar.tag);
}

static struct yaml_node *build_value(struct reader *r, int depth)
{
    yaml_event_t event;
    if (next_event(r, &event) != 0)
        return NULL;
    struct yaml_node *value = build(r, &event, depth);
    yaml_event_delete(&event);
    return value;
}

static int build_member(struct reader *r, const yaml_event_t *key, int depth, struct yaml_node *map)
{
    int rc = check_key(r, key);
    if (rc != 0)
        return rc;
    struct yaml_node *value = build_value(r, depth);
    if (value == NULL)
        return ERR_CONFIG;
    value->key = xstrdup((const char *)key->data.scalar.value);
    value->key_line = (int)key->start_mark.line + r->source.first_line;
    value->key_column = (int)key->start_mark.column + 1;
    node_add(map, value);
    return 0;
}

static int build_map(struct reader *r, int depth, struct yaml_node *map)
{
    for (;;) {
        yaml_event_t key;
        int rc = next_event(r, &key);
        if (rc != 0)
            return rc;
        bool at_end = key.type == YAML_MAPPING_END_EVENT;
        rc = at_end ? refuse_duplicates(r, map) : build_member(r, &key, depth, map);
        yaml_event_delete(&key);
        if (rc != 0 || at_end)
            return rc;
    }
}

static struct yaml_node *build_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    if (refuse_anchor_or_tag(r, event, event->data.scalar.anchor, event->data.scalar.tag) != 0)
        return NULL;
    if (event->data.scalar.length != strlen(value)) {
        refuse(r, event, "a value cannot hold a NUL character (\\0)");
        return NULL;
    }
    struct yaml_node *node = node_new(r, YAML_SCALAR, event->start_mark);
    node->text = xstrdup(value);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static int check_collection(const struct reader *r, const yaml_event_t *event, int depth)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    int rc = is_map ? refuse_anchor_or_tag(r, event, event->data.mapping_start.anchor,
                                           event->data.mapping_start.tag)
                    : refuse_anchor_or_tag(r, event, event->data.sequence_start.anchor,
                                           event->data.sequence_start.tag);
    if (rc == 0 && depth >= DEPTH_MAX)
        rc = refuse(r, event, "nested deeper than 32 levels");
    return rc;
}

static struct yaml_node *build_collection(struct reader *r, const yaml_event_t *event, int depth)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    if (check_collection(r, event, depth) != 0)
        return NULL;
    struct yaml_node *node = node_new(r, is_map ? YAML_MAP : YAML_LIST, event->start_mark);
    int rc = is_map ? build_map(r, depth + 1, node) : build_list(r, depth + 1, node);
    if (rc != 0) {
        yaml_tree_free(node);
        return NULL;
    }
    return node;
}

static struct yaml_node *build(struct reader *r, const yaml_event_t *event, int depth)
{
    if (event->type == YAML_SCALAR_EVENT)
        return build_scalar(r, event);
    if (event->type != YAML_ALIAS_EVENT)
        return build_collection(r, event, depth);
    refuse(r, event,
           "aliases (*name) are not supported; put the value in quotes if the * belongs to it");
    return NULL;
}

/* Skips the frame of the stream to the next document, or to the end of the file. */
static int expect_document(struct reader *r, bool *out_found, struct yaml_place *out_place)
{
    yaml_event_type_t type;
    do {
        yaml_event_t event;
        int rc = next_event(r, &event);
        if (rc != 0)
            return rc;
        type = event.type;
        *out_place = place_of(event.start_mark);
        yaml_event_delete(&event);
    } while (type != YAML_DOCUMENT_START_EVENT && type != YAML_STREAM_END_EVENT);
    *out_found = type == YAML_DOCUMENT_START_EVENT;
    return 0;
}

static int check_root(const struct reader *r, const struct yaml_node *root)
{
    struct yaml_place place = {(size_t)(root->line - r->source.first_line),
                               (size_t)root->column - 1};
    if (root->kind != YAML_SCALAR)
        return 0;
    if (yaml_colon_without_space(&r->source, place))
        return yaml_fail_at(&r->source, place, r->err, "%s", yaml_needs_space);
    return yaml_fail_at(&r->source, place, r->err,
                        "lines of the form key: value are expected here");
}

static struct yaml_node *build_root(struct reader *r)
{
    struct yaml_node *root = build_value(r, 0);
    if (root == NULL)
        return NULL;
    if (root->kind == YAML_SCALAR && root->text[0] == '\0' && !root->quoted)
        root->kind = YAML_MAP; /* nothing between --- and the end */
    if (check_root(r, root) != 0) {
        yaml_tree_free(root);
        return NULL;
    }
    return root;
}

static int build_document(struct reader *r, struct yaml_node **out)
{
    bool found;
    struct yaml_place place;
    int rc = expect_document(r, &found, &place);
    if (rc != 0)
        return rc;
    if (!found) {
        *out = node_new(r, YAML_MAP, (yaml_mark_t){0, 0, 0});
        return 0;
    }
    *out = build_root(r);
    if (*out == NULL)
        return ERR_CONFIG;
    rc = expect_document(r, &found, &place);
    if (rc == 0 && found)
        rc = yaml_fail_at(&r->source, place, r->err,
                          "a second document begins here (---); one file holds one");
    return rc;
}

static int check_encoding(const struct reader *r)
{
    for (const char *at = r->source.text; at < r->source.end;) {
        const char *start = at;
        utf8_next(&at, r->source.end);
        if (!utf8_valid(start, (size_t)(at - start)))
            return yaml_fail_at(&r->source,
                                yaml_place_of_byte(&r->source, (size_t)(start - r->source.text)),
                                r->err, "this byte (0x%02X) is not UTF-8; save the file as UTF-8",
                                (unsigned)(unsigned char)*start);
    }
    return 0;
}

int yaml_parse(const char *text, size_t len, const char *file, int first_line,
               struct yaml_node **out, struct error *err)
{
    struct reader r = {
        .source = {.text = text, .end = text + len, .file = file, .first_line = first_line},
        .err = err,
    };
    *out = NULL;
    if (len >= 3 && memcmp(text, byte_order_mark, 3) == 0)
        r.source.text += 3;
    int rc = check_encoding(&r);
    if (rc != 0)
        return rc;
    if (!yaml_parser_initialize(&r.parser))
        abort();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.source.text,
                                 (size_t)(r.source.end - r.source.text));
    rc = build_document(&r, out);
    yaml_parser_delete(&r.parser);
    if (rc != 0) {
        yaml_tree_free(*out);
        *out = NULL;
    }
    return rc;
}

int yaml_load_summed(const char *path, struct yaml_node **out, unsigned char out_sum[DIGEST_SIZE],
                     struct error *err)
{
    struct buf text = {0};
    *out = NULL;
    int rc = file_read_path(path, FILE_MAX, &text, err);
    digest_sha256(buf_text(&text), text.len, out_sum);
    if (rc == 0)
        rc = yaml_parse(buf_text(&text), text.len, path, 1, out, err);
    buf_free(&text);
    return rc;
}

int yaml_load(const char *path, struct yaml_node **out, struct error *err)
{
    unsigned char sum[DIGEST_SIZE];
    return yaml_load_summed(path, out, sum, err);
}

void yaml_tree_free(struct yaml_node *root)
{
    if (root == NULL)
        return;
    for (size_t i = 0; i < root->count; i++)
        yaml_tree_free(root->items[i]);
    free(root->items);
    free(root->key);
    free(root->text);
    free(root);
}

/* ---- questions ---- */

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i]->key, key) == 0)
            return map->items[i];
    }
    return NULL;
}

const char *yaml_text(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *member = yaml_get(map, key);
    return member != NULL && member->kind == YAML_SCALAR ? member->text : NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"~", "null", "Null", "NULL"};
    for (size_t i = 0; node->kind == YAML_SCALAR && !node->quoted && i < COUNT_OF(words); i++) {
        if (strcmp(node->text, words[i]) == 0)
            return true;
    }
    return false;
}

static int fail_formatted(const char *file, int line, int column, struct error *err,
                          const char *format, va_list args) PRINTF(5, 0);

static int fail_formatted(const char *file, int line, int column, struct error *err,
                          const char *format, va_list args)
{
    char text[1500];
    vsnprintf(text, sizeof(text), format, args);
    return error_set(err, ERR_CONFIG, "%s:%d:%d: %s", file, line, column, text);
}

int yaml_fail(const struct yaml_node *at, const char *file, struct error *err, const char *format,
              ...)
{
    va_list args;
    va_start(args, format);
    int rc = fail_formatted(file, at->line, at->column, err, format, args);
    va_end(args);
    return rc;
}

int yaml_fail_key(const struct yaml_node *at, const char *file, struct error *err,
                  const char *format, ...)
{
    bool has_key = at->key != NULL;
    va_list args;
    va_start(args, format);
    int rc = fail_formatted(file, has_key ? at->key_line : at->line,
                            has_key ? at->key_column : at->column, err, format, args);
    va_end(args);
    return rc;
}
