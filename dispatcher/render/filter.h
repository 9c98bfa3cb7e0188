/*
 * Filters: `{{value | name:argument | name}}`, left to right. To add one: write its function in
 * filter_language.c (it needs the reader's language), filter_text.c or filter_choice.c, name it in
 * filter_backend.h, add its row to the table in filter.c and to the list in templates/README.md;
 * nothing else knows the names.
 */
#ifndef RENDER_FILTER_H
#define RENDER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct json_t;
struct formatter;

/* What flows through a chain of filters: the JSON value as it came until a filter makes text of it.
 */
struct filter_value {
    const struct json_t *json; /* NULL once it is text, or if the name was missing */
    struct buf text;           /* used when json is NULL and present */
    bool present;
};

struct filter {
    const char *name;
    bool needs_argument;
    /* Changes *value in place. ERR_INPUT: a sentence without position (the caller adds it).
     * formatter may be NULL. */
    int (*apply)(struct filter_value *value, const char *argument, struct formatter *formatter,
                 struct error *err);
    /* Says at load time whether the argument is good; NULL: any. */
    bool (*argument_ok)(const char *argument);
    const char *summary; /* one sentence for the manual */
};

/* NULL if there is no such filter. */
const struct filter *filter_find(const char *name);
/* All of them, for "did you mean" and the manual. */
const struct filter *filter_table(size_t *out_count);
/* A value as plain text when no filter made any: strings as they are, integers without grouping,
 * true/false. Objects and lists: ERR_INPUT ("use | list"). */
MUST_CHECK int filter_put_plain(const struct filter_value *value, struct buf *out,
                                struct error *err);

#endif
