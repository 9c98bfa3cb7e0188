/* What is wrong with JSON that people write: samples, and webhook.json with its tags. */
#ifndef RENDER_LINT_JSON_H
#define RENDER_LINT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"

/* Tells a failure of json_parse() for `text` under the rule that fits it: json-duplicate-key,
 * json-syntax, or else `rule`. */
void lint_json_failure(const char *path, const char *text, size_t len, const struct error *err,
                       const char *rule, struct problems *problems);
/* A template of JSON: a key written twice in one object, and what no values could make valid. */
void lint_json_template(const char *path, const char *text, size_t len, struct problems *problems);

#endif
