/*
 * The rows of a file as lines of a batch, one after the other: of a CSV by its columns, of JSON
 * Lines as they stand. The file is streamed; any row can be read again.
 */
#ifndef PEOPLE_ROWS_H
#define PEOPLE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "model/batch.h"
#include "people/columns.h"
#include "people/findings.h"

struct rows;
struct setup;

struct row {
    int64_t number; /* the line of the batch it becomes, from 1; blank rows have none */
    int64_t row;    /* where it stands in the file, for messages */
    bool good;      /* false: its finding was told, and `line` is not to be used */
    struct buf line;
};

/* ERR_NOT_FOUND, ERR_IO; ERR_INPUT: no file, or none of text. Close with rows_close(). */
MUST_CHECK int rows_open(const char *path, bool csv, struct rows **out, struct error *err);
void rows_close(struct rows *r);
/* ',' for JSON Lines. */
char rows_delimiter(const struct rows *r);
/* Rows there can be at most; lines in the file and lines read, for progress. */
int64_t rows_most(const struct rows *r);
int64_t rows_lines_done(const struct rows *r);
/* Reads what stands above the rows, the names of the columns. What is wrong is told. ERR_INPUT:
 * there is no letter for them, or no row at all. */
MUST_CHECK int rows_begin(struct rows *r, const struct batch *b, const struct setup *s,
                          struct findings *findings, struct error *err);
/* At the end: of the bytes that were read, whatever became of the file meanwhile. */
void rows_sum(const struct rows *r, unsigned char out[DIGEST_SIZE]);
/* NULL for JSON Lines. Its cells are those of the row read last. */
struct columns *rows_columns(struct rows *r);
/* Is the file to be saved anew, in another charset? That was told, and what would follow is not
 * worth reading. */
bool rows_unreadable(const struct rows *r);
/* The next row; borrowed until the next call. NULL: the end. ERR_IO. */
MUST_CHECK int rows_next(struct rows *r, struct findings *findings, struct row **out,
                         struct error *err);
/* The line of the row with this number again, and where it stands. ERR_INPUT: the file has changed.
 */
MUST_CHECK int rows_read_again(struct rows *r, int64_t number, struct buf *line, int64_t *out_row,
                               struct error *err);

#endif
