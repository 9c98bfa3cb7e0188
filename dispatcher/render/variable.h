/* The variables a template declares in template.yaml: their types, whether a job has them right,
 * and the form in which a letter of one language sees them. To add a type: its row in the table of
 * variable.c. */
#ifndef RENDER_VARIABLE_H
#define RENDER_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/problems.h"
#include "render/locale.h"
#include "render/scan.h"

struct json_t;
struct yaml_node;

struct variable_type {
    const char *name;
    bool list, localized, terms, object, money;
    /* NULL: right; else what it must be, as the end of "... must be ". */
    const char *(*problem)(const struct json_t *value, const struct locale *locale);
    /* What letters see, a new reference; NULL: the value itself. */
    struct json_t *(*resolve)(const struct json_t *value, const struct locale *locale);
};

struct variable {
    char *name; /* "incident.start" */
    const struct variable_type *type;
    bool required;
    struct place place; /* `file` is borrowed from the loader's caller */
};

struct variable_set {
    struct variable *items;
    size_t count;
    char **groups; /* "incident", "a", "a.b": the objects the dotted names stand in */
    size_t group_count;
};

/* What a name in a letter is to these variables. */
enum variable_match {
    VARIABLE_UNKNOWN,
    VARIABLE_EXACT,
    VARIABLE_GROUP, /* "incident", where "incident.start" is declared */
    VARIABLE_BELOW, /* below a variable of type object */
};

/* `map` is the map `variables` of template.yaml (NULL: none). `file` outlives the set. */
void variables_load(const struct yaml_node *map, const char *file, struct problems *problems,
                    struct variable_set *out);
void variables_free(struct variable_set *set);
/* *out_index (may be NULL) is set for EXACT and BELOW. */
enum variable_match variables_match(const struct variable_set *set, const char *name,
                                    size_t *out_index);
/* A list in letters: {{x}} needs | list or a section. */
bool variable_is_list(const struct variable *v);
/* A sum of money: {{x}} needs | currency. */
bool variable_is_money(const struct variable *v);

/* Is `data` (an object, NULL: empty) complete and right for this language? ERR_INPUT with a
 * sentence naming the member; *out_path (may be NULL) is its JSON pointer below the job, freed with
 * free(). */
MUST_CHECK int variables_check(const struct variable_set *set, const struct locale *locale,
                               const struct json_t *data, char **out_path, struct error *err);
/* The value at a dotted name, NULL if there is none; *out_depth is how many parts of the name were
 * there. Borrowed. */
struct json_t *variable_value(const struct json_t *data, const char *name, int *out_depth);
/* Puts what letters see into `out` (an object): texts of the language, words for terms, groups as
 * objects. `data` has passed variables_check(). */
void variables_resolve(const struct variable_set *set, const struct locale *locale,
                       const struct json_t *data, struct json_t *out);

/* What `variables` may hold, as JSON Schema, appended. */
void variables_put_schema(struct buf *out);

#endif
