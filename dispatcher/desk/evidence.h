/* The folder of an export of evidence: who writes it, who checks it, who takes an address out. */
#ifndef DESK_EVIDENCE_H
#define DESK_EVIDENCE_H

#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/evidence.h"

#define EVIDENCE_MANIFEST  "manifest.json"
#define EVIDENCE_README    "README.txt"
#define EVIDENCE_ADDRESSES "addresses.jsonl"
#define EVIDENCE_LETTERS   "letters"
#define EVIDENCE_FORMAT    "dispatcher evidence, version 2"
#define EVIDENCE_FORMER    "dispatcher evidence, version 1" /* without duties and exemptions */

/* The files that are chains; deliveries first: the addresses are looked at beside them. */
enum evidence_part {
    EVIDENCE_DELIVERIES,
    EVIDENCE_DECISIONS,
    EVIDENCE_APPROVALS,
    EVIDENCE_CALLS,
    EVIDENCE_DUTIES,
    EVIDENCE_EXEMPTIONS,
    EVIDENCE_PARTS
};
/* "deliveries.jsonl" */
const char *evidence_part_name(enum evidence_part part);

/* ---- a file of lines that is being written ---- */

struct evidence_file {
    FILE *file;
    char *path;
    struct evidence_chain chain;
    struct buf line;
};
/* Made new in the directory, with this mode. ERR_CONFLICT if it is there. */
MUST_CHECK int evidence_file_open(const char *directory, const char *name, mode_t mode,
                                  struct evidence_file *out, struct error *err);
void evidence_file_put_row(struct evidence_file *f, struct json_t *row);
void evidence_file_put_text(struct evidence_file *f, const char *text);
/* Durable. After an error of ours (rc) only closed; returns rc, or why it could not be written. */
int evidence_file_close(struct evidence_file *f, int rc, struct error *err);

/* A line of the addresses, with the line end: {"address":...,"id":...,"row":...,"salt":...}. */
void evidence_put_address(struct buf *out, const char *address, const char *id, int64_t row,
                          const char *salt);

/* ---- a file of lines that is read ---- */

struct evidence_reader {
    FILE *file;
    char *line;
    size_t room, len;
    int64_t number; /* of the line, from 1 */
    bool cut;       /* it lacks its line end */
};
/* false and *out empty: it is not there. */
MUST_CHECK int evidence_reader_open(const char *directory, const char *name,
                                    struct evidence_reader *out, struct error *err);
/* The next line without its line end; false at the end. */
bool evidence_reader_next(struct evidence_reader *r);
void evidence_reader_close(struct evidence_reader *r);

/* What the export says of itself: three languages, how to check it without this program. */
struct evidence_facts {
    const char *campaign;
    const char *exported_at; /* RFC 3339 */
    const char *addresses;   /* "full", "masked", "none" */
    int64_t deliveries, decisions;
};
void evidence_put_readme(struct buf *out, const struct evidence_facts *facts);

#endif
