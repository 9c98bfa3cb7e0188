/*
 * Files: reading what strangers left (never following, never blocking) and writing what must
 * survive a power cut. The one place, with the ledger, that calls fsync, link and rename.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* A name inside a directory; `dirfd` may be AT_FDCWD. `shown` is how messages call it (may equal
 * name). */
struct file_at {
    int dirfd;
    const char *name;
    const char *shown;
};

struct file_facts {
    int64_t size;
    int64_t modified_ms;
    unsigned links;
    uid_t owner;
    mode_t mode;
};

/*
 * Reads a regular file whole, appended to `out`: O_NOFOLLOW|O_NONBLOCK, fstat says regular, at most
 * `limit` bytes. ERR_NOT_FOUND: not there. ERR_INPUT: a symlink, FIFO, device, directory, or larger
 * than `limit` (the sentence says which). ERR_IO otherwise. `facts` may be NULL.
 */
MUST_CHECK int file_read(struct file_at at, size_t limit, struct buf *out, struct file_facts *facts,
                         struct error *err);
/*
 * Opens a regular file somewhere below `at.dirfd` for reading. The name is a stranger's: no part of
 * it may be a symbolic link or lead out of the directory (openat2(2)). ERR_NOT_FOUND, ERR_INPUT as
 * above, ERR_IO. Returns the descriptor; close with close(). `facts` may be NULL.
 */
MUST_CHECK int file_open_beneath(struct file_at at, struct file_facts *facts, struct error *err);
/* Reads a whole path of our own configuration or templates (symlinks allowed there). "-" is not
 * special. */
MUST_CHECK int file_read_path(const char *path, size_t limit, struct buf *out, struct error *err);

/* Reads an open descriptor (a pipe, standard input) to its end, at most `limit` bytes. */
MUST_CHECK int file_read_stream(int fd, const char *shown, size_t limit, struct buf *out,
                                struct error *err);

/*
 * Publishes `bytes` as `dir/name` durably and without ever overwriting: temporary file in
 * `tmp_dirfd`, fsync, link, fsync of the directory, unlink. ERR_CONFLICT if the name is taken. Mode
 * 0640.
 */
MUST_CHECK int file_publish(int tmp_dirfd, int dirfd, const char *name, const void *bytes,
                            size_t len, struct error *err);
/* The same with mode 0600. */
MUST_CHECK int file_publish_secret(int tmp_dirfd, int dirfd, const char *name, const void *bytes,
                                   size_t len, struct error *err);
/*
 * Puts `bytes` in the place of what `path` holds, durably: written aside in its directory, then
 * renamed over it, so that it is the old or the new at every moment. Keeps the mode of the old
 * file; a new one gets 0644. ERR_INPUT: the name is taken by something other than a regular file.
 */
MUST_CHECK int file_replace(const char *path, const void *bytes, size_t len, struct error *err);
/* Moves from/name to to/new_name without overwriting (RENAME_NOREPLACE); ERR_CONFLICT if taken. No
 * fsync. */
MUST_CHECK int file_move(int from_dirfd, const char *name, int to_dirfd, const char *new_name,
                         struct error *err);
/* Puts what was written aside and synced in the place of `over`, in the same directory; durable. */
MUST_CHECK int file_put_over(int dirfd, const char *name, const char *over, const char *shown,
                             struct error *err);
/* Makes a file's content durable. */
MUST_CHECK int file_sync(int fd, const char *shown, struct error *err);
MUST_CHECK int file_sync_directory(int dirfd, const char *shown, struct error *err);
/*
 * Writes what a file holds over itself, byte for byte, and makes it durable; a missing file is
 * success. For after a sync that failed: the kernel keeps such content in memory, but regards it as
 * written, so that a sync that succeeds later says nothing of it.
 */
MUST_CHECK int file_write_again(const char *path, struct error *err);
/* Writes all bytes or fails. */
MUST_CHECK int file_write_all(int fd, const void *bytes, size_t len, const char *shown,
                              struct error *err);
/* mkdir -p: missing parents are made too, mode as given; an existing directory is success. */
MUST_CHECK int file_make_directory(const char *path, mode_t mode, struct error *err);
/* Opens a directory; close with close(). Returns the descriptor or a negative error code. */
MUST_CHECK int file_open_directory(const char *path, struct error *err);
/* "dir/name", or `name` alone if it is absolute or dir is NULL. Caller frees with free(). */
char *file_join(const char *directory, const char *name);

#endif
