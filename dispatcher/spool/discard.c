/* Removing directories: out of sight first, then file by file. What a kill leaves lies in tmp/ and
 * is removed when it is old. */
#include "spool/spool_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define NAME_SIZE  64
#define NAME_TRIES 1000

void discard_name(const char *kind, char *out)
{
    static unsigned counter;
    snprintf(out, NAME_SIZE, ".%s%d.%u", kind, (int)getpid(), counter++);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A directory below is not ours: it makes the removal fail, and everything in it stays. */
static int remove_in_tmp(struct spool *s, const char *name)
{
    int fd = openat(s->tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    if (reader == NULL) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while ((entry = readdir(reader)) != NULL) {
        if (!is_dots(entry->d_name))
            unlinkat(fd, entry->d_name, 0);
    }
    closedir(reader);
    return unlinkat(s->tmp_fd, name, AT_REMOVEDIR);
}

int discard_directory(struct spool *s, int directory, const char *name, const char *shown,
                      struct error *err)
{
    char aside[NAME_SIZE];
    int rc = ERR_CONFLICT;
    for (int i = 0; rc == ERR_CONFLICT && i < NAME_TRIES; i++) {
        discard_name("r", aside);
        rc = file_move(directory, name, s->tmp_fd, aside, err);
    }
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = file_sync_directory(directory, shown, err);
    if (rc == 0 && remove_in_tmp(s, aside) != 0)
        rc = error_errno(err, ERR_IO, "cannot remove %s/%s completely; the rest lies in tmp/%s",
                         shown, name, aside);
    return rc;
}

static int64_t newest_change(const struct stat *st, int64_t newest_ms)
{
    int64_t modified_ms = spool_time_ms(st->st_mtim), changed_ms = spool_time_ms(st->st_ctim);
    int64_t later_ms = modified_ms > changed_ms ? modified_ms : changed_ms;
    return later_ms > newest_ms ? later_ms : newest_ms;
}

/* A file in it that grows does not change the directory. INT64_MAX: not to be judged. */
static int64_t last_change(const struct spool *s, const char *name)
{
    struct stat st;
    int64_t newest_ms = INT64_MAX;
    int fd = openat(s->tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    if (reader != NULL && fstat(fd, &st) == 0)
        newest_ms = newest_change(&st, 0);
    else if (reader == NULL && fd >= 0)
        close(fd);
    while (reader != NULL && (entry = readdir(reader)) != NULL) {
        if (!is_dots(entry->d_name) && fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            newest_ms = newest_change(&st, newest_ms);
    }
    if (reader != NULL)
        closedir(reader);
    return newest_ms;
}

void discard_old(struct spool *s, const char *name, int64_t now_ms, int64_t age_ms)
{
    int64_t newest_ms = last_change(s, name);
    if (newest_ms != INT64_MAX && now_ms - newest_ms > age_ms)
        remove_in_tmp(s, name);
}
