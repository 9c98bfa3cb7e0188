/* The inside of batch intake, for the files that share it: batch_intake.c walks through the phases,
 * batch_loading.c hears the reader's rows. */
#ifndef ENGINE_BATCH_INTAKE_BACKEND_H
#define ENGINE_BATCH_INTAKE_BACKEND_H

#include "base/buf.h"
#include "engine/batch_intake.h"
#include "engine/batch_rows.h"
#include "engine/reader_process.h"

/*
 *             ┌──────── wrong ──────▶ corrupt/ID/
 *   IDLE ─▶ VERIFYING ─▶ VERIFIED ─▶ ADOPTING ─▶ LOADING ─▶ IDLE
 *    ▲       (reader)     (room?)    (rename)    (reader)
 *    └─ a batch that stands BATCH_LOADING in the ledger begins at ADOPTING
 *
 * What has to be tried again (no room, no process, a disk that does not read) keeps its phase and
 * waits a little. Behind VERIFIED the batch is in the ledger: from there on nothing of it is lost.
 */
enum phase { INTAKE_IDLE, INTAKE_VERIFYING, INTAKE_VERIFIED, INTAKE_ADOPTING, INTAKE_LOADING };

/* The batch being taken in. */
struct intake_batch {
    char *id;
    struct batch *parsed;
    struct buf canonical;
    int64_t bytes;
    struct batch_rows rows; /* from ADOPTING on */
    int64_t begun_line;     /* the line a careful reader is at, 0: none */
    int64_t crash_line;
    int crashes; /* in a row, at crash_line; verifying: at all */
    bool careful;
};

struct batch_intake {
    struct spool *spool;
    struct ledger *ledger;
    struct recorder *recorder;
    struct setup *setup; /* for the next reader; one reference */
    char **noted;        /* directories in new/ */
    size_t noted_count;
    bool look;          /* the ledger may know batches that are not whole */
    int64_t look_after; /* behind this number */
    int64_t look_again_mono_ms;
    enum phase phase;
    struct intake_batch now;
    struct reader_process reader;
    int64_t again_mono_ms; /* not before */
    int64_t heard_mono_ms; /* when the reader last said something, or could not */
    bool no_room;          /* the log says so */
    void (*watch)(int64_t line);
};

/* ---- batch_intake.c ---- */

void intake_end_reader(struct batch_intake *b);
/* The batch is done with, one way or the other. */
void intake_leave(struct batch_intake *b);
void intake_refuse(struct batch_intake *b, const char *reason);
/* Others go first; it stands where it stood, in new/ or in the ledger, and is found there again. */
void intake_put_off(struct batch_intake *b, const struct error *why);
/* Its phase stays. */
void intake_try_again(struct batch_intake *b, const char *event, const struct error *why);
/* The recorder hears of it, what was not committed is read again. */
void intake_fail_ledger(struct batch_intake *b, const struct error *why);
/* The reader has died, or (`how` not NULL) has to be ended for what it said. */
void intake_mourn(struct batch_intake *b, int64_t wall_ms, const char *how);

/* ---- batch_loading.c ---- */

/* Books what the reader has said. */
void loading_hear(struct batch_intake *b, int64_t wall_ms);
/* After the death of a loading reader: careful from now on, and behind a line that kills. */
void loading_mourn(struct batch_intake *b, int64_t wall_ms, const char *how);

#endif
