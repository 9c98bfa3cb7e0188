/* The names and values of a query or a form (application/x-www-form-urlencoded), decoded. */
#ifndef CHANNEL_REPORT_FIELDS_H
#define CHANNEL_REPORT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define REPORT_FIELDS_MAX 1000

struct report_field {
    char *name, *value; /* owned */
};

/* Zero-initialise; free with report_fields_free(). */
struct report_fields {
    struct report_field *items;
    size_t count;
};

/* Appends what `text` holds. A percent sign with no two hex digits behind it stands for itself:
 * some gateways forget to encode. ERR_INPUT: more than REPORT_FIELDS_MAX, or a NUL. */
MUST_CHECK int report_fields_read(struct report_fields *f, const char *text, size_t len,
                                  struct error *err);
/* Copies both. False: there are REPORT_FIELDS_MAX already. */
MUST_CHECK bool report_fields_add(struct report_fields *f, const char *name, const char *value);
/* The first value of this name; NULL if there is none. Borrowed. */
const char *report_fields_find(const struct report_fields *f, const char *name);
/* By the bytes of the names, then of the values, as signatures want it. */
void report_fields_sort(struct report_fields *f);
void report_fields_free(struct report_fields *f);

#endif
