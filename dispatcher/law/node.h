/* Small questions about the values of a rule file: where a list may stand, one text may too. */
#ifndef LAW_NODE_H
#define LAW_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/yaml.h"

/* A text counts as a list of one; NULL as an empty one. */
size_t node_count(const struct yaml_node *n);
const char *node_text(const struct yaml_node *n, size_t index);
bool node_has(const struct yaml_node *n, const char *text);
/* The same, but no list at all restricts nothing. */
bool node_admits(const struct yaml_node *n, const char *text);
/* Whole numbers; `fallback` if the key is absent. The file was checked when it was read. */
int64_t node_number(const struct yaml_node *map, const char *key, int64_t fallback);
bool node_flag(const struct yaml_node *map, const char *key);
/* The member for the language of a tag: "de" for "de-AT". NULL if there is none. */
const struct yaml_node *node_of_language(const struct yaml_node *map, const char *tag);
/* Days since 1970-01-01 of "2026-09-11". */
bool node_parse_day(const char *text, int64_t *out_day);
/* Minutes of "21:00". */
bool node_parse_minutes(const char *text, int *out_minutes);
/* Minutes east of UTC of "+09:00". */
bool node_parse_offset(const char *text, int *out_minutes);
/* "a, b and c" of a list. */
void node_put_list(struct buf *out, const struct yaml_node *n, const char *last);

#endif
