/* What is wrong with the rows of a file: the first are shown, all go to a file of their own that a
 * spreadsheet opens. */
#ifndef PEOPLE_FINDINGS_H
#define PEOPLE_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define FINDINGS_SHOWN 20
#define PROBLEMS_FILE  "problems.csv" /* if nobody says another one */

struct finding {
    int64_t row;         /* 0: of no row; then `column` says of what */
    const char *column;  /* as the file calls it; NULL: the whole row */
    const char *value;   /* NULL: none */
    const char *problem; /* what is wrong ... */
    const char *mend;    /* ... and how to mend it; NULL: the problem says it */
};

struct findings;

struct invocation;
struct findings_options {
    const struct invocation *inv; /* in whose language they are shown; NULL: English */
    const char *path;       /* of the file for all of them; borrowed. NULL: nothing is written or
                               shown, only counted */
    char delimiter;         /* as in the file that was read, so that the same program opens it */
    bool mark;              /* begin with a byte order mark: for spreadsheets */
    bool json;              /* show the first as JSON on standard output, else on stderr */
    void (*before)(void *); /* called before something is shown; NULL: nothing to do */
    void *context;
    void (*tally)(void *, const struct finding *); /* called for each; NULL: nobody counts */
    void *tally_context;
};

/* Is the file for them the one that is read, under whatever name? */
bool findings_would_overwrite(const char *path, const char *read);
struct findings *findings_open(const struct findings_options *options);
void findings_add(struct findings *f, const struct finding *finding);
/* Tells people something about what was found; it is no finding itself. */
void findings_note(struct findings *f, const char *text);
int64_t findings_count(const struct findings *f);
int64_t findings_rows(const struct findings *f); /* rows with at least one */
/* Closes the file. ERR_IO, ERR_AGAIN: it is not complete. */
MUST_CHECK int findings_finish(struct findings *f, struct error *err);
void findings_close(struct findings *f);

#endif
