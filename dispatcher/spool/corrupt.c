/*
 * What lies in corrupt/, and the way back:
 *
 *   corrupt/ID.json    ── drop, as a producer does ──▶ new/ID.json, then both names here go
 *   corrupt/ID/        ── rename ──▶ new/ID/, then the reason goes
 *
 * A crash between the two leaves the notice in both places: it is known by then, or refused again.
 */
#include "spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "model/batch.h"
#include "spool/spool_backend.h"

#define REASON_SUFFIX ".reason"
#define NOTICE_SUFFIX ".json"
#define REASON_MAX    ((size_t)64 * 1024)

/* ---- looking ---- */

/* The name without .json: of it and its reason. */
static size_t stem_length(const char *name)
{
    size_t len = strlen(name);
    return text_ends_with(name, NOTICE_SUFFIX) ? len - strlen(NOTICE_SUFFIX) : len;
}

/* "x.1.json" was new/x.json when corrupt/x.json stood here already. An id has no dot. */
static bool find_id(const char *name, char *out, size_t size)
{
    size_t len = strcspn(name, ".");
    snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), name);
    return len < size && id_valid(out, strlen(out));
}

static enum corrupt_kind kind_of(const struct spool *s, const char *name, const struct stat *st)
{
    struct stat part;
    char inside[NAME_MAX + 20];
    if (S_ISREG(st->st_mode) && text_ends_with(name, NOTICE_SUFFIX))
        return CORRUPT_NOTICE;
    snprintf(inside, sizeof(inside), "%.255s/%s", name, BATCH_TEXT_NAME);
    if (S_ISDIR(st->st_mode) && fstatat(s->corrupt_fd, inside, &part, AT_SYMLINK_NOFOLLOW) == 0)
        return CORRUPT_BATCH;
    return CORRUPT_OTHER;
}

/* Of a batch what its two files have. */
static int64_t count_bytes(const struct spool *s, const char *name, const struct stat *st)
{
    static const char *const parts[] = {BATCH_TEXT_NAME, BATCH_NOTICES_NAME};
    char inside[NAME_MAX + 20];
    struct stat part;
    int64_t bytes = 0;
    if (!S_ISDIR(st->st_mode))
        return S_ISREG(st->st_mode) ? st->st_size : 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        snprintf(inside, sizeof(inside), "%.255s/%s", name, parts[i]);
        if (fstatat(s->corrupt_fd, inside, &part, AT_SYMLINK_NOFOLLOW) == 0)
            bytes += part.st_size;
    }
    return bytes;
}

/* Appended; *out_since_ms: when it was written. */
static void read_reason(const struct spool *s, const char *name, struct buf *out,
                        int64_t *out_since_ms)
{
    char reason[NAME_MAX + 20];
    snprintf(reason, sizeof(reason), "%.*s%s", (int)stem_length(name), name, REASON_SUFFIX);
    const struct file_at at = {s->corrupt_fd, reason, reason};
    struct file_facts facts;
    if (file_read(at, REASON_MAX, out, &facts, NULL) == 0)
        *out_since_ms = facts.modified_ms;
    while (out->len > 0 && out->data[out->len - 1] == '\n')
        buf_truncate(out, out->len - 1);
}

