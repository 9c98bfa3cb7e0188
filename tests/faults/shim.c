/*
 * shim: preloaded (LD_PRELOAD) between a program and the C library, for files below one directory.
 * It can do two things:
 *
 *   SHIM_RECORD=LOG   write down every change with its content, and every sync, in the order they
 * were made: replay.py builds from it what a power cut at any moment may have left SHIM_FAIL=FILE
 * let calls fail as the numbers in FILE say, which can be changed at any time
 *
 *   SHIM_ROOT=DIR     the directory, absolute and without links
 *   SHIM_SWALLOW=dirsync|walsync|filesync     planted fault: this kind of sync is not made, and
 * success is reported
 *
 * A record: struct record, the name(s), the content. SQLite's -shm is mapped, not written, and
 * recovery does not need it: it is left out.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum type { CREATE = 1, WRITE, TRUNCATE, LINK, RENAME, UNLINK, SYNC };

struct record {
    uint32_t type, name_len, data_len, pid;
    int64_t time_us;
    uint64_t inode;
    uint64_t a; /* CREATE, LINK, UNLINK: directory. RENAME: from. WRITE: offset. TRUNCATE: length */
    uint64_t b; /* RENAME: to. CREATE, SYNC: 1 for a directory */
};

/* SHIM_FAIL: what stands there. Countdowns: -1 never, 1 the next call. */
enum fail {
    BUDGET,     /* bytes that may still be written; -1: any number. Then ENOSPC */
    WRITE_EIO,  /* countdown of writes */
    SYNC_EIO,   /* countdown of syncs */
    NAME_EIO,   /* countdown of renames, links, unlinks, mkdirs */
    STICKY,     /* 1: after a countdown has struck, it strikes every time */
    EMFILE_ALL, /* 1: no further descriptor */
    NO_INODES,  /* 1: nothing can be created */
    READ_ONLY,  /* 1: nothing can be changed */
    HITS,       /* how often anything failed */
    FAILS
};

static struct {
    bool ready;
    char root[PATH_MAX];
    size_t root_len;
    const char *log, *fail, *swallow;
} shim;

/* The calls themselves are made without the C library: nothing has to be looked up. */
static int real_open(const char *path, int flags, int mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void prepare(void)
{
    const char *root = getenv("SHIM_ROOT"), *log = getenv("SHIM_RECORD"),
               *fail = getenv("SHIM_FAIL");
    if (shim.ready)
        return;
    shim.ready = true;
    shim.swallow = getenv("SHIM_SWALLOW");
    if (root == NULL)
        return;
    shim.root_len = (size_t)snprintf(shim.root, sizeof(shim.root), "%s", root);
    shim.log = log;
    shim.fail = fail;
}

/* ---- which file is it ---- */

static bool is_below(const char *path)
{
    size_t len = strlen(path);
    return len >= shim.root_len && memcmp(path, shim.root, shim.root_len) == 0 &&
           (path[shim.root_len] == '/' || path[shim.root_len] == '\0') &&
           (len < 4 || strcmp(path + len - 4, "-shm") != 0);
}

static bool path_of_fd(int fd, char path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    path[len > 0 ? len : 0] = '\0';
    return len > 0;
}

static bool fd_is_ours(int fd)
{
    char path[PATH_MAX];
    int before = errno;
    prepare();
    bool ours = shim.root_len > 0 && fd >= 0 && path_of_fd(fd, path) && is_below(path);
    errno = before;
    return ours;
}

/* A name below the root: its directory's inode and its last part. */
struct name {
    bool ours;
    uint64_t directory;
    char path[PATH_MAX];
    const char *last;
};

static void find_name(int dirfd, const char *given, struct name *n)
{
    char base[PATH_MAX] = "";
    struct stat st;
    int before = errno;
    prepare();
    n->ours = false;
    if (shim.root_len == 0 || given == NULL)
        return;
    if (given[0] != '/' && dirfd == AT_FDCWD && getcwd(base, sizeof(base)) == NULL)
        return;
    if (given[0] != '/' && dirfd != AT_FDCWD && !path_of_fd(dirfd, base))
        return;
    int len = given[0] == '/' ? snprintf(n->path, sizeof(n->path), "%s", given)
                              : snprintf(n->path, sizeof(n->path), "%s/%s", base, given);
    char *slash = len < PATH_MAX ? strrchr(n->path, '/') : NULL;
    if (slash != NULL && is_below(n->path) && (size_t)(slash - n->path) >= shim.root_len) {
        *slash = '\0';
        n->ours = stat(n->path, &st) == 0;
        *slash = '/';
        n->directory = st.st_ino;
        n->last = slash + 1;
    }
    errno = before;
}

static uint64_t inode_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? st.st_ino : 0;
}

