/*
 * When the wall clock steps (set by hand, by NTP after a long time, a machine that slept): what was
 * told as "in so and so long" follows, in steps beside the other work.
 */
#ifndef ENGINE_CLOCK_STEP_H
#define ENGINE_CLOCK_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/recorder.h"
#include "ledger/ledger.h"

/* Zero-initialise. */
struct clock_step {
    int64_t ahead_ms;            /* wall clock minus monotonic clock, as last seen */
    int64_t owed_ms;             /* stepped by so much, and patience does not follow yet */
    struct rewind rewind;        /* more: the clock was set back, and due times follow */
    struct patience_shift shift; /* more: the clock stepped, and the turns of channels follow */
};

/* `written_ms`: when the ledger was last written, by the clock of then. If that lies ahead, the
 * clock was set back while nobody watched. */
void clock_step_begin(struct clock_step *c, int64_t written_ms, int64_t mono_ms, int64_t wall_ms);
/* Has it stepped since? Then the log says so. Every turn of the loop, with one reading of both
 * clocks by which all of the turn goes that asks clock_step_is_shifting(). */
void clock_step_watch(struct clock_step *c, int64_t mono_ms, int64_t wall_ms);
/* One step; what waits in the recorder is committed before. */
void clock_step_serve(struct clock_step *c, struct recorder *recorder, int64_t mono_ms,
                      int64_t wall_ms);
bool clock_step_has_more(const struct clock_step *c);
/* Nobody's patience is over before this is done. */
bool clock_step_is_shifting(const struct clock_step *c);

#endif