static bool show(const struct spool *s, const char *name, spool_corrupt_fn *fn, void *context)
{
    char id[ID_MAX + 1];
    struct stat st;
    struct buf reason = {0};
    if (fstatat(s->corrupt_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    struct corrupt_row row = {.name = name,
                              .kind = kind_of(s, name, &st),
                              .id = find_id(name, id, sizeof(id)) ? id : NULL,
                              .bytes = count_bytes(s, name, &st),
                              .since_ms = spool_time_ms(st.st_ctim)};
    read_reason(s, name, &reason, &row.since_ms);
    row.reason = buf_text(&reason);
    fn(context, &row);
    buf_free(&reason);
    return true;
}

static bool is_entry(const char *name)
{
    return name[0] != '.' && !text_ends_with(name, REASON_SUFFIX);
}

/* People say the id, and mean ID.json. */
static bool is_meant(const char *only, const char *name)
{
    size_t len = only != NULL ? strlen(only) : 0;
    return only == NULL || text_equal(only, name) ||
           (strncmp(only, name, len) == 0 && text_equal(name + len, ".json"));
}

int spool_walk_corrupt(const struct spool *s, const char *only, spool_corrupt_fn *fn, void *context,
                       struct error *err)
{
    const struct dirent *entry;
    bool found = false;
    int fd = openat(s->corrupt_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    if (reader == NULL) {
        if (fd >= 0)
            close(fd);
        return error_errno(err, ERR_IO, "cannot read %s/corrupt", s->path);
    }
    while ((entry = readdir(reader)) != NULL) {
        if (is_entry(entry->d_name) && is_meant(only, entry->d_name))
            found = show(s, entry->d_name, fn, context) || found;
    }
    closedir(reader);
    return found || only == NULL
               ? 0
               : error_set(err, ERR_NOT_FOUND,
                           "nothing called \"%s\" lies in corrupt/; `dispatcher corrupt list` has "
                           "the names",
                           only);
}

/* ---- the way back ---- */

static int remove_notice(struct spool *s, const char *name, struct error *err)
{
    if (unlinkat(s->corrupt_fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    return error_errno(err, ERR_IO, "%s is back in new/, but cannot be removed from corrupt/",
                       name);
}

/* A reason that stays is listed nowhere. */
static void remove_reason(struct spool *s, const char *name)
{
    char reason[NAME_MAX + 20];
    snprintf(reason, sizeof(reason), "%.*s%s", (int)stem_length(name), name, REASON_SUFFIX);
    unlinkat(s->corrupt_fd, reason, 0);
}

static int read_notice(struct spool *s, const struct corrupt_row *row, struct buf *out,
                       struct error *err)
{
    const struct file_at at = {s->corrupt_fd, row->name, row->name};
    struct file_facts facts;
    int rc = file_read(at, JOB_TEXT_MAX, out, &facts, err);
    if (rc == 0 && facts.links != 1)
        rc = error_set(err, ERR_INPUT, "corrupt/%s has a second name (a hard link)", row->name);
    return rc;
}

static int check_notice(struct spool *s, const struct corrupt_row *row, struct error *err)
{
    char name[ID_MAX + sizeof(NOTICE_SUFFIX)];
    struct buf text = {0};
    snprintf(name, sizeof(name), "%s%s", row->id, NOTICE_SUFFIX);
    int rc = read_notice(s, row, &text, err);
    if (rc == 0)
        rc = spool_compare_standing(s, name, buf_text(&text), text.len, err);
    buf_free(&text);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int check_batch(const struct spool *s, const struct corrupt_row *row, struct error *err)
{
    struct stat st;
    if (fstatat(s->new_fd, row->id, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return error_set(err, ERR_CONFLICT, "new/%s stands there already", row->id);
}

int spool_check_release(struct spool *s, const struct corrupt_row *row, struct error *err)
{
    if (row->id == NULL || row->kind == CORRUPT_OTHER)
        return error_set(err, ERR_INPUT,
                         "corrupt/%s is neither a notice (ID.json) nor a batch (ID/ with "
                         "batch.json): only who put it there knows what it should have been",
                         row->name);
    return row->kind == CORRUPT_NOTICE ? check_notice(s, row, err) : check_batch(s, row, err);
}

static int release_notice(struct spool *s, const struct corrupt_row *row, struct error *err)
{
    struct buf text = {0};
    bool duplicate = false;
    int rc = read_notice(s, row, &text, err);
    if (rc == 0)
        rc = spool_drop(s, row->id, buf_text(&text), text.len, &duplicate, err);
    if (rc == 0)
        rc = remove_notice(s, row->name, err);
    buf_free(&text);
    return rc;
}

static int release_batch(struct spool *s, const struct corrupt_row *row, struct error *err)
{
    int rc = file_move(s->corrupt_fd, row->name, s->new_fd, row->id, err);
    if (rc == 0)
        rc = file_sync_directory(s->new_fd, s->new_path, err);
    return rc == 0 ? file_sync_directory(s->corrupt_fd, "corrupt/", err) : rc;
}

int spool_release_corrupt(struct spool *s, const struct corrupt_row *row, struct error *err)
{
    int rc = row->kind == CORRUPT_NOTICE ? release_notice(s, row, err) : release_batch(s, row, err);
    if (rc == 0)
        remove_reason(s, row->name);
    return rc;
}
