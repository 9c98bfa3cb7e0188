#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/alloc.h"

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    if (S_ISLNK(mode))
        return "a symbolic link";
    return "a device";
}

#define READ_SIZE 65536

static int read_to_end(int fd, const char *shown, size_t limit, struct buf *out, struct error *err)
{
    size_t start = out->len;
    for (;;) {
        buf_reserve(out, READ_SIZE);
        ssize_t got = read(fd, out->data + out->len, READ_SIZE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, ERR_IO, "cannot read %s", shown);
        if (got == 0)
            return 0;
        out->len += (size_t)got;
        if (out->len - start > limit)
            return error_set(err, ERR_INPUT,
                             "%s is larger than %zu bytes, the most accepted here; split it up",
                             shown, limit);
    }
}

int file_read_stream(int fd, const char *shown, size_t limit, struct buf *out, struct error *err)
{
    size_t start = out->len;
    int rc = read_to_end(fd, shown, limit, out, err);
    /* Ends the text with its NUL; what a failure left half is forgotten. */
    buf_truncate(out, rc == 0 ? out->len : start);
    return rc;
}

static int check_regular(int fd, const char *shown, struct file_facts *facts, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_errno(err, ERR_IO, "cannot look at %s", shown);
    if (!S_ISREG(st.st_mode))
        return error_set(err, ERR_INPUT, "%s is %s, not a regular file; replace it by the file",
                         shown, kind_of(st.st_mode));
    if (facts != NULL) {
        facts->size = st.st_size;
        facts->modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
        facts->links = (unsigned)st.st_nlink;
        facts->owner = st.st_uid;
        facts->mode = st.st_mode;
    }
    return 0;
}

static int open_failure(const char *shown, struct error *err)
{
    if (errno == ENOENT)
        return error_set(err, ERR_NOT_FOUND, "%s does not exist", shown);
    if (errno == ELOOP)
        return error_set(err, ERR_INPUT,
                         "%s is a symbolic link, not a regular file; replace it by the file",
                         shown);
    if (errno == ENXIO)
        return error_set(err, ERR_INPUT, "%s is a socket or a device, not a regular file", shown);
    return error_errno(err, ERR_IO, "cannot open %s", shown);
}

