/* The directories, the lock, and the producer's side of the drop protocol. */
#include "spool/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "spool/spool_backend.h"

#define LOCK_NAME      "lock"
#define NOTICE_SUFFIX  ".json"
#define TMP_MAX_AGE_MS ((int64_t)36 * 3600 * 1000)
#define DROP_TRIES     3

/*
 * Group members (producers) write into tmp/ and new/, and may look at the rest. Set-group-id: what
 * they drop belongs to the group of the spool, whoever they are.
 */
struct part {
    const char *name;
    mode_t mode;
};
static const struct part parts[] = {
    {"tmp", 02770},
    {"new", 02770},
    {"batches", 02750},
    {"corrupt", 02750},
};

/* Only a directory made here gets our mode: an administrator's choice is left alone. mkdir() heeds
 * the umask, chmod() does not. */
static int make_part(int top_fd, const char *spool, const struct part *part, struct error *err)
{
    if (mkdirat(top_fd, part->name, part->mode) != 0) {
        if (errno == EEXIST)
            return 0;
        return error_errno(err, ERR_IO, "cannot create the directory %s/%s", spool, part->name);
    }
    if (fchmodat(top_fd, part->name, part->mode, 0) != 0)
        return error_errno(err, ERR_IO, "cannot set the mode of %s/%s", spool, part->name);
    return 0;
}

static int make_parts(const char *path, struct error *err)
{
    int rc = file_make_directory(path, 0750, err);
    if (rc != 0)
        return rc;
    /* Who only hands something in may pass through it, and not read it. */
    int top_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top_fd < 0)
        return error_errno(err, ERR_IO, "cannot open the directory %s", path);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(parts); i++)
        rc = make_part(top_fd, path, &parts[i], err);
    close(top_fd);
    return rc;
}

static int open_part(const char *spool, const char *name, int *out_fd, struct error *err)
{
    char *path = file_join(spool, name);
    int fd = file_open_directory(path, err);
    free(path);
    *out_fd = fd < 0 ? -1 : fd;
    return fd < 0 ? fd : 0;
}

/* What lies there is none of the business of who only hands something in: he goes without it. */
static int open_inner_part(const char *spool, const char *name, int *out_fd, struct error *err)
{
    int rc = open_part(spool, name, out_fd, err);
    char *path = file_join(spool, name);
    if (rc != 0 && access(path, F_OK) == 0 && access(path, R_OK) != 0 && errno == EACCES)
        rc = 0;
    free(path);
    return rc;
}

