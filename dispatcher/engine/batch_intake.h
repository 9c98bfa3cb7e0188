/*
 * Batch intake: from new/ID/ to rows. One batch at a time, the small and urgent ones first, and
 * beside everything else:
 *
 *   new/ID/ ─▶ reader process: count, SHA-256, the first thousand lines ─▶ begun in the ledger
 *           ─▶ moved to batches/ID/ ─▶ reader: line by line, checked and routed ─▶ rows, in groups
 *
 * The reader (engine/reader.c) is a process of its own without ledger: it does the expensive part,
 * and what a hostile line breaks is only it. The scheduler books what it says, a few hundred rows
 * at a time and only while the reader's socket has them, so that leases and reports never wait. A
 * kill at any point continues behind the last committed line.
 *
 * A batch whose count, sum, shared part or first thousand lines are wrong is refused as a whole,
 * with its first errors as the reason: nothing of it was sent. A line that turns out wrong later is
 * booked as one failed delivery (cause `invalid`, the sentence as remark): the batch still adds up.
 *
 * Where a letter was left out for a mistake nothing is judged: the batch waits at that line, in
 * new/ or half loaded, and goes on behind the next reload.
 */
#ifndef ENGINE_BATCH_INTAKE_H
#define ENGINE_BATCH_INTAKE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/recorder.h"
#include "engine/setup.h"
#include "ledger/ledger.h"
#include "spool/spool.h"

struct batch_intake;

/* All are borrowed and outlive it. Continues what stands BATCH_LOADING in the ledger. The recorder
 * hears when the ledger fails, and while it is down nothing is read. */
struct batch_intake *batch_intake_open(struct spool *spool, struct ledger *l, struct recorder *r);
void batch_intake_close(struct batch_intake *b);
/* The configuration to judge by from the next batch (and the next restart of the reader) on. */
void batch_intake_use(struct batch_intake *b, struct setup *setup);
/* A directory stands in new/ (spool_intake.batch). Remembered; begun when it is its turn. */
void batch_intake_note(struct batch_intake *b, const char *id);

/* It is remembered, or is being taken in: nothing new about it. */
bool batch_intake_knows(const struct batch_intake *b, const char *id);

/* Why it waits for a letter that was left out; NULL: it does not. Borrowed. */
const char *batch_intake_waits(const struct batch_intake *b, const char *id);

/* As pool.h: room for one; call in this order each turn. */
size_t batch_intake_poll(const struct batch_intake *b, struct pollfd *fds);
void batch_intake_serve(struct batch_intake *b, const struct pollfd *fds, int64_t wall_ms);
/* Starts, reaps and replaces the reader. Returns when it wants to be called again (monotonic ms,
 * INT64_MAX: only when poll says so). */
int64_t batch_intake_tend(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms);

/* For tests: called in the reader before each line. */
void batch_intake_watch(struct batch_intake *b, void (*watch)(int64_t line));

/* The batch being taken in, for the status; NULL: none. */
const char *batch_intake_current(const struct batch_intake *b, int64_t *out_line,
                                 int64_t *out_total);

#endif
