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
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/job.h"

struct spool;

/* Opens (creating tmp, new, batches, corrupt where missing) a spool directory. Close with
 * spool_close(). */
MUST_CHECK int spool_open(const char *path, struct spool **out, struct error *err);
/*
 * For groups other than the spool's own. Everybody may pass through the spool (not look into it),
 * so that the control socket in it can be reached, and tmp/ and new/ belong to `producers`
 * ((gid_t)-1: as they are). batches/, corrupt/ and the ledger stay with the spool's group: who
 * hands notices in need not see to whom others write. ERR_CONFIG if the owner is not in that group.
 */
MUST_CHECK int spool_open_door(struct spool *s, gid_t producers, struct error *err);
void spool_close(struct spool *s);
enum spool_user {
    SPOOL_DAEMON,
    SPOOL_COMMAND /* that changes something while no daemon runs */
};
/* Takes the lock: one scheduler per spool. Waits for a command that has it, but not for a daemon.
 * ERR_AGAIN with the pid of the holder if it is taken. Held until close. */
MUST_CHECK int spool_lock(struct spool *s, enum spool_user user, struct error *err);
/* Path of new/ for inotify. */
const char *spool_new_path(const struct spool *s);

/* Producer's side: steps 1-3 of the drop protocol. ERR_CONFLICT if the id stands in new/ with other
 * bytes; the same bytes are success with *out_duplicate true. ERR_AGAIN when the disk is full. */
MUST_CHECK int spool_drop(struct spool *s, const char *id, const void *bytes, size_t len,
                          bool *out_duplicate, struct error *err);

/* Takes back what was dropped: new/ID.json, if these bytes still stand there. For an id of which
 * the ledger has other content: whatever stands there under it will not be accepted. ERR_IO. */
MUST_CHECK int spool_withdraw(struct spool *s, const char *id, const void *bytes, size_t len,
                              struct error *err);

/* Does something stand in new/ that the daemon has not read yet, and is it this notice, or a batch
 * whose recipient this may be? `path` is the spool's; false too where the caller may not look. */
bool spool_awaits(const char *path, const char *id);

/* Room that must be left on the spool's file system (its inodes and bytes) for anything to be
 * accepted: ERR_AGAIN with a sentence that says how much is missing. The ledger needs it for the
 * outcomes of what is already in flight. */
MUST_CHECK int spool_check_room(const struct spool *s, int64_t min_free_bytes, struct error *err);

/* What is left on the spool's file system for us. ERR_IO. */
struct spool_room {
    int64_t bytes, inodes;
};
MUST_CHECK int spool_measure_room(const struct spool *s, struct spool_room *out, struct error *err);
/* May its directories be written to? ERR_IO: no right, or mounted read-only. */
MUST_CHECK int spool_check_writable(const struct spool *s, struct error *err);

enum spool_verdict { SPOOL_TAKEN, SPOOL_REFUSED, SPOOL_LATER, SPOOL_STOP };

/* One notice file as found: its text and where it stands ("new/ID.json" in messages). */
struct spool_entry {
    const char *name;  /* ID.json */
    const char *shown; /* "new/ID.json" */
    const char *id;    /* the name without .json */
    const char *text;
    size_t len;
    bool settled; /* its inode has not changed for two seconds: nobody is still writing it */
};

/*
 * Asks the caller about each entry: TAKEN = it is in the ledger (removed from new/ after scan's
 * commit callback), REFUSED = *reason says why (moved to corrupt/), LATER = leave it for the next
 * scan, STOP = end the scan now.
 */