int spool_open(const char *path, struct spool **out, struct error *err)
{
    *out = NULL;
    int rc = make_parts(path, err);
    if (rc != 0)
        return rc;
    struct spool *s = xcalloc(1, sizeof(*s));
    *s = (struct spool){.path = xstrdup(path),
                        .new_path = file_join(path, "new"),
                        .tmp_fd = -1,
                        .new_fd = -1,
                        .corrupt_fd = -1,
                        .batches_fd = -1,
                        .lock_fd = -1};
    rc = open_part(path, "tmp", &s->tmp_fd, err);
    if (rc == 0)
        rc = open_part(path, "new", &s->new_fd, err);
    if (rc == 0)
        rc = open_inner_part(path, "corrupt", &s->corrupt_fd, err);
    if (rc == 0)
        rc = open_inner_part(path, "batches", &s->batches_fd, err);
    if (rc != 0) {
        spool_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void spool_close(struct spool *s)
{
    if (s == NULL)
        return;
    const int descriptors[] = {s->tmp_fd, s->new_fd, s->corrupt_fd, s->batches_fd, s->lock_fd};
    for (size_t i = 0; i < COUNT_OF(descriptors); i++) {
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    }
    if (s->reader != NULL)
        closedir(s->reader);
    batch_close_notices(s);
    free(s->path);
    free(s->new_path);
    free(s);
}

const char *spool_new_path(const struct spool *s)
{
    return s->new_path;
}

/* ---- the door ---- */

/* Set-group-id as in `parts`; chown() takes it away. */
static int hand_to(int fd, gid_t group, mode_t mode, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_errno(err, ERR_IO, "cannot look at %s", path);
    if (st.st_gid == group && (st.st_mode & 07777) == mode)
        return 0;
    if (st.st_gid != group && fchown(fd, (uid_t)-1, group) != 0)
        return error_errno(err, ERR_CONFIG,
                           "cannot give %s to the group of `control.enqueue`; the user of the "
                           "daemon must belong to that group, and own the directory",
                           path);
    if (fchmod(fd, mode) != 0)
        return error_errno(err, ERR_CONFIG, "cannot set the mode of %s", path);
    return 0;
}

/* Whoever may use the socket that lies in it must come that far. */
static int let_pass(const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return error_errno(err, ERR_IO, "cannot look at %s", path);
    if ((st.st_mode & S_IXOTH) != 0 || chmod(path, (st.st_mode & 07777) | S_IXOTH) == 0)
        return 0;
    return error_errno(err, ERR_CONFIG, "cannot let others pass through %s", path);
}

int spool_open_door(struct spool *s, gid_t producers, struct error *err)
{
    int rc = let_pass(s->path, err);
    if (producers == (gid_t)-1)
        return rc;
    if (rc == 0)
        rc = hand_to(s->tmp_fd, producers, parts[0].mode, "tmp/ of the spool", err);
    if (rc == 0)
        rc = hand_to(s->new_fd, producers, parts[1].mode, "new/ of the spool", err);
    return rc;
}

/* ---- lock ---- */

/* A forked child that has not closed its copy yet outlives its daemon by a moment. */
#define ORPHANS_MS 2000
/* A command that works without a daemon needs the lock for as long as its change takes. */
#define COMMANDS_MS 15000
#define ASK_MS      20
#define AS_COMMAND  " command"

struct holder {
    char pid[24]; /* digits; "" if it is not known */
    bool is_command;
};

static struct holder read_holder(int fd)
{
    struct holder holder = {.pid = ""};
    char line[40];
    ssize_t got = pread(fd, line, sizeof(line) - 1, 0);
    line[got > 0 ? got : 0] = '\0';
    size_t digits = strspn(line, "0123456789");
    if (digits < sizeof(holder.pid))
        snprintf(holder.pid, sizeof(holder.pid), "%.*s", (int)digits, line);
    holder.is_command = strncmp(line + digits, AS_COMMAND, strlen(AS_COMMAND)) == 0;
    return holder;
}

static bool is_gone(const char *pid)
{
    long number = strtol(pid, NULL, 10);
    return number > 0 && number <= INT_MAX && kill((pid_t)number, 0) != 0 && errno == ESRCH;
}

/* 0: a daemon that lives keeps it. One that has not written its name yet is about to. */
static int patience_ms(const struct holder *holder)
{
    if (holder->is_command)
        return COMMANDS_MS;
    return holder->pid[0] == '\0' || is_gone(holder->pid) ? ORPHANS_MS : 0;
}

/* False with errno. */
static bool take_lock(int fd)
{
    const struct timespec pause = {.tv_nsec = ASK_MS * 1000000L};
    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += ASK_MS) {
        int why = errno;
        struct holder holder = read_holder(fd);
        if (why != EWOULDBLOCK || waited_ms >= patience_ms(&holder)) {
            errno = why;
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

static int tell_holder(const struct spool *s, int fd, struct error *err)
{
    struct holder holder = read_holder(fd);
    const char *pid = holder.pid[0] != '\0' ? holder.pid : "unknown";
    if (holder.is_command)
        return error_set(err, ERR_AGAIN,
                         "a command (process %s) is changing the spool %s; try again when it is "
                         "done",
                         pid, s->path);
    return error_set(
        err, ERR_AGAIN,
        "another dispatcher (process %s) works on the spool %s; there is one per spool", pid,
        s->path);
}

/* For the next one who wants the lock. That it cannot be written is no reason to stop. */
static void write_holder(int fd, enum spool_user user)
{
    char line[40];
    int len = snprintf(line, sizeof(line), "%d%s\n", (int)getpid(),
                       user == SPOOL_COMMAND ? AS_COMMAND : "");
    if (ftruncate(fd, 0) != 0 || pwrite(fd, line, (size_t)len, 0) != len)
        return;
}

/*
 * flock(): tied to this open file, not to the process, so that closing some other descriptor of the
 * same file does not lose it, as with fcntl() locks. The price: a forked child holds it too until
 * it closes its copy.
 */
int spool_lock(struct spool *s, enum spool_user user, struct error *err)
{
    assert(s->lock_fd < 0);
    char *path = file_join(s->path, LOCK_NAME);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
    int rc = 0;
    if (fd < 0)
        rc = error_errno(err, ERR_IO, "cannot open %s", path);
    else if (!take_lock(fd))
        rc = errno == EWOULDBLOCK ? tell_holder(s, fd, err)
                                  : error_errno(err, ERR_IO, "cannot lock %s", path);
    free(path);
    if (rc != 0) {
        if (fd >= 0)
            close(fd);
        return rc;
    }
    write_holder(fd, user);
    s->lock_fd = fd;
    return 0;
}

/* ---- room ---- */

/* What a few notices, the ledger's own files and an operator's editor need. */
#define FREE_INODES_MIN 64

int spool_check_room(const struct spool *s, int64_t min_free_bytes, struct error *err)
{
    struct statvfs fs;
    if (fstatvfs(s->new_fd, &fs) != 0)
        return error_errno(err, ERR_IO, "cannot ask how much room is left for %s", s->path);
    uint64_t wanted = min_free_bytes > 0 ? (uint64_t)min_free_bytes : 0;
    uint64_t block = fs.f_frsize > 0 ? fs.f_frsize : 1;
    uint64_t free_mib = fs.f_bavail * block >> 20;
    uint64_t missing_mib = (wanted - fs.f_bavail * block) >> 20; /* if it is less */
    if (fs.f_bavail < wanted / block + (wanted % block != 0 ? 1 : 0))
        return error_set(err, ERR_AGAIN,
                         "the disk of the spool %s has %llu MiB free and must keep %llu MiB; make "
                         "room (%llu MiB more) and try again",
                         s->path, (unsigned long long)free_mib, (unsigned long long)(wanted >> 20),
                         (unsigned long long)missing_mib + 1);
    /* 0 in all: a file system that makes inodes as it goes. */
    if (fs.f_files > 0 && fs.f_favail < FREE_INODES_MIN)
        return error_set(err, ERR_AGAIN,
                         "the disk of the spool %s has %llu inodes left and must keep %d; remove "
                         "files and try again",
                         s->path, (unsigned long long)fs.f_favail, FREE_INODES_MIN);
    return 0;
}

int spool_measure_room(const struct spool *s, struct spool_room *out, struct error *err)
{
    struct statvfs fs;
    *out = (struct spool_room){0};
    if (fstatvfs(s->new_fd, &fs) != 0)
        return error_errno(err, ERR_IO, "cannot ask how much room is left for %s", s->path);
    out->bytes = (int64_t)(fs.f_bavail * (fs.f_frsize > 0 ? fs.f_frsize : 1));
    out->inodes = (int64_t)fs.f_favail;
    return 0;
}

int spool_check_writable(const struct spool *s, struct error *err)
{
    const int fds[] = {s->tmp_fd, s->new_fd, s->corrupt_fd, s->batches_fd};
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        if (faccessat(fds[i], ".", W_OK, 0) != 0)
            return error_errno(err, ERR_IO, "the spool %s cannot be written", s->path);
    }
    return 0;
}

/* ---- the producer's side ---- */

bool spool_name_valid(const char *name, size_t *out_len)
{
    if (!text_ends_with(name, NOTICE_SUFFIX))
        return false;
    *out_len = strlen(name) - strlen(NOTICE_SUFFIX);
    return id_valid(name, *out_len);
}

int spool_compare_standing(struct spool *s, const char *name, const void *bytes, size_t len,
                           struct error *err)
{
    struct buf standing = {0};
    struct file_at at = {.dirfd = s->new_fd, .name = name, .shown = name};
    int rc = file_read(at, JOB_TEXT_MAX, &standing, NULL, err);
    if (rc == 0 && (standing.len != len || memcmp(standing.data, bytes, len) != 0))
        rc = ERR_INPUT;
    buf_free(&standing);
    if (rc == ERR_INPUT)
        return error_set(err, ERR_CONFLICT,
                         "new/%s is already there with other content; give the notice an id of its "
                         "own",
                         name);
    return rc != 0 ? rc : file_sync_directory(s->new_fd, s->new_path, err);
}

int spool_drop(struct spool *s, const char *id, const void *bytes, size_t len, bool *out_duplicate,
               struct error *err)
{
    *out_duplicate = false;
    if (!id_valid(id, strlen(id)))
        return error_set(err, ERR_INPUT,
                         "the id is not valid: use 1 to %d letters, digits, _ or -, and do not "
                         "begin with -",
                         ID_MAX);
    if (len == 0 || len > JOB_TEXT_MAX)
        return error_set(err, ERR_INPUT, "the notice %s has %zu bytes; 1 to %d are accepted", id,
                         len, JOB_TEXT_MAX);
    char name[ID_MAX + sizeof(NOTICE_SUFFIX)];
    snprintf(name, sizeof(name), "%s%s", id, NOTICE_SUFFIX);
    int rc = ERR_NOT_FOUND;
    /* Not found: intake took the standing one between our link and our look. Then the name is free
     * again. */
    for (int i = 0; rc == ERR_NOT_FOUND && i < DROP_TRIES; i++) {
        rc = file_publish(s->tmp_fd, s->new_fd, name, bytes, len, err);
        if (rc != ERR_CONFLICT)
            return rc;
        rc = spool_compare_standing(s, name, bytes, len, err);
    }
    *out_duplicate = rc == 0;
    return rc == ERR_NOT_FOUND ? error_set(err, ERR_AGAIN, "new/%s comes and goes; try again", name)
                               : rc;
}

int spool_withdraw(struct spool *s, const char *id, const void *bytes, size_t len,
                   struct error *err)
{
    char name[ID_MAX + sizeof(NOTICE_SUFFIX)];
    snprintf(name, sizeof(name), "%s%s", id, NOTICE_SUFFIX);
    int rc = spool_compare_standing(s, name, bytes, len, err);
    if (rc == ERR_NOT_FOUND || rc == ERR_CONFLICT)
        return 0;
    if (rc == 0 && unlinkat(s->new_fd, name, 0) != 0 && errno != ENOENT)
        return error_errno(err, ERR_IO, "cannot take new/%s back", name);
    return rc;
}

/* ---- tmp/ ---- */

int64_t spool_time_ms(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void clean_entry(struct spool *s, const char *name, int64_t now_ms)
{
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        fstatat(s->tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        discard_old(s, name, now_ms, TMP_MAX_AGE_MS);
        return;
    }
    /* Both times: a copy that keeps the old date of its source is still being written. */
    int64_t modified_ms = spool_time_ms(st.st_mtim), changed_ms = spool_time_ms(st.st_ctim);
    if (now_ms - (modified_ms > changed_ms ? modified_ms : changed_ms) > TMP_MAX_AGE_MS)
        unlinkat(s->tmp_fd, name, 0);
}

/* A reader of its own: directory descriptors share their place. NULL if it cannot be read. */
static DIR *open_reader(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    if (reader == NULL && fd >= 0)
        close(fd);
    return reader;
}

void spool_clean_tmp(struct spool *s, int64_t now_ms)
{
    DIR *reader = open_reader(s->tmp_fd);
    const struct dirent *entry;
    while (reader != NULL && (entry = readdir(reader)) != NULL)
        clean_entry(s, entry->d_name, now_ms);
    if (reader != NULL)
        closedir(reader);
}

int64_t spool_count_refused(const struct spool *s)
{
    DIR *reader = open_reader(s->corrupt_fd);
    const struct dirent *entry;
    int64_t count = 0;
    if (reader == NULL)
        return -1;
    while ((entry = readdir(reader)) != NULL)
        count += entry->d_name[0] != '.' && !text_ends_with(entry->d_name, ".reason") ? 1 : 0;
    closedir(reader);
    return count;
}
