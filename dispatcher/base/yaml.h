/*
 * YAML as configuration: a tree of maps, lists and scalars that remember where they stand. Strict:
 * one document, no aliases or anchors, no duplicate keys, no tags, depth at most 32, valid UTF-8.
 * All scalars are text; types are the schema's business (only `true`/`false` are booleans; `no`
 * stays text). Errors read `file:line:column: ...`.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/error.h"

enum yaml_kind { YAML_MAP, YAML_LIST, YAML_SCALAR };

struct yaml_node {
    enum yaml_kind kind;
    int line;   /* from 1 */
    int column; /* from 1, in characters */
    char *key;  /* the key under which it stands in its map, NULL in a list or at the root */
    int key_line, key_column;
    char *text;               /* scalar: its text */
    bool quoted;              /* scalar: written with quotes or as a block */
    struct yaml_node **items; /* map and list: the members in the order of the file */
    size_t count;
};

/* `file` is only used in messages. `first_line` is the line number of the first line of `text` (1
 * for a file, more for front matter). An empty document is an empty map. Caller frees with
 * yaml_free(). ERR_CONFIG with file:line:column. */
MUST_CHECK int yaml_parse(const char *text, size_t len, const char *file, int first_line,
                          struct yaml_node **out, struct error *err);
/* Reads at most 1 MiB of `path`. ERR_NOT_FOUND if it is not there. */
MUST_CHECK int yaml_load(const char *path, struct yaml_node **out, struct error *err);
/* The same with the sum of the very bytes that were parsed: a file may be another one a moment
 * later. */
MUST_CHECK int yaml_load_summed(const char *path, struct yaml_node **out,
                                unsigned char out_sum[DIGEST_SIZE], struct error *err);
void yaml_tree_free(struct yaml_node *root);
/* libyaml exports a yaml_free() of its own; an external function of ours with that name would take
 * its place at run time, inside the library too. Inline it is nobody else's. */
static inline void yaml_free(struct yaml_node *root)
{
    yaml_tree_free(root);
}

/* The member of a map, NULL if absent (or if `map` is NULL or no map). Borrowed from the tree. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* The text of a scalar member, NULL if absent or not a scalar. Borrowed. */
const char *yaml_text(const struct yaml_node *map, const char *key);
/* A scalar that YAML calls null, and no text: `null` or `~` without quotes. */
bool yaml_is_null(const struct yaml_node *node);
/* Sets ERR_CONFIG "file:line:column: <text>" at the node and returns it. */
int yaml_fail(const struct yaml_node *at, const char *file, struct error *err, const char *format,
              ...) PRINTF(4, 5);
/* The same at the key under which the node stands (at the node itself in a list). */
int yaml_fail_key(const struct yaml_node *at, const char *file, struct error *err,
                  const char *format, ...) PRINTF(4, 5);

#endif
