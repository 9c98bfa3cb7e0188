/*
 * The spool: the door. Producers drop files into new/; the scheduler's intake reads what stands
 * there, hostile or not, and never blocks on it, never follows it, never deletes what it could not
 * understand.
 */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/job.h"

struct spool;

/* Opens (creating tmp, new, batches, corrupt where missing) a spool directory. Close with
 * spool_close(). */
MUST_CHECK int spool_open(const char *path, struct spool **out, struct error *err);
void spool_close(struct spool *s);
/* Takes the lock: one scheduler per spool. ERR_AGAIN with the pid of the holder if it is taken.
 * Held until close. */
MUST_CHECK int spool_lock(struct spool *s, struct error *err);
/* Path of new/ for inotify. */
const char *spool_new_path(const struct spool *s);

/* Producer's side: steps 1-3 of the drop protocol. ERR_CONFLICT if the id stands in new/ with other
 * bytes; the same bytes are success with *out_duplicate true. ERR_AGAIN when the disk is full. */
MUST_CHECK int spool_drop(struct spool *s, const char *id, const void *bytes, size_t len,
                          bool *out_duplicate, struct error *err);

enum spool_verdict { SPOOL_TAKEN, SPOOL_REFUSED, SPOOL_LATER, SPOOL_STOP };

/* One notice file as found: its text and where it stands ("new/ID.json" in messages). */
struct spool_entry {
    const char *name;  /* ID.json */
    const char *shown; /* "new/ID.json" */
    const char *id;    /* the name without .json */
    const char *text;
    size_t len;
    int64_t modified_ms;
};

/*
 * Asks the caller about each entry: TAKEN = it is in the ledger (removed from new/ after scan's
 * commit callback), REFUSED = *reason says why (moved to corrupt/), LATER = leave it for the next
 * scan, STOP = end the scan now.
 */
struct spool_intake {
    void *context;
    enum spool_verdict (*entry)(void *context, const struct spool_entry *entry,
                                struct error *reason);
    /* Called with at most `group` taken entries standing: makes the ledger durable. Non-zero: they
     * stay in new/. */
    int (*commit)(void *context, struct error *err);
    size_t group;
    /* Wall clock; a file that does not parse is left alone until it is unmodified for 2 s (a plain
     * cp still writing). */
    int64_t now_ms;
};

struct spool_counts {
    size_t taken, refused, later;
};

/*
 * One pass over new/, at most `limit` entries. Hostile things (symlink, FIFO, device, directory,
 * foreign hard link, empty, huge, strange names) are moved to corrupt/ with a reason, dot files are
 * ignored. ERR_IO only if new/ itself cannot be read.
 *
 * When the counts add up to `limit` there may be more: the next call goes on behind. When `later`
 * is not 0, scan again in two seconds: nothing will announce that a file has stopped changing. A
 * failing commit ends the pass, its group counts as later. corrupt/ then holds ID.json and
 * ID.reason, or NAME and NAME.reason for what is no notice; ID.1.json and ID.1.reason if those are
 * taken.
 */
MUST_CHECK int spool_scan(struct spool *s, const struct spool_intake *intake, size_t limit,
                          struct spool_counts *out, struct error *err);
/* How many refused entries lie in corrupt/; -1 if it cannot be read. */
int64_t spool_count_refused(const struct spool *s);
/* Removes leftovers in tmp/ older than 36 h (Maildir's rule). */
void spool_clean_tmp(struct spool *s, int64_t now_ms);

#endif
