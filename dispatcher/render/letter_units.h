/*
 * The pieces of a letter that a person writes and a translator translates: front-matter values,
 * headings, paragraphs and list items, each with its bytes in the file. Made from the source
 * itself, not from what is compiled, so that also a letter with mistakes can be read, and a piece
 * can be replaced where it stands. Never fails: what is no YAML has no fields.
 */
#ifndef RENDER_LETTER_UNITS_H
#define RENDER_LETTER_UNITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/place.h"

/* What stands in `plain` for each byte of a tag. */
#define UNIT_VALUE   '\x01' /* {{x}} */
#define UNIT_NOTHING '\x02' /* {{#x}}, {{/x}}, {{! x}}: no words of their own */

enum unit_kind { UNIT_FIELD, UNIT_HEADING, UNIT_PARAGRAPH, UNIT_ITEM };

struct unit {
    enum unit_kind kind;
    /* "subject"; "nature/0" the heading of a section, "nature/2" its second paragraph or item;
     * "/1" the first above all headings. */
    char *id;
    char *section; /* "nature"; "" above all headings; of a field its key */
    /* The words as they are written, tags and all, on one line; of a field what YAML reads. */
    char *text;
    /* The bytes of the source from `plain_start` on, one for one: tags masked, line ends and
     * escapes blank. For looking for words and telling where they stand. */
    char *plain;
    size_t plain_len, plain_start;
    size_t start, end; /* what to replace in the source; of a field with its quotes */
    bool words;        /* there is a letter outside of the tags */
};

struct units {
    char *path;
    struct buf source;
    struct unit *items;
    size_t count;
};

struct yaml_node;

/* `source` is LF text; `path` is used in places. Free with units_free(). */
void units_split(const char *source, size_t len, const char *path, struct units *out);
/* For files that are no letters: none yet, then one UNIT_FIELD for each scalar of the YAML (or
 * JSON) that `source` is. */
void units_open(const char *source, size_t len, const char *path, struct units *out);
void units_add_value(struct units *u, const struct yaml_node *node, const char *id,
                     const char *section);
void units_free(struct units *u);
/* NULL if there is none. */
const struct unit *units_find(const struct units *u, const char *id);
/* Where a byte of `unit->plain` stands in the file. */
struct place units_place(const struct units *u, const struct unit *unit, size_t offset);
/* 16 hexadecimal digits (NUL behind them) that change when the words of a unit do; blanks do not
 * count. */
#define UNIT_HASH_SIZE 17
void unit_hash(const struct unit *unit, char out[UNIT_HASH_SIZE]);

#endif
