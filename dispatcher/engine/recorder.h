/*
 * The recorder: takes settlements to the ledger in groups and loses none. An outcome waits for
 * others until there are 32 of them or 5 ms are over and the loop comes by; then all are committed
 * in one transaction (survives kill -9), and every 256 outcomes or 50 ms in one that is synced
 * (survives power loss). An outcome that waits is still in flight for the ledger, so a kill repeats
 * no more than was in flight. While the ledger takes nothing, outcomes stay in memory, are tried
 * again every second, and nothing new may be sent: losing one would mean telling somebody twice. As
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
    size_t unsynced;       /* outcomes committed but not yet durable */
    int64_t unsynced_since_mono_ms;
    struct settlement_copy *unrecorded; /* until the commit that holds them has succeeded */
    size_t unrecorded_count, unrecorded_room;
    int64_t commit_mono_ms; /* when they are committed at the latest; 0: not decided yet */
    bool down;              /* nothing may be leased */
    bool told; /* the log and the status say so; true until something was really written */
    int64_t told_wall_ms; /* since when */
    struct error why;
    int64_t retry_mono_ms;
};

/* Keeps it for the next commit. The texts are copied. */
void recorder_settle(struct recorder *r, const struct settlement *s);
/* And with it, in the same transaction, that its address is not written to any more. Directly
 * behind recorder_settle(); the texts are copied. */
void recorder_suppress(struct recorder *r, const struct suppression *s);
/* Commits and syncs what is due; to be called behind whatever settles. */
void recorder_tend(struct recorder *r, int64_t mono_ms);
/* The same, but whatever waits is committed now: for whoever asks the ledger next. */
void recorder_commit(struct recorder *r, int64_t mono_ms);
/* What waits is committed by the next recorder_tend(): where a repeat costs money. */
void recorder_hurry(struct recorder *r);
/* Everything committed so far survives a power cut from now on; if that failed it is down. */
void recorder_sync(struct recorder *r);
/* When recorder_tend() wants to be called at the latest, INT64_MAX if nothing is pending. */
int64_t recorder_next(const struct recorder *r);
/* Until when outcomes wait for others to be committed with; INT64_MAX if none does. */
int64_t recorder_gathers_until(const struct recorder *r);

/* For whoever else writes into the ledger: it failed, or it really wrote something. */
void recorder_ledger_failed(struct recorder *r, const struct error *why);
void recorder_ledger_wrote(struct recorder *r);

/* Tries once more, now; what is lost then is said. */
void recorder_end(struct recorder *r);

#endif
