/*
 * What the scheduler counts of itself since it started, for whoever draws curves: engine/requests
 * answers `metrics` with it. Like the log, one for the whole process. No label is ever an address,
 * an id, or a word somebody else chose.
 */
#ifndef ENGINE_METRICS_H
#define ENGINE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/delivery.h"
#include "model/disposition.h"
#include "model/receipt.h"

enum metrics_notice { METRICS_ACCEPTED, METRICS_REJECTED, METRICS_DEDUPLICATED };
void metrics_note_notice(enum metrics_notice what);
/* Lines of batches that came into the books. */
void metrics_note_lines(int64_t accepted, int64_t rejected);
/* A notice in another language than asked for. */
void metrics_note_fallback(void);

struct metrics_attempt {
    enum channel_kind channel;
    const struct disposition *disposition;
    enum delivery_state state; /* what the delivery became */
    int64_t duration_ms;
    int64_t accepted_ms, now_ms;
};
void metrics_note_attempt(const struct metrics_attempt *a);
/* One that is believed. */
void metrics_note_receipt(enum receipt_kind kind);
/* A configuration was taken, or refused. */
void metrics_note_reload(bool taken, int64_t now_ms);

/* {"v":1,"metric":"jobs","labels":{"state":"waiting"},"value":12} and a line end. `labels`: the
 * members, NULL: none. */
void metrics_put(struct buf *out, const char *name, const char *labels, double value);
/* All that was noted, as rows like that. Also what never happened: as 0. */
void metrics_put_noted(struct buf *out);

#endif
