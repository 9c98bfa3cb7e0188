/*
 * JSON helpers over jansson: strict parsing with positions, and small writers for our own wire.
 * jansson keeps no positions, so json_position() finds a member again in text that has already been
 * parsed.
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct json_t;

/* Strict: UTF-8 without BOM, no duplicate keys, nothing behind the value, depth at most
 * `max_depth`. ERR_INPUT with file:line:column. The caller drops *out with json_free(). */
MUST_CHECK int json_parse(const char *text, size_t len, const char *file, int first_line,
                          int max_depth, struct json_t **out, struct error *err);
void json_free(struct json_t *value);
/* Line and column (from 1, columns in characters) of the member at `path`, e.g. "/to/phone" or
 * "/routing/channels/0"; of its key if `at_key`. {1,1} if not found. */
struct json_position {
    int line, column;
};
struct json_position json_position(const char *text, size_t len, const char *path, bool at_key);

/* Plain getters for our own messages: fallback when absent or of another type. Text is borrowed
 * from `object`. */
const char *json_get_text(const struct json_t *object, const char *key, const char *fallback);
int64_t json_get_int(const struct json_t *object, const char *key, int64_t fallback);
bool json_get_bool(const struct json_t *object, const char *key, bool fallback);
struct json_t *json_get(const struct json_t *object,
                        const char *key);                         /* borrowed; NULL if absent */
bool json_is_list(const struct json_t *value);                    /* NULL: no */
size_t json_count(const struct json_t *array);                    /* 0 if no array */
struct json_t *json_at(const struct json_t *array, size_t index); /* borrowed */
/* Every member of an object, in the order of the text; nothing for other values. */
typedef void (*json_member_fn)(void *context, const char *name, const struct json_t *value);
void json_walk(const struct json_t *object, json_member_fn fn, void *context);
/* By an RFC 6901 pointer: "" is the whole, "/a/0/b" a member of it. Borrowed; NULL if it leads
 * nowhere. */
const struct json_t *json_find(const struct json_t *root, const char *pointer);
/* Appends a text, number or boolean without quotes: many write "1" and 1 by turns. False, and
 * nothing appended, for null, arrays, objects and NULL. */
bool json_put_plain(struct buf *out, const struct json_t *value);
/* ERR_INPUT unless it is such a pointer: empty, or it begins with / and each ~ is ~0 or ~1. */
MUST_CHECK int json_check_pointer(const char *pointer, struct error *err);
enum json_kind {
    JSON_KIND_NONE, /* of NULL */
    JSON_KIND_NULL,
    JSON_KIND_BOOLEAN,
    JSON_KIND_NUMBER,
    JSON_KIND_TEXT,
    JSON_KIND_LIST,
    JSON_KIND_OBJECT
};
enum json_kind json_kind_of(const struct json_t *value);
/* A number or a text that reads like one. */
bool json_get_number(const struct json_t *value, double *out);
/* The whole text is one JSON number. */
bool json_read_number(const char *text, double *out);
/* Compact text of any value, appended. */
void json_put(struct buf *out, const struct json_t *value);

#endif
