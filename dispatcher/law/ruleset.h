/*
 * A rule set as it stands in its file. The tree of the file is kept and rules are judged straight
 * from it: what a lawyer reads is what is checked. docs/law.md describes the keys for people.
 */
#ifndef LAW_RULESET_H
#define LAW_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problems.h"
#include "base/yaml.h"
#include "law/schema.h"

/* Borrowed from the tree of its set, but for the numbers. */
struct law_rule {
    const char *id;     /* "KR6" */
    const char *about;  /* "the legal rights and how to use them" */
    const char *source; /* "PIPA 34(1) no. 6" */
    enum problem_level level;
    int64_t from_day, until_day; /* first and last day in force; INT64_MIN, INT64_MAX: open */
    enum law_test test;
    const struct yaml_node *value; /* of the key that says what is asked */
    const struct yaml_node *node;  /* the whole rule */
};

struct ruleset {
    char *path;
    struct yaml_node *root;
    const char *id;                        /* "kr-pipa-34-1" */
    const char *supersedes;                /* NULL: none */
    const char *as_of;                     /* "2026-11-21" */
    const struct yaml_node *jurisdictions; /* a text or a list; "*" is everywhere */
    const struct yaml_node *applies_when;  /* NULL: always */
    const struct yaml_node *obligations;   /* NULL: none */
    int64_t from_day, until_day, as_of_day;
    int utc_offset_min; /* whose midnight the dates mean */
    struct law_rule *rules;
    size_t rule_count;
};

/* Problems are told; a set with errors must not be used. `out` is emptied with ruleset_free(),
 * also after a failure. */
MUST_CHECK int ruleset_read(const char *path, struct problems *problems, struct ruleset *out);
void ruleset_free(struct ruleset *s);

#endif
