/* One cell of a spreadsheet: cleaned of what nobody sees, and written as the JSON its variable
 * wants.
 */
#ifndef PEOPLE_CELL_H
#define PEOPLE_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum cell_kind {
    CELL_TEXT,
    CELL_INTEGER,
    CELL_NUMBER,
    CELL_BOOLEAN,
    CELL_DATE,
    CELL_DATETIME,
    CELL_LIST,
    CELL_MONEY,     /* 50000 KRW */
    CELL_LANGUAGES, /* a text for each language: needs a column for each */
    CELL_UNFIT,     /* nothing that one cell could hold */
};

/*
 * Appends the text (valid UTF-8) in NFC, without zero-width characters and directional marks,
 * no-break spaces as spaces, CRLF as LF, nothing blank at either end.
 */
void cell_clean(const char *text, size_t len, struct buf *out);

struct cell_fault {
    const char *problem, *mend; /* static */
};

/* "4,91511E+12": a spreadsheet has shown a long number so and written what it showed. */
bool cell_is_power_of_ten(const char *text);
extern const struct cell_fault cell_power_of_ten; /* what to say of one that is refused */

/* Appends a date as YYYY-MM-DD if it is written 24.11.2026 or 2026.11.24, anything else as it is.
 */
void cell_put_date(struct buf *out, const char *text);

/*
 * Appends a cleaned, non-empty cell as JSON. `comma_decimal`: 1234,5 is a number, as in German
 * spreadsheets. Dates may be written 24.11.2026 or 2026.11.24, lists with ; | or line breaks. False
 * and the fault if it cannot be read so; then nothing is appended. What a shared check finds as
 * well (is it a date?) is left to that.
 */
bool cell_put_json(struct buf *out, enum cell_kind kind, const char *text, bool comma_decimal,
                   struct cell_fault *fault);

#endif