/* ---- recording ---- */

static void put(struct record r, const char *name, size_t name_len, const void *data, size_t len)
{
    struct timespec t;
    int before = errno;
    if (shim.log == NULL)
        return;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &t);
    r.name_len = (uint32_t)name_len;
    r.data_len = (uint32_t)len;
    r.pid = (uint32_t)getpid();
    r.time_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    struct iovec parts[] = {
        {&r, sizeof(r)}, {(void *)(uintptr_t)name, name_len}, {(void *)(uintptr_t)data, len}};
    /* Opened each time: whoever forks may close and unmap what it does not know. */
    int fd = real_open(shim.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (syscall(SYS_writev, fd, parts, 3) != (long)(sizeof(r) + name_len + len))
        abort();
    syscall(SYS_close, fd);
    errno = before;
}

static void put_fd(enum type type, int fd, uint64_t a, const void *data, size_t len)
{
    struct stat st;
    if (shim.log == NULL || fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return;
    put((struct record){.type = type, .inode = st.st_ino, .a = a, .b = S_ISDIR(st.st_mode)}, NULL,
        0, data, len);
}

static void put_name(enum type type, const struct name *n, uint64_t inode, bool directory)
{
    put((struct record){.type = type, .inode = inode, .a = n->directory, .b = directory}, n->last,
        strlen(n->last), NULL, 0);
}

/* ---- failing ---- */

static int64_t get(enum fail what)
{
    int64_t value = -1;
    int fd = shim.fail != NULL ? real_open(shim.fail, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (fd < 0 || syscall(SYS_pread64, fd, &value, sizeof(value), (long)what * 8) != sizeof(value))
        value = -1;
    if (fd >= 0)
        syscall(SYS_close, fd);
    return value;
}

static void set(enum fail what, int64_t value)
{
    int fd = real_open(shim.fail, O_WRONLY | O_CLOEXEC, 0);
    if (syscall(SYS_pwrite64, fd, &value, sizeof(value), (long)what * 8) != sizeof(value))
        abort();
    syscall(SYS_close, fd);
}

/* Does a countdown strike now? */
static bool strikes(enum fail what)
{
    int64_t left = get(what);
    if (left > 1)
        set(what, left - 1);
    if (left < 0 || left > 1)
        return false;
    set(what, get(STICKY) > 0 ? 0 : -1);
    return true;
}

static int failed(int number)
{
    set(HITS, get(HITS) + 1);
    errno = number;
    return -1;
}

/* How much of a write may be made; -1: it fails with errno. */
static ssize_t allowance(int fd, size_t len)
{
    if (!fd_is_ours(fd) || shim.fail == NULL)
        return (ssize_t)len;
    if (get(READ_ONLY) > 0)
        return failed(EROFS);
    if (strikes(WRITE_EIO))
        return failed(EIO);
    int64_t budget = get(BUDGET);
    if (budget < 0)
        return (ssize_t)len;
    if (budget == 0 && len > 0)
        return failed(ENOSPC);
    int64_t part = budget < (int64_t)len ? budget : (int64_t)len;
    set(BUDGET, budget - part);
    return part;
}

static bool name_fails(const struct name *n, bool creates)
{
    if (!n->ours || shim.fail == NULL)
        return false;
    if (get(READ_ONLY) > 0)
        return failed(EROFS) != 0;
    if (creates && get(NO_INODES) > 0)
        return failed(ENOSPC) != 0;
    return strikes(NAME_EIO) && failed(EIO) != 0;
}

static bool no_descriptor(void)
{
    prepare();
    return shim.fail != NULL && get(EMFILE_ALL) > 0 && failed(EMFILE) != 0;
}

/* ---- open ---- */

static int open_ours(int dirfd, const char *path, int flags, mode_t mode)
{
    struct name n;
    find_name(dirfd, path, &n);
    bool creates = (flags & O_CREAT) != 0 && n.ours && inode_of(n.path) == 0;
    bool writes = (flags & O_ACCMODE) != O_RDONLY && n.ours;
    if (no_descriptor() || (writes && get(READ_ONLY) > 0 && failed(EROFS) != 0) ||
        (creates && name_fails(&n, true)))
        return -1;
    int fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
    if (fd >= 0 && creates)
        put_name(CREATE, &n, inode_of(n.path), false);
    if (fd >= 0 && n.ours && !creates && (flags & O_TRUNC) != 0)
        put_fd(TRUNCATE, fd, 0, NULL, 0);
    return fd;
}

#define OPEN(symbol, parameters, dirfd)                                                            \
    EXPORT int symbol parameters                                                                   \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;           \
        va_end(rest);                                                                              \
        return open_ours(dirfd, path, flags, mode);                                                \
    }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int dirfd, const char *path, int flags, ...), dirfd)
