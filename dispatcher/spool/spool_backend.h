/* What the files of the spool share. Nobody outside this folder includes it. */
#ifndef SPOOL_SPOOL_BACKEND_H
#define SPOOL_SPOOL_BACKEND_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "spool/spool.h"

#define BATCH_TEXT_NAME    "batch.json"
#define BATCH_NOTICES_NAME "notices.jsonl"
#define OPEN_NOTICES_MAX   8
#define STUCK_PLACES       256

/* notices.jsonl of an accepted batch, kept open between lines. */
struct open_notices {
    char *id; /* NULL: free */
    int fd;
    uint64_t used; /* when it was wanted last, by spool->uses */
};

/* An entry of new/ that could not be moved, and when that was told last. */
struct stuck {
    uint64_t key; /* 0: free */
    int64_t told_ms;
};

struct spool {
    char *path;     /* as given */
    char *new_path; /* path/new */
    int tmp_fd, new_fd, corrupt_fd, batches_fd;
    struct open_notices open[OPEN_NOTICES_MAX];
    uint64_t uses;
    struct stuck stuck[STUCK_PLACES];
    int lock_fd;   /* -1: not locked */
    DIR *reader;   /* of new/, standing where the last scan stopped; NULL before the first one */
    bool at_start; /* the reader stands at the beginning */
};

/*
 * Moves new/NAME to corrupt/ with a reason beside it: ID.json and ID.reason for a notice, NAME and
 * NAME.reason for anything else, unprintable bytes of the name made visible, ID.1.json and
 * ID.1.reason if the place is taken. The reason is durable before the entry leaves new/.
 * ERR_NOT_FOUND if the entry vanished meanwhile.
 */
MUST_CHECK int quarantine_move(struct spool *s, const char *name, const char *reason,
                               struct error *err);

/*
 * Is new/NAME a batch: an id for a name, batch.json and notices.jsonl, regular files of one link,
 * and nothing else? SPOOL_TAKEN: yes. SPOOL_LATER: something may still be on its way, or has just
 * vanished. SPOOL_REFUSED: *reason says why.
 */
enum spool_verdict batch_inspect(const struct spool *s, const char *name, int64_t now_ms,
                                 struct error *reason);
/* May new/NAME, a directory, not be moved? That writes its entry "..", for which the mode of new/
 * alone is not enough. Asked before it is begun, so that no half of the work is done over and over.
 */
#define BATCH_STUCK                                                                                \
    "it cannot be moved: the directory must be writable for the group of the spool (chmod g+rwx)"
bool batch_is_stuck(const struct spool *s, const char *name);
/* Is it worth telling that new/NAME cannot be moved? Not if that was told within the hour; told now
 * if true. */
bool stuck_is_news(struct spool *s, const char *name, int64_t now_ms);
/* Closes what spool_read_line() keeps open. */
void batch_close_notices(struct spool *s);

/* Has this inode not changed for two seconds? The change time is asked: it cannot be set. */
bool spool_is_settled(const struct stat *st, int64_t now_ms);
int64_t spool_time_ms(struct timespec t);

/*
 * Removes directory/NAME, a directory of files: moved to tmp/ first, so that a kill leaves no half
 * of it standing where somebody would read it. What is gone already is success.
 */
MUST_CHECK int discard_directory(struct spool *s, int directory, const char *name,
                                 const char *shown, struct error *err);
/* Removes tmp/NAME, a directory, if nothing in it changed for `age_ms`. */
void discard_old(struct spool *s, const char *name, int64_t now_ms, int64_t age_ms);
/* A name in tmp/ that nobody else uses, ".KINDpid.n", into `out` (64 bytes). */
void discard_name(const char *kind, char *out);

/* Do these bytes stand in new/NAME? Durably then: whoever dropped them first may have been cut off
 * before the directory was. ERR_CONFLICT: others do. ERR_NOT_FOUND. */
MUST_CHECK int spool_compare_standing(struct spool *s, const char *name, const void *bytes,
                                      size_t len, struct error *err);

/* ID.json with a valid ID; *out_len is the length of the ID. */
bool spool_name_valid(const char *name, size_t *out_len);

#endif
