/* Reads a map of a YAML file by a table of params.h into a struct: the same walk for every section
 * and file. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <stdbool.h>

#include "config/load.h"
#include "config/params.h"

/* A map to read. */
struct section {
    const char *file;      /* for messages; kept by the caller as long as the load */
    const char *directory; /* relative paths start here */
    const char *prefix;    /* "" or "transports.mail." */
    const struct yaml_node *map;
    bool overridable; /* the command line, and for an empty prefix the environment, may override */
    bool shown;       /* `config show` lists its keys */
    unsigned channel, type;  /* bits: which rows apply; 0: all */
    unsigned tolerated_type; /* rows of this type may stand there but are not needed */
    const char
        *description; /* "a transport of type outbox", for keys that stand in the wrong section */
};

/* Unknown keys, missing required keys and wrong values become problems of `l`. */
void reader_read(struct load *l, const struct section *section, const struct param_table *table,
                 void *target);
/*
 * Reads one value of a free name (organisation field, header, variable) into `target`, a char *. A
 * reference to a secret is resolved; `must_be_secret` refuses a literal.
 */
void reader_read_free(struct load *l, const struct section *section, const struct yaml_node *node,
                      const char *key, bool must_be_secret, char **target);
/* What the command line says of `key` of the section; NULL: nothing. Borrowed. */
const char *reader_find_override(const struct load *l, const struct section *section,
                                 const char *key);
/* Reads one value at `node` by `row`; `key` is its name behind the prefix. What the command line
 * says of it takes the place of `node`, which may be NULL then. */
void reader_read_one(struct load *l, const struct section *section, const struct yaml_node *node,
                     const struct param *row, const char *key, void *target);
/* Everything the command line overrides must have been a key. */
void reader_check_overrides(struct load *l);

#endif
