/*
 * What a person did wrong in a YAML file, and what to do: libyaml's words are for people who know
 * how it scans. Only for base/yaml.c; nothing of libyaml is seen here, so that the sentences can be
 * read and changed by themselves.
 */
#ifndef BASE_YAML_EXPLAIN_H
#define BASE_YAML_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct yaml_source {
    const char *text, *end;
    const char *file;
    int first_line;
};

/* A line and a column (in characters) counted from 0, as libyaml does. */
struct yaml_place {
    size_t line, column;
};

extern const char yaml_needs_quotes[], yaml_needs_space[], yaml_needs_key[];

/* ERR_CONFIG with "file:line:column: " before the sentence. */
int yaml_fail_at(const struct yaml_source *s, struct yaml_place at, struct error *err,
                 const char *format, ...) PRINTF(4, 5);
/* The sentence for a problem of libyaml's scanner or parser; `began` is where the unfinished thing
 * started. */
int yaml_explain(const struct yaml_source *s, const char *problem, struct yaml_place at,
                 struct yaml_place began, struct error *err);

const char *yaml_source_at(const struct yaml_source *s, struct yaml_place place);
struct yaml_place yaml_place_of_byte(const struct yaml_source *s, size_t offset);
/* "key:value": the first colon of the line stands before something other than a space. */
bool yaml_colon_without_space(const struct yaml_source *s, struct yaml_place place);

#endif