struct spool_intake {
    void *context;
    /* A directory ID/ that looks like a batch (name is an id, batch.json and notices.jsonl are
     * regular files of one link, nothing else in it). TAKEN here means: noted, leave it, its intake
     * goes on by itself; it is not moved, and counted apart. REFUSED: the whole directory
     * goes to corrupt/ID with ID.reason. NULL: directories are refused. */
    enum spool_verdict (*batch)(void *context, const char *id, struct error *reason);
    /* Was that said of this one already, and is it still on its way, or is it a file that waits for
     * something else? Then it is not looked at. May be NULL. */
    bool (*knows)(void *context, const char *name);
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
    size_t batches; /* noted */
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

/* ---- corrupt/ ---- */

enum corrupt_kind { CORRUPT_NOTICE, CORRUPT_BATCH, CORRUPT_OTHER };
struct corrupt_row {
    const char *name; /* in corrupt/ */
    enum corrupt_kind kind;
    const char *id; /* that it had in new/; NULL: none that could be one */
    int64_t bytes;
    int64_t since_ms;
    const char *reason; /* "" if none is there */
};
typedef void spool_corrupt_fn(void *context, const struct corrupt_row *row);
/* In no order; with `only` that one name, ERR_NOT_FOUND. ERR_IO. */
MUST_CHECK int spool_walk_corrupt(const struct spool *s, const char *only, spool_corrupt_fn *fn,
                                  void *context, struct error *err);
/* May it go back to new/? What it is about the id is the caller's to see. ERR_INPUT: nothing that
 * could be taken; ERR_CONFLICT: its place in new/ is taken. */
MUST_CHECK int spool_check_release(struct spool *s, const struct corrupt_row *row,
                                   struct error *err);
/* Back to new/, by the drop protocol, and its reason goes. After a failure, or a crash, the same
 * again finishes it. */
MUST_CHECK int spool_release_corrupt(struct spool *s, const struct corrupt_row *row,
                                     struct error *err);

/* ---- batches ---- */

#define BATCH_TEXT_MAX ((size_t)1024 * 1024) /* batch.json */

enum batch_place { BATCH_PLACE_NONE, BATCH_PLACE_NEW, BATCH_PLACE_BATCHES };

/* Where ID/ stands now. */
enum batch_place spool_find_batch(const struct spool *s, const char *id);
/* Has nothing in new/ID/ changed for two seconds? What is wrong with it may be that it is still
 * being copied there, so nothing is refused before. */
bool spool_batch_is_settled(const struct spool *s, const char *id, int64_t now_ms);
/* Reads batch.json of ID/ in the given place. ERR_INPUT for anything but a regular file of one
 * link, or one over BATCH_TEXT_MAX. */
MUST_CHECK int spool_read_batch_text(const struct spool *s, enum batch_place place, const char *id,
                                     struct buf *out, struct error *err);
/* Opens notices.jsonl of ID/ for reading (O_NOFOLLOW, regular, one link); the descriptor or a
 * negative error code. *out_size in bytes. In new/ the rest of ID/ and its name there are made
 * durable, the notices are not: whoever reads them before they are accepted does that. */
MUST_CHECK int spool_open_notices(const struct spool *s, enum batch_place place, const char *id,
                                  int64_t *out_size, struct error *err);
/* By which both files of ID/ are known again: whoever replaces or changes one changes this. */
struct file_stamp {
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns;
};
struct batch_stamp {
    struct file_stamp text, notices;
};
/* ERR_NOT_FOUND: ID/ or one of them does not stand there. */
MUST_CHECK int spool_stamp_batch(const struct spool *s, enum batch_place place, const char *id,
                                 struct batch_stamp *out, struct error *err);
/* Is this what spool_open_notices() opened? */
bool spool_is_stamped(int notices, const struct batch_stamp *stamp);
bool batch_stamp_equal(const struct batch_stamp *a, const struct batch_stamp *b);
/* new/ID to batches/ID, durable (both directories synced). Success if something stands there
 * already: whether it is this batch the caller has to see. */
MUST_CHECK int spool_adopt_batch(struct spool *s, const char *id, struct error *err);
/* new/ID to corrupt/ID, with the reason in corrupt/ID.reason. */
MUST_CHECK int spool_refuse_batch(struct spool *s, const char *id, const char *reason,
                                  struct error *err);
/* Takes back a batch that was handed over again with equal content: new/ID is removed. */
MUST_CHECK int spool_drop_known_batch(struct spool *s, const char *id, struct error *err);
/* One line of an accepted batch, appended to *out: `length` bytes at `offset`. The file stays open
 * for the next line (a handful of batches; pread). ERR_NOT_FOUND if the batch or that piece of it
 * is gone, ERR_IO. */
MUST_CHECK int spool_read_line(struct spool *s, const char *id, int64_t offset, int64_t length,
                               struct buf *out, struct error *err);
/* Removes batches/ID after retention. What is gone already is success. */
MUST_CHECK int spool_remove_batch(struct spool *s, const char *id, struct error *err);

/*
 * Producer's side: builds ID/ aside in tmp/ and publishes it as a whole.
 *
 *     spool_begin_batch(s, id, &b, err)
 *     spool_put_notice(b, line, len, err)          one JSON object without line end, as often as
 * needed spool_publish_batch(b, text, len, &duplicate, err)   text: batch.json, complete
 *     spool_end_batch(b)                           in any case; removes what was not published
 *
 * Publishing syncs both files and the directory, renames it without overwriting and syncs new/.
 * ERR_CONFLICT if the id stands in new/ or batches/ with other bytes; equal bytes are success with
 * *out_duplicate true. ERR_AGAIN when the disk is full.
 */
struct batch_builder;
MUST_CHECK int spool_begin_batch(struct spool *s, const char *id, struct batch_builder **out,
                                 struct error *err);
MUST_CHECK int spool_put_notice(struct batch_builder *b, const char *line, size_t len,
                                struct error *err);
/* Of what was put so far: for batch.json. */
struct batch_sum {
    int64_t count, bytes;
    unsigned char sha256[DIGEST_SIZE];
};
void spool_sum_batch(struct batch_builder *b, struct batch_sum *out);
MUST_CHECK int spool_publish_batch(struct batch_builder *b, const char *text, size_t len,
                                   bool *out_duplicate, struct error *err);
void spool_end_batch(struct batch_builder *b);

/* Removes leftovers in tmp/ older than 36 h (Maildir's rule). */
void spool_clean_tmp(struct spool *s, int64_t now_ms);

#endif
