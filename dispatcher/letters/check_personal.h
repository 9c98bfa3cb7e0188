/* Facts that differ from reader to reader: columns of an audience that are variables of the letter
 * (compensation.amount, case.number), as `enqueue` takes them. */
#ifndef LETTERS_CHECK_PERSONAL_H
#define LETTERS_CHECK_PERSONAL_H

#include "campaign/audience.h"
#include "model/fact_sheet.h"
#include "people/cell.h"
#include "render/library.h"

#define PERSONAL_MAX 32

struct personal {
    struct audience *audience; /* borrowed */
    struct {
        const char *name; /* "case.number", of the library */
        enum cell_kind kind;
        size_t column;
    } items[PERSONAL_MAX];
    size_t count;
    const char **others; /* variables without a column */
    size_t other_count;
};

/* Reads the header. Free with personal_free(). */
void personal_find(const struct library *l, int template_index, struct audience *a,
                   struct personal *out);
void personal_free(struct personal *p);
/* The facts `data` (may be NULL) with those of the record read last; cells that are empty or of
 * another type are left out, for `enqueue` to tell. A new reference. */
struct json_t *personal_data(const struct personal *p, const struct json_t *data);
/* The same of the first reader in a file who has all of them, else of the last. NULL without a file
 * (`path` may be NULL) or such columns. */
struct json_t *personal_sample(const struct library *l, int template_index, const char *path,
                               const struct json_t *data);

#endif
