/*
 * Escalation: a channel of single routing that has not told its person in its time gives the turn
 * to the next one (rules.yaml `after`).
 */
#ifndef ENGINE_ESCALATE_H
#define ENGINE_ESCALATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/log_pace.h"
#include "engine/recorder.h"
#include "engine/setup.h"
#include "engine/shelf.h"

/* Borrowed. */
struct escalating {
    struct recorder *recorder;
    struct shelf *shelf;
    const struct setup *setup;
    struct log_pace *untold; /* batches of which the lines cannot be read */
    int64_t now_ms;
};

/* Some of those that are overdue, in one transaction; what waits in the recorder is committed
 * before. True: something was moved, there may be more. */
bool escalate_some(const struct escalating *e);

#endif