int file_read(struct file_at at, size_t limit, struct buf *out, struct file_facts *facts,
              struct error *err)
{
    int fd = openat(at.dirfd, at.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return open_failure(at.shown, err);
    int rc = check_regular(fd, at.shown, facts, err);
    if (rc == 0)
        rc = file_read_stream(fd, at.shown, limit, out, err);
    close(fd);
    return rc;
}

static int beneath_failure(const char *shown, struct error *err)
{
    if (errno == ELOOP)
        return error_set(err, ERR_INPUT, "%s is, or passes, a symbolic link; put the file there",
                         shown);
    if (errno == EXDEV)
        return error_set(err, ERR_INPUT, "%s leads out of the directory", shown);
    if (errno == ENOTDIR)
        return error_set(err, ERR_NOT_FOUND, "%s does not exist", shown);
    return open_failure(shown, err);
}

int file_open_beneath(struct file_at at, struct file_facts *facts, struct error *err)
{
    struct open_how how = {
        .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, at.dirfd, at.name, &how, sizeof(how));
    if (fd < 0)
        return beneath_failure(at.shown, err);
    int rc = check_regular(fd, at.shown, facts, err);
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

int file_read_path(const char *path, size_t limit, struct buf *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return open_failure(path, err);
    int rc = check_regular(fd, path, NULL, err);
    if (rc == 0)
        rc = file_read_stream(fd, path, limit, out, err);
    close(fd);
    return rc;
}

int file_write_all(int fd, const void *bytes, size_t len, const char *shown, struct error *err)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(fd, at, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_errno(err, ERR_IO, "cannot write %s", shown);
        at += written;
        len -= (size_t)written;
    }
    return 0;
}

#define NAME_SIZE     64
#define NAME_ATTEMPTS 100000

/*
 * Creates a new file under a name nobody has. A name that is taken is left alone, even if it looks
 * like ours: two processes may have the same pid in two containers over one spool. Leftovers of
 * dead ones are found by their age.
 */
static int create_temporary(int dirfd, mode_t mode, char name[NAME_SIZE], struct error *err)
{
    static unsigned counter;
    for (int i = 0; i < NAME_ATTEMPTS; i++) {
        snprintf(name, NAME_SIZE, ".t%d.%u", (int)getpid(), counter++);
        int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd >= 0 ? fd : error_errno(err, ERR_IO, "cannot create %s", name);
    }
    return error_set(err, ERR_IO, "no free name for a temporary file; remove old files .t%d.*",
                     (int)getpid());
}

/* Creates a temporary file in `dirfd` with the bytes, synced; its name in `name`. On failure
 * nothing is left. */
static int write_synced(int dirfd, char name[NAME_SIZE], const void *bytes, size_t len, mode_t mode,
                        struct error *err)
{
    int fd = create_temporary(dirfd, mode, name, err);
    if (fd < 0)
        return fd;
    int rc = file_write_all(fd, bytes, len, name, err);
    if (rc == 0 && fsync(fd) != 0)
        rc = error_errno(err, ERR_IO, "cannot make %s durable", name);
    if (close(fd) != 0 && rc == 0)
        rc = error_errno(err, ERR_IO, "cannot finish %s", name);
    if (rc != 0)
        unlinkat(dirfd, name, 0);
    return rc;
}

static int publish(int tmp_dirfd, int dirfd, const char *name, const void *bytes, size_t len,
                   mode_t mode, struct error *err)
{
    char tmp[NAME_SIZE];
    int rc = write_synced(tmp_dirfd, tmp, bytes, len, mode, err);
    if (rc != 0)
        return rc;
    if (linkat(tmp_dirfd, tmp, dirfd, name, 0) != 0) {
        rc = errno == EEXIST ? error_set(err, ERR_CONFLICT, "%s is already there", name)
                             : error_errno(err, ERR_IO, "cannot publish %s", name);
    } else {
        rc = file_sync_directory(dirfd, name, err);
    }
    unlinkat(tmp_dirfd, tmp, 0);
    return rc;
}

int file_publish(int tmp_dirfd, int dirfd, const char *name, const void *bytes, size_t len,
                 struct error *err)
{
    return publish(tmp_dirfd, dirfd, name, bytes, len, 0640, err);
}

int file_publish_secret(int tmp_dirfd, int dirfd, const char *name, const void *bytes, size_t len,
                        struct error *err)
{
    return publish(tmp_dirfd, dirfd, name, bytes, len, 0600, err);
}

/* The mode of `name`, 0 if it is not there. */
static int mode_of(int dirfd, const char *name, const char *path, mode_t *out, struct error *err)
{
    struct stat st;
    *out = 0;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : error_errno(err, ERR_IO, "cannot look at %s", path);
    *out = st.st_mode & 07777;
    return S_ISREG(st.st_mode) ? 0 : error_set(err, ERR_INPUT, "%s is not a regular file", path);
}

int file_replace(const char *path, const void *bytes, size_t len, struct error *err)
{
    char tmp[NAME_SIZE];
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t parent = slash == path ? 1 : (size_t)(name - path) - (slash != NULL ? 1 : 0);
    char *directory = slash != NULL ? xstrndup(path, parent) : xstrdup(".");
    mode_t mode = 0;
    int dirfd = file_open_directory(directory, err), rc = dirfd;
    if (rc >= 0)
        rc = mode_of(dirfd, name, path, &mode, err);
    if (rc >= 0)
        rc = write_synced(dirfd, tmp, bytes, len, 0644, err);
    /* what the umask took away the old file had all the same */
    if (rc >= 0 && ((mode != 0 && fchmodat(dirfd, tmp, mode, 0) != 0) ||
                    renameat(dirfd, tmp, dirfd, name) != 0)) {
        rc = error_errno(err, ERR_IO, "cannot replace %s", path);
        unlinkat(dirfd, tmp, 0);
    }
    if (rc >= 0)
        rc = file_sync_directory(dirfd, path, err);
    if (dirfd >= 0)
        close(dirfd);
    free(directory);
    return rc < 0 ? rc : 0;
}

int file_move(int from_dirfd, const char *name, int to_dirfd, const char *new_name,
              struct error *err)
{
    if (renameat2(from_dirfd, name, to_dirfd, new_name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EEXIST)
        return error_set(err, ERR_CONFLICT, "%s is already there", new_name);
    if (errno == ENOENT)
        return error_set(err, ERR_NOT_FOUND, "%s is gone", name);
    return error_errno(err, ERR_IO, "cannot move %s to %s", name, new_name);
}

int file_put_over(int dirfd, const char *name, const char *over, const char *shown,
                  struct error *err)
{
    if (renameat(dirfd, name, dirfd, over) != 0)
        return error_errno(err, ERR_IO, "cannot replace %s/%s", shown, over);
    return file_sync_directory(dirfd, shown, err);
}

int file_sync(int fd, const char *shown, struct error *err)
{
    return fsync(fd) == 0 ? 0 : error_errno(err, ERR_IO, "cannot make %s durable", shown);
}

static int write_all_again(int fd, const char *shown, struct error *err)
{
    char bytes[READ_SIZE];
    off_t at = 0;
    ssize_t got;
    while ((got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        for (ssize_t done = 0, n = 0; done < got; done += n) {
            n = pwrite(fd, bytes + done, (size_t)(got - done), at + done);
            if (n < 0)
                return error_errno(err, ERR_IO, "cannot write %s", shown);
        }
        at += got;
    }
    return got == 0 ? 0 : error_errno(err, ERR_IO, "cannot read %s", shown);
}

int file_write_again(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : error_errno(err, ERR_IO, "cannot open %s", path);
    int rc = write_all_again(fd, path, err);
    if (rc == 0)
        rc = file_sync(fd, path, err);
    close(fd);
    return rc;
}

int file_sync_directory(int dirfd, const char *shown, struct error *err)
{
    if (fsync(dirfd) != 0)
        return error_errno(err, ERR_IO, "cannot make the directory of %s durable", shown);
    return 0;
}

static int make_parent(const char *path, mode_t mode, struct error *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return error_set(err, ERR_IO, "cannot create the directory %s: it has no parent", path);
    char *parent = xstrndup(path, (size_t)(slash - path));
    int rc = file_make_directory(parent, mode, err);
    free(parent);
    return rc;
}

/* One that stands there already is success; another process may just have made it. Sets errno. */
static bool make_one(const char *path, mode_t mode)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    errno = EEXIST;
    return false;
}

int file_make_directory(const char *path, mode_t mode, struct error *err)
{
    if (make_one(path, mode))
        return 0;
    if (errno == ENOENT) {
        int rc = make_parent(path, mode, err);
        if (rc != 0)
            return rc;
        if (make_one(path, mode))
            return 0;
    }
    return error_errno(err, ERR_IO, "cannot create the directory %s", path);
}

int file_open_directory(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? error_set(err, ERR_NOT_FOUND, "the directory %s does not exist", path)
                   : error_errno(err, ERR_IO, "cannot open the directory %s", path);
    return fd;
}

char *file_join(const char *directory, const char *name)
{
    if (directory == NULL || name[0] == '/')
        return xstrdup(name);
    struct buf path = {0};
    buf_puts(&path, directory);
    if (path.len > 0 && path.data[path.len - 1] != '/')
        buf_putc(&path, '/');
    buf_puts(&path, name);
    return buf_steal(&path);
}