OPEN(openat64, (int dirfd, const char *path, int flags, ...), dirfd)

EXPORT int socket(int domain, int type, int protocol)
{
    return no_descriptor() ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

EXPORT int socketpair(int domain, int type, int protocol, int sv[2])
{
    return no_descriptor() ? -1 : (int)syscall(SYS_socketpair, domain, type, protocol, sv);
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict len, int flags)
{
    return no_descriptor() ? -1 : (int)syscall(SYS_accept4, fd, address, len, flags);
}

/* ---- content ---- */

EXPORT ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t part = allowance(fd, len);
    if (part < 0)
        return -1;
    ssize_t n = syscall(SYS_write, fd, bytes, (size_t)part);
    if (n > 0 && fd_is_ours(fd))
        put_fd(WRITE, fd, (uint64_t)(lseek(fd, 0, SEEK_CUR) - n), bytes, (size_t)n);
    return n;
}

static ssize_t write_at(int fd, const void *bytes, size_t len, off_t offset)
{
    ssize_t part = allowance(fd, len);
    if (part < 0)
        return -1;
    ssize_t n = syscall(SYS_pwrite64, fd, bytes, (size_t)part, offset);
    if (n > 0 && fd_is_ours(fd))
        put_fd(WRITE, fd, (uint64_t)offset, bytes, (size_t)n);
    return n;
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return write_at(fd, bytes, len, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    return write_at(fd, bytes, len, offset);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t total = 0;
    if (!fd_is_ours(fd))
        return syscall(SYS_writev, fd, parts, count);
    for (int i = 0; i < count; i++) {
        ssize_t n = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (n < 0)
            return total > 0 ? total : n;
        total += n;
        if ((size_t)n < parts[i].iov_len)
            break;
    }
    return total;
}

/* ---- streams: the C library writes them without asking anybody ---- */

#define STREAMS 64
static struct {
    FILE *stream;
    int fd;
} streams[STREAMS];

static ssize_t write_stream(void *cookie, const char *bytes, size_t len)
{
    ssize_t n = write((int)(intptr_t)cookie, bytes, len);
    return n < 0 ? 0 : n;
}

static int close_stream(void *cookie)
{
    for (size_t i = 0; i < STREAMS; i++) {
        if (streams[i].stream != NULL && streams[i].fd == (int)(intptr_t)cookie)
            streams[i].stream = NULL;
    }
    return (int)syscall(SYS_close, (int)(intptr_t)cookie);
}

static FILE *real_fdopen(int fd, const char *mode)
{
    static FILE *(*found)(int, const char *);
    if (found == NULL)
        *(void **)&found = dlsym(RTLD_NEXT, "fdopen");
    return found(fd, mode);
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
    size_t i = 0;
    while (i < STREAMS && streams[i].stream != NULL)
        i++;
    if (mode[0] != 'w' || i == STREAMS || !fd_is_ours(fd))
        return real_fdopen(fd, mode);
    streams[i].fd = fd;
    streams[i].stream =
        fopencookie((void *)(intptr_t)fd, mode,
                    (cookie_io_functions_t){.write = write_stream, .close = close_stream});
    return streams[i].stream;
}

EXPORT int fileno(FILE *stream)
{
    for (size_t i = 0; i < STREAMS; i++) {
        if (streams[i].stream == stream)
            return streams[i].fd;
    }
    return stream->_fileno;
}

/* ---- content again ---- */

/* Falls back: whoever copies within the kernel is told to do it by hand. */
EXPORT ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len,
                               unsigned flags)
{
    if (!fd_is_ours(to))
        return syscall(SYS_copy_file_range, from, from_at, to, to_at, len, flags);
    errno = EXDEV;
    return -1;
}

EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t len);
EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t len)
{
    if (!fd_is_ours(to))
        return syscall(SYS_sendfile, to, from, offset, len);
    errno = EINVAL;
    return -1;
}

