/* The columns a file may have: members of a recipient, and the variables of the letters its batch
 * can become. */
#ifndef PEOPLE_KNOWN_COLUMNS_H
#define PEOPLE_KNOWN_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/batch.h"
#include "people/cell.h"

struct setup;

struct known_column {
    char *name;    /* "incident.start", as messages call it */
    char *key;     /* the same squashed, for comparing */
    char *pointer; /* "/data/incident/start" */
    enum cell_kind kind;
    bool required;    /* by the letter; only said if there is one letter alone */
    bool of_language; /* nature.de of nature */
    bool several;     /* there may be more than one column of it */
};

struct known_columns {
    struct known_column *items;
    size_t count;
};

/* ERR_INPUT: the batch names no letter and no rule does, or there is no such letter. */
MUST_CHECK int known_columns_load(const struct batch *b, const struct setup *s,
                                  struct known_columns *out, struct error *err);
/* One more, of a file that is no batch. `pointer` has the form of "/to/email". */
struct known_column *known_columns_add(struct known_columns *k, const char *name,
                                       const char *pointer);
void known_columns_free(struct known_columns *k);
/* Appends a header (cleaned) in the form headers are compared in: small letters, without spaces,
 * `_` and `-`. */
void known_columns_squash(struct buf *out, const char *header);
/* Of a variable's type as template.yaml writes it. */
enum cell_kind known_columns_kind(const char *type);
/* By squashed name; -1. */
int known_columns_find(const struct known_columns *k, const char *key);
/* "did you mean": a name, or NULL. Borrowed. */
const char *known_columns_closest(const struct known_columns *k, const char *key);
/* Appends what columns there can be, for a person who looks for the right name. */
void known_columns_put_names(const struct known_columns *k, struct buf *out);
/* What batch.json says for all at this pointer, as JSON appended; false if it says nothing. */
bool known_columns_shared(const struct batch *b, const char *pointer, struct buf *out);

#endif
