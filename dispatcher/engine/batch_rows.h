/*
 * The rows of one batch on their way into the ledger: lines in order, in groups, each with the
 * position behind it in the same transaction. What is not committed is read again.
 */
#ifndef ENGINE_BATCH_ROWS_H
#define ENGINE_BATCH_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/ledger.h"
#include "model/batch.h"
#include "model/settings.h"

struct batch_rows {
    struct ledger *ledger; /* borrowed, like all of these */
    const struct batch *parsed;
    int64_t batch;                  /* number in the ledger */
    int64_t next_line, next_offset; /* committed */
    int64_t bad_lines;              /* failed ones among them */
    /* the group */
    int64_t now_ms, line, offset, group_bad_lines;
    bool open, finished;
};

/* Forgets a group that was not committed. */
void batch_rows_begin(struct batch_rows *r, int64_t now_ms);
/* Is this the line that comes next? */
bool batch_rows_expects(const struct batch_rows *r, const struct planned_line *line);
MUST_CHECK int batch_rows_put(struct batch_rows *r, const struct planned_line *line,
                              struct error *err);
/* A line that cannot be sent, as one failed delivery: the batch adds up, and somebody sees it. Only
 * number, place and recipient of `place` count. */
MUST_CHECK int batch_rows_put_bad(struct batch_rows *r, const struct settings *settings,
                                  const struct planned_line *place, const char *why,
                                  struct error *err);
/* All lines are there; ERR_INTERNAL if they are not. */
MUST_CHECK int batch_rows_finish(struct batch_rows *r, struct error *err);
/* Nothing to do if nothing was put. On any error of put or commit: ledger_rollback(). */
MUST_CHECK int batch_rows_commit(struct batch_rows *r, struct error *err);

#endif
