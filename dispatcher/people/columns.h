/*
 * From the columns of a spreadsheet to the members of a batch's line. A header is a member of the
 * recipient (`email`), `id`, `locale`, `reference`, or a variable of the letter (`incident.start`;
 * one column for each language of a text: `nature.de`), whatever its case, spaces, `_` and `-`.
 */
#ifndef PEOPLE_COLUMNS_H
#define PEOPLE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/csv.h"
#include "base/error.h"
#include "model/batch.h"
#include "people/findings.h"

struct columns;
struct known_columns;
struct setup;

/*
 * Reads the header against the batch's letter. What is wrong with it goes to the findings; then
 * *out is NULL, and still 0 is returned. ERR_INPUT: nobody names a letter. Free with
 * columns_free().
 */
MUST_CHECK int columns_map(const struct csv_record *header, char delimiter, const struct batch *b,
                           const struct setup *s, struct findings *findings, struct columns **out,
                           struct error *err);
/* What a file that is no batch may have as columns. Texts are borrowed. */
struct columns_wanted {
    const struct known_columns *known;
    const char *ignored;      /* names of columns that are left aside, with commas; NULL: none */
    const char *unknown;      /* "this column is ...", of one that is not known */
    const char *unknown_mend; /* what to do about it */
    const char *nobody_mend;  /* what to do if no column holds an address */
};

/* The same for such a file. NULL: something is wrong with its header, and was told. */
struct columns *columns_map_wanted(const struct csv_record *header, char delimiter,
                                   const struct columns_wanted *wanted, struct findings *findings);
void columns_free(struct columns *c);

enum row_kind { ROW_BLANK, ROW_GOOD, ROW_BAD };

/* Takes the cells of a record, cleaned. ROW_BAD: the finding was told. `findings` NULL: tells
 * nothing. */
enum row_kind columns_take(struct columns *c, const struct csv_record *record,
                           struct findings *findings);
/* Appends the line those cells stand for. A cell that is not of its variable's type is told and
 * forgotten; then false. */
bool columns_put_line(struct columns *c, int64_t row, struct findings *findings, struct buf *out);
/*
 * The column a sentence about `line` is about, -1 if it is about none: "FILE:1:COLUMN: SENTENCE" as
 * model/ and engine/ write it, `sentence` the part behind the position. *out_sentence is set behind
 * the name of the member, which means nothing to whoever sees columns.
 */
int columns_blame(const struct columns *c, const struct buf *line, int column, const char *sentence,
                  const char **out_sentence);
/*
 * Is `sentence` about a text that is missing in a language ("/data/note has no text in ...") of a
 * variable with columns? Then *out_column is the one of that language, -1 if there is none, and its
 * name is appended.
 */
bool columns_miss_text(const struct columns *c, const char *sentence, int *out_column,
                       struct buf *name);
size_t columns_count(const struct columns *c);
/* As the file calls it. */
const char *columns_name(const struct columns *c, int column);
/* The column of a member ("/to/email"), -1 if there is none. */
int columns_find(const struct columns *c, const char *pointer);
/* The next one of that member, behind `column`. */
int columns_find_next(const struct columns *c, const char *pointer, int column);
/* Of the record taken last; "" if it is empty. */
const char *columns_value(const struct columns *c, int column);
/* Forgets a cell, to see what else is wrong with its row: a variable and an address get some value
 * of their type in its place, anything else none. */
void columns_forget(struct columns *c, int column);
bool columns_forgot(const struct columns *c, int column);

#endif
