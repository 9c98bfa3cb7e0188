/* A file with the addresses of people, record by record: who it is, in which language. */
#ifndef CAMPAIGN_AUDIENCE_H
#define CAMPAIGN_AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* By what people are told apart, the best first. */
enum identity { IDENTITY_RECIPIENT, IDENTITY_ID, IDENTITY_EMAIL, IDENTITY_PHONE };
#define IDENTITIES 4

struct audience;

/* Reads the header. ERR_NOT_FOUND, ERR_IO, ERR_INPUT (no header). Close with audience_close(). */
MUST_CHECK int audience_open(const char *path, struct audience **out, struct error *err);
void audience_close(struct audience *a);
bool audience_has(const struct audience *a, enum identity by);
const char *identity_name(enum identity by); /* "email" */

/* Borrowed until the next one. */
struct audience_person {
    int64_t line;
    const char *problem; /* of the record as such; NULL: sound */
    const char *mend;    /* what to do about it */
    bool of_file;        /* it is one of the file, which must be saved anew */
    const char *who;     /* what tells this person apart, in one spelling; "" if empty */
    const char *locale;  /* "" if there is none */
};
/* *out_more is false at the end. */
MUST_CHECK int audience_next(struct audience *a, enum identity by, struct audience_person *out,
                             bool *out_more, struct error *err);

/* Where a column stands, neither case nor blanks, - and _ counting; AUDIENCE_NO_COLUMN. */
#define AUDIENCE_NO_COLUMN SIZE_MAX
size_t audience_column(const struct audience *a, const char *name);
size_t audience_column_count(const struct audience *a);
/* As the file calls it; borrowed. */
const char *audience_column_name(const struct audience *a, size_t column);
/* Appends the cell of the record read last, without blanks around it; nothing without a column. */
void audience_put_cell(const struct audience *a, size_t column, struct buf *out);

#endif
