/* A batch being built: tmp/.bPID.N/, where nobody looks, until one rename publishes it. */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/id.h"
#include "model/batch.h"
#include "spool/spool_backend.h"

#define NAME_SIZE     64
#define NAME_TRIES    1000
#define FLUSH_SIZE    ((size_t)1024 * 1024)
#define PUBLISH_TRIES 3
#define COMPARE_SIZE  ((size_t)64 * 1024)

struct batch_builder {
    struct spool *spool;
    char *id;
    char name[NAME_SIZE]; /* in tmp/; "": it was published */
    int dir_fd, notices_fd;
    struct buf pending; /* not written yet */
    size_t summed;      /* so much of it is in the digest */
    bool broken;        /* a write failed: the file is not what was put */
    struct digest *digest;
    int64_t count, bytes;
};

static int make_directory(struct batch_builder *b, struct error *err)
{
    int tmp = b->spool->tmp_fd;
    for (int i = 0; i < NAME_TRIES; i++) {
        discard_name("b", b->name);
        if (mkdirat(tmp, b->name, 0770) == 0) {
            b->dir_fd = openat(tmp, b->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            /* The daemon, somebody else of the group, moves it: whatever the umask says. */
            if (b->dir_fd < 0 || fchmod(b->dir_fd, 02770) != 0)
                return error_errno(err, ERR_IO, "cannot prepare the directory tmp/%s", b->name);
            return 0;
        }
        if (errno != EEXIST)
            break;
    }
    b->name[0] = '\0';
    return error_errno(err, ERR_IO, "cannot create a directory in %s/tmp", b->spool->path);
}

static int create(struct batch_builder *b, const char *name, int *out_fd, struct error *err)
{
    *out_fd = openat(b->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (*out_fd < 0 || fchmod(*out_fd, 0640) != 0)
        return error_errno(err, ERR_IO, "cannot create tmp/%s/%s", b->name, name);
    return 0;
}

int spool_begin_batch(struct spool *s, const char *id, struct batch_builder **out,
                      struct error *err)
{
    *out = NULL;
    if (!id_valid(id, strlen(id)) || strlen(id) > BATCH_ID_MAX)
        return error_set(err, ERR_INPUT,
                         "the id of the batch is not valid: use 1 to %d letters, digits, _ or -, "
                         "and do not begin with -",
                         BATCH_ID_MAX);
    struct batch_builder *b = xcalloc(1, sizeof(*b));
    *b = (struct batch_builder){
        .spool = s, .id = xstrdup(id), .dir_fd = -1, .notices_fd = -1, .digest = digest_begin()};
    int rc = make_directory(b, err);
    if (rc == 0)
        rc = create(b, BATCH_NOTICES_NAME, &b->notices_fd, err);
    if (rc != 0) {
        spool_end_batch(b);
        return rc;
    }
    *out = b;
    return 0;
}

static int flush(struct batch_builder *b, struct error *err)
{
    int rc = file_write_all(b->notices_fd, buf_text(&b->pending), b->pending.len,
                            BATCH_NOTICES_NAME, err);
    digest_put(b->digest, buf_text(&b->pending) + b->summed, b->pending.len - b->summed);
    buf_reset(&b->pending);
    b->summed = 0;
    b->broken = b->broken || rc != 0;
    return rc;
}

int spool_put_notice(struct batch_builder *b, const char *line, size_t len, struct error *err)
{
    if (len == 0 || len > BATCH_LINE_MAX)
        return error_set(err, ERR_INPUT, "a notice of a batch has %zu bytes; 1 to %zu are accepted",
                         len, BATCH_LINE_MAX);
    if (memchr(line, '\n', len) != NULL)
        return error_set(err, ERR_INPUT, "a notice of a batch must stand on one line");
    buf_put(&b->pending, line, len);
    buf_putc(&b->pending, '\n');
    b->count++;
    b->bytes += (int64_t)len + 1;
    return b->pending.len >= FLUSH_SIZE ? flush(b, err) : 0;
}

void spool_sum_batch(struct batch_builder *b, struct batch_sum *out)
{
    digest_put(b->digest, buf_text(&b->pending) + b->summed, b->pending.len - b->summed);
    b->summed = b->pending.len;
    *out = (struct batch_sum){.count = b->count, .bytes = b->bytes};
    digest_sum(b->digest, out->sha256);
}

/* ---- publishing ---- */

static int write_text(struct batch_builder *b, const char *text, size_t len, struct error *err)
{
    int fd = -1;
    /* A text of a try that failed */
    unlinkat(b->dir_fd, BATCH_TEXT_NAME, 0);
    int rc = create(b, BATCH_TEXT_NAME, &fd, err);
    if (rc == 0)
        rc = file_write_all(fd, text, len, BATCH_TEXT_NAME, err);
    if (rc == 0 && fsync(fd) != 0)
        rc = error_errno(err, ERR_IO, "cannot make %s durable", BATCH_TEXT_NAME);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int make_durable(struct batch_builder *b, const char *text, size_t len, struct error *err)
{
    int rc = flush(b, err);
    if (rc == 0 && fsync(b->notices_fd) != 0)
        rc = error_errno(err, ERR_IO, "cannot make %s durable", BATCH_NOTICES_NAME);
    if (rc == 0)
        rc = write_text(b, text, len, err);
    return rc != 0 ? rc : file_sync_directory(b->dir_fd, b->name, err);
}

/* Both files read side by side; false if one cannot be read. */
static bool same_bytes(int a, int b)
{
    char *left = xmalloc(2 * COMPARE_SIZE), *right = left + COMPARE_SIZE;
    off_t at = 0;
    ssize_t got, other;
    bool same;
    do {
        got = pread(a, left, COMPARE_SIZE, at);
        other = got >= 0 ? pread(b, right, COMPARE_SIZE, at) : -1;
        same = got >= 0 && got == other && memcmp(left, right, (size_t)got) == 0;
        at += got;
    } while (same && got > 0);
    free(left);
    return same;
}

static int compare_notices(struct batch_builder *b, enum batch_place place, bool *out_same,
                           struct error *err)
{
    struct stat ours;
    int64_t size = 0;
    int fd = spool_open_notices(b->spool, place, b->id, &size, err);
    if (fd < 0)
        return fd;
    int own = openat(b->dir_fd, BATCH_NOTICES_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *out_same = own >= 0 && fstat(own, &ours) == 0 && ours.st_size == size && same_bytes(fd, own);
    if (own >= 0)
        close(own);
    close(fd);
    return 0;
}

/* 0: the same stands there. ERR_NOT_FOUND: it has gone on meanwhile. */
static int compare_standing(struct batch_builder *b, enum batch_place place, const char *text,
                            size_t len, struct error *err)
{
    struct buf standing = {0};
    bool same = false;
    int rc = spool_read_batch_text(b->spool, place, b->id, &standing, err);
    if (rc == 0 && standing.len == len && memcmp(standing.data, text, len) == 0)
        rc = compare_notices(b, place, &same, err);
    buf_free(&standing);
    if (rc == ERR_INPUT || (rc == 0 && !same))
        return error_set(err, ERR_CONFLICT,
                         "the batch \"%s\" is there already with other content; give the new one "
                         "an id of its own",
                         b->id);
    if (rc == 0 && place == BATCH_PLACE_NEW) /* whoever published it may have been cut off */
        rc = file_sync_directory(b->spool->new_fd, b->spool->new_path, err);
    return rc;
}

/* Looks at both places and takes the free one: ERR_NOT_FOUND if it must be looked at again. */
static int try_publish(struct batch_builder *b, const char *text, size_t len, bool *out_duplicate,
                       struct error *err)
{
    struct spool *s = b->spool;
    enum batch_place place = spool_find_batch(s, b->id);
    if (place != BATCH_PLACE_NONE) {
        int rc = compare_standing(b, place, text, len, err);
        *out_duplicate = rc == 0;
        return rc;
    }
    int rc = file_move(s->tmp_fd, b->name, s->new_fd, b->id, err);
    if (rc == ERR_CONFLICT) /* something else of this name, or somebody was faster */
        return spool_find_batch(s, b->id) != BATCH_PLACE_NONE ? ERR_NOT_FOUND : rc;
    if (rc == 0) {
        b->name[0] = '\0'; /* from here on it is the daemon's */
        rc = file_sync_directory(s->new_fd, s->new_path, err);
    }
    return rc;
}

int spool_publish_batch(struct batch_builder *b, const char *text, size_t len, bool *out_duplicate,
                        struct error *err)
{
    *out_duplicate = false;
    if (b->count == 0 || len == 0 || len > BATCH_TEXT_MAX)
        return error_set(err, ERR_INPUT,
                         "a batch needs at least one notice and a batch.json of at most %zu bytes",
                         BATCH_TEXT_MAX);
    if (b->broken)
        return error_set(err, ERR_AGAIN, "the batch \"%s\" could not be written; try again", b->id);
    int rc = make_durable(b, text, len, err);
    if (rc == 0)
        rc = ERR_NOT_FOUND;
    for (int i = 0; rc == ERR_NOT_FOUND && i < PUBLISH_TRIES; i++)
        rc = try_publish(b, text, len, out_duplicate, err);
    return rc == ERR_NOT_FOUND
               ? error_set(err, ERR_AGAIN, "new/%s comes and goes; try again", b->id)
               : rc;
}

void spool_end_batch(struct batch_builder *b)
{
    if (b == NULL)
        return;
    if (b->name[0] != '\0' && b->dir_fd >= 0) {
        unlinkat(b->dir_fd, BATCH_NOTICES_NAME, 0);
        unlinkat(b->dir_fd, BATCH_TEXT_NAME, 0);
    }
    if (b->name[0] != '\0')
        unlinkat(b->spool->tmp_fd, b->name, AT_REMOVEDIR);
    if (b->dir_fd >= 0)
        close(b->dir_fd);
    if (b->notices_fd >= 0)
        close(b->notices_fd);
    digest_end(b->digest);
    buf_free(&b->pending);
    free(b->id);
    free(b);
}
