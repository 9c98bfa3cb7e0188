/*
 * Evidence: rows of JSON that stand in a chain, one on each line, so that whoever has the file can
 * tell whether a row was changed, taken out, put in or moved, and which.
 *
 *     {"address":"a…a@example.org", ..., "previous":"9f0c…","row":17, ..., "hash":"51be…"}
 *
 * The members stand in the order of their names (canonical JSON: no white space, UTF-8 not
 * escaped), but for `hash`, which is the last one: the SHA-256 of the line as it stands, without
 * the member hash, so `{` to the byte in front of `,"hash"`, and `}`. `previous` is the hash of the
 * row before, 64 zeros in the first one; `row` counts from 1. A single object is sealed likewise.
 */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/digest.h"
#include "model/token.h"

struct json_t;

/* ---- writing ---- */

struct evidence_chain {
    int64_t rows;
    char head[DIGEST_HEX_SIZE]; /* of the last row */
};
void evidence_begin(struct evidence_chain *chain);
/* Gives the object its members `row` and `previous` and appends its line, with the line end. */
void evidence_put_row(struct evidence_chain *chain, struct json_t *row, struct buf *out);
/* One object with its hash, appended without a line end. */
void evidence_put_sealed(const struct json_t *object, struct buf *out,
                         char out_hash[DIGEST_HEX_SIZE]);

/* ---- addresses ---- */

#define EVIDENCE_SALT_SIZE 33
/* Of a delivery: nobody guesses it without the key of the spool, and every export has the same. */
void evidence_make_salt(const unsigned char key[TOKEN_KEY_SIZE], int64_t delivery,
                        char out[EVIDENCE_SALT_SIZE]);
/* What a row says of an address it does not show: the SHA-256 of "SALT:ADDRESS". */
void evidence_commit(const char *salt, const char *address, char out[DIGEST_HEX_SIZE]);
/* "m…n@example.com", "+82…78"; the name of an endpoint is no address of a person. */
void evidence_put_masked(struct buf *out, const char *address);
/* A text with the address in it, in whatever case, written as evidence_put_masked() does. */
void evidence_put_without(struct buf *out, const char *text, const char *address);

/* ---- reading ---- */

struct evidence_line {
    bool sound;  /* it gives its own hash, and says which row it is */
    int64_t row; /* 0: it does not say */
    char previous[DIGEST_HEX_SIZE], hash[DIGEST_HEX_SIZE];
    struct json_t *root; /* NULL unless sound; drop with evidence_line_clear() */
};
/* `line` without its line end. */
void evidence_read_line(const char *line, size_t len, struct evidence_line *out);
void evidence_line_clear(struct evidence_line *line);

enum evidence_fault {
    EVIDENCE_CHANGED,   /* row `row` does not give its hash */
    EVIDENCE_REWRITTEN, /* it does, but the row behind it was made behind another one */
    EVIDENCE_MISSING,   /* the rows from `row` to `other` */
    EVIDENCE_ADDED, /* in front of row `row` stands a line that calls itself `other` (0: no row) */
    EVIDENCE_SWAPPED, /* the rows `row` and `other`, neighbours */
    EVIDENCE_MOVED,   /* where row `row` belongs stands row `other` */
    EVIDENCE_CUT,     /* the rows from `row` to `other`, the last one, are missing at the end */
    EVIDENCE_HEAD,    /* all is sound, but the last row, `row`, is not the one that was sealed */
};
struct evidence_finding {
    enum evidence_fault fault;
    int64_t row, other;
};
typedef void evidence_finding_fn(void *context, const struct evidence_finding *finding);

/* Reads a chain once from its first line to its last. One line is held back: what became of a line
 * that stands wrong is understood by the one behind it. */
struct evidence_check {
    evidence_finding_fn *tell;
    void *context;
    int64_t total;    /* rows there should be; -1: nobody knows */
    int64_t expected; /* which row comes next */
    int64_t faults;
    char previous[DIGEST_HEX_SIZE];
    bool known;   /* `previous` is known: nothing in front was found wrong just now */
    bool swapped; /* the held line should stand behind the one in front of it */
    bool holds;
    struct evidence_line held;
};
void evidence_check_begin(struct evidence_check *check, int64_t total, evidence_finding_fn *tell,
                          void *context);
/* The next line; its root is not looked at. */
void evidence_check_line(struct evidence_check *check, const struct evidence_line *line);
/* Behind the last line; `head` NULL: nobody knows. */
void evidence_check_end(struct evidence_check *check, const char *head);

#endif
