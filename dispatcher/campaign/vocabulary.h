/*
 * The facts every letter knows, one meaning each: their type, their name in plain words, and
 * whether the law counts them among what people must be told. A sheet may hold others; these are
 * checked where they stand.
 */
#ifndef CAMPAIGN_VOCABULARY_H
#define CAMPAIGN_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "campaign/reading.h"

enum fact_type {
    FACT_TEXT,
    FACT_DATE,
    FACT_DATETIME,
    FACT_INTEGER,
    FACT_BOOLEAN,
    FACT_TERMS,
    FACT_LOCALIZED,
    FACT_LOCALIZED_LIST,
    FACT_MONEY,
};

struct fact_word {
    const char *name; /* dotted */
    enum fact_type type;
    bool legal;        /* a change must be told in a supplement */
    const char *words; /* "the data that was taken" */
};

/* NULL if it is none of the vocabulary. */
const struct fact_word *vocabulary_find(const char *name);
/* "did you mean": the closest name or NULL. */
const char *vocabulary_closest(const char *name);
/* Walks over all: NULL behind the last. */
const struct fact_word *vocabulary_at(size_t index);
/* Is this the name of a group, "remedy" of "remedy.text"? */
bool vocabulary_is_group(const char *name);
/* Tells what is wrong with a value. */
void vocabulary_check(const struct reading *r, const struct fact_word *word,
                      const struct yaml_node *node);

/* The facts of a sheet as JSON Schema, appended: each by its whole name, or within its group. */
void vocabulary_put_schema(struct buf *out);

#endif
