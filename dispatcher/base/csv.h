/*
 * CSV as RFC 4180 has it and as spreadsheets write it: fields in quotes with doubled quotes and
 * line breaks inside, CRLF or LF, a byte order mark, commas, semicolons (German spreadsheets) or
 * tabs. The file is streamed: memory holds one record, however large the file is.
 *
 * What is malformed is a fault of its record, not an error: reading goes on behind it, so that one
 * run can show everything that is wrong.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CSV_FIELD_MAX  ((size_t)64 * 1024)
#define CSV_FIELDS_MAX 1024

/* The first thing wrong with a record. */
struct csv_fault {
    size_t column;       /* from 0; may be behind the last field */
    const char *problem; /* NULL: the record is sound; static text, like all here */
    const char *mend;
    bool of_file; /* of the file, not of this record alone: it must be saved anew */
};

struct csv_field {
    const char *text; /* ends with NUL */
    size_t len;
};

/* Borrowed from the reader until its next record. */
struct csv_record {
    struct csv_field *fields;
    size_t count;
    int64_t row;    /* as a spreadsheet counts: from 1, the header and blank rows count */
    int64_t line;   /* as an editor counts: where the record begins */
    int64_t offset; /* in the file, of its first byte */
    struct csv_fault fault;
};

struct csv;
struct digest;

/*
 * Opens a file and finds its delimiter in the first line (or in Excel's `sep=;` above it).
 * ERR_NOT_FOUND, ERR_IO; ERR_INPUT: no regular file, a workbook, or UTF-16. Close with csv_close().
 */
MUST_CHECK int csv_open(const char *path, struct csv **out, struct error *err);
void csv_close(struct csv *c);
/* ',', ';' or '\t'. */
char csv_delimiter(const struct csv *c);
/* The next record that is not blank, that is, with something in one of its fields; *out is NULL at
 * the end. ERR_IO. */
MUST_CHECK int csv_next(struct csv *c, const struct csv_record **out, struct error *err);
/* From now on `sum` hears of every byte of the file, the first ones too, each once as it is read:
 * behind the last record it is the sum of what was read, whatever became of the file meanwhile.
 * Right after csv_open(), and only without csv_seek(). */
void csv_put_sum(struct csv *c, struct digest *sum);
/* The line the reader has reached, for progress. */
int64_t csv_line(const struct csv *c);
/* Goes back (or on) to a record that was read before: offset, row and line are its. */
MUST_CHECK int csv_seek(struct csv *c, int64_t offset, int64_t row, int64_t line,
                        struct error *err);

#endif
