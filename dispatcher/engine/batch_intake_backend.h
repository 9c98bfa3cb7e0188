/* The inside of batch intake, for the files that share it: batch_intake.c walks through the phases,
 * batch_loading.c hears the reader's rows. */
#ifndef ENGINE_BATCH_INTAKE_BACKEND_H
#define ENGINE_BATCH_INTAKE_BACKEND_H

#include "base/buf.h"
#include "engine/batch_intake.h"
#include "engine/batch_queue.h"
#include "engine/batch_rows.h"
#include "engine/reader_process.h"

/*
 *             ┌──────── wrong ──────▶ corrupt/ID/
 *   IDLE ─▶ VERIFYING ─▶ VERIFIED ─▶ ADOPTING ─▶ LOADING ─▶ IDLE
 *    ▲       (reader)     (ledger)   (rename)    (reader)
 *    └─ a batch that stands BATCH_LOADING in the ledger begins at ADOPTING
 *
 * The verdict is about two files, and holds for them only: they are known again by their stamps
 * before the batch is begun and behind the rename. Whoever changed them meanwhile, or a daemon that
 * died between the two, has them verified anew; a batch that was begun and has left new/ before it
 * was moved is withdrawn from the ledger, so that its id is free for what comes instead.
 *
 * What has to be tried again keeps its phase and waits a little, or, if others can do without what
 * it lacks (room for its rows, a reader nobody kills), its place in the queue. Behind VERIFIED the
 * batch is in the ledger: from there on nothing of it is lost.
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
    enum batch_rank rank;
    bool begun; /* in the ledger */
    /* Where the files stand that are verified, and by what they are known again. */
    enum batch_place place;
    struct batch_stamp stamp;
    bool verified;
    int killed;            /* verifying readers that somebody killed */
    bool no_room;          /* for its rows; the log says so */
    char *told;            /* why a letter was left out, as the log says; NULL: it says nothing */
    int64_t yield_mono_ms; /* loading: from then on it lets others of a higher rank pass */
};

/* One that was begun and is not looked at now. */
struct put_off {
    int64_t batch;
    char *id;
    char *waits; /* for a letter, and why; NULL: for something else */
};

struct batch_intake {
    struct spool *spool;
    struct ledger *ledger;
    struct recorder *recorder;
    struct setup *setup;      /* for the next reader; one reference */
    struct batch_queue queue; /* directories in new/ */
    int passed;               /* how many of a higher rank went before one that was begun */
    bool look;                /* the ledger may know batches that are not whole */
    struct put_off *put_off;  /* those that are not looked at now */
    size_t put_off_count;
    int64_t look_again_mono_ms; /* then they are */
    enum phase phase;
    struct intake_batch now;
    struct reader_process reader;
    int64_t again_mono_ms; /* not before */
    int64_t heard_mono_ms; /* when the reader last said something, or could not */
    bool no_room;          /* to book anything; the log says so */
    void (*watch)(int64_t line);
};

/* ---- batch_intake.c ---- */

void intake_end_reader(struct batch_intake *b);
/* The batch is done with, one way or the other. */
void intake_leave(struct batch_intake *b);
void intake_refuse(struct batch_intake *b, const char *reason);
/* It is not what it was when it was looked at: looked at again. */
void intake_look_again(struct batch_intake *b);
/* It was begun and not adopted: that goes on where it stopped. */
void intake_look_from_the_start(struct batch_intake *b);
/* Is there room for so many rows? If not that is said once, by *told. */
bool intake_has_room(struct batch_intake *b, int64_t rows, bool *told);
int intake_start_reader(struct batch_intake *b, bool verify, enum batch_place place,
                        struct error *err);
/* Others go first; it stands where it stood, in new/ or in the ledger, and has its turn later. */
void intake_put_off(struct batch_intake *b, const struct error *why);
/* A letter of it was left out: others go first until that is mended. */
void intake_wait_for_letter(struct batch_intake *b, const char *reason);
/* Its phase stays. */
void intake_try_again(struct batch_intake *b, const char *event, const struct error *why);
/* The recorder hears of it, what was not committed is read again. */
void intake_fail_ledger(struct batch_intake *b, const struct error *why);
/* The reader has died, or (`how` not NULL) has to be ended for what it said. */
void intake_mourn(struct batch_intake *b, int64_t wall_ms, const char *how);

/* ---- batch_adopt.c ---- */

/* The phases VERIFYING (its beginning), VERIFIED and ADOPTING. */
void adopt_start_verifying(struct batch_intake *b);
void adopt_accept(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms);
void adopt_move(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms);
/* What the verifying reader found: "" or what is wrong. */
void adopt_hear_verdict(struct batch_intake *b, const char *problem, int64_t wall_ms);

/* ---- batch_loading.c ---- */

/* Books what the reader has said. */
void loading_hear(struct batch_intake *b, int64_t wall_ms);
/* After the death of a loading reader: careful from now on, and behind a line that kills. */
void loading_mourn(struct batch_intake *b, int64_t wall_ms, const char *how);

#endif
