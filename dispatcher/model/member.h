/*
 * Reading the members of a JSON object by a table, strictly, into a job: what job.c and batch.c
 * have in common. A failure names file:line:column; its path is only spelled out then, because
 * millions of lines pass here that have none.
 */
#ifndef MODEL_MEMBER_H
#define MODEL_MEMBER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct json_t;
struct job;
struct batch;

struct reading {
    const char *text; /* NULL-free JSON as it was written, for positions */
    size_t len;
    const char *file;
    int first_line;
    const char *what; /* "a notice": of what somebody wrote an unknown member */
    struct error *err;
    struct job *job;     /* where the values go */
    struct batch *batch; /* and these, of batch.json; else NULL */
};

/* "/to/phone" as a chain on the stack; `up` NULL: the document itself, whose key does not count. */
struct member_path {
    const struct member_path *up;
    const char *key;
};

typedef int member_fn(struct reading *r, const struct member_path *path,
                      const struct json_t *value);

struct member {
    const char *name;
    member_fn *read;
    const char *schema; /* what it takes, as base/json_schema.h has it */
};

/* A table as a schema. `required` are names; `rest` as in json_schema_close(). */
struct buf;
struct member_table {
    const struct member *rows;
    size_t count;
    const char *const *required;
    size_t required_count;
    const char *rest;
};
void member_put_schema(const struct member_table *t, struct buf *out);

#define MEMBER_REF(name) "{\"$ref\":\"#/$defs/" name "\"}"
#define MEMBER_TEXT(max) "{\"type\":\"string\",\"minLength\":1,\"maxLength\":" #max "}"
/* On one line, without control characters. */
#define MEMBER_LINE(max)                                                                           \
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":" #max                                     \
    ",\"pattern\":\"^[^\\u0000-\\u001f\\u007f-\\u009f]*$\"}"

/* Each member of `object` by its row; one without a row is an error. */
MUST_CHECK int member_read_all(struct reading *r, const struct member_path *path,
                               const struct json_t *object, const struct member *members,
                               size_t count);

/* Both return ERR_INPUT: the sentence begins with file:line:column and the member in quotes. */
int member_fail(struct reading *r, const struct member_path *path, const char *sentence);
int member_fail_with(struct reading *r, const struct member_path *path, const char *format, ...)
    PRINTF(3, 4);

/* *out is replaced; caller frees with free(). */
MUST_CHECK int member_read_text(struct reading *r, const struct member_path *path,
                                const struct json_t *value, size_t max, char **out);
/* A name on one line: what ends in a header or a log may hold no control character. */
MUST_CHECK int member_read_line(struct reading *r, const struct member_path *path,
                                const struct json_t *value, size_t max, char **out);
MUST_CHECK int member_read_checked(struct reading *r, const struct member_path *path,
                                   const struct json_t *value, char **out,
                                   int (*check)(const char *, struct error *));
MUST_CHECK int member_read_time(struct reading *r, const struct member_path *path,
                                const struct json_t *value, int64_t *out);
/* Index of the text among `words`. */
MUST_CHECK int member_read_word(struct reading *r, const struct member_path *path,
                                const struct json_t *value, const char *const *words, size_t count,
                                size_t *out);

#endif
