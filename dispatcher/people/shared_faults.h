/* What is wrong with batch.json itself, and only seen when a row is checked: it is told once, not
 * for each row. */
#ifndef PEOPLE_SHARED_FAULTS_H
#define PEOPLE_SHARED_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/batch.h"
#include "people/columns.h"
#include "people/findings.h"
#include "people/handover_facts.h"
#include "people/rows.h"

struct shared_faults {
    const struct batch *batch;          /* borrowed, like the rest */
    const char *path;                   /* of batch.json; NULL: options say it */
    const struct buf *text;             /* as it was read, for positions */
    const struct handover_facts *facts; /* what is not in the text is in this sheet */
    char **told;                        /* sentences */
    size_t count;
};

struct setup;

/* Before any row: a variable that the letter does not have. Without its right name a column would
 * seem to be missing. */
void shared_faults_look(struct shared_faults *s, const struct setup *setup, struct findings *f);
/* Is it about `data` of batch.json? Then it is told, unless it was before. `columns` NULL: the file
 * has none. */
bool shared_faults_take(struct shared_faults *s, struct findings *f, const struct columns *columns,
                        const struct row *row, const struct error *why);
void shared_faults_clear(struct shared_faults *s);

#endif
