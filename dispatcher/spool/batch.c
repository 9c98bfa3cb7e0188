/*
 *   tmp/.bPID.N/ ── rename ──▶ new/ID/
 *   new/ID/ ── in the ledger ──▶ batches/ID/ ── retention ──▶ tmp/ ──▶ gone
 *     ├── handed over before, equal ──▶ tmp/ ──▶ gone
 *     └── wrong ──▶ corrupt/ID/ and corrupt/ID.reason
 *
 * A batch moves as a whole, by one rename, so that a kill finds it in exactly one place. What the
 * ledger begins must be what a power cut leaves: batch.json, ID/ and new/ are synced when the
 * notices are opened there, the notices themselves by who verifies them (engine/reader.c), before
 * the verdict.
 */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "model/batch.h"
#include "spool/spool_backend.h"

#define SHOWN_SIZE (ID_MAX + 64)

/* ---- looking at what stands in new/ ---- */

static enum spool_verdict refuse(struct error *reason, const char *name, const char *sentence)
{
    struct buf shown = {0};
    text_put_visible(&shown, name, strlen(name));
    error_set(reason, ERR_INPUT, "new/%s %s", buf_text(&shown), sentence);
    buf_free(&shown);
    return SPOOL_REFUSED;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_part(const char *name)
{
    return strcmp(name, BATCH_TEXT_NAME) == 0 || strcmp(name, BATCH_NOTICES_NAME) == 0;
}

/* NULL, or what is wrong with this entry of a batch's directory. */
static const char *entry_problem(int dirfd, const char *name, const struct stat *st)
{
    if (!is_part(name))
        return "holds something that is no part of a batch; a batch is batch.json and "
               "notices.jsonl, nothing else";
    if (!S_ISREG(st->st_mode))
        return "holds a batch.json or notices.jsonl that is no regular file. It was not opened or "
               "followed; put the file itself there";
    if (st->st_nlink != 1)
        return "holds a batch.json or notices.jsonl with a second name (a hard link); put a copy "
               "there";
    if (faccessat(dirfd, name, R_OK, AT_EACCESS) != 0 && errno == EACCES)
        return "holds a batch.json or notices.jsonl that the dispatcher may not read; allow its "
               "group to (chmod g+r)";
    return NULL;
}

struct inspection {
    const char *problem; /* the first */
    size_t parts;
    bool settled; /* everything seen so far */
};

static void inspect_entries(DIR *reader, int64_t now_ms, struct inspection *out)
{
    const struct dirent *entry;
    struct stat st;
    while (out->problem == NULL && (entry = readdir(reader)) != NULL) {
        if (is_dots(entry->d_name))
            continue;
        if (fstatat(dirfd(reader), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            out->settled = false; /* it has just vanished */
            continue;
        }
        out->settled = out->settled && spool_is_settled(&st, now_ms);
        out->problem = entry_problem(dirfd(reader), entry->d_name, &st);
        out->parts++;
    }
    if (out->problem == NULL && out->parts < 2)
        out->problem = "is not complete: a batch is a directory with batch.json and notices.jsonl";
}

enum spool_verdict batch_inspect(const struct spool *s, const char *name, int64_t now_ms,
                                 struct error *reason)
{
    struct inspection seen = {0};
    struct stat st;
    int fd = openat(s->new_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    if (reader == NULL) {
        bool denied = fd < 0 && errno == EACCES;
        if (fd >= 0)
            close(fd);
        if (!denied || fstatat(s->new_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !spool_is_settled(&st, now_ms))
            return SPOOL_LATER;
        return refuse(reason, name,
                      "may not be read; allow the group of the spool to (chmod g+rwx)");
    }
    seen.settled = fstat(fd, &st) == 0 && spool_is_settled(&st, now_ms);
    inspect_entries(reader, now_ms, &seen);
    closedir(reader);
    if (!id_valid(name, strlen(name)) || strlen(name) > BATCH_ID_MAX)
        seen.problem = "is a directory that is not named like a batch. The name must be its id: "
                       "1 to 96 letters, "
                       "digits, _ or -, not beginning with -";
    if (seen.problem == NULL)
        return SPOOL_TAKEN;
    return seen.settled ? refuse(reason, name, seen.problem) : SPOOL_LATER;
}

bool spool_batch_is_settled(const struct spool *s, const char *id, int64_t now_ms)
{
    struct inspection seen = {0};
    struct stat st;
    int fd = openat(s->new_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    if (reader == NULL) {
        if (fd >= 0)
            close(fd);
        return true; /* nothing will change there that we could see */
    }
    seen.settled = fstat(fd, &st) == 0 && spool_is_settled(&st, now_ms);
    inspect_entries(reader, now_ms, &seen);
    closedir(reader);
    return seen.settled;
}

bool batch_is_stuck(const struct spool *s, const char *name)
{
    struct stat st;
    return fstatat(s->new_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
           faccessat(s->new_fd, name, W_OK, AT_EACCESS) != 0 && errno == EACCES;
}

/* ---- finding and reading ---- */

static int place_fd(const struct spool *s, enum batch_place place)
{
    return place == BATCH_PLACE_NEW ? s->new_fd : s->batches_fd;
}

static const char *place_name(enum batch_place place)
{
    return place == BATCH_PLACE_NEW ? "new" : "batches";
}

static bool is_directory(int dirfd, const char *name)
{
    struct stat st;
    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

enum batch_place spool_find_batch(const struct spool *s, const char *id)
{
    if (!id_valid(id, strlen(id)))
        return BATCH_PLACE_NONE;
    if (is_directory(s->batches_fd, id))
        return BATCH_PLACE_BATCHES;
    return is_directory(s->new_fd, id) ? BATCH_PLACE_NEW : BATCH_PLACE_NONE;
}

/* The directory of a batch. `id` may come from anywhere, so it is looked at before it is a name. */
static int open_place(const struct spool *s, enum batch_place place, const char *id,
                      struct error *err)
{
    if (place == BATCH_PLACE_NONE || !id_valid(id, strlen(id)))
        return error_set(err, ERR_NOT_FOUND, "there is no such batch");
    int fd = openat(place_fd(s, place), id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
        return error_set(err, ERR_NOT_FOUND, "there is no batch %s/%s", place_name(place), id);
    return error_errno(err, ERR_IO, "cannot open %s/%s", place_name(place), id);
}

static const char *show(enum batch_place place, const char *id, const char *name,
                        char out[SHOWN_SIZE])
{
    snprintf(out, SHOWN_SIZE, "%s/%s/%s", place_name(place), id, name);
    return out;
}

int spool_read_batch_text(const struct spool *s, enum batch_place place, const char *id,
                          struct buf *out, struct error *err)
{
    char shown[SHOWN_SIZE];
    struct file_facts facts = {0};
    size_t start = out->len;
    int fd = open_place(s, place, id, err);
    if (fd < 0)
        return fd;
    struct file_at at = {fd, BATCH_TEXT_NAME, show(place, id, BATCH_TEXT_NAME, shown)};
    int rc = file_read(at, BATCH_TEXT_MAX, out, &facts, err);
    close(fd);
    if (rc == 0 && facts.links != 1) {
        buf_truncate(out, start);
        rc = error_set(err, ERR_INPUT, "%s has a second name (a hard link); put a copy there",
                       shown);
    }
    return rc;
}

static int open_plain(int dirfd, const char *name, const char *shown, int64_t *out_size,
                      struct error *err)
{
    struct stat st;
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENXIO))
        return error_set(err, ERR_INPUT, "%s is no regular file", shown);
    if (fd < 0)
        return errno == ENOENT ? error_set(err, ERR_NOT_FOUND, "%s does not exist", shown)
                               : error_errno(err, ERR_IO, "cannot open %s", shown);
    int rc = 0;
    if (fstat(fd, &st) != 0)
        rc = error_errno(err, ERR_IO, "cannot look at %s", shown);
    else if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
        rc = error_set(err, ERR_INPUT, "%s is no regular file with one name; put a copy there",
                       shown);
    if (rc != 0) {
        close(fd);
        return rc;
    }
    *out_size = st.st_size;
    return fd;
}

/* A producer with a plain `mv` syncs nothing: neither the files nor new/, and a power cut would
 * undo the move of a batch the ledger has begun. The notices, perhaps a gigabyte, are left to
 * whoever reads them first: not here, where everything else waits. */
static int sync_batch(const struct spool *s, int dirfd, const char *shown, struct error *err)
{
    int64_t size = 0;
    int text = open_plain(dirfd, BATCH_TEXT_NAME, shown, &size, err);
    if (text < 0)
        return text;
    int rc = file_sync(text, shown, err);
    if (rc == 0)
        rc = file_sync_directory(dirfd, shown, err);
    if (rc == 0)
        rc = file_sync_directory(s->new_fd, s->new_path, err);
    close(text);
    return rc;
}

int spool_open_notices(const struct spool *s, enum batch_place place, const char *id,
                       int64_t *out_size, struct error *err)
{
    char shown[SHOWN_SIZE];
    *out_size = 0;
    int dirfd = open_place(s, place, id, err);
    if (dirfd < 0)
        return dirfd;
    int fd = open_plain(dirfd, BATCH_NOTICES_NAME, show(place, id, BATCH_NOTICES_NAME, shown),
                        out_size, err);
    int rc = fd >= 0 && place == BATCH_PLACE_NEW ? sync_batch(s, dirfd, shown, err) : 0;
    close(dirfd);
    if (rc != 0) {
        close(fd);
        return rc;
    }
    return fd;
}

/* ---- known again ---- */

static int64_t time_ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct file_stamp stamp_of(const struct stat *st)
{
    return (struct file_stamp){.device = st->st_dev,
                               .inode = st->st_ino,
                               .size = st->st_size,
                               .modified_ns = time_ns(st->st_mtim),
                               .changed_ns = time_ns(st->st_ctim)};
}

int spool_stamp_batch(const struct spool *s, enum batch_place place, const char *id,
                      struct batch_stamp *out, struct error *err)
{
    struct stat text = {0}, notices = {0};
    int rc = 0, dirfd = open_place(s, place, id, err);
    if (dirfd < 0)
        return dirfd;
    if (fstatat(dirfd, BATCH_TEXT_NAME, &text, AT_SYMLINK_NOFOLLOW) != 0 ||
        fstatat(dirfd, BATCH_NOTICES_NAME, &notices, AT_SYMLINK_NOFOLLOW) != 0)
        rc = errno == ENOENT
                 ? error_set(err, ERR_NOT_FOUND, "%s/%s is not whole", place_name(place), id)
                 : error_errno(err, ERR_IO, "cannot look at %s/%s", place_name(place), id);
    close(dirfd);
    if (rc == 0)
        *out = (struct batch_stamp){stamp_of(&text), stamp_of(&notices)};
    return rc;
}

static bool is_same_file(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

bool spool_is_stamped(int notices, const struct batch_stamp *stamp)
{
    struct stat st;
    /* By the call that made the stamp: what shifts time stamps (a library that fakes the clock) may
     * not do it in all of them. */
    if (fstatat(notices, "", &st, AT_EMPTY_PATH) != 0)
        return false;
    struct file_stamp is = stamp_of(&st);
    return is_same_file(&is, &stamp->notices);
}

bool batch_stamp_equal(const struct batch_stamp *a, const struct batch_stamp *b)
{
    return is_same_file(&a->text, &b->text) && is_same_file(&a->notices, &b->notices);
}

/* ---- moving ---- */

static int tell_stuck(const char *id, struct error *err)
{
    if (errno == EACCES || errno == EPERM)
        return error_set(err, ERR_IO,
                         "new/%s cannot be moved: its directory must be writable for the group of "
                         "the spool (chmod g+w)",
                         id);
    return error_errno(err, ERR_IO, "cannot move new/%s", id);
}

int spool_adopt_batch(struct spool *s, const char *id, struct error *err)
{
    if (spool_find_batch(s, id) == BATCH_PLACE_NONE)
        return error_set(err, ERR_NOT_FOUND, "there is no batch new/%s", id);
    /* EEXIST: adopted before, and handed over again since. */
    if (renameat2(s->new_fd, id, s->batches_fd, id, RENAME_NOREPLACE) != 0 && errno != EEXIST &&
        (errno != ENOENT || !is_directory(s->batches_fd, id)))
        return tell_stuck(id, err);
    int rc = file_sync_directory(s->batches_fd, "batches/", err);
    return rc != 0 ? rc : file_sync_directory(s->new_fd, s->new_path, err);
}

int spool_refuse_batch(struct spool *s, const char *id, const char *reason, struct error *err)
{
    if (!id_valid(id, strlen(id)))
        return error_set(err, ERR_NOT_FOUND, "there is no such batch");
    return quarantine_move(s, id, reason, err);
}

int spool_drop_known_batch(struct spool *s, const char *id, struct error *err)
{
    if (!id_valid(id, strlen(id)))
        return error_set(err, ERR_NOT_FOUND, "there is no such batch");
    return discard_directory(s, s->new_fd, id, "new", err);
}

/* ---- lines of accepted batches ---- */

static void close_one(struct open_notices *o)
{
    if (o->id == NULL)
        return;
    close(o->fd);
    free(o->id);
    *o = (struct open_notices){0};
}

void batch_close_notices(struct spool *s)
{
    for (size_t i = 0; i < COUNT_OF(s->open); i++)
        close_one(&s->open[i]);
}

static struct open_notices *find_open(struct spool *s, const char *id)
{
    for (size_t i = 0; i < COUNT_OF(s->open); i++) {
        if (text_equal(s->open[i].id, id))
            return &s->open[i];
    }
    return NULL;
}

/* A free place, or the one that was not wanted for the longest time. */
static struct open_notices *make_place(struct spool *s)
{
    struct open_notices *oldest = &s->open[0];
    for (size_t i = 1; i < COUNT_OF(s->open); i++) {
        if (s->open[i].used < oldest->used)
            oldest = &s->open[i];
    }
    close_one(oldest);
    return oldest;
}

static int open_line_file(struct spool *s, const char *id, struct open_notices **out,
                          struct error *err)
{
    int64_t size = 0;
    *out = find_open(s, id);
    if (*out == NULL) {
        int fd = spool_open_notices(s, BATCH_PLACE_BATCHES, id, &size, err);
        if (fd < 0)
            return fd;
        *out = make_place(s);
        **out = (struct open_notices){.id = xstrdup(id), .fd = fd};
    }
    (*out)->used = ++s->uses;
    return 0;
}

int spool_read_line(struct spool *s, const char *id, int64_t offset, int64_t length,
                    struct buf *out, struct error *err)
{
    struct open_notices *o;
    size_t start = out->len, wanted = (size_t)length;
    if (offset < 0 || length < 0 || wanted > JOB_TEXT_MAX)
        return error_set(err, ERR_NOT_FOUND, "batch %s has no such line", id);
    int rc = open_line_file(s, id, &o, err);
    if (rc != 0)
        return rc;
    buf_reserve(out, wanted);
    while (rc == 0 && out->len - start < wanted) {
        size_t have = out->len - start;
        ssize_t got = pread(o->fd, out->data + out->len, wanted - have, offset + (off_t)have);
        if (got > 0)
            out->len += (size_t)got;
        else if (got == 0)
            rc = error_set(err, ERR_NOT_FOUND, "batches/%s/%s ends before byte %lld", id,
                           BATCH_NOTICES_NAME, (long long)offset + (long long)length);
        else if (errno != EINTR)
            rc = error_errno(err, ERR_IO, "cannot read batches/%s/%s", id, BATCH_NOTICES_NAME);
    }
    buf_truncate(out, rc == 0 ? out->len : start);
    return rc;
}

int spool_remove_batch(struct spool *s, const char *id, struct error *err)
{
    struct open_notices *o = find_open(s, id);
    if (!id_valid(id, strlen(id)))
        return error_set(err, ERR_NOT_FOUND, "there is no such batch");
    if (o != NULL)
        close_one(o);
    return discard_directory(s, s->batches_fd, id, "batches", err);
}
