/* What enqueue_header.c builds of the first row, and enqueue_columns.c reads the others by. */
#ifndef PEOPLE_COLUMNS_PARTS_H
#define PEOPLE_COLUMNS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "people/cell.h"
#include "people/columns.h"

#define NOBODY (-1)

/* A member of the line: an object with members of its own, or a cell. */
struct node {
    char *name;
    struct node *below;
    size_t count;
    int column;     /* NOBODY: it has none */
    char *constant; /* JSON of batch.json that stands in for an empty cell; NULL: none */
    enum cell_kind kind;
};

struct column {
    char *name;     /* as the file writes it, cleaned */
    char *pointer;  /* NULL: without a header, nothing may stand in it */
    bool ignored;   /* unless somebody said that it is left aside */
    bool forgotten; /* in the record taken last */
};

struct columns {
    struct column *items;
    size_t count;
    size_t *starts; /* of each cell in `cells`; each ends with NUL */
    struct buf cells;
    struct node root;
    bool comma_decimal;
};

/* "/data/incident" of "/data/incident/start": a group is there if something below it is. */
bool columns_is_mapped(const struct columns *c, const char *pointer);

#endif
