/*
 * Values of facts: what stands in a fact sheet as YAML is JSON in a notice. Dotted names nest:
 * `incident.start: 2025-08-14` is {"incident": {"start": "2025-08-14"}}. An unquoted number or
 * true/false is one; all else is text.
 */
#ifndef MODEL_FACT_VALUE_H
#define MODEL_FACT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;
struct yaml_node;

/* A new reference. Dots in keys do not nest here: that is fact_value_put()'s. */
struct json_t *fact_value_from_yaml(const struct yaml_node *node);
/* A new reference. */
struct json_t *fact_value_object(void);
/* One more reference to a value; NULL stays NULL. */
struct json_t *fact_value_hold(struct json_t *value);
/* Puts a value (whose reference it takes) at a dotted name, making the groups on the way. False if
 * something that is no group is in the way, or the name is taken. */
bool fact_value_put(struct json_t *object, const char *name, struct json_t *value);
/* The value at a dotted name, NULL if there is none. Borrowed. */
struct json_t *fact_value_at(const struct json_t *object, const char *name);
/* A new object with only the values at these dotted names, as far as they are there. */
struct json_t *fact_value_pick(const struct json_t *object, const char *const *names, size_t count);
/* Each member of an object: false ends the walk. */
typedef bool fact_value_fn(void *context, const char *key, const struct json_t *value);
void fact_value_each(const struct json_t *object, fact_value_fn *fn, void *context);
/* NULL equals only NULL. */
bool fact_value_equal(const struct json_t *a, const struct json_t *b);
bool fact_value_int(const struct json_t *value, int64_t *out);
/* NULL if it is no text. Borrowed. */
const char *fact_value_text(const struct json_t *value);
/* Is this text among the members of the list? */
bool fact_value_contains(const struct json_t *list, const char *text);

#endif
