/* Cells of CSV files that are opened in spreadsheets. */
#ifndef CLI_CSV_PUT_H
#define CLI_CSV_PUT_H

#include <stdbool.h>

#include "base/buf.h"

/* UTF-8 for spreadsheets that would guess otherwise. */
#define CSV_BOM "\xef\xbb\xbf"

/* Appends a cell, quoted, with a comma before it unless it is the first. What a spreadsheet would
 * take for a formula (it begins with = + - @, a tab or a line end, also behind spaces) gets an
 * apostrophe in front; so do telephone numbers, which it would take for numbers. */
void csv_put_cell(struct buf *out, const char *text, bool first);
/* The same behind a comma, but as it is, for tables this program reads again: names and addresses
 * must come back as they were. */
void csv_put_person(struct buf *out, const char *text);
/* The cell as it was before the apostrophe. Borrowed. */
const char *csv_bare(const char *text);

#endif
