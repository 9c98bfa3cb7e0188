/* How commands print for people: aligned tables that know Hangul is two columns wide, times, masked
 * addresses. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define TABLE_COLUMNS_MAX 12

/* Rows are gathered, widths found, then printed; cells are made visible (no control characters
 * reach the terminal). */
struct table {
    const char *const *heads;
    size_t columns;
    struct buf *cells; /* row after row */
    size_t rows;
    unsigned right; /* bits of the columns that are set to the right: they hold numbers */
    unsigned whole; /* of those that are never cut: they hold what is copied */
};

void table_begin(struct table *t, const char *const *heads, size_t columns);
/* The next cell of the current row, in order; NULL prints "-". */
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *format, ...) PRINTF(2, 3);
/* A number, set to the right: "6,500,000". */
void table_count(struct table *t, int64_t number);
/* Prints to stdout and frees. A state is coloured as what it is; where the terminal is too narrow
 * the last columns lose their ends, or each row becomes a block. A pipe or file gets all of it. */
void table_end(struct table *t);

/* How wide the terminal is, COLUMNS if that is set; 0: stdout is none. */
size_t output_columns(void);

/* "2026-11-24T00:00:01.000Z" of our JSON as local time with offset, "2026-11-24 09:00:01 +09:00";
 * "-" for NULL. */
const char *output_time(const char *rfc3339, char *out, size_t size);
/* A sentence that names times as our JSON does: they become those of the operator, but for what it
 * quotes. */
void output_put_times(struct buf *out, const char *sentence);
/* "29,402" and "41m07s", "3h12m", "2d04h" for people; JSON has plain numbers and times. */
#define OUTPUT_NUMBER_SIZE 32
const char *output_number(int64_t number, char out[OUTPUT_NUMBER_SIZE]);
const char *output_span(int64_t ms, char out[OUTPUT_NUMBER_SIZE]);
/* How long ago that was, by the clock; "-" for NULL. */
const char *output_age(const char *rfc3339, char out[OUTPUT_NUMBER_SIZE]);
/* One line of a JSON Lines answer after the other: calls fn(context, object). */
struct json_t;
void output_each_line(const struct buf *lines, void (*fn)(void *context, const struct json_t *row),
                      void *context);
/* An answer as the JSON it came as, with "v" as its first member. */
void output_put_row(struct buf *out, const struct json_t *row);
/* An error on stderr, and as a JSON text: it may quote what a stranger wrote, and may have been cut
 * within a character, so it is made visible first. */
void output_error(const struct error *err);
void output_put_error(struct buf *out, const struct error *err);

#endif
