/* Shapes of values in a rule file. Each returns NULL, or the end of "... must be ". */
#ifndef LAW_SHAPE_H
#define LAW_SHAPE_H

#include "base/yaml.h"

typedef const char *shape_fn(const struct yaml_node *value);

const char *shape_text(const struct yaml_node *value);
/* May be left empty: nobody has reviewed it yet. */
const char *shape_any_text(const struct yaml_node *value);
const char *shape_texts(const struct yaml_node *value);
const char *shape_list(const struct yaml_node *value);
const char *shape_flag(const struct yaml_node *value);
const char *shape_number(const struct yaml_node *value);
const char *shape_date(const struct yaml_node *value);
const char *shape_hour(const struct yaml_node *value);
const char *shape_offset(const struct yaml_node *value);
const char *shape_words(const struct yaml_node *value);
const char *shape_kind_words(const struct yaml_node *value);
const char *shape_numbers(const struct yaml_node *value);

#endif
