/* What the files of the spool share. Nobody outside this folder includes it. */
#ifndef SPOOL_SPOOL_BACKEND_H
#define SPOOL_SPOOL_BACKEND_H

#include <dirent.h>
#include <stdbool.h>

#include "base/error.h"
#include "spool/spool.h"

struct spool {
    char *path;     /* as given */
    char *new_path; /* path/new */
    int tmp_fd, new_fd, corrupt_fd;
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

/* ID.json with a valid ID; *out_len is the length of the ID. */
bool spool_name_valid(const char *name, size_t *out_len);

#endif
