/*
 * The recorder: takes settlements to the ledger in groups and loses none. What a wake-up of the
 * loop settled is committed together (survives kill -9) and synced every 256 outcomes or 50 ms
 * (survives power loss). While the ledger takes nothing, outcomes stay in memory, are tried again
 * every second, and nothing new may be sent: losing one would mean telling somebody twice. As
 * nothing is leased meanwhile, no more can come than was in flight when it began.
 */
#ifndef ENGINE_RECORDER_H
#define ENGINE_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

struct recorder {
    struct ledger *ledger; /* borrowed */
    uint64_t settled;      /* counts calls */
    bool in_transaction;
    size_t unsynced; /* outcomes committed but not yet durable */
    int64_t unsynced_since_mono_ms;
    struct settlement_copy *unrecorded; /* until the commit that holds them has succeeded */
    size_t unrecorded_count, unrecorded_room;
    bool down; /* nothing may be leased */
    bool told; /* the log and the status say so; true until something was really written */
    int64_t told_wall_ms; /* since when */
    struct error why;
    int64_t retry_mono_ms;
};

/* Writes it in the transaction of this wake-up; keeps it if that fails. The texts are copied. */
void recorder_settle(struct recorder *r, const struct settlement *s);
/* Commits what was settled since the last call, and syncs when that is due. */
void recorder_commit(struct recorder *r, int64_t mono_ms);
/* When recorder_commit() wants to be called at the latest, INT64_MAX if nothing is pending. */
int64_t recorder_next(const struct recorder *r);

/* For whoever else writes into the ledger: it failed, or it really wrote something. */
void recorder_ledger_failed(struct recorder *r, const struct error *why);
void recorder_ledger_wrote(struct recorder *r);

/* Tries once more, now; what is lost then is said. */
void recorder_end(struct recorder *r);

#endif
