/*
 * What may stand in a rule file: keys, shapes of their values, closed lists of words, and which key
 * makes a rule what it is. docs/law.md describes the same for people.
 */
#ifndef LAW_SCHEMA_H
#define LAW_SCHEMA_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/problems.h"
#include "base/yaml.h"

/* What a rule asks, by the one key of it that says so ("fact: ...", "clock: ..."). */
enum law_test {
    /* judged for every letter */
    LAW_TEST_FACT,
    LAW_TEST_ANY_TEXT,
    LAW_TEST_PATTERN,
    LAW_TEST_HEADINGS,
    LAW_TEST_STARTS_WITH,
    LAW_TEST_LAST_LINE,
    LAW_TEST_KIND_WORDS,
    LAW_TEST_SENTENCES,
    LAW_TEST_SECTION,
    /* judged once */
    LAW_TEST_CHANNELS,
    LAW_TEST_LANGUAGES,
    LAW_TEST_PUBLIC_NOTICE,
    LAW_TEST_CERTAINTY,
    LAW_TEST_CLOCK,
    LAW_TEST_COUNT,
    LAW_TEST_SUPERSEDES,
    LAW_TEST_EARLIER_COHORTS,
    LAW_TEST_EXEMPTION,
    LAW_TEST_NOTE,
    LAW_TEST_NIGHT,
    LAW_TEST_CONSENT,
    LAW_TEST_CONSENT_AGE,
    LAW_TEST_CERTIFIED,
    LAW_TEST_SENDER,
    LAW_TEST_DOCUMENTED,
    LAW_TEST_CONDITIONS,
    LAW_TEST_REREAD,
};
#define LAW_TESTS 27

/* Is it judged for every letter, or once for all of them? */
bool law_test_is_of_text(enum law_test test);
/* "fact", "clock" */
const char *law_test_key(enum law_test test);

/* Under which key of the file a rule stands. */
enum schema_group { SCHEMA_REQUIRE, SCHEMA_FORBID, SCHEMA_REMIND };
#define SCHEMA_GROUPS 3
const char *schema_group_name(enum schema_group group);

/* A file while it is read: everything wrong with it is told, with its place. */
struct schema_reader {
    const char *path; /* outlives the reading */
    struct problems *problems;
    bool failed;
};
void schema_wrong(struct schema_reader *r, const struct yaml_node *at, const char *format, ...)
    PRINTF(3, 4);

/* The file holds the maps of ruleset and applies_when; its lists are looked at one by one. */
enum schema_map { SCHEMA_FILE, SCHEMA_RULE, SCHEMA_OBLIGATION };
/* Unknown and missing keys, values of the wrong shape, words that are no choice. */
void schema_check_map(struct schema_reader *r, enum schema_map map, const struct yaml_node *node);
/* The test of a rule. False (told): it asks for nothing, stands in the wrong group, or has keys
 * that say nothing for its test. */
bool schema_find_test(struct schema_reader *r, const struct yaml_node *rule,
                      enum schema_group group, enum law_test *out);

/* What a rule file may hold, as JSON Schema, appended. */
void law_put_schema(struct buf *out);

#endif