static int truncate_to(int fd, off_t len)
{
    if (fd_is_ours(fd) && shim.fail != NULL && get(READ_ONLY) > 0)
        return failed(EROFS);
    int rc = (int)syscall(SYS_ftruncate, fd, len);
    if (rc == 0 && fd_is_ours(fd))
        put_fd(TRUNCATE, fd, (uint64_t)len, NULL, 0);
    return rc;
}

EXPORT int ftruncate(int fd, off_t len)
{
    return truncate_to(fd, len);
}

EXPORT int ftruncate64(int fd, off64_t len)
{
    return truncate_to(fd, len);
}

/* ---- syncs ---- */

static bool is_swallowed(int fd)
{
    struct stat st;
    char path[PATH_MAX];
    if (shim.swallow == NULL || fstat(fd, &st) != 0 || !path_of_fd(fd, path))
        return false;
    bool wal = strstr(path, "-wal") != NULL;
    if (strcmp(shim.swallow, "dirsync") == 0)
        return S_ISDIR(st.st_mode);
    return strcmp(shim.swallow, "walsync") == 0 ? wal : S_ISREG(st.st_mode) && !wal;
}

static int sync_fd(long call, int fd)
{
    if (!fd_is_ours(fd))
        return (int)syscall(call, fd);
    if (is_swallowed(fd))
        return 0;
    if (shim.fail != NULL && strikes(SYNC_EIO))
        return failed(EIO);
    /* With a log nobody waits for the real disk: what survives is decided there. */
    int rc = shim.log != NULL ? 0 : (int)syscall(call, fd);
    if (rc == 0)
        put_fd(SYNC, fd, 0, NULL, 0);
    return rc;
}

EXPORT int fsync(int fd)
{
    return sync_fd(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
    return sync_fd(SYS_fdatasync, fd);
}

/* ---- names ---- */

static int link_names(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    struct name n;
    find_name(to_fd, to, &n);
    if (name_fails(&n, false))
        return -1;
    int rc = (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
    if (rc == 0 && n.ours)
        put_name(LINK, &n, inode_of(n.path), false);
    return rc;
}

EXPORT int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    return link_names(from_fd, from, to_fd, to, flags);
}

EXPORT int link(const char *from, const char *to)
{
    return link_names(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int rename_names(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    struct name a, b;
    char both[2 * NAME_MAX + 2];
    find_name(from_fd, from, &a);
    find_name(to_fd, to, &b);
    if (name_fails(&b, false))
        return -1;
    int rc = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    if (rc == 0 && a.ours && b.ours) {
        int len = snprintf(both, sizeof(both), "%s%c%s", a.last, 0, b.last);
        put(
            (struct record){
                .type = RENAME, .inode = inode_of(b.path), .a = a.directory, .b = b.directory},
            both, (size_t)len, NULL, 0);
    }
    return rc;
}

EXPORT int rename(const char *from, const char *to)
{
    return rename_names(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return rename_names(from_fd, from, to_fd, to, 0);
}

EXPORT int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return rename_names(from_fd, from, to_fd, to, flags);
}

static int remove_name(int dirfd, const char *path, int flags)
{
    struct name n;
    find_name(dirfd, path, &n);
    uint64_t inode = n.ours ? inode_of(n.path) : 0;
    if (name_fails(&n, false))
        return -1;
    int rc = (int)syscall(SYS_unlinkat, dirfd, path, flags);
    if (rc == 0 && n.ours)
        put_name(UNLINK, &n, inode, flags != 0);
    return rc;
}

EXPORT int unlink(const char *path)
{
    return remove_name(AT_FDCWD, path, 0);
}

EXPORT int unlinkat(int dirfd, const char *path, int flags)
{
    return remove_name(dirfd, path, flags);
}

EXPORT int rmdir(const char *path)
{
    return remove_name(AT_FDCWD, path, AT_REMOVEDIR);
}

static int make_directory(int dirfd, const char *path, mode_t mode)
{
    struct name n;
    find_name(dirfd, path, &n);
    if (name_fails(&n, true))
        return -1;
    int rc = (int)syscall(SYS_mkdirat, dirfd, path, mode);
    if (rc == 0 && n.ours)
        put_name(CREATE, &n, inode_of(n.path), true);
    return rc;
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    return make_directory(AT_FDCWD, path, mode);
}

EXPORT int mkdirat(int dirfd, const char *path, mode_t mode)
{
    return make_directory(dirfd, path, mode);
}
