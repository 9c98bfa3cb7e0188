/*
 * What the checks of a notice say, "FILE:1:33: /data/order must be ...", in the words of whoever
 * sees rows and columns: which cell, what is wrong, how to mend it.
 */
#ifndef PEOPLE_FAULT_H
#define PEOPLE_FAULT_H

#include <stdbool.h>

#include "base/error.h"
#include "people/columns.h"
#include "people/findings.h"
#include "people/rows.h"

#define FAULT_SHOWN "row" /* stands for the file in those sentences, and is cut off again */

/*
 * Tells what is wrong with a row; returns the column whose cell is to blame, -1 if none is or it
 * was told before. `columns` NULL: the file has none. `again`: other cells of it were forgotten, so
 * only what is wrong with a cell is worth telling.
 */
int fault_tell(struct findings *f, const struct columns *columns, const struct row *row, bool again,
               const struct error *why);

/* The parts of such a sentence: the column of its position (0: it has none) and what stands behind
 * it; and the end of that which says how to mend it, cut off (NULL: none). */
int fault_split_position(const char *text, const char **out_sentence);
char *fault_split_mend(char *sentence);

#endif
