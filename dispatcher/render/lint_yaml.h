/* What is wrong with YAML that people write in letters, under the rule that fits it. */
#ifndef RENDER_LINT_YAML_H
#define RENDER_LINT_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"

struct yaml_node;

/* Tells a failure of yaml_parse() as yaml-duplicate-key, yaml-quote or yaml-syntax. Returns
 * ERR_CONFIG. */
int lint_yaml_failure(const struct error *err, struct problems *problems);
/* An unquoted value of `text` that contains {{, or that a " #" cuts short: false, and told.
 * `first_line` is the number of the first line of `text`. */
bool lint_yaml_quotes(const struct yaml_node *value, const char *text, size_t len, int first_line,
                      const char *file, struct problems *problems);

#endif
