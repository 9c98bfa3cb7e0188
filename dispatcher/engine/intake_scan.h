/*
 * The pass over new/: single notices go into the ledger at once, in durable groups; a directory is
 * handed to the intake of batches. With too little room on the disk nothing is taken at all.
 */
#ifndef ENGINE_INTAKE_SCAN_H
#define ENGINE_INTAKE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/batch_intake.h"
#include "engine/letter_waits.h"
#include "engine/log_pace.h"
#include "engine/setup.h"
#include "ledger/ledger.h"
#include "spool/spool.h"

/* Who stands at the door. All borrowed. */
struct intake_door {
    struct spool *spool;
    struct ledger *ledger;
    const struct setup *setup;
    struct batch_intake *batches; /* NULL: directories are refused */
    struct log_pace *full;        /* how often it is told that there is no room */
    struct letter_waits *letters; /* who waits for a letter; NULL: nobody is remembered */
};

struct intake_result {
    struct spool_counts counts;
    size_t remembered; /* of those that stay: the next pass need not read them */
    bool more;         /* the limit was reached: scan again soon */
    bool stopped; /* the ledger cannot record or there is no room; nothing was lost, try later */
};

/* At most `limit` entries. Never fails for the sake of one entry. */
MUST_CHECK int intake_scan(const struct intake_door *door, int64_t now_ms, size_t limit,
                           struct intake_result *out, struct error *err);

#endif
