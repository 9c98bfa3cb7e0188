/*
 * Reading a YAML file strictly by tables, for everything that is wrong with it and not only the
 * first: unknown keys with what was likely meant, missing keys, wrong types, each with its place.
 */
#ifndef CAMPAIGN_READING_H
#define CAMPAIGN_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json_schema.h"
#include "base/problems.h"
#include "base/yaml.h"

struct reading {
    const char *file; /* outlives what is read: places borrow it */
    struct problems *problems;
};

enum key_need { KEY_OPTIONAL, KEY_REQUIRED };

/* A key of a map. `target` is the caller's struct; `read` finds a node of the kind. */
struct key {
    const char *name;
    enum key_need need;
    enum yaml_kind kind;
    void (*read)(const struct reading *r, const struct yaml_node *node, void *target);
    const char *schema; /* what it takes, as base/json_schema.h has it */
};
/* A table as JSON Schema, appended. */
void reading_put_schema(const struct key *keys, size_t count, struct buf *out);
#define KEY_HOURS     SCHEMA_TEXT_AS("^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")
#define KEY_REF(name) "{\"$ref\":\"#/$defs/" name "\"}"

/* Loads the file; NULL if it is no YAML map, which was told then. Free with yaml_free(). */
struct yaml_node *reading_load(const struct reading *r, unsigned char out_sum[DIGEST_SIZE]);
/* Every member by its key. `what` ends "... is no key of ": "a fact sheet". */
void reading_map(const struct reading *r, const struct yaml_node *map, const char *what,
                 const struct key *keys, size_t count, void *target);

struct place reading_place(const struct reading *r, const struct yaml_node *node);
struct place reading_key_place(const struct reading *r, const struct yaml_node *node);
/* At the value. The rule is that of a wrong type. */
void reading_wrong(const struct reading *r, const struct yaml_node *node, const char *format, ...)
    PRINTF(3, 4);

/* Values. What they refuse they tell; *out stays as it was. */
bool reading_is_map(const struct reading *r, const struct yaml_node *node);
void reading_text(const struct reading *r, const struct yaml_node *node, char **out);
void reading_texts(const struct reading *r, const struct yaml_node *node, char ***out,
                   size_t *out_count);
void reading_time(const struct reading *r, const struct yaml_node *node, int64_t *out_ms);
/* Written like a day, or like a time with its offset, of which there is none: 2026-11-31. */
bool reading_is_no_day(const char *text);
bool reading_is_no_time(const char *text);
void reading_day(const struct reading *r, const struct yaml_node *node, int64_t *out_day);
bool reading_count(const struct reading *r, const struct yaml_node *node, int64_t *out);
/* A path; a relative one starts at the directory of the file. */
void reading_path(const struct reading *r, const struct yaml_node *node, char **out);
/* One of these words: its index. False: told. */
bool reading_word(const struct reading *r, const struct yaml_node *node, const char *const *words,
                  size_t count, size_t *out);
/* Is it `schema: 1`? For the table: needs no target. */
void reading_schema(const struct reading *r, const struct yaml_node *node, void *target);

/* "2025-08-14" as days since 1970-01-01. */
bool reading_parse_day(const char *text, int64_t *out_day);
/* "ko", "de-AT": could this be the tag of a language? */
bool reading_is_language(const char *text);

#endif
