/*
 * JSON Schema (draft 2020-12), piece by piece. `dispatcher schema` prints what the tables hold by
 * which the files are read; the rows carry a piece each, and nothing else has to be kept in step. A
 * schema may take what the reading refuses later (does the day exist?), never the other way round.
 */
#ifndef BASE_JSON_SCHEMA_H
#define BASE_JSON_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Pieces. In YAML a value without quotes may look like a number or a truth and still be a text. */
#define SCHEMA_ANY              "true"
#define SCHEMA_OBJECT           "{\"type\":\"object\"}"
#define SCHEMA_SCALAR           "{\"type\":[\"string\",\"number\",\"boolean\"]}"
#define SCHEMA_SCALARS          "{\"type\":\"array\",\"items\":" SCHEMA_SCALAR "}"
#define SCHEMA_SOME             "{\"type\":\"array\",\"minItems\":1,\"items\":" SCHEMA_SCALAR "}"
#define SCHEMA_ONE              "{\"enum\":[1,\"1\"]}"
#define SCHEMA_BOOLEAN          "{\"type\":\"boolean\"}"
#define SCHEMA_COUNT            "{\"type\":\"integer\",\"minimum\":0}"
#define SCHEMA_POSITIVE         "{\"type\":\"integer\",\"minimum\":1}"
#define SCHEMA_TEXT_AS(pattern) "{\"type\":\"string\",\"pattern\":\"" pattern "\"}"
#define SCHEMA_DAY              SCHEMA_TEXT_AS("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
#define SCHEMA_TIME                                                                                \
    SCHEMA_TEXT_AS("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})$")
#define SCHEMA_LANGUAGE SCHEMA_TEXT_AS("^[A-Za-z]+(-[A-Za-z0-9]+)*$")
#define SCHEMA_BY_LANGUAGE                                                                         \
    "{\"type\":\"object\",\"minProperties\":1,\"propertyNames\":{\"pattern\":\"^[A-Za-z]{2,3}(-["  \
    "A-"                                                                                           \
    "Za-z0-9]{2,8})*$\"},\"additionalProperties\":" SCHEMA_SCALAR "}"

/* An object while it is written. */
struct json_schema {
    struct buf *out;
    struct buf required;
    bool any;
};

void json_schema_open(struct json_schema *s, struct buf *out);
/* Behind it comes the piece of the key. */
void json_schema_key(struct json_schema *s, const char *name, bool required);
void json_schema_put(struct json_schema *s, const char *name, bool required, const char *piece);
/* `rest`: members of the schema besides, like "\"additionalProperties\":true"; NULL: a key that is
 * not there is wrong. */
void json_schema_close(struct json_schema *s, const char *rest);
/* One of these words. */
void json_schema_put_words(struct buf *out, const char *const *words, size_t count);

#endif
