/* Checking the folder of an export: what is read where, and how findings are told. */
#ifndef DESK_EVIDENCE_VERIFY_H
#define DESK_EVIDENCE_VERIFY_H

#include "cli/command.h"
#include "desk/evidence.h"
#include "model/evidence.h"

#define EVIDENCE_SHOWN_MOST 100 /* findings a person reads; JSON has them all */

/* The addresses beside the rows they belong to: both files are read once, side by side. */
struct evidence_addresses {
    struct evidence_reader reader;
    struct json_t *line; /* the next one; NULL: there is none */
    int64_t row;         /* of that line */
    int64_t count;       /* lines of a row so far */
};

struct evidence_verify {
    const struct invocation *inv;
    const char *directory;
    const char *file;        /* that is being read */
    struct json_t *manifest; /* NULL: it cannot be believed */
    char seal[DIGEST_HEX_SIZE];
    struct evidence_addresses addresses;
    int64_t decision; /* the row of the one before, 0: none; and its hash in the ledger */
    char ledger_hash[DIGEST_HEX_SIZE];
    int64_t findings, rows, removed;
};

/* A finding, told by file and row. */
struct evidence_named {
    const char *file;
    int64_t row, to;  /* 0: of the file as a whole */
    const char *what; /* for programs */
};
/* Counts it, and prints it as JSON; true: to be said in words now. */
bool evidence_begin_finding(struct evidence_verify *v, const struct evidence_named *f);
/* `what`: "missing", "added", "seal", "changed". */
void evidence_tell_file(struct evidence_verify *v, const char *file, const char *what);
/* An evidence_finding_fn: of a row of v->file. */
void evidence_tell_finding(void *context, const struct evidence_finding *f);

#endif
