/*
 * How fast each transport and each batch goes on: what became of attempts in each of the last sixty
 * seconds, and how long they took. For `top`. Like the metrics one for the whole process; so many
 * names are known at a time, then the one that has been quiet the longest is forgotten.
 */
#ifndef ENGINE_PULSE_H
#define ENGINE_PULSE_H

#include <stdint.h>

#include "base/buf.h"
#include "model/delivery.h"

#define PULSE_SECONDS 60
#define PULSE_NAMES   64

enum pulse_kind { PULSE_TRANSPORT, PULSE_BATCH };
enum pulse_way { PULSE_SENT, PULSE_DEFERRED, PULSE_FAILED };
#define PULSE_WAYS 3

/* An attempt ended in `state`. */
void pulse_note(enum pulse_kind kind, const char *name, enum delivery_state state,
                int64_t duration_ms, int64_t mono_ms);

struct pulse {
    double per_s[PULSE_WAYS];    /* of the last ten whole seconds */
    int64_t p50_ms, p95_ms;      /* of the last minute; -1: nothing happened */
    int64_t sent[PULSE_SECONDS]; /* the oldest first, the last one is this second */
};
/* All zero of a name nothing is known of. */
void pulse_read(enum pulse_kind kind, const char *name, int64_t mono_ms, struct pulse *out);
/* ,"sent_per_s":1.5,"deferred_per_s":0,"failed_per_s":0,"p50_ms":12,"p95_ms":80,"last_60s":[...] */
void pulse_put(struct buf *out, const struct pulse *p);

#endif
