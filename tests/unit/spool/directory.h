/* A spool in a temporary directory, for the tests of this folder. Include behind cmocka. */
#ifndef TESTS_SPOOL_DIRECTORY_H
#define TESTS_SPOOL_DIRECTORY_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "spool/spool.h"

struct fixture {
    char *path;
    int fd; /* of the spool directory */
    struct spool *s;
};

static inline int set_up(void **state)
{
    const char *base = getenv("TMPDIR");
    struct fixture *f = calloc(1, sizeof(*f));
    struct error err = {0};
    f->path = file_join(base != NULL ? base : "/tmp", "spool-XXXXXX");
    if (mkdtemp(f->path) == NULL || spool_open(f->path, &f->s, &err) != 0)
        return -1;
    f->fd = file_open_directory(f->path, &err);
    *state = f;
    return 0;
}

static inline void remove_tree(int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_tree(fd, entry->d_name);
    }
    if (d != NULL)
        closedir(d);
    unlinkat(dirfd, name, d != NULL ? AT_REMOVEDIR : 0);
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    spool_close(f->s);
    close(f->fd);
    remove_tree(AT_FDCWD, f->path);
    free(f->path);
    free(f);
    return 0;
}

/* As a plain program would: no protocol. */
static inline void write_file(int dirfd, const char *name, const char *text)
{
    struct error err = {0};
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    if (fd < 0 || file_write_all(fd, text, strlen(text), name, &err) != 0)
        fail_msg("cannot write %s", name);
    close(fd);
}

#endif
